"""The schedule of a line, with the time passed in: exact figures, and no clock."""

import math
import random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lessons.errors import LessonError
from lessons.wire.faults import Faults, Schedule, check_amount

seconds = st.floats(0, 100, allow_nan=False)


def schedule(middle: float = 0.5, **faults) -> Schedule:
    return Schedule(Faults(**faults), lambda: middle)


def test_a_clear_line_passes_bytes_at_once():
    assert schedule().due(1000, now=3.0, not_before=0.0) == 3.0


def test_the_delay_is_added():
    assert schedule(delay=0.25).due(1000, now=3.0, not_before=0.0) == 3.25


@pytest.mark.parametrize(("drawn", "late"), [(0.0, 0.2), (0.5, 0.3), (1.0, 0.4)])
def test_jitter_varies_the_delay_to_either_side(drawn, late):
    assert schedule(drawn, delay=0.3, jitter=0.1).due(1, now=0.0, not_before=0.0) == pytest.approx(late)


def test_jitter_larger_than_the_delay_never_makes_bytes_early():
    assert schedule(0.0, delay=0.1, jitter=5.0).due(1, now=7.0, not_before=0.0) == 7.0


def test_bandwidth_makes_bytes_wait_for_those_before_them():
    line = schedule(bandwidth=100)
    assert [line.due(50, now=0.0, not_before=0.0) for _ in range(3)] == [0.5, 1.0, 1.5]


def test_a_line_that_was_idle_has_saved_nothing_up():
    line = schedule(bandwidth=100)
    line.due(50, now=0.0, not_before=0.0)
    assert line.due(50, now=60.0, not_before=0.0) == 60.5


def test_delay_and_bandwidth_add_up():
    assert schedule(bandwidth=100, delay=2.0).due(50, now=1.0, not_before=0.0) == 3.5


def test_a_limit_that_is_lifted_holds_nobody_back_any_more():
    faults = Faults(bandwidth=1)
    line = Schedule(faults, lambda: 0.5)
    line.due(1000, now=0.0, not_before=0.0)
    faults.bandwidth = 0
    assert line.due(1000, now=1.0, not_before=0.0) == 1.0


def test_a_new_limit_knows_nothing_of_an_old_one():
    faults = Faults(bandwidth=1)
    line = Schedule(faults, lambda: 0.5)
    line.due(1000, now=0.0, not_before=0.0)
    faults.bandwidth = 100
    line.restart(now=1.0)
    assert line.due(100, now=1.0, not_before=0.0) == 2.0


@given(
    st.builds(Faults, delay=seconds, jitter=seconds, bandwidth=st.sampled_from([0, 0.5, 100, 1e9])),
    st.lists(st.tuples(st.integers(0, 1_000_000), seconds), max_size=20),
    st.randoms(use_true_random=False),
)
def test_bytes_keep_their_order_and_are_never_early(faults, writes, chance: random.Random):
    line = Schedule(faults, chance.random)
    now = before = 0.0
    for size, pause in writes:
        now += pause
        due = line.due(size, now, before)
        assert due >= before
        assert due >= now + max(faults.delay - faults.jitter, 0)
        before = due


@given(st.lists(st.tuples(st.integers(0, 10_000), seconds), min_size=1, max_size=20), st.floats(1, 1e6))
def test_a_narrow_line_never_carries_more_than_its_bandwidth(writes, bandwidth):
    line = Schedule(Faults(bandwidth=bandwidth), lambda: 0.5)
    now = due = 0.0
    for size, pause in writes:
        now += pause
        due = line.due(size, now, due)
    total = sum(size for size, _ in writes)
    assert due - writes[0][1] >= total / bandwidth * (1 - 1e-9)


@pytest.mark.parametrize("value", ["abc", "1", -1, -0.001, math.nan, math.inf, True, None, [1]])
def test_what_is_no_amount_is_refused_in_words(value):
    with pytest.raises(LessonError, match="the delay is a number of seconds from 0 up, not") as error:
        check_amount("the delay", value, "seconds")
    assert repr(value) in str(error.value)


@pytest.mark.parametrize("value", [0, 0.5, 1000])
def test_an_amount_is_a_number_from_zero_up(value):
    assert check_amount("the delay", value, "seconds") == value


def test_the_state_of_a_line_in_words():
    faults = Faults(delay=0.1, jitter=0.02, bandwidth=1000, stalled=True, refusing=True)
    assert faults.describe() == "delay 100 ms, jitter 20 ms, bandwidth 1000 B/s, stalled, refusing"
    assert Faults().describe() == "clear"


@pytest.mark.parametrize("fault", ["delay", "jitter", "bandwidth", "stalled"])
def test_a_line_with_a_fault_is_not_clear(fault):
    assert Faults().clear
    assert not Faults(**{fault: 1}).clear


def test_a_line_that_refuses_still_passes_bytes_at_once():
    assert Faults(refusing=True).clear
