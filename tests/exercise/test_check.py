"""What an exercise says of functions of all kinds, by its exact words."""

import asyncio
import gc
import struct
import sys
import threading
import time
import warnings
from dataclasses import dataclass

import pytest

from lessons.exercise import Case, CaseFailedError, Exercise, check, expect, given
from lessons.exercise.answer import State
from lessons.exercise.shown import difference
from tests.exercise.sample import double, doubling, wait, waiting


@pytest.fixture
def impatient(monkeypatch):
    monkeypatch.setattr(check, "PATIENCE_SECONDS", 0.2)


def test_says_that_all_cases_pass():
    answer = doubling().check(lambda data: data * 2)
    assert answer.state is State.SOLVED
    assert repr(answer) == "✓ Solved: all 3 cases pass."


def returns_dots(data): ...


def returns_none(data):
    return None


@pytest.mark.parametrize("stub", [double, returns_dots, returns_none, lambda data: ...])
def test_takes_a_stub_for_unsolved(stub):
    answer = doubling().check(stub)
    assert answer.state is State.UNSOLVED
    assert repr(answer) == (
        "○ Not solved yet: double returns nothing and does nothing so far.\n"
        '  hint() helps to begin. If you have begun: is a "return" missing?'
    )


async def returns_dots_later(seconds): ...


@pytest.mark.parametrize("stub", [wait, returns_dots_later])
def test_takes_an_async_stub_for_unsolved(stub):
    answer = waiting().check(stub)
    assert answer.state is State.UNSOLVED
    assert repr(answer).endswith('is a "return" or an "await" missing?')


def test_nothing_returned_in_a_later_case_is_a_failure():
    answer = doubling().check(lambda data: data * 2 if data else None)
    assert answer.state is State.FAILED
    assert repr(answer) == (
        "✗ Not yet: case 2 of 3, none stay none.\n"
        "  expected  b''\n"
        "  seen      None\n"
        "  given     double(b'')\n"
        "  hint() helps: first with a question, then with more each time."
    )


def test_shows_bytes_expected_and_seen_of_the_first_case_that_fails():
    answer = doubling().check(lambda data: data)
    assert repr(answer) == (
        "✗ Not yet: case 1 of 3, two bytes become four.\n"
        "  expected    0000  61 62 61 62                                       abab\n"
        "  seen        0000  61 62                                             ab\n"
        "  difference  2 bytes where 4 are expected; as far as both go they are the same\n"
        "  given       double(b'ab')\n"
        "  hint() helps: first with a question, then with more each time."
    )


def test_says_where_bytes_begin_to_differ_and_aligns_their_rows():
    answer = doubling().check(lambda data: data * 2 if len(data) < 20 else data + data[:-1] + b"\xff")
    assert "difference  byte 39 is ff and should be 13" in repr(answer)
    starts = [line.index("00") for line in repr(answer).splitlines() if " 00" in line and ":" not in line]
    assert len(starts) == 6
    assert set(starts) == {14}


def test_gives_hints_one_by_one_and_repeats_the_last():
    exercise = doubling()
    exercise.check(lambda data: data)
    assert [repr(exercise.hint()) for _ in range(4)] == [
        "Hint 1 of 3: How long should the answer be?",
        "Hint 2 of 3: Twice as long as the data.",
        "Hint 3 of 3: Write `data * 2`.",
        "Hint 3 of 3: Write `data * 2`.",
    ]


def test_gives_the_hint_made_for_a_mistake():
    exercise = doubling()
    exercise.check(lambda data: b"".join(bytes([byte]) * 2 for byte in data))
    assert repr(exercise.hint()) == "Hint 1 of 2: In which order do the bytes come?"


def test_hints_go_on_while_the_mistake_is_the_same_and_begin_again_with_another():
    exercise = doubling()
    exercise.check(lambda data: data)
    exercise.hint()
    exercise.check(lambda data: data * 3)
    assert repr(exercise.hint()).startswith("Hint 2 of 3")
    exercise.check(lambda data: b"aabb")
    assert repr(exercise.hint()).startswith("Hint 1 of 2")
    exercise.check(lambda data: data)
    assert repr(exercise.hint()).startswith("Hint 1 of 3")


