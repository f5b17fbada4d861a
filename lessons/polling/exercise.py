"""The exercise of polling: write the client's loop.

The cases know `poll` by what it does in virtual time: when it asks, with which ETag, and what it shows.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from itertools import pairwise

from lessons.exercise import Case, CaseFailedError, Exercise, Hints, NothingReturnedError
from lessons.polling.scripted_service import (
    ANSWER_SECONDS,
    INTERVAL,
    WATCHED_SECONDS,
    Fetch,
    Poll,
    Reply,
    ScriptedService,
    Show,
    tag,
    watch,
)

OLD, NEW = "12:00:00", "12:00:01"


async def poll(fetch: Fetch, show: Show, interval: float) -> None:
    """Ask for the time again and again until cancelled, and show what is new.

    Args:
        fetch: `await fetch(etag)` asks, and gives an answer with `status`, `etag` and `text`; `etag` is the one seen
            last, None at first. It raises ConnectionError if the server can't be reached.
        show: `show(text)` puts a text on the page.
        interval: seconds from an answer, or an error, to the next request.
    """
    raise NotImplementedError


BEGIN = (
    "What does the client do first, what does it do when the answer has come, and where does it begin again?",
    "It asks (`await fetch(None)`), shows `answer.text`, waits (`await asyncio.sleep(interval)`), and asks again.",
    "Begin with `while True:` around these three lines. Then check, and mend what fails, one case after the other.",
)


WAITS_FIRST = (
    "What does the page show before the first interval is over?",
    "It is empty, and needn't be: nothing has to be waited for before the first request.",
    "Put the `asyncio.sleep(interval)` at the end of the loop, behind the request.",
)
SENDS_AN_ETAG_TOO_EARLY = (
    "Where could an ETag come from before the first answer?",
    "Begin with `etag = None`, and call `fetch(etag)`.",
)
LEAVES_A_TASK = (
    "Your task polls on its own. Who holds it, and who could still stop it, once `poll` has returned?",
    "Whoever cancels `poll` means the polling. Let the loop be in `poll` itself, or await the task there.",
)


def asks_at_once(poll: Poll) -> None:
    """Expect the first request at once, without an ETag."""
    service = watch(poll, Reply(OLD))
    expected = "the first request at 0 s, without an ETag"
    if service.left_a_task:
        raise CaseFailedError("poll goes on until it is cancelled", "poll returned and left a task", LEAVES_A_TASK)
    if not service.requests:
        kind = NothingReturnedError if service.ending else CaseFailedError
        raise kind(expected, f"no request in {WATCHED_SECONDS:g} s{service.ending}", BEGIN)
    first = service.requests[0]
    if first.sent > 0:
        raise CaseFailedError(expected, f"the first request at {first.sent:g} s", WAITS_FIRST)
    if first.etag:
        raise CaseFailedError(expected, f"the first request with the ETag {first.etag}", SENDS_AN_ETAG_TOO_EARLY)


SHOWS_SOMETHING_ELSE = (
    "What does `show` take, and what does your function hand to it?",
    "An answer is more than its content. Which of its attributes `status`, `etag` and `text` is for the page?",
    "Call `show(answer.text)`.",
)


def shows_the_text(poll: Poll) -> None:
    """Expect the content of the first answer on the page."""
    service = watch(poll, Reply(OLD))
    if service.shown[:1] != [OLD]:
        raise CaseFailedError(
            f"shown {OLD!r}", f"shown {service.shown[0]!r}" if service.shown else _shown(service), SHOWS_SOMETHING_ELSE
        )


PILES_UP = (
    "What does your client do at the next interval if the last answer is still out?",
    "It asks again, and again: requests pile up just where the line is slow. What should come before the next request?",
    "Await the answer in the loop itself: `answer = await fetch(etag)`, then sleep, then ask again, without tasks.",
)


def has_one_request_out(poll: Poll) -> None:
    """Expect no request while another is out, where answers take longer than the interval."""
    _expect_one_request_out(watch(poll, Reply(OLD, seconds=5)))


GOES_BACK = (
    "Which of the two answers came last, and which was asked for last?",
    "Time ran backwards on the page: an old answer came late, after a newer one. Who still waited for it?",
    "Before you ask again, let the last request end: await its answer, or cancel it.",
)


def never_goes_back(poll: Poll) -> None:
    """Expect that a very late answer doesn't replace a newer one. To wait for it is right, to cancel it as well."""
    service = watch(poll, Reply(OLD, seconds=30), Reply(NEW))
    if NEW in service.shown and OLD in service.shown[service.shown.index(NEW) :]:
        raise CaseFailedError("nothing old shown after something new", f"shown {NEW!r}, and then {OLD!r}", GOES_BACK)
    _expect_one_request_out(service)


