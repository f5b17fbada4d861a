"""Waiting for a condition: a cell waits until something has happened, and never just sleeps and hopes."""

from __future__ import annotations

import time
from collections.abc import Callable

from lessons.errors import LessonError

LOOK_SECONDS = 0.005
"""Seconds between two looks at the condition."""


def wait_until(condition: Callable[[], object], what: str, timeout: float = 10.0) -> None:
    """Return once a condition holds.

    Args:
        condition: called again and again, on the calling thread.
        what: what is being waited for, in words, for the error.
        timeout: seconds to wait at most.

    Raises:
        LessonError: if it doesn't hold in time.
    """
    give_up = time.monotonic() + timeout
    while not condition():
        if time.monotonic() > give_up:
            raise LessonError(f"waited {timeout:g} s in vain for {what}")
        time.sleep(LOOK_SECONDS)