def test_hints_help_to_begin_before_any_check_and_after_the_stub():
    exercise = doubling()
    assert repr(exercise.hint()) == "Hint 1 of 2: What does b'a' * 2 give?"
    exercise.check(double)
    assert repr(exercise.hint()) == "Hint 2 of 2: Write `return data * 2`."


def test_has_no_hint_for_what_is_solved():
    exercise = doubling()
    exercise.check(lambda data: data * 2)
    assert repr(exercise.hint()) == "All cases pass: there is nothing to hint at."


def raises(data):
    wanted = {}
    return wanted[data[0]]


def test_shows_message_and_line_of_what_a_function_raises():
    exercise = doubling()
    line = raises.__code__.co_firstlineno + 2
    assert repr(exercise.check(raises)) == (
        "✗ Not yet: case 1 of 3, two bytes become four.\n"
        "  raised       KeyError: 97\n"
        f"  in line {line}  return wanted[data[0]]\n"
        "  given        double(b'ab')\n"
        "  hint() helps: first with a question, then with more each time."
    )
    assert "What does this line expect" in repr(exercise.hint())


def doubles_what_is_given(double):
    with given("b'ab'\nas two bytes"):
        expect(double(b"ab"), b"abab", hints=("How long?",))


@pytest.mark.parametrize("function", [raises, lambda data: data])
def test_shows_what_the_function_was_given_when_it_failed(function):
    exercise = Exercise(double, [Case("two bytes become four", doubles_what_is_given)], hints=())
    *_, first, second, note = repr(exercise.check(function)).splitlines()
    assert first.split() == ["given", "b'ab'"]
    assert second == " " * first.index("b'ab'") + "as two bytes"
    assert note.startswith("  hint() helps")


def test_names_the_students_innermost_line():
    def helper(data):
        return struct.pack("B", data)

    def calls_a_helper(data):
        return helper(data)

    assert '  return struct.pack("B", data)\n' in repr(doubling().check(calls_a_helper))


def exits(data):
    sys.exit()


def fails_without_a_word(data):
    raise ValueError


@dataclass(frozen=True)
class Note:
    text: bytes
    loud: bool = False

    def __repr__(self):
        return f"<Note {self.text.decode()}{'!' if self.loud else ''}>"


def note(data: bytes) -> "Note":
    raise NotImplementedError


def noting(compare=lambda seen: None):
    def notes(note):
        seen = note(b"hello")
        compare(seen)
        expect(seen, Note(b"hello", True), hints=("Which?",))

    return Exercise(note, [Case("it notes", notes)], hints=())


def test_values_that_look_alike_are_told_apart():
    assert repr(noting().check(lambda data: Note(data, 128))) == (
        "✗ Not yet: case 1 of 1, it notes.\n"
        "  expected    <Note hello!>\n"
        "  seen        Note(text=b'hello', loud=128)\n"
        "  difference  loud is 128, of type int, and should be True, of type bool\n"
        "  given       note(b'hello')\n"
        "  hint() helps: first with a question, then with more each time."
    )


@pytest.mark.parametrize(
    ("seen", "expected", "words"),
    [
        ((1, "2"), (1, b"2"), "item 1 is '2', of type str, and should be b'2', of type bytes"),
        ([Note(b"a", 3)], [Note(b"a", 2)], "item 0, loud is 3, of type int, and should be 2, of type int"),
    ],
)
def test_says_which_part_differs(seen, expected, words):
    assert difference(seen, expected) == words


def test_a_case_that_compares_texts_itself_never_shows_the_same_twice():
    def compare(seen):
        raise CaseFailedError(repr(Note(b"hello", True)), repr(seen), ("Which?",))

    answer = repr(noting(compare).check(lambda data: Note(data, 128)))
    assert "  expected  <Note hello!>\n  seen      Note(text=b'hello', loud=128)\n" in answer


