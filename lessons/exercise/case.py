"""The cases of an exercise, and how one says what is wrong."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

from lessons.wire.views.annotated import bytes_text

Hints = tuple[str, ...]
"""What helps with one mistake: first a question, last what nearly gives the solution away."""

LONGEST_BRIEF = 200
"""How many characters `brief` shows."""


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
    """What a case says of a function that isn't right yet.

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
    """Raise `CaseFailedError` unless what is seen is what is expected.

    Args:
        seen: what the student's function returned.
        expected: what a right one returns; of bytes it is told where they begin to differ.
        hints: what helps with any wrong value.
        mistakes: values that typical mistakes lead to, each with the hints made for it.
    """
    if seen == expected:
        return
    if seen is None or seen is ...:
        raise NothingReturnedError(_shown(expected), _shown(seen), hints)
    made_for_it = [special for value, special in mistakes if value == seen]
    wrong = CaseFailedError(_shown(expected), _shown(seen), made_for_it[0] if made_for_it else hints)
    if isinstance(seen, bytes) and isinstance(expected, bytes):
        wrong.rows.append(("difference", _first_difference(seen, expected)))
    raise wrong


@contextmanager
def given(text: str) -> Iterator[None]:
    """Note what the function is given, so that `check` shows it with whatever goes wrong in the block.

    Args:
        text: what it is given, in one line or more.
    """
    try:
        yield
    except Exception as error:
        error.add_note(text)
        raise


def brief(value: object) -> str:
    """Return the `repr` of what a function returned, cut where it grows long."""
    text = repr(value)
    return text if len(text) <= LONGEST_BRIEF else f"{text[:LONGEST_BRIEF]}…"


def _shown(value: object) -> str:
    return bytes_text(value, ()) if isinstance(value, bytes) and value else repr(value)


def _first_difference(seen: bytes, expected: bytes) -> str:
    for position, (one, other) in enumerate(zip(seen, expected, strict=False)):
        if one != other:
            return f"byte {position} is {one:02x} and should be {other:02x}"
    return f"{len(seen)} bytes where {len(expected)} are expected; as far as both go they are the same"
