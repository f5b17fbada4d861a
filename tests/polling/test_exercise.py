"""Polling's exercise: other right solutions pass too, and what a student reads."""

import asyncio
from contextlib import suppress

import pytest

from lessons import polling
from lessons.exercise.answer import State
from lessons.polling.exercise import EXERCISE
from lessons.polling.scripted_service import Reply, watch
from lessons.polling.solution import poll
from tests.polling import wrong_solutions


async def with_a_helper_and_a_time_limit(fetch, show, interval):
    """Cancels an answer that takes longer than ten seconds, and remembers nothing but the last answer."""
    state = {"etag": "", "text": ""}

    async def ask():
        answer = await asyncio.wait_for(fetch(state["etag"]), timeout=10)
        state["etag"] = answer.etag or ""
        if answer.status == 200 and answer.text != state["text"]:
            state["text"] = answer.text
            show(answer.text)

    while True:
        with suppress(ConnectionError, TimeoutError):
            await ask()
        await asyncio.sleep(interval)


async def with_a_task_a_request(fetch, show, interval):
    etag = shown = None
    while True:
        try:
            answer = await asyncio.create_task(fetch(etag))
            etag = answer.etag
            if answer.text not in ("", shown):
                show(shown := answer.text)
        except OSError:
            pass
        finally:
            await asyncio.sleep(interval)


@pytest.mark.parametrize("solution", [with_a_helper_and_a_time_limit, with_a_task_a_request])
def test_other_right_solutions_pass(solution):
    answer = EXERCISE.check(solution)
    assert answer.state is State.SOLVED, answer


def test_the_lesson_exports_check_and_hint():
    assert (polling.check, polling.hint) == (EXERCISE.check, EXERCISE.hint)


def test_an_answer_and_its_hints_word_by_word():
    assert repr(polling.check(wrong_solutions.fixed_timer)) == (
        "✗ Not yet: case 3 of 12, it has one request out at a time.\n"
        "  expected  a request is sent when the one before it is over\n"
        "  seen      request 2 sent at 2 s, while request 1 is out until 5 s\n"
        "  given     an interval of 2 s, and a server with ETags: each time '12:00:00' after 5 s\n"
        "  hint() helps: first with a question, then with more each time."
    )
    assert [repr(polling.hint()) for _ in range(3)] == [
        "Hint 1 of 3: What does your client do at the next interval if the last answer is still out?",
        "Hint 2 of 3: It asks again, and again: requests pile up just where the line is slow. "
        "What should come before the next request?",
        "Hint 3 of 3: Await the answer in the loop itself: `answer = await fetch(etag)`, then sleep, then ask again, "
        "without tasks.",
    ]


@pytest.mark.parametrize(
    ("function", "seen"),
    [
        (wrong_solutions.waits_first, "the first request at 2 s"),
        (wrong_solutions.impatient, "shown '12:00:01', and then '12:00:00'"),
        (wrong_solutions.asks_once, "requests at 0 s, then poll returned"),
        (wrong_solutions.hurries_after_304, "requests at 0 s, 2.5 s, 3 s, 3.5 s"),
        (wrong_solutions.shows_on_304, "shown '12:00:00', '', '12:00:01', '' …"),
        (
            wrong_solutions.dies_on_an_error,
            "shown nothing, then poll ended with ConnectionError: the server refused the connection",
        ),
    ],
)
def test_says_what_was_seen(function, seen):
    assert f"  seen      {seen}\n" in repr(polling.check(function))


async def counts_to_nine(fetch, show, interval):
    return 9


async def sleeps_on(fetch, show, interval):
    await asyncio.sleep(1e9)


def test_who_returns_without_asking_has_not_begun():
    assert polling.check(counts_to_nine).state is State.UNSOLVED


def test_who_never_asks_is_told_so():
    assert "  seen      no request in 60 s\n" in repr(polling.check(sleeps_on))


def test_the_service_records_when_requests_are_over_and_what_they_carry():
    service = watch(poll, Reply("12:00:00", seconds=1), Reply(None, seconds=3), Reply("12:00:01"))
    assert [(request.etag, request.sent, request.over) for request in service.requests[:3]] == [
        (None, 0, 1),
        ('"tick-00"', 3, 6),
        ('"tick-00"', 8, 8.5),
    ]
    assert service.shown == ["12:00:00", "12:00:01"]
    assert service.cancellable
    assert service.ending == ""
