"""The exercise of long polling: write the client's loop, which loses nothing and hammers nobody.

The cases know `listen` by what it does in virtual time: when it asks, with which cursor, and what it shows.
"""

from __future__ import annotations

from collections.abc import Sequence

from lessons.exercise import Case, CaseFailedError, Exercise, Hints, NothingReturnedError
from lessons.long_polling.scripted_server import (
    REFUSED,
    WATCHED_SECONDS,
    Answer,
    Draw,
    Fetch,
    Listen,
    ScriptedServer,
    Show,
)

FIRST = Answer(200, ("12:00:05",), "k3f9-1")
SECOND = Answer(200, ("12:00:10",), "k3f9-2")
BOTH = Answer(200, ("12:00:05", "12:00:10"), "k3f9-2")
NO_NEWS = Answer(204)
GONE = Answer(410, (), "k3f9-40", seconds=0.0)


async def listen(fetch: Fetch, show: Show, draw: Draw) -> None:
    """Hear the server's news until cancelled: ask, and ask again the moment an answer has come.

    After N errors in a row it waits `draw() * min(30, 0.5 * 2 ** (N - 1))` seconds before it asks again.

    Args:
        fetch: `await fetch(cursor)` asks for what came after the cursor; None asks for the next news. Its answer has
            `status`, `items` and `cursor`. 200 brings news in `items`, and the cursor to ask with from then on. 204
            brings nothing: there was no news in time. 410 says that news is gone, and in `cursor` where to go on. It
            raises ConnectionError if the server can't be reached.
        show: `show(text)` puts a text on the page.
        draw: `draw()` gives a number drawn evenly from 0 up to 1, another one each time.
    """
    raise NotImplementedError


BEGIN = (
    "What does the client do first, what does it do when the answer has come, and where does it begin again?",
    "It asks (`answer = await fetch(None)`), shows every text in `answer.items`, and asks again.",
    "Begin with `while True:` around these lines. Then check, and mend what fails, one case after the other.",
)


WAITS_FIRST = (
    "Who does the waiting in long polling, the client or the server?",
    "The server holds the request back. Let the client ask at once, without a `sleep` before it.",
)
MAKES_UP_A_CURSOR = (
    "Where could a cursor come from before the first answer?",
    "Begin with `cursor = None`, and call `fetch(cursor)`.",
)


def asks_at_once(listen: Listen) -> None:
    """Expect the first request at once, without a cursor."""
    server = ScriptedServer([FIRST]).watch(listen)
    expected = "the first request at 0 s, without a cursor"
    if not server.cursors:
        kind = NothingReturnedError if server.ending else CaseFailedError
        raise kind(expected, f"no request in {WATCHED_SECONDS:g} s{server.ending}", BEGIN)
    if server.pauses[0] > 0:
        raise CaseFailedError(expected, f"the first request at {server.pauses[0]:g} s", WAITS_FIRST)
    if server.cursors[0]:
        raise CaseFailedError(expected, f"the first request with the cursor {server.cursors[0]}", MAKES_UP_A_CURSOR)


SHOWS_SOMETHING_ELSE = (
    "How many pieces of news may one answer bring, and in which order?",
    "`answer.items` has all of them, the oldest first.",
    "Write `for text in answer.items: show(text)`.",
)


def shows_every_item(listen: Listen) -> None:
    """Expect all news of an answer on the page, oldest first."""
    server = ScriptedServer([BOTH, NO_NEWS]).watch(listen)
    _expect_shown(server, [*BOTH.items], SHOWS_SOMETHING_ELSE)


ASKS_ONCE = (
    "What becomes of the page after the first answer?",
    "Who is to hear the next news, if nobody asks for it? Put the request into a loop without end.",
)
WAITS_BETWEEN = (
    "What happens at the server while your client sleeps, and when does the page hear of it?",
    "News that comes meanwhile finds nobody waiting. After an answer there is nothing to wait for.",
    "Let no `sleep` stand on the way from an answer to the next request.",
)


def asks_again_at_once(listen: Listen) -> None:
    """Expect each request the moment that the answer before it has come."""
    server = ScriptedServer([FIRST, SECOND]).watch(listen)
    if len(server.cursors) == 1:
        raise CaseFailedError("one request after the other", f"one request{server.ending}", ASKS_ONCE)
    _expect_pauses(server, [0, 0, 0], WAITS_BETWEEN)