@pytest.mark.parametrize(
    ("result", "seen"),
    [
        (5, "5"),
        (Note([104, 105]), "Note(text=[104, 105], loud=False)"),
        ((Note("hi"), [Note(None)]), "(Note(text='hi', loud=False), [Note(text=None, loud=False)])"),
    ],
)
def test_a_result_that_the_case_cannot_read_is_shown_with_what_was_asked_for(result, seen):
    exercise = noting(lambda seen: seen.text.startswith(b"h"))
    answer = exercise.check(eval(compile("lambda data: result", "<a cell>", "eval"), {"result": result}))
    assert repr(answer) == (
        "✗ Not yet: case 1 of 1, it notes.\n"
        "  expected  Note\n"
        f"  seen      {seen}\n"
        "  given     note(b'hello')\n"
        "  hint() helps: first with a question, then with more each time."
    )
    assert repr(exercise.hint()).startswith("Hint 1 of 2: What type does")


class Told:
    given = "a server that says no"


def test_an_argument_says_itself_what_it_is():
    exercise = Exercise(double, [Case("one", lambda double: expect(double(Told()), 1, ("Which?",)))], hints=())
    assert "  given     a server that says no\n" in repr(exercise.check(lambda data: 2))


def test_a_call_that_says_nothing_is_not_shown():
    exercise = Exercise(double, [Case("one", lambda double: expect(double(object()), 1, ("Which?",)))], hints=())
    assert "given" not in repr(exercise.check(lambda data: 2))


@pytest.mark.parametrize(("function", "words"), [(exits, "SystemExit\n"), (fails_without_a_word, "ValueError\n")])
def test_shows_even_an_exception_without_a_message(function, words):
    assert f"  {words}" in repr(doubling().check(function))


def test_a_mistake_of_the_exercise_itself_is_raised():
    def bad_case(double):
        raise LookupError("the exercise is at fault")

    exercise = Exercise(double, [Case("a bad case", bad_case)], hints=("Which?",))
    function = eval(compile("lambda data: data", "<a cell>", "eval"))
    with pytest.raises(LookupError, match="the exercise is at fault"):
        exercise.check(function)


def test_a_keyboard_interrupt_is_not_an_answer(monkeypatch):
    def interrupted(seconds, call):
        raise KeyboardInterrupt

    monkeypatch.setattr(check, "within", interrupted)
    with pytest.raises(KeyboardInterrupt):
        doubling().check(lambda data: data * 2)


@pytest.mark.parametrize(
    ("thing", "kind"),
    [(None, "NoneType"), (b"abab", "bytes"), (bytes, "type"), (len, "builtin_function_or_method")],
)
def test_refuses_what_is_no_function(thing, kind):
    answer = doubling().check(thing)
    assert answer.state is State.FAILED
    assert repr(answer) == (
        f"✗ Not yet: check takes the function itself, as in check(double), not an object of type {kind}."
    )


@pytest.mark.filterwarnings("error")
def test_refuses_the_coroutine_that_a_call_gives():
    answer = waiting().check(wait(1))
    assert repr(answer).endswith("as in check(wait), not an object of type coroutine.")


@pytest.mark.parametrize(
    ("function", "taken"),
    [(lambda: b"", ""), (lambda one, two: b"", "one, two"), (lambda *, data: b"", "data")],
)
def test_refuses_other_parameters(function, taken):
    answer = doubling().check(function)
    assert repr(answer) == f"✗ Not yet: double takes (data), and yours takes ({taken})."


def test_refuses_parameters_in_each_others_place():
    def two(first, second):
        raise NotImplementedError

    exercise = Exercise(two, [], hints=())
    assert repr(exercise.check(lambda second, first: None)).endswith("and yours takes (second, first).")


def longer(bytes_given, times=2):
    return bytes_given * times


class Doubler:
    def double(self, data):
        return data * 2


@pytest.mark.parametrize("function", [longer, Doubler().double, lambda *datas: datas[0] * 2])
def test_accepts_other_names_and_parameters_with_defaults(function):
    assert doubling().check(function).state is State.SOLVED


def test_refuses_a_plain_function_where_an_async_one_is_needed():
    answer = waiting().check(lambda seconds: "done")
    assert repr(answer).endswith("so it begins with `async def wait`.")


def never_returns(data):
    while True:
        pass


def never_returns_and_catches_everything(data):
    while True:
        try:  # noqa: SIM105
            never_returns(data)
        except:  # noqa: E722
            pass


async def never_returns_async(seconds):
    while True:
        pass


async def never_waits_long(seconds):
    while True:
        await asyncio.sleep(0)


