"""How a program that serves is told to end: by Ctrl+C (SIGINT) or SIGTERM."""

from __future__ import annotations

import signal
import threading

LOOK_SECONDS = 0.5
"""The longest single wait: on Windows, a wait without a limit doesn't notice Ctrl+C."""


class EndSignal:
    """Notes that the program is told to end, so that it can end in order and not at once.

    Make it on the main thread, before anything that has to be closed.
    """

    def __init__(self) -> None:
        self._told = threading.Event()
        for each in (signal.SIGINT, signal.SIGTERM):
            signal.signal(each, lambda number, frame: self._told.set())

    def wait_until_told(self) -> None:
        """Return once the program is told to end."""
        while not self._told.wait(LOOK_SECONDS):
            pass
