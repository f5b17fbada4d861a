'''Exercises: a student writes a function, `check` says which case it fails first, and `hint` helps.

An exercise knows the student's function only from outside: by what it returns and does. A lesson with an exercise has

    lessons/<lesson>/exercise.py            EXERCISE; check = EXERCISE.check; hint = EXERCISE.hint
    lessons/<lesson>/solution.py            the reference solution, a function of the stub's name
    tests/<lesson>/wrong_solutions.py       PROMISED_HINTS: {wrong function: words of the first hint that it gets}

and `tests/exercise/test_every_exercise.py`, which finds these files by itself, proves that the stub counts as
unsolved, that the solution passes, that every wrong solution gets the hint promised, and that every case is the first
to fail for one of them. What an exercise.py looks like:

    def double(data: bytes) -> bytes:
        """The stub: the student's function has this name and these parameters."""
        raise NotImplementedError

    def doubles_two_bytes(double: Callable[[bytes], bytes]) -> None:
        expect(double(b"ab"), b"abab", hints=("How long should the answer be?", "Write `data * 2`."))

    EXERCISE = Exercise(double, [Case("two bytes become four", doubles_two_bytes)], hints=("What does b'a' * 2 give?",))

A case is a plain function that raises `CaseFailedError`, through `expect` or by itself. Beside the failure, `check`
shows the call that failed: as Python, if its arguments are plain data; by the attribute `given` of an argument that has
one; or in the words of a case's `with given(…)`. If a case stumbles over a result of a wrong type, `check` says which
type was asked for; if two values look alike, it shows their parts. A case that has to wait runs its coroutine in
virtual time, with `lessons.exercise.virtual_time.run`. Hints begin with a question, and end by nearly giving the
solution away.
'''

from lessons.exercise.answer import Answer
from lessons.exercise.case import Case, CaseFailedError, Hints, NothingReturnedError, brief, expect, given
from lessons.exercise.check import Exercise

__all__ = ["Answer", "Case", "CaseFailedError", "Exercise", "Hints", "NothingReturnedError", "brief", "expect", "given"]