def _expect_one_request_out(service: ScriptedService) -> None:
    for number, (one, following) in enumerate(pairwise(service.requests), 1):
        if following.sent < one.over:
            seen = (
                f"request {number + 1} sent at {following.sent:g} s, while request {number} is out until {one.over:g} s"
            )
            raise CaseFailedError("a request is sent when the one before it is over", seen, PILES_UP)


ASKS_ONCE = (
    "How does the page hear what happens after the first answer?",
    "The server can't speak first. Put what you have into a loop: ask, show, wait, and ask again.",
)
NO_WAIT = (
    "How many requests a second does your client send, and who has to answer them?",
    "It asks again the moment an answer has come. Which argument says how long to wait?",
    "End the loop with `await asyncio.sleep(interval)`.",
)
COUNTS_FROM_THE_REQUEST = (
    "From which moment on does your client count the interval: when it asked, or when the answer came?",
    "If the line is slow, the server is given no rest. Let the waiting begin when the answer is there.",
    "First `await fetch(etag)`; when that is done, `await asyncio.sleep(interval)`, whole.",
)
WRONG_WAIT = (
    "Which number decides how long your client waits?",
    "It is the argument `interval`, in seconds, whole, once for each request: `await asyncio.sleep(interval)`.",
)


def waits_after_an_answer(poll: Poll) -> None:
    """Expect an interval between an answer and the next request."""
    made_for = {(0.0,): ASKS_ONCE, (0.0, 0.5, 1.0, 1.5): NO_WAIT, (0.0, 2.0, 4.0, 6.0): COUNTS_FROM_THE_REQUEST}
    _expect_requests_in_time(watch(poll, Reply(OLD), tagged=False), made_for)


FORGETS_THE_ETAG = (
    "How is the server to know what the page shows already?",
    "Each answer has an `etag`. Keep it, and ask with it next time.",
    "Before the loop `etag = None`, in it `answer = await fetch(etag)` and `etag = answer.etag`.",
)
KEEPS_THE_FIRST_ETAG = (
    "Your client keeps an ETag. What of it when the content has changed?",
    "It asks with the ETag of content long gone, and so gets the new content again each time. Which one is it to send?",
    "Take over `etag = answer.etag` from every answer.",
)


def sends_the_etag(poll: Poll) -> None:
    """Expect each request to carry the ETag of the answer before it."""
    right = [None, tag(OLD), tag(OLD), tag(NEW)]
    service = watch(poll, Reply(OLD), Reply(OLD), Reply(NEW))
    etags = [request.etag for request in service.requests[:4]]
    if etags != right:
        hints = KEEPS_THE_FIRST_ETAG if etags == [None, *[tag(OLD)] * 3] else FORGETS_THE_ETAG
        raise CaseFailedError(f"requests with {_listed(right)}", f"requests with {_listed(etags)}", hints)


HURRIES_AFTER_304 = (
    "By which ways does your loop come round, and does each of them lead past the `sleep`?",
    "After a 304 it asks again at once: a `continue` skips what stands behind it.",
    "Show only if the status isn't 304, in an `if`, and let the `sleep` stand behind it, for all ways.",
)


def waits_after_304(poll: Poll) -> None:
    """Expect the interval after an answer without news, too."""
    _expect_requests_in_time(watch(poll, Reply(OLD)), {(0.0, 2.5, 3.0, 3.5): HURRIES_AFTER_304})


SHOWS_ON_304 = (
    "What does the status 304 say, and what is in such an answer?",
    "Not Modified: the page shows the newest already, and the answer's text is empty. What is there to show?",
    "Show only `if answer.status != 304`.",
)
MISSES_NEWS = (
    "How does your client tell what is new from what it has shown?",
    "What came last isn't on the page. Compare the answer with the text shown last, and remember that one each time.",
)


def shows_nothing_on_304(poll: Poll) -> None:
    """Expect that 304 changes nothing on the page."""
    _expect_shown(watch(poll, Reply(OLD), Reply(OLD), Reply(NEW)), SHOWS_ON_304)


SHOWS_TWICE = (
    "This server gives no ETags, so every answer is a 200. How can your client know whether it brings anything new?",
    "By its text: is it the one that the page shows already?",
    "Keep what was shown last, and show only `if answer.text != shown`.",
)


