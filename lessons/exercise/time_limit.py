"""A time limit for code that may never return, `while True: pass` included.

It limits processor time, which doesn't run out faster on a busy machine. Code that waits uses none, so there is a
longer limit of real time as well.
"""

from __future__ import annotations

import sys
import time
from collections.abc import Callable, Iterator
from concurrent.futures import Future
from contextlib import contextmanager, suppress
from ctypes import c_ulong, py_object, pythonapi
from functools import partial
from threading import Thread, get_ident
from typing import TypeVar

T = TypeVar("T")

_raise_in = pythonapi.PyThreadState_SetAsyncExc

WAITING_FACTOR = 10
"""How many times as long a call may take in real time as in processor time."""
LOOK_SECONDS = 0.05
"""How often both clocks are looked at."""
ATTEMPTS_TO_END = 50
"""How often a thread is told to end, every 10 ms, before it is left to itself."""


class GivenUpError(Exception):
    """The time was up and the call hadn't returned."""


def within(seconds: float, call: Callable[[], T]) -> T:
    """Return what `call` returns, or raise what it raises; it runs on a thread of its own.

    Args:
        seconds: how much of this process's processor time it may take; ten times that in real time.
        call: what to call.

    Raises:
        GivenUpError: if it takes longer. Its thread is made to end, so that it burns no processor.
    """
    outcome: Future[T] = Future()
    thread = Thread(target=_settle, args=(outcome, call), name="within a time limit", daemon=True)
    thread.start()
    try:
        _join(thread, seconds)
        in_time = not thread.is_alive()
    finally:
        if thread.is_alive():
            _end(thread)
    if not in_time:
        raise GivenUpError(f"it didn't return within {seconds:g} s")
    try:
        return outcome.result()
    finally:
        del outcome  # else the exception holds this frame, and this frame the exception


def _join(thread: Thread, seconds: float) -> None:
    """Wait until a thread has ended or its time is up."""
    used_up = time.process_time() + seconds
    waited_enough = time.monotonic() + WAITING_FACTOR * seconds
    while thread.is_alive() and time.process_time() < used_up and time.monotonic() < waited_enough:
        thread.join(LOOK_SECONDS)


def _settle(outcome: Future[T], call: Callable[[], T]) -> None:
    try:
        outcome.set_result(call())
    except BaseException as error:
        outcome.set_exception(error)


class _Exit(SystemExit):
    """What ends a thread from outside."""


def _end(thread: Thread) -> None:
    """Make a thread end; one that sleeps does so when it wakes."""

    class PersistentExit(_Exit):
        """Comes again the moment that a bare `except:` in a loop has swallowed it."""

        __del__ = partial(_raise_in, c_ulong(thread.ident or 0), py_object(_Exit))

    with _silent_in_destructors():
        for _ in range(ATTEMPTS_TO_END):
            if not thread.is_alive():
                break
            _raise_in(c_ulong(thread.ident or 0), py_object(PersistentExit))
            thread.join(0.01)
    del PersistentExit.__del__  # collected later, it would hit whichever thread has this number by then
    _lower_the_flag()


@contextmanager
def _silent_in_destructors() -> Iterator[None]:
    """Print nothing where the exit hits a destructor: there it can't end the thread, but the next one will."""
    before = sys.unraisablehook

    def tell(unraisable: sys.UnraisableHookArgs) -> None:
        if not issubclass(unraisable.exc_type, _Exit):
            before(unraisable)

    sys.unraisablehook = tell
    try:
        yield
    finally:
        sys.unraisablehook = before


def _lower_the_flag() -> None:
    """Lower the flag that an exception pending in a sleeper raises for all threads.

    CPython 3.11 spins on it in traced code. A thread that takes such an exception lowers it, so this thread takes one.
    The sleeper raises it again when it wakes.
    """
    with suppress(SystemExit):
        _raise_in(c_ulong(get_ident()), py_object(SystemExit))
