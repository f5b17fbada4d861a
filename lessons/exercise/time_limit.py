"""A limit of real time for code that may never return, `while True: pass` included."""

from __future__ import annotations

import ctypes
from collections.abc import Callable
from concurrent.futures import Future
from contextlib import suppress
from threading import Thread, get_ident
from typing import TypeVar

T = TypeVar("T")

ATTEMPTS_TO_END = 50
"""How often a thread is told to end, a hundredth of a second apart, before it is left to itself."""


class GivenUpError(Exception):
    """The time was up and the call hadn't returned."""


def within(seconds: float, call: Callable[[], T]) -> T:
    """Return what `call` returns, or raise what it raises; it runs on a thread of its own.

    Args:
        seconds: how long it may take.
        call: what to call.

    Raises:
        GivenUpError: if it takes longer. Its thread is made to end, so that it burns no processor.
    """
    outcome: Future[T] = Future()
    thread = Thread(target=_settle, args=(outcome, call), name="within a time limit", daemon=True)
    thread.start()
    try:
        thread.join(seconds)
        in_time = not thread.is_alive()
    finally:
        _end(thread)
    if not in_time:
        raise GivenUpError(f"it didn't return within {seconds:g} s")
    return outcome.result()


def _settle(outcome: Future[T], call: Callable[[], T]) -> None:
    try:
        outcome.set_result(call())
    except BaseException as error:
        outcome.set_exception(error)


def _end(thread: Thread) -> None:
    """Raise `SystemExit` in a thread until it ends; once may not do, since a bare `except:` swallows it.

    A thread that sleeps can't be reached: the exception waits for it to wake.
    """
    for _ in range(ATTEMPTS_TO_END):
        if not thread.is_alive():
            return
        _raise_exit_in(thread.ident)
        thread.join(0.01)
    # What is raised in a sleeper raises a flag for all threads, too, on which CPython 3.11 spins in traced code.
    # Whoever takes an exception of this kind lowers it; the sleeper raises it again when it wakes.
    with suppress(SystemExit):
        _raise_exit_in(get_ident())


def _raise_exit_in(thread: int | None) -> None:
    ctypes.pythonapi.PyThreadState_SetAsyncExc(ctypes.c_ulong(thread or 0), ctypes.py_object(SystemExit))