@pytest.mark.parametrize(
    ("exercise", "function"),
    [
        (doubling(), never_returns),
        (doubling(), never_returns_and_catches_everything),
        (waiting(), never_returns_async),
        (waiting(), never_waits_long),
    ],
)
def test_gives_up_on_a_function_that_never_returns(exercise, function, impatient):
    threads = set(threading.enumerate())
    answer = exercise.check(function)
    assert "  seen   it didn't return within 0.2 s\n" in repr(answer)
    assert "Which of your loops comes round" in repr(exercise.hint())
    assert not set(threading.enumerate()) - threads


async def waits_as_asked(seconds):
    await asyncio.sleep(seconds)
    return "done"


async def waits_too_long(seconds):
    await asyncio.sleep(seconds * 5)


async def waits_for_nobody(seconds):
    await asyncio.get_running_loop().create_future()


async def blocks(seconds):
    time.sleep(seconds)


async def forgets_to_sleep(seconds):
    asyncio.sleep(seconds)
    return "done"


async def forgets_and_fails(seconds):
    asyncio.sleep(seconds)
    return 10.0**seconds


@pytest.mark.parametrize("function", [forgets_to_sleep, forgets_and_fails])
@pytest.mark.filterwarnings("error")
def test_names_the_call_that_was_never_awaited_and_nothing_that_came_of_it(function, capfd):
    exercise = waiting()
    line = function.__code__.co_firstlineno + 1
    answer = exercise.check(function)
    assert f"  not awaited  line {line}  asyncio.sleep(seconds)\n" in repr(answer)
    assert "Overflow" not in repr(answer)
    assert "as long as nobody awaits" in repr(exercise.hint())
    gc.collect()
    assert capfd.readouterr().err == ""


async def drops_coroutines_for_ever(seconds):
    while True:
        asyncio.sleep(seconds)


def test_prints_nothing_of_how_a_function_was_ended(impatient, capfd):
    answer = waiting().check(drops_coroutines_for_ever)
    assert "it didn't return within 0.2 s" in repr(answer)
    gc.collect()
    assert capfd.readouterr().err == ""


def test_other_warnings_are_passed_on():
    def warns(data):
        warnings.warn("mind the gap", stacklevel=1)
        return data * 2

    with pytest.warns(UserWarning, match="mind the gap"):
        assert doubling().check(warns).state is State.SOLVED


LENT = []


def lent(coroutine):
    """Keep a coroutine that nobody awaits until it is closed, since Python complains of one that is dropped."""
    LENT.append(coroutine)
    return coroutine


async def forgets_to_await(seconds):
    return lent(asyncio.sleep(seconds, "done")).result


@pytest.mark.parametrize(
    ("function", "seen", "hint"),
    [
        (waits_too_long, "it was still running after 7200 s", "Which of your loops"),
        (waits_for_nobody, "at 0 s everything waits, and nothing is scheduled that could wake it", "who was to bring"),
        (blocks, "time.sleep was called, which stops the whole event loop", "who else can run"),
        (forgets_to_await, "AttributeError: 'coroutine' object has no attribute 'result'", "as long as nobody awaits"),
    ],
)
def test_says_how_an_async_function_misbehaves(function, seen, hint):
    exercise = waiting()
    assert seen in repr(exercise.check(function))
    assert hint in repr(exercise.hint())
    while LENT:
        LENT.pop().close()


def test_an_hour_is_waited_for_in_virtual_time():
    assert waiting().check(waits_as_asked).state is State.SOLVED


def test_checks_while_a_loop_is_running_as_in_a_kernel():
    async def cell():
        return waiting().check(waits_as_asked)

    assert asyncio.run(cell()).state is State.SOLVED


def test_html_says_the_same_and_escapes_what_it_shows():
    answer = doubling().check(lambda data: b"<b>&")
    html = answer._repr_html_()
    assert '<div class="lessons lessons-view">' in html
    assert "<strong>✗ Not yet:</strong> case 1 of 3, two bytes become four." in html
    assert '<th scope="row">expected</th>' in html
    assert "&lt;b&gt;&amp;" in html
    assert "<b>" not in html


def test_answers_are_the_same_each_time():
    answers = [doubling().check(raises) for _ in range(2)]
    assert repr(answers[0]) == repr(answers[1])
    assert answers[0]._repr_html_() == answers[1]._repr_html_()