def shows_once(poll: Poll) -> None:
    """Expect each text once, where the server has no ETags and so no 304."""
    _expect_shown(watch(poll, Reply(OLD), Reply(OLD), Reply(NEW), tagged=False), SHOWS_TWICE)


DIES = (
    "What becomes of your loop when `fetch` raises, and what does the page show from then on?",
    "An error ends the loop unless you catch it inside. Which error does `fetch` raise?",
    "Put `try:` and `except ConnectionError:` around the `await fetch(etag)`, inside the loop.",
)


def survives_errors(poll: Poll) -> None:
    """Expect polling to go on after errors, the first request's included."""
    service = watch(poll, Reply(None), Reply(OLD), Reply(None), Reply(NEW))
    if service.ending:
        raise CaseFailedError("poll goes on after an error", _shown(service), DIES)
    _expect_shown(service, MISSES_NEWS)


HAMMERS = (
    "A server has broken down, and a thousand clients like yours ask it. What does it meet when it comes up again?",
    "After an error your client asks again without waiting. Does the way through `except` lead past the `sleep`?",
    "Let the `sleep` stand behind the whole `try`, so that it comes after answers and errors alike.",
)


def waits_after_an_error(poll: Poll) -> None:
    """Expect the interval after an error as after an answer."""
    _expect_requests_in_time(watch(poll, Reply(OLD), Reply(None)), {(0.0, 2.5, 3.0, 3.5): HAMMERS})


CANNOT_BE_CANCELLED = (
    "How does asyncio stop a task, and what does your `except` make of it?",
    "It raises CancelledError in the task. A bare `except:` catches that as well, and polls on for ever.",
    "Catch what you mean, and nothing else: `except ConnectionError:`.",
)


def ends_when_cancelled(poll: Poll) -> None:
    """Expect polling to end when it is cancelled in the middle of a request."""
    if not watch(poll, Reply(OLD, seconds=2 * WATCHED_SECONDS)).cancellable:
        raise CaseFailedError("poll ends when it is cancelled", "it goes on", CANNOT_BE_CANCELLED)


def _expect_requests_in_time(service: ScriptedService, made_for: Mapping[tuple[float, ...], Hints]) -> None:
    """Expect the first four requests an interval after the answer before; some wrong times have hints of their own."""
    right = tuple(number * (ANSWER_SECONDS + INTERVAL) for number in range(4))
    times = tuple(request.sent for request in service.requests[:4])
    if times != right:
        expected = f"requests at {_times(right)}: {INTERVAL:g} s after each answer, which takes {ANSWER_SECONDS:g} s"
        raise CaseFailedError(expected, f"requests at {_times(times)}{service.ending}", made_for.get(times, WRONG_WAIT))


def _expect_shown(service: ScriptedService, hints: Hints) -> None:
    """Expect the old text and then the new one on the page, each once; what is missing has its own hints."""
    if service.shown != [OLD, NEW]:
        missing = not {OLD, NEW} <= set(service.shown)
        raise CaseFailedError(f"shown {OLD!r}, {NEW!r}", _shown(service), MISSES_NEWS if missing else hints)


def _shown(service: ScriptedService) -> str:
    """Say what was shown, the first few of it, and how `poll` ended if it did."""
    first = ", ".join(map(repr, service.shown[:4])) or "nothing"
    return f"shown {first}{' …' if service.shown[4:] else ''}{service.ending}"


def _times(times: Sequence[float]) -> str:
    return ", ".join(f"{time:g} s" for time in times)


def _listed(etags: Sequence[str | None]) -> str:
    return ", ".join(etag or "no ETag" for etag in etags)


EXERCISE = Exercise(
    poll,
    [
        Case("it asks at once", asks_at_once),
        Case("it shows the text of an answer", shows_the_text),
        Case("it has one request out at a time", has_one_request_out),
        Case("it never goes back to something older", never_goes_back),
        Case("it waits for the interval after an answer", waits_after_an_answer),
        Case("it asks with the ETag that it has seen", sends_the_etag),
        Case("it waits after a 304, too", waits_after_304),
        Case("it shows nothing on a 304", shows_nothing_on_304),
        Case("it shows what is new once", shows_once),
        Case("it survives an error", survives_errors),
        Case("it waits after an error, too", waits_after_an_error),
        Case("it ends when it is cancelled", ends_when_cancelled),
    ],
    hints=BEGIN,
)
check = EXERCISE.check
hint = EXERCISE.hint
