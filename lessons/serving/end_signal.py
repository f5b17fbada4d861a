"""The end of a program that serves until it is told to end, by Ctrl+C (SIGINT) or SIGTERM."""

from __future__ import annotations

import signal
import threading

LOOK_SECONDS = 0.5
"""How often it looks up while it waits: on Windows a wait without a limit doesn't hear Ctrl+C."""


class EndSignal:
    """Hears that the program is to end, in place of ending it at once.

    It is made on the main thread, before whatever is to be closed in order.
    """

    def __init__(self) -> None:
        self._told = threading.Event()
        for each in (signal.SIGINT, signal.SIGTERM):
            signal.signal(each, lambda number, frame: self._told.set())

    def wait_until_told(self) -> None:
        """Return once the program is told to end."""
        while not self._told.wait(LOOK_SECONDS):
            pass
