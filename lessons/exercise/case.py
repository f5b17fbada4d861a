"""The cases of an exercise, and how a case says what is wrong."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

from lessons.exercise.shown import brief, side_by_side

__all__ = ["Case", "CaseFailedError", "Hints", "NothingReturnedError", "brief", "expect", "given"]

Hints = tuple[str, ...]
"""What helps with one mistake: a question first, and at the end what nearly gives the solution away."""


@dataclass(frozen=True)
class Case:
    """One thing that a right function does.

    Args:
        name: what that is, in words that follow "case 3 of 9:".
        run: takes the student's function, tries it, and raises `CaseFailedError` if it doesn't do so.
    """

    name: str
    run: Callable[[Any], None]


class CaseFailedError(Exception):
    """What a case says about a function that isn't right yet.

    Args:
        expected: what a right function does, in words.
        seen: what this one did, in words.
        hints: what helps with this mistake.
    """

    def __init__(self, expected: str, seen: str, hints: Hints) -> None:
        super().__init__(f"expected {expected}, seen {seen}")
        self.rows = [("expected", expected), ("seen", seen)]
        self.hints = hints


class NothingReturnedError(CaseFailedError):
    """The function returned nothing and did nothing: in the first case, the sign of an exercise not yet begun."""


def expect(seen: object, expected: object, hints: Hints, mistakes: Sequence[tuple[object, Hints]] = ()) -> None:
    """Raise `CaseFailedError` unless the value seen equals the one expected.

    Args:
        seen: what the student's function returned.
        expected: what a right one returns; for bytes, the failure says where they begin to differ.
        hints: what helps with any wrong value.
        mistakes: values that typical mistakes lead to, each with the hints made for it.
    """
    if seen == expected:
        return
    rows = side_by_side(seen, expected)
    made_for_it = [special for value, special in mistakes if value == seen]
    kind = NothingReturnedError if seen is None or seen is ... else CaseFailedError
    wrong = kind(rows[0][1], rows[1][1], made_for_it[0] if made_for_it else hints)
    wrong.rows = rows
    raise wrong


@contextmanager
def given(text: str) -> Iterator[None]:
    """Note what the function is given, so that `check` shows it with whatever goes wrong in the block.

    A case needs it only where the call itself says too little: a call with plain data is shown as it is.

    Args:
        text: what it is given, in one line or more.
    """
    try:
        yield
    except Exception as error:
        error.add_note(text)
        raise
