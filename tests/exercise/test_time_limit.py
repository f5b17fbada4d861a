"""Calls that return, raise, never return, or sleep beyond their time."""

import sys
import threading
import time

import pytest

from lessons.exercise.time_limit import GivenUpError, within


def test_returns_what_the_call_returns():
    assert within(5, lambda: "done") == "done"


def test_raises_what_the_call_raises():
    def fails():
        raise TimeoutError("its own")

    with pytest.raises(TimeoutError, match="its own"):
        within(5, fails)


def test_runs_on_another_thread():
    assert within(5, threading.get_ident) != threading.get_ident()


def spins():
    while True:
        pass


def spins_and_catches_everything():
    while True:
        try:  # noqa: SIM105
            spins()
        except:  # noqa: E722
            pass


@pytest.mark.parametrize("call", [spins, spins_and_catches_everything])
def test_gives_up_and_ends_the_thread(call, capfd):
    threads = set(threading.enumerate())
    with pytest.raises(GivenUpError, match=r"didn't return within 0\.1 s"):
        within(0.1, call)
    assert set(threading.enumerate()) == threads
    assert capfd.readouterr().err == ""


def test_a_busy_machine_takes_nothing_of_the_time(monkeypatch):
    """The call takes longer than its limit, but the processor doesn't work for it: others have it."""
    monkeypatch.setattr(time, "process_time", lambda: 0.0)
    assert within(0.1, lambda: threading.Event().wait(0.3) or "done") == "done"


def test_ends_the_thread_when_the_wait_is_interrupted(monkeypatch):
    threads = set(threading.enumerate())
    started = threading.Event()
    join = threading.Thread.join

    def interrupted(thread, timeout=None):
        monkeypatch.setattr(threading.Thread, "join", join)
        started.wait()
        raise KeyboardInterrupt

    def spins_on():
        started.set()
        spins()

    monkeypatch.setattr(threading.Thread, "join", interrupted)
    with pytest.raises(KeyboardInterrupt):
        within(60, spins_on)
    assert set(threading.enumerate()) == threads


def test_a_sleeper_ends_when_it_wakes_and_slows_no_traced_code_until_then():
    wake, reached = threading.Event(), []

    def sleeps():
        wake.wait()
        reached.append("beyond the sleep")

    threads = set(threading.enumerate())
    with pytest.raises(GivenUpError):
        within(0.1, sleeps)
    (sleeper,) = set(threading.enumerate()) - threads

    traced = threading.Thread(target=profiled, daemon=True)
    traced.start()
    traced.join(5)
    assert not traced.is_alive()

    wake.set()
    sleeper.join(5)
    assert not sleeper.is_alive()
    assert reached == []


def test_an_exit_that_is_collected_late_does_nothing_any_more():
    """It would hit another thread: the number of one that has ended is given to a new one."""
    kept = []

    def keeps_its_exit():
        try:
            spins()
        except SystemExit as exit:
            kept.append(exit)
            raise

    with pytest.raises(GivenUpError):
        within(0.1, keeps_its_exit)
    assert not hasattr(kept[0], "__del__")


def profiled():
    sys.setprofile(lambda *event: None)
    try:
        time.monotonic()
        (lambda: None)()
    finally:
        sys.setprofile(None)