FORGETS_THE_CURSOR = (
    "News came while your request was on its way. How is the server to know that you haven't heard it?",
    "Each answer brings in `answer.cursor` how far you have heard. Tell the server, with the next request.",
    "Write `cursor = answer.cursor` behind the `await`, and ask with `fetch(cursor)`.",
)


def sends_the_cursor(listen: Listen) -> None:
    """Expect each request with the cursor of the answer before it."""
    server = ScriptedServer([FIRST, SECOND, NO_NEWS]).watch(listen)
    _expect_cursors(server, [None, "k3f9-1", "k3f9-2"], FORGETS_THE_CURSOR)


ENDS_AT_204 = (
    "What does the status 204 say: that there is no more news, or that there is none yet?",
    "The server's time was up, and it has answered so that no proxy loses patience. Ask again.",
)
LOSES_CURSOR_AT_204 = (
    "Which cursor does an answer bring that has no news, and which one do you have already?",
    "A 204 has no content, and so `answer.cursor` is None. What you have heard is still what you had heard before.",
    "Take the cursor only `if answer.status != 204`.",
)


def keeps_the_cursor_at_204(listen: Listen) -> None:
    """Expect that 204 changes nothing, and that the next request follows at once."""
    server = ScriptedServer([FIRST, NO_NEWS, NO_NEWS, SECOND]).watch(listen)
    if len(server.cursors) < 4:
        raise CaseFailedError("requests after a 204", f"{len(server.cursors)} requests{server.ending}", ENDS_AT_204)
    _expect_cursors(server, [None, "k3f9-1", "k3f9-1", "k3f9-1"], LOSES_CURSOR_AT_204)
    _expect_pauses(server, [0, 0, 0, 0], WAITS_BETWEEN)


IGNORES_410 = (
    "The server has told you that it no longer has what came after your cursor. Which cursor does it still know?",
    "A 410 brings in `answer.cursor` where to go on. Ask with that one, though `answer.items` is empty.",
)


def goes_on_after_410(listen: Listen) -> None:
    """Expect that a client whose news is gone goes on where the server says."""
    server = ScriptedServer([FIRST, GONE, SECOND]).watch(listen)
    _expect_cursors(server, [None, "k3f9-1", "k3f9-40"], IGNORES_410)


DIES = (
    "What becomes of your loop when `fetch` raises, and what does the page show from then on?",
    "An error ends the loop unless you catch it inside. Which error does `fetch` raise?",
    "Put `try:` and `except ConnectionError:` around the `await fetch(cursor)`, inside the loop.",
)
BEGINS_ANEW = (
    "What had your client heard before the error, and does it still say so?",
    "An error changes nothing in what you have heard. Let `cursor` stand outside of the `try`.",
)


def survives_an_error(listen: Listen) -> None:
    """Expect the client to ask on after an error, with the cursor that it has."""
    server = ScriptedServer([FIRST, REFUSED, SECOND]).watch(listen)
    if server.ending:
        raise CaseFailedError("listen goes on after an error", f"{len(server.cursors)} requests{server.ending}", DIES)
    _expect_cursors(server, [None, "k3f9-1", "k3f9-1"], BEGINS_ANEW)


HAMMERS = (
    "How many requests a second does a server get from you while it is down?",
    "It refuses at once, and at once you ask again. Wait in `except`, longer after each error.",
    "Count the errors in a row, and `await asyncio.sleep(draw() * min(30, 0.5 * 2 ** (failures - 1)))`.",
)
WRONG_PAUSES = (
    "How long is the ceiling after the first error, after the second, after the tenth?",
    "0.5 s, 1 s, 2 s and so on, each twice the one before, and never more than 30 s.",
    "With the errors in a row counted in `failures`, the ceiling is `min(30, 0.5 * 2 ** (failures - 1))`.",
)


def backs_off(listen: Listen) -> None:
    """Expect pauses that double with each error, up to half a minute, where chance draws the longest."""
    server = ScriptedServer([REFUSED]).watch(listen)
    hammers = len(server.cursors) > 100
    _expect_pauses(server, [0, 0.5, 1, 2, 4, 8, 16, 30, 30], HAMMERS if hammers else WRONG_PAUSES)


