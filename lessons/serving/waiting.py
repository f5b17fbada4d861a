"""Waiting for a condition: a cell waits until something has happened, and never sleeps for luck."""

from __future__ import annotations

import time
from collections.abc import Callable

from lessons.errors import LessonError

LOOK_SECONDS = 0.005
"""How often the condition is looked at."""


def wait_until(condition: Callable[[], object], what: str, timeout: float = 10.0) -> None:
    """Return once a condition holds.

    Args:
        condition: called again and again, on the calling thread.
        what: what is waited for, in words, for the error.
        timeout: seconds to wait at the most.

    Raises:
        LessonError: if it doesn't hold in time.
    """
    give_up = time.monotonic() + timeout
    while not condition():
        if time.monotonic() > give_up:
            raise LessonError(f"waited {timeout:g} s in vain for {what}")
        time.sleep(LOOK_SECONDS)
