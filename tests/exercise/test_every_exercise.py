"""Proves of every exercise in lessons/*/exercise.py what its folder promises: see lessons/exercise/__init__.py."""

import inspect
from importlib import import_module

import pytest

from lessons.exercise.answer import State
from lessons.notebook.course import folders

LESSONS = folders()


def exercise_of(lesson):
    return import_module(f"lessons.{lesson}.exercise").EXERCISE


def solution_of(lesson):
    return getattr(import_module(f"lessons.{lesson}.solution"), exercise_of(lesson).stub.__name__)


def promised_hints(lesson):
    return import_module(f"tests.{lesson}.wrong_solutions").PROMISED_HINTS


WRONG = [
    pytest.param(lesson, function, words, id=f"{lesson}-{function.__name__}")
    for lesson in LESSONS
    for function, words in promised_hints(lesson).items()
]


def test_there_are_exercises():
    assert "polling" in LESSONS


@pytest.mark.parametrize("lesson", LESSONS)
def test_check_and_hint_are_the_exercises_own(lesson):
    module = import_module(f"lessons.{lesson}.exercise")
    assert (module.check, module.hint) == (module.EXERCISE.check, module.EXERCISE.hint)


@pytest.mark.parametrize("lesson", LESSONS)
def test_the_stub_counts_as_unsolved(lesson):
    assert exercise_of(lesson).check(exercise_of(lesson).stub).state is State.UNSOLVED


@pytest.mark.parametrize("lesson", LESSONS)
def test_the_solution_passes(lesson):
    answer = exercise_of(lesson).check(solution_of(lesson))
    assert answer.state is State.SOLVED, answer


@pytest.mark.parametrize("result", [None, 5, "text", b"bytes", [], {}, (), (None, None), ("a", 1), object], ids=repr)
@pytest.mark.parametrize("lesson", LESSONS)
def test_a_result_of_any_kind_gets_an_answer(lesson, result):
    """No traceback of the exercise's own, whatever a function returns."""
    stub = exercise_of(lesson).stub
    takes = ", ".join(inspect.signature(stub).parameters)
    define = f"{'async ' if inspect.iscoroutinefunction(stub) else ''}def made_up({takes}): return result"
    names = {"result": result}
    exec(compile(define, "<a cell>", "exec"), names)
    assert exercise_of(lesson).check(names["made_up"]).state in (State.FAILED, State.UNSOLVED)


@pytest.mark.parametrize("lesson", LESSONS)
def test_at_least_five_wrong_solutions_are_known(lesson):
    assert len(promised_hints(lesson)) >= 5


@pytest.mark.filterwarnings("ignore:coroutine")
@pytest.mark.parametrize(("lesson", "function", "words"), WRONG)
def test_a_wrong_solution_gets_the_hint_made_for_it(lesson, function, words):
    answer = exercise_of(lesson).check(function)
    assert answer.state is State.FAILED
    first, *others = answer.hints
    assert words in first, answer
    assert first.endswith("?") or "? " in first, "a first hint asks"
    assert others, "hints grow"
    rows = [line.split(maxsplit=1) for line in repr(answer).splitlines()[1:]]
    told = {name: rest for name, rest in ((row[0], row[-1]) for row in rows) if name in ("expected", "seen", "given")}
    assert "given" in told, answer
    assert "expected" not in told or told["expected"] != told["seen"], answer


@pytest.mark.filterwarnings("ignore:coroutine")
@pytest.mark.parametrize("lesson", LESSONS)
def test_every_case_is_the_first_to_fail_for_some_wrong_solution(lesson):
    exercise = exercise_of(lesson)
    answers = [repr(exercise.check(function)) for function in promised_hints(lesson)]
    idle = [case.name for case in exercise.cases if not any(f", {case.name}.\n" in answer for answer in answers)]
    assert idle == []
