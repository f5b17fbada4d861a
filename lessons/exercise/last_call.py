"""A student's function under watch: what it was given last, and what it returned."""

from __future__ import annotations

import functools
from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass
from typing import Any

from lessons.exercise.shown import brief

PLAIN = (str, bytes, int, float, bool, type(None))
"""Types whose `repr` says all there is to know."""


@dataclass
class LastCall:
    """The call of a student's function that came last.

    Args:
        name: the function's name in the exercise.
        given: the call as Python, or what an argument says about itself; empty if neither would say anything.
        returned: whether it has returned.
        result: what it returned.
    """

    name: str
    given: str = ""
    returned: bool = False
    result: object = None

    def begin(self, arguments: tuple[object, ...]) -> None:
        """Take note of a call.

        Args:
            arguments: what the function is given. One that isn't plain data, such as a server to ask, may describe
                itself in an attribute `given`.
        """
        self.returned, self.result = False, None
        described = [str(each.given) for each in arguments if hasattr(each, "given")]
        if described:
            self.given = "\n".join(described)
        elif all(map(_is_plain, arguments)):
            self.given = f"{self.name}({', '.join(map(brief, arguments))})"
        else:
            self.given = ""

    def end(self, result: object) -> None:
        """Take note of what it returned."""
        self.returned, self.result = True, result


def watched(function: Callable[..., Any], call: LastCall) -> Callable[..., Any]:
    """Return a function that does the same, and notes each call.

    Args:
        function: the student's function.
        call: where to note it.
    """

    @functools.wraps(function)
    def watch(*arguments: object) -> object:
        call.begin(arguments)
        result = function(*arguments)
        call.end(result)
        return result

    return watch


def _is_plain(value: object) -> bool:
    if isinstance(value, PLAIN):
        return True
    if isinstance(value, Mapping):
        return all(map(_is_plain, (*value.keys(), *value.values())))
    return isinstance(value, Collection) and all(map(_is_plain, value))
