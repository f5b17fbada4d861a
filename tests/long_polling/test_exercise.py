"""Long polling's exercise: another right solution passes too, and what a student reads."""

import asyncio

from lessons import long_polling
from lessons.exercise.answer import State
from lessons.long_polling.exercise import EXERCISE
from tests.long_polling import wrong_solutions


async def with_tasks_and_a_match(fetch, show, draw):
    state = {"cursor": None, "ceiling": 0.5}
    while True:
        try:
            answer = await asyncio.create_task(fetch(state["cursor"]))
        except ConnectionError:
            await asyncio.sleep(state["ceiling"] * draw())
            state["ceiling"] = min(30, state["ceiling"] * 2)
            continue
        state["ceiling"] = 0.5
        match answer.status:
            case 200:
                state["cursor"] = answer.cursor
                [show(text) for text in answer.items]
            case 410:
                state["cursor"] = answer.cursor


def test_another_right_solution_passes():
    assert EXERCISE.check(with_tasks_and_a_match).state is State.SOLVED


def test_what_a_student_reads():
    assert repr(long_polling.check(wrong_solutions.loses_the_cursor_at_204)) == (
        "✗ Not yet: case 5 of 11, it keeps its cursor when there is no news.\n"
        "  expected  requests with no cursor, k3f9-1, k3f9-1, k3f9-1\n"
        "  seen      no cursor, k3f9-1, no cursor, no cursor\n"
        "  given     a server that answers 200 '12:00:05' cursor k3f9-1 after 5 s, then 204 after 5 s, "
        "then 204 after 5 s, then always 200 '12:00:10' cursor k3f9-2 after 5 s\n"
        "  hint() helps: first with a question, then with more each time."
    )
    assert repr(long_polling.hint()).startswith("Hint 1 of 3: Which cursor does an answer bring")