NO_JITTER = (
    "A server with a thousand clients breaks down. When do all of them come back?",
    "All at the same moment, unless each waits for another time. What does `draw()` give you for that?",
    "Multiply the ceiling by `draw()`, and call it anew before every pause.",
)


def draws_each_pause(listen: Listen) -> None:
    """Expect every pause drawn between nothing and its ceiling."""
    server = ScriptedServer([REFUSED], chances=(0.5, 0.25, 0.75)).watch(listen)
    _expect_pauses(server, [0, 0.25, 0.25, 1.5], NO_JITTER)


NEVER_FORGIVES = (
    "The server came back and answered, an hour ago. How long do you wait after its next error?",
    "As after a first one: what counts is the errors in a row. Where do you set the count back?",
    "Write `failures = 0` where an answer has come.",
)


def starts_over_after_an_answer(listen: Listen) -> None:
    """Expect the shortest pause after the first error that follows an answer."""
    server = ScriptedServer([REFUSED, REFUSED, FIRST, REFUSED, SECOND]).watch(listen)
    _expect_pauses(server, [0, 0.5, 1, 0, 0.5], NEVER_FORGIVES)


CANNOT_BE_CANCELLED = (
    "How does asyncio stop a task, and what does your `except` make of it?",
    "It raises CancelledError in the task. A bare `except:` catches that as well, and listens on for ever.",
    "Catch what you mean, and nothing else: `except ConnectionError:`.",
)


def ends_when_cancelled(listen: Listen) -> None:
    """Expect the client to end when it is cancelled, while it waits for an answer as in a pause."""
    for answer in (Answer(204, seconds=1000.0), REFUSED):
        if not ScriptedServer([answer]).watch(listen).cancellable:
            raise CaseFailedError("listen ends when it is cancelled", "it goes on", CANNOT_BE_CANCELLED)


def _expect_pauses(server: ScriptedServer, pauses: Sequence[float], hints: Hints) -> None:
    """Expect the first requests after these pauses."""
    seen = server.pauses[: len(pauses)]
    if seen != [*pauses]:
        raise CaseFailedError(f"pauses of {_seconds(pauses)}", f"{_seconds(seen)}{server.ending}", hints)


def _expect_cursors(server: ScriptedServer, cursors: Sequence[str | None], hints: Hints) -> None:
    """Expect the first requests with these cursors."""
    seen = server.cursors[: len(cursors)]
    if seen != [*cursors]:
        raise CaseFailedError(f"requests with {_named(cursors)}", f"{_named(seen)}{server.ending}", hints)


def _expect_shown(server: ScriptedServer, texts: Sequence[str], hints: Hints) -> None:
    """Expect these texts on the page, and no others."""
    if server.shown != [*texts]:
        seen = ", ".join(map(repr, server.shown[:4])) or "nothing"
        raise CaseFailedError(f"shown {', '.join(map(repr, texts))}", f"shown {seen}{server.ending}", hints)


def _seconds(pauses: Sequence[float]) -> str:
    return ", ".join(f"{pause:g} s" for pause in pauses)


def _named(cursors: Sequence[str | None]) -> str:
    return ", ".join(cursor or "no cursor" for cursor in cursors)


EXERCISE = Exercise(
    listen,
    [
        Case("it asks at once", asks_at_once),
        Case("it shows every piece of news", shows_every_item),
        Case("it asks again the moment an answer has come", asks_again_at_once),
        Case("it asks with the cursor of the last answer", sends_the_cursor),
        Case("it keeps its cursor when there is no news", keeps_the_cursor_at_204),
        Case("it goes on where the server says if news is gone", goes_on_after_410),
        Case("it survives an error, and knows where it was", survives_an_error),
        Case("it waits longer after each error", backs_off),
        Case("it leaves the pause to chance", draws_each_pause),
        Case("it starts over after an answer", starts_over_after_an_answer),
        Case("it ends when it is cancelled", ends_when_cancelled),
    ],
    hints=BEGIN,
)
check = EXERCISE.check
hint = EXERCISE.hint
