"""A server and a page in virtual time, for the exercise: the server's replies are written beforehand."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Coroutine, Sequence
from dataclasses import dataclass
from typing import Any

from lessons.exercise.virtual_time import StillRunningError, UncancellableError, run

INTERVAL = 2.0
ANSWER_SECONDS = 0.5
WATCHED_SECONDS = 60.0


@dataclass(frozen=True)
class Response:
    """What `fetch` gives.

    Args:
        status: 200 with content; 304 if the request's ETag names the present content (RFC 9110, section 15.4.5).
        etag: the name of the present content, to ask with next time; None if the server gives none.
        text: the content, empty with 304.
    """

    status: int
    etag: str | None
    text: str


Fetch = Callable[[str | None], Awaitable[Response]]
Show = Callable[[str], None]
Poll = Callable[[Fetch, Show, float], Coroutine[Any, Any, None]]


@dataclass(frozen=True)
class Reply:
    """What the server will say to one request, and after how many seconds; without a text it is an error."""

    text: str | None
    seconds: float = ANSWER_SECONDS

    def __str__(self) -> str:
        said = "a ConnectionError" if self.text is None else repr(self.text)
        return f"{said} after {self.seconds:g} s"


@dataclass
class Request:
    """A request as the server saw it: when it was sent, and when it was over, in seconds from the start."""

    etag: str | None
    sent: float
    over: float = float("inf")


class ScriptedService:
    """What `poll` deals with: a server and a page, with a record of what it does to them.

    Calling it sends a request.

    Args:
        replies: one for each request in turn; the last one is repeated.
        tagged: whether the server gives ETags.
    """

    def __init__(self, replies: Sequence[Reply], tagged: bool) -> None:
        self.requests: list[Request] = []
        self.shown: list[str] = []
        self.ending = ""
        """How `poll` ended, as the end of a sentence; empty if it went on until it was cancelled."""
        self.left_a_task = False
        self.cancellable = True
        self._replies = replies
        self._tagged = tagged

    @property
    def given(self) -> str:
        """What `poll` is given, in words."""
        *first, last = map(str, self._replies)
        replies = ", then ".join([*first, f"always {last}" if first else f"each time {last}"])
        return f"an interval of {INTERVAL:g} s, and a server {'with' if self._tagged else 'without'} ETags: {replies}"

    async def host(self, poll: Poll) -> None:
        """Let `poll` run, and note how it ends."""
        try:
            await poll(self, self.shown.append, INTERVAL)
            self.ending = ", then poll returned"
        except ConnectionError as error:
            self.ending = f", then poll ended with ConnectionError: {error}"
        self.left_a_task = len(asyncio.all_tasks()) > 1

    async def __call__(self, etag: str | None = None) -> Response:
        """Answer a request, as `fetch` does for the student's function."""
        reply = self._replies[min(len(self.requests), len(self._replies) - 1)]
        request = Request(etag or None, _now())
        self.requests.append(request)
        try:
            await asyncio.sleep(reply.seconds)
        finally:
            request.over = _now()
        if reply.text is None:
            raise ConnectionError("the server refused the connection")
        return self._response(reply.text, etag)

    def _response(self, text: str, etag: str | None) -> Response:
        if not self._tagged:
            return Response(200, None, text)
        return Response(304, etag, "") if etag == tag(text) else Response(200, tag(text), text)


def watch(poll: Poll, *replies: Reply, tagged: bool = True) -> ScriptedService:
    """Return a service after `poll` has dealt with it for a minute of virtual time."""
    service = ScriptedService(replies, tagged)
    try:
        run(service.host(poll), WATCHED_SECONDS)
    except UncancellableError:
        service.cancellable = False
    except StillRunningError:
        pass  # as it should be: polling goes on until it is cancelled
    return service


def tag(text: str) -> str:
    """Return the ETag that the server gives to a text."""
    return f'"tick-{text[-2:]}"'


def _now() -> float:
    return round(asyncio.get_running_loop().time(), 6)
