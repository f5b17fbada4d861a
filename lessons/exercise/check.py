"""An exercise: it checks a function case by case, and has hints for whatever it finds."""

from __future__ import annotations

import gc
import inspect
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from lessons.exercise import raised
from lessons.exercise.answer import Answer, State, hint_view
from lessons.exercise.case import Case, CaseFailedError, Hints, NothingReturnedError
from lessons.exercise.forgotten import ForgottenCoroutines, remembering_origins
from lessons.exercise.last_call import LastCall, watched
from lessons.exercise.shown import parts
from lessons.exercise.time_limit import within
from lessons.wire.views.view import View

PATIENCE_SECONDS = 3.0
"""How much processor time a case may take (see `time_limit.py`). Virtual time costs none."""

ASK = "hint() helps: first with a question, then with more each time."
NO_HINT = "All cases pass: there is nothing to hint at."
BEGIN = 'hint() helps to begin. If you have begun: is a "return" missing?'
BEGIN_ASYNC = 'hint() helps to begin. If you have begun: is a "return" or an "await" missing?'


class Exercise:
    """A function to write, and the cases that it must pass.

    Args:
        stub: a function with the name and the parameters that the student's must have, `async` if theirs must be.
        cases: what a right function does; a case comes after those that it builds on.
        hints: what helps somebody who hasn't begun.
    """

    def __init__(self, stub: Callable[..., Any], cases: Sequence[Case], hints: Hints) -> None:
        self.stub = stub
        self.cases = cases
        self.hints = hints
        self._current = hints
        self._given = 0

    def check(self, function: Callable[..., Any]) -> Answer:
        """Try your function, and say which case it fails first.

        Args:
            function: the function itself, not called: `check(poll)`.
        """
        answer = self._refuse(function) or self._first_failure(function)
        answer = answer or Answer(State.SOLVED, f"all {len(self.cases)} cases pass.")
        if answer.hints != self._current:
            self._current, self._given = answer.hints, 0
        return answer

    def hint(self) -> View:
        """Help with what `check` said last: first with a question, then with more each time it is called."""
        if not self._current:
            return View(NO_HINT, NO_HINT)
        self._given = min(self._given + 1, len(self._current))
        return hint_view(self._given, self._current)

    def _refuse(self, function: object) -> Answer | None:
        """Return the answer to what isn't a function, or can't be called as the stub is."""
        name = self.stub.__name__
        if inspect.iscoroutine(function):
            function.close()
        if not inspect.isfunction(function) and not inspect.ismethod(function):
            kind = type(function).__name__
            return self._refusal(f"check takes the function itself, as in check({name}), not an object of type {kind}.")
        if not _takes_the_same(function, self.stub):
            return self._refusal(f"{name} takes ({_parameters(self.stub)}), and yours takes ({_parameters(function)}).")
        if inspect.iscoroutinefunction(self.stub) and not inspect.iscoroutinefunction(function):
            return self._refusal(f"the function has to wait without blocking, so it begins with `async def {name}`.")
        return None

    def _refusal(self, reason: str) -> Answer:
        return Answer(State.FAILED, reason, hints=self.hints)

    def _first_failure(self, function: Callable[..., Any]) -> Answer | None:
        answers = (self._try(number, case, function) for number, case in enumerate(self.cases, 1))
        return next((answer for answer in answers if answer), None)

    def _try(self, number: int, case: Case, function: Callable[..., Any]) -> Answer | None:
        call = LastCall(self.stub.__name__)
        forgotten = ForgottenCoroutines()
        with forgotten.caught():
            failure = self._failure(case, function, call)
            if failure is not None:
                gc.collect()  # the error held coroutines that nobody awaited; now they are found
        if failure is None:
            return None
        if failure.unsolved or (number == 1 and failure.nothing_returned):
            return self._unsolved()
        rows, hints = failure.rows, failure.hints
        if line := forgotten.first_in(raised.file_of(function)):
            rows = [("not awaited", line), *(row for row in rows if row[0] in ("expected", "seen"))]
            hints = raised.FORGOTTEN_AWAIT_HINTS
        given = [("given", text) for text in failure.notes or [call.given] if text]
        title = f"case {number} of {len(self.cases)}, {case.name}."
        return Answer(State.FAILED, title, rows + given, hints, ASK)

    def _failure(self, case: Case, function: Callable[..., Any], call: LastCall) -> _Failure | None:
        """Let a case try the function; return what went wrong, if anything did."""
        try:
            within(PATIENCE_SECONDS, lambda: remembering_origins(lambda: case.run(watched(function, call))))
        except KeyboardInterrupt:
            raise
        except NotImplementedError:
            return _Failure([], (), [], unsolved=True)
        except CaseFailedError as wrong:
            rows, nothing = _told_apart(wrong.rows, call), isinstance(wrong, NothingReturnedError)
            return _Failure(rows, wrong.hints, _notes(wrong), nothing_returned=nothing)
        except BaseException as error:
            rows, hints = self._judge(error, function, call)
            return _Failure(rows, hints, _notes(error))
        return None

    def _judge(
        self, error: BaseException, function: Callable[..., Any], call: LastCall
    ) -> tuple[list[tuple[str, str]], Hints]:
        """Return what to say about an error that isn't a case's verdict, and the hints for it.

        Raises:
            BaseException: the error itself, if the function has no part in it: then the exercise is at fault.
        """
        rows = raised.rows_of(error, function)
        if rows:
            return rows, raised.hints_for(error)
        if not call.returned:
            raise error
        # The case stumbled over what the function returned, so that isn't of the type that was asked for.
        wanted = str(inspect.signature(self.stub).return_annotation)
        return [("expected", wanted), ("seen", parts(call.result))], raised.WRONG_KIND_HINTS

    def _unsolved(self) -> Answer:
        sentence = f"{self.stub.__name__} returns nothing and does nothing so far."
        note = BEGIN_ASYNC if inspect.iscoroutinefunction(self.stub) else BEGIN
        return Answer(State.UNSOLVED, sentence, hints=self.hints, note=note)


@dataclass(frozen=True)
class _Failure:
    """What went wrong in a case, without the error itself, which would keep everything alive."""

    rows: list[tuple[str, str]]
    hints: Hints
    notes: list[str]
    unsolved: bool = False
    nothing_returned: bool = False


def _notes(error: BaseException) -> list[str]:
    """Return what the function was given when it went wrong, where the case has noted that."""
    return getattr(error, "__notes__", [])


def _told_apart(rows: list[tuple[str, str]], call: LastCall) -> list[tuple[str, str]]:
    """Return a case's rows; where expected and seen read alike, the value seen is shown part by part."""
    expected, seen, *more = rows
    return [expected, seen if seen[1] != expected[1] else ("seen", parts(call.result)), *more]


def _takes_the_same(function: Callable[..., Any], stub: Callable[..., Any]) -> bool:
    """Whether a function can be called as the stub is, with no two parameters swapped."""
    names = list(inspect.signature(stub).parameters)
    try:
        bound = inspect.signature(function).bind(*names)
    except (TypeError, ValueError):
        return False
    return not any(own in names and own != meant for own, meant in bound.arguments.items())


def _parameters(function: Callable[..., Any]) -> str:
    try:
        return ", ".join(inspect.signature(function).parameters)
    except ValueError:
        return "Python can't tell what"
