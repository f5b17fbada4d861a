"""Finds the call of an `async` function that a student has forgotten to await."""

from __future__ import annotations

import linecache
import sys
import warnings
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from types import CoroutineType
from typing import TypeVar

T = TypeVar("T")


class ForgottenCoroutines:
    """Python's warnings about coroutines that nobody awaited, kept while a function is tried."""

    def __init__(self) -> None:
        self._caught: list[warnings.WarningMessage] = []

    @contextmanager
    def caught(self) -> Iterator[None]:
        """In a `with` block, keep these warnings and pass on all others."""
        with warnings.catch_warnings(record=True) as caught:
            warnings.simplefilter("default", RuntimeWarning)
            yield
        self._caught += [each for each in caught if isinstance(each.source, CoroutineType)]
        for other in caught:
            if other not in self._caught:
                warnings.warn_explicit(other.message, other.category, other.filename, other.lineno)

    def first_in(self, file: str) -> str:
        """Return the line of a file that made the first such coroutine, with its number; empty if there is none."""
        for warning in self._caught:
            for filename, number, _ in getattr(warning.source, "cr_origin", None) or ():
                if filename == file:
                    return f"line {number}  {linecache.getline(file, number).strip()}"
        return ""


def remembering_origins(call: Callable[[], T]) -> T:
    """Return what a call returns; coroutines made in it remember the line that made them."""
    before = sys.get_coroutine_origin_tracking_depth()
    sys.set_coroutine_origin_tracking_depth(4)
    try:
        return call()
    finally:
        sys.set_coroutine_origin_tracking_depth(before)
