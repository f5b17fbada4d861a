"""Back-off: how its ceiling grows, and where its delays fall below the ceiling."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lessons.protocols.backoff import ceiling, delay


def test_the_ceiling_doubles_with_each_failure_up_to_the_limit():
    assert [ceiling(n, first=0.5, limit=5.0) for n in range(1, 7)] == [0.5, 1.0, 2.0, 4.0, 5.0, 5.0]


def test_a_server_that_stays_dead_for_days_breaks_nothing():
    assert ceiling(1_000_000, first=0.5, limit=30.0) == 30.0


@pytest.mark.parametrize(("randomness", "seconds"), [(0.0, 0.0), (0.25, 1.0), (0.5, 2.0)])
def test_the_delay_is_a_random_share_of_the_ceiling(randomness, seconds):
    assert delay(4, randomness) == seconds


@given(st.integers(1, 100), st.floats(0, 1, exclude_max=True))
def test_no_delay_exceeds_its_ceiling(failures, randomness):
    assert 0 <= delay(failures, randomness, first=0.5, limit=30.0) <= ceiling(failures, 0.5, 30.0)
