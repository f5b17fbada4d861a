"""Waiting for a condition instead of sleeping for luck."""

import time
from collections.abc import Callable

LONGEST = 10.0


def wait_until(condition: Callable[[], object], what: str = "the condition") -> None:
    """Return once the condition holds; fail if it doesn't within ten seconds."""
    deadline = time.monotonic() + LONGEST
    while not condition():
        assert time.monotonic() < deadline, f"waited {LONGEST:g} s in vain for {what}"
        time.sleep(0.005)
