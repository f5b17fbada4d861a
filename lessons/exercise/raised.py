"""What to say about a function that doesn't return: it raised, it blocked, it waits for ever, it runs for ever."""

from __future__ import annotations

import inspect
import linecache
import traceback
from collections.abc import Callable
from typing import Any

from lessons.exercise.case import Hints
from lessons.exercise.time_limit import GivenUpError
from lessons.exercise.virtual_time import BlockedLoopError, DeadlockError, StillRunningError, UncancellableError

FORGOTTEN_AWAIT_HINTS = (
    "What does the call of an `async` function give you, as long as nobody awaits it?",
    "It gives a coroutine, which hasn't begun. Write `await` before the call whose result you use.",
)
RAISED_HINTS = (
    "What does this line expect of the values in it, and what does it get?",
    "Put a `print(...)` of them before the line, and check again: what it prints shows here.",
)
WRONG_KIND_HINTS = (
    "What type does your function return, and what type was asked for?",
    "Look at each part of it: bytes are neither a list of numbers nor text, and text isn't bytes.",
)
ENDLESS_HINTS = (
    "Which of your loops comes round again and again, and what makes it end, or wait?",
    "A loop that has no end must wait each time round, in an `await` such as `await asyncio.sleep(...)`.",
)
MISBEHAVIOUR_HINTS: dict[type[BaseException], Hints] = {
    GivenUpError: ENDLESS_HINTS,
    StillRunningError: ENDLESS_HINTS,
    UncancellableError: (
        "What does a bare `except:` catch besides the errors that you mean?",
        "To cancel a task, asyncio raises CancelledError in it. Catch the errors that you mean by name.",
    ),
    DeadlockError: (
        "What is your function waiting for, and who was to bring it?",
        "It awaits what nobody will ever set or send. Wait for an answer, or for a time: `asyncio.sleep`.",
    ),
    BlockedLoopError: (
        "While `time.sleep` sleeps, who else can run?",
        "It stops the whole event loop: no answer can come in meanwhile. Which sleep lets the others run?",
        "Write `await asyncio.sleep(...)` in its place.",
    ),
}


def rows_of(error: BaseException, function: Callable[..., Any]) -> list[tuple[str, str]]:
    """Return what happened, and in which line of the student's function; nothing if it didn't happen there."""
    line = _line_of(error, function)
    if type(error) in MISBEHAVIOUR_HINTS:
        return [("seen", str(error)), *line]
    return line and [("raised", f"{type(error).__name__}: {error}".removesuffix(": ")), *line]


def hints_for(error: BaseException) -> Hints:
    """Return what helps with an error in the student's function."""
    if type(error) in MISBEHAVIOUR_HINTS:
        return MISBEHAVIOUR_HINTS[type(error)]
    return FORGOTTEN_AWAIT_HINTS if "coroutine" in str(error) else RAISED_HINTS


def file_of(function: Callable[..., Any]) -> str:
    """Return the file, or the cell, in which a function stands."""
    return str(inspect.unwrap(function).__code__.co_filename)


def _line_of(error: BaseException, function: Callable[..., Any]) -> list[tuple[str, str]]:
    """Return the last line that the error came through in the file, or cell, of the function."""
    file = file_of(function)
    frames = traceback.walk_tb(error.__traceback__)
    numbers = [number for frame, number in frames if frame.f_code.co_filename == file]
    return [(f"in line {number}", linecache.getline(file, number).strip()) for number in numbers[-1:]]
