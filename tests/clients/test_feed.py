"""The feed: what a client has seen, and waiting for it."""

import threading

import pytest

from lessons.clients.feed import KEPT_NEWS, LONGEST_REASON, Feed
from lessons.errors import LessonError


def later(action, *arguments) -> threading.Thread:
    thread = threading.Timer(0.02, action, arguments)
    thread.start()
    return thread


def told(*news) -> Feed:
    feed = Feed()
    for each in news:
        feed.tell(each)
    return feed


def test_news_is_kept_in_order():
    feed = told("a", "b")
    assert (feed.news, feed.latest, feed.count) == (["a", "b"], "b", 2)


def test_before_any_news_there_is_none():
    assert (Feed().news, Feed().latest, Feed().status) == ([], "", "stopped")


def test_of_much_news_the_newest_is_kept_and_all_is_counted():
    feed = told(*map(str, range(KEPT_NEWS + 5)))
    assert feed.news[0] == "5"
    assert len(feed.news) == KEPT_NEWS
    assert feed.count == KEPT_NEWS + 5


def test_waiting_ends_when_enough_has_come_in_all():
    feed = told("a")
    assert feed.wait() == ["a"]
    thread = later(feed.tell, "b")
    assert feed.wait(2) == ["a", "b"]
    thread.join()


def test_waiting_in_vain_says_how_the_client_is():
    feed = told("a")
    feed.report("trying again", "ConnectError: refused")
    with pytest.raises(LessonError) as error:
        feed.wait(3, timeout=0.01)
    assert str(error.value) == (
        "1 of 3 pieces of news came within 0.01 s; the client is trying again (ConnectError: refused)"
    )


def test_a_reason_is_left_out_where_there_is_none():
    with pytest.raises(LessonError, match=r"the client is stopped$"):
        Feed().wait(timeout=0.01)


def test_waiting_for_a_state():
    feed = Feed()
    thread = later(feed.report, "connected")
    feed.wait_for_status("connected")
    feed.wait_for_status("connected", timeout=0)
    thread.join()


def test_waiting_for_a_state_in_vain_says_how_the_client_is():
    feed = Feed()
    feed.report("trying again", "no route")
    with pytest.raises(LessonError, match=r"^after 0\.01 s the client is trying again \(no route\), not connected$"):
        feed.wait_for_status("connected", timeout=0.01)


def test_a_new_state_takes_the_old_reason_away():
    feed = Feed()
    feed.report("trying again", "no route")
    feed.report("connected")
    assert (feed.status, feed.reason) == ("connected", "")


def test_many_threads_may_tell_at_once():
    feed = Feed()
    threads = [threading.Thread(target=lambda: [feed.tell("x") for _ in range(100)]) for _ in range(5)]
    for thread in threads:
        thread.start()
    assert len(feed.wait(500)) == 500
    for thread in threads:
        thread.join()


def test_half_a_surrogate_pair_does_not_get_any_further():
    feed = told("a\ud800b")
    feed.report("trying again", "\udfff")
    assert (feed.latest, feed.reason) == ("a?b", "?")


def test_of_a_long_reason_the_beginning_is_kept():
    feed = Feed()
    feed.report("trying again", "x" * 1_000_000)
    assert feed.reason == "x" * LONGEST_REASON + " …"


def test_silence_is_counted_from_what_was_heard_last(monkeypatch):
    now = 100.0
    monkeypatch.setattr("time.monotonic", lambda: now)
    feed = Feed()
    now = 107.0
    assert feed.silence == 7.0
    for hear in (feed.hear, lambda: feed.tell("a"), lambda: feed.report("connected")):
        now += 5
        hear()
        assert feed.silence == 0.0
