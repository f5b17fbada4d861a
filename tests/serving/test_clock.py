"""Clocks: the wall's, and one that only moves when it is told to."""

import asyncio
import math
import threading

import pytest

from lessons.errors import LessonError
from lessons.serving import runtime
from lessons.serving.clock import ManualClock, WallClock, clock_text, monotonic
from tests.waiting import wait_until


def started(coroutine):
    """Begin a coroutine on the lessons' loop."""
    return asyncio.run_coroutine_threadsafe(coroutine, runtime.loop())


def asleep(clock, *seconds):
    """Begin to sleep on a clock, one sleeper each; return once all lie down."""
    sleepers = [started(clock.sleep(each)) for each in seconds]
    wait_until(lambda: len(clock._sleepers) == len(seconds))
    return sleepers


def test_a_manual_clock_stands_still_until_it_is_advanced():
    clock = ManualClock("23:59:59")
    assert clock_text(clock.now()) == clock_text(clock.now()) == "23:59:59"
    clock.advance()
    assert clock_text(clock.now()) == "00:00:00"
    clock.advance(0.5)
    clock.advance(0.5)
    assert repr(clock) == "<clock set to 00:00:01>"


@pytest.mark.parametrize("start", ["", "abc", "24:00:00", "12:00", "12:60:00", None])
def test_a_clock_starts_at_a_time_of_day(start):
    with pytest.raises(LessonError, match=f"such as 12:00:00, not at {start!r}"):
        ManualClock(start)


@pytest.mark.parametrize("seconds", [-1, -0.001, math.nan, math.inf, "1", None, True])
def test_a_clock_moves_forward_only(seconds):
    clock = ManualClock()
    with pytest.raises(LessonError, match="moves forward only"):
        clock.advance(seconds)
    assert clock_text(clock.now()) == "12:00:00"


def test_a_sleeper_wakes_when_its_time_has_come():
    clock = ManualClock()
    soon, late = asleep(clock, 2, 5)
    clock.advance(1)
    clock.advance(1)
    soon.result(10)
    assert not late.done()
    clock.advance(10)
    late.result(10)
    assert clock._sleepers == []


def test_no_time_passes_at_once():
    clock = ManualClock()
    started(clock.sleep(0)).result(10)
    started(clock.sleep(-1)).result(10)


def test_a_sleeper_that_is_cancelled_is_forgotten():
    clock = ManualClock()
    (sleeper,) = asleep(clock, 5)
    sleeper.cancel()
    wait_until(lambda: clock._sleepers == [])
    clock.advance(10)


def test_nobody_sleeps_through_an_advance_that_comes_as_he_lies_down():
    clock = ManualClock()
    turning = threading.Thread(target=lambda: [clock.advance(1) for _ in range(2000)])
    sleepers = [started(clock.sleep(1)) for _ in range(200)]
    turning.start()
    turning.join()
    wait_until(lambda: len(clock._sleepers) + sum(each.done() for each in sleepers) == 200)
    now = clock.now()
    assert all(due > now for due, _, _ in list(clock._sleepers))
    clock.advance(1)
    for each in sleepers:
        each.result(10)


def test_the_wall_clock_moves_by_itself():
    clock = WallClock()
    before = clock.now()
    started(clock.sleep(0.01)).result(10)
    assert (clock.now() - before).total_seconds() >= 0.009


def test_traces_are_timed_by_a_clock_that_never_goes_back():
    moments = [monotonic() for _ in range(100)]
    assert moments == sorted(moments)
