"""Virtual time: an event loop whose clock jumps, so that an hour's sleep takes no time and is the same in every run.

Where an event loop would wait for its next timer, this one moves its clock on to it. Nothing comes from outside
(no socket, no other thread), so a coroutine behaves alike on a fast machine and on a slow one.
"""

from __future__ import annotations

import asyncio
import ctypes
import selectors
import sys
import time
from collections.abc import Coroutine, Iterator
from contextlib import closing, contextmanager
from types import FrameType
from typing import Any, TypeVar

T = TypeVar("T")

GRACE_SECONDS = 10.0
"""How long, in virtual time, a cancelled coroutine may take to end."""


class StillRunningError(Exception):
    """The coroutine went on until its time was up, and ended when it was cancelled."""


class UncancellableError(StillRunningError):
    """The coroutine went on until its time was up, and after it was cancelled, too."""


class DeadlockError(Exception):
    """Everything waits, and nothing is scheduled that could wake it."""


class BlockedLoopError(Exception):
    """`time.sleep` was called, which stops the whole event loop."""


def run(coroutine: Coroutine[Any, Any, T], seconds: float) -> T:
    """Run a coroutine on a loop of its own, and return what it returns.

    Call it on a thread without a running loop, such as the one of an exercise's cases. What is left running is
    cancelled. An exception in a task that nobody awaits ends the run as if the coroutine had raised it.

    Args:
        coroutine: what to run; it may wait in any way that asyncio offers.
        seconds: how long it may go on, in virtual time.

    Raises:
        StillRunningError: if it goes on for longer; `UncancellableError`, if it then can't be cancelled.
        DeadlockError: if nothing can ever wake it.
        BlockedLoopError: if it calls `time.sleep`.
    """
    clock = _JumpingClock(seconds)
    with closing(_VirtualTimeLoop(clock)) as loop, _refusing_to_block(clock):
        loop.set_exception_handler(lambda _, context: clock.fail(context.get("exception")))
        try:
            return loop.run_until_complete(coroutine)
        except StillRunningError:
            if _cancel_all(loop, clock):
                raise UncancellableError("it goes on after it was cancelled") from None
            raise
        finally:
            _cancel_all(loop, clock)


def _cancel_all(loop: _VirtualTimeLoop, clock: _JumpingClock) -> set[asyncio.Task[Any]]:
    """Cancel all tasks, and return those that haven't ended when their time of grace is over."""
    pending = asyncio.all_tasks(loop)
    if pending and not isinstance(clock.failure, BlockedLoopError):  # what blocked before would block again here
        clock.failure, clock.end = None, float("inf")
        for task in pending:
            task.cancel()
        _, pending = loop.run_until_complete(asyncio.wait(pending, timeout=GRACE_SECONDS))
    for task in pending:
        _keep_for_ever(task)
    return pending


def _keep_for_ever(task: asyncio.Task[Any]) -> None:
    """Keep Python from ever collecting a task: one that catches everything could then hang Python as it exits."""
    ctypes.pythonapi.Py_IncRef(ctypes.py_object(task))


class _JumpingClock(selectors.SelectSelector):
    """A selector that, asked to wait, moves the time on instead."""

    def __init__(self, end: float) -> None:
        super().__init__()
        self.now = 0.0
        self.end = end
        self.failure: BaseException | None = None

    def fail(self, failure: BaseException | None) -> None:
        """End the run with an exception that was raised where nobody awaits it."""
        self.failure = self.failure or failure

    def select(self, timeout: float | None = None) -> list[tuple[selectors.SelectorKey, int]]:
        """Move the clock on by `timeout`, the seconds until the loop's next timer."""
        if self.failure:
            raise self.failure
        if timeout is None:
            raise DeadlockError(f"at {self.now:g} s everything waits, and nothing is scheduled that could wake it")
        if self.now + timeout > self.end:
            raise StillRunningError(f"it was still running after {self.end:g} s")
        self.now += timeout
        return []


class _VirtualTimeLoop(asyncio.SelectorEventLoop):
    def __init__(self, clock: _JumpingClock) -> None:
        super().__init__(clock)
        self._clock = clock

    def time(self) -> float:
        """Return the virtual time in seconds; it begins at 0."""
        return self._clock.now


@contextmanager
def _refusing_to_block(clock: _JumpingClock) -> Iterator[None]:
    """Raise `BlockedLoopError` where this thread calls `time.sleep`, under whatever name it was imported."""

    def profile(_frame: FrameType, event: str, called: object) -> None:
        if event == "c_call" and called is time.sleep:
            # The clock is told as well: an `except` around the call may swallow it.
            blocks = BlockedLoopError("time.sleep was called, which stops the whole event loop")
            clock.fail(blocks)
            raise blocks

    before = sys.getprofile()
    sys.setprofile(profile)
    try:
        yield
    finally:
        sys.setprofile(before)
