"""Silence, and what is due in it, by a clock that the test sets."""

from lessons.protocols.websocket_keepalive import Due, KeepAlive


def test_ping_once_after_the_interval_and_give_up_after_the_timeout():
    watch = KeepAlive(interval=20, timeout=5)
    watch.heard = 100
    assert watch.due(119.9) is Due.NOTHING
    assert watch.due(120) is Due.PING
    assert watch.due(124.9) is Due.NOTHING
    assert watch.due(125) is Due.GIVE_UP


def test_any_sign_of_life_starts_the_silence_anew():
    watch = KeepAlive(interval=20, timeout=5)
    watch.heard = 0
    assert watch.due(20) is Due.PING
    watch.heard = 24
    assert watch.due(43.9) is Due.NOTHING
    assert watch.due(44) is Due.PING


def test_without_limits_it_waits_for_ever():
    watch = KeepAlive()
    watch.heard = 0
    assert watch.due(1e12) is Due.NOTHING
    assert not watch.closing_is_over(0)
    assert not watch.closing_is_over(1e12)


def test_closing_has_its_time_from_the_first_look():
    watch = KeepAlive(timeout=5)
    assert not watch.closing_is_over(100)
    assert not watch.closing_is_over(104.9)
    assert watch.closing_is_over(105)
