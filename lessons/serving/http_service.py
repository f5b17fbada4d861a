"""An HTTP/1.1 server on asyncio's transports: it reads requests, has them answered, and writes the responses.

A lesson gives a function for each path. The function takes the request and returns a `Response`, or a future of one if
there is nothing to answer yet. The future is cancelled when its client goes away.
"""

from __future__ import annotations

import asyncio
import time
from collections import deque
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import partial

from lessons.protocols.http_head import Request
from lessons.protocols.http_requests import RequestReader
from lessons.protocols.origin import Refusal
from lessons.serving.connections import ClientConnection, ListeningService, end_sending
from lessons.serving.limits import IDLE_SECONDS, MAX_CONTENT, MAX_HEAD, MOST_WAITING
from lessons.serving.response import Response, Stream, is_head, knows_chunks, text_response, write_response

READ_SIZE = 16 * 1024
"""The most bytes taken in one read."""
CLOSE_SECONDS = 0.5
"""How long clients have to read what was sent last, when the server closes."""

Pending = asyncio.Future[Response]
"""A response that comes later."""


@dataclass(frozen=True)
class Switch:
    """The answer to a request that turns its connection over to another protocol (RFC 9110, section 7.8).

    Attributes:
        response: the bytes of the response, `101 Switching Protocols`.
        protocol: what serves the client from then on.
    """

    response: bytes
    protocol: ClientConnection


Respond = Callable[[Request], Response | Pending]
"""Answers a GET whose origin has been checked."""


class HTTPService(ListeningService):
    """Answers HTTP requests by their path.

    Args:
        routes: the function that answers requests, for each path.
        idle_seconds: how long a client may be silent, or leave a request unfinished or a response unread.
        read_size: the most bytes taken in one read.
        close_seconds: how long all clients together have to end when the server closes.
        patience: the shortest time that any client is given, in seconds; `idle_seconds` by default.

    Attributes:
        upgrades_to: the protocol that a request may turn its connection over to (RFC 9110, section 7.8).
        max_head: the longest head of a request, in bytes.
    """

    upgrades_to = ""
    max_head = MAX_HEAD

    def __init__(
        self,
        routes: Mapping[str, Respond],
        idle_seconds: float = IDLE_SECONDS,
        *,
        read_size: int = READ_SIZE,
        close_seconds: float = CLOSE_SECONDS,
        patience: float | None = None,
    ) -> None:
        super().__init__(read_size, close_seconds, idle_seconds if patience is None else patience)
        self.routes = dict(routes)
        self.idle_seconds = idle_seconds

    def new_connection(self) -> ClientConnection:
        """Return the protocol for one more client."""
        return HTTPConnection(self)

    def answer(self, request: Request) -> Response | Pending | Switch:
        """Return the answer to a request: the lesson's response, or one that says why there is none."""
        refusal = self.origins.refusal(request.headers.get_joined("Origin"), request.headers.get("Host") or "")
        if refusal is not None:
            return refuse(refusal)
        respond = self.routes.get(request.path)
        if respond is None:
            return text_response(404, f"There is nothing at {request.path} on this server.")
        if request.method == "OPTIONS":
            return Response(204, headers={"Access-Control-Allow-Methods": "GET"})
        if request.method not in ("GET", "HEAD"):
            return text_response(405, "This path answers GET and HEAD only.", {"Allow": "GET, HEAD"})
        return respond(request)


class HTTPConnection(ClientConnection):
    """A client's connection: its requests are answered one after another, in the order in which they came.

    A client that ends its side of the connection is taken to be gone, even if it is still owed a response. A browser
    that leaves a page does nothing more than that, and what was held for it has to be let go at once.

    Args:
        service: the service that it belongs to.
    """

    _service: HTTPService

    def __init__(self, service: HTTPService) -> None:
        super().__init__(service)
        self._reader = RequestReader(service.max_head, MAX_CONTENT, service.upgrades_to)
        self._waiting: deque[Request | Refusal] = deque()
        self._pending: Pending | None = None
        self._stream: Stream | None = None
        self._reads = True
        self._is_last = False
        self._has_switched = False
        self._ready_since = time.monotonic()

    # What asyncio calls:

    def receive(self, data: bytes) -> None:
        """Take bytes, or ignore them once the last response has begun (RFC 9112, section 9.6)."""
        if not self._is_last:
            self._waiting.extend(self._reader.receive(data))
            self._answer_waiting()

    def pause_writing(self) -> None:
        """Stop answering a client that doesn't read what it is sent."""
        self._reads = False

    def resume_writing(self) -> None:
        """Go on: the client has caught up."""
        self._reads = True
        self._answer_waiting()

    def connection_lost(self, exc: Exception | None) -> None:
        """Forget the client: TCP has ended, one way or another."""
        self._waiting.clear()
        if self._pending is not None:
            self._pending.cancel()
        if self._stream is not None:
            self._stream.on_gone()
        super().connection_lost(exc)

    # What the service calls:

    def end(self) -> None:
        """End the connection once all that was written has been sent."""
        self.transport.close()

    def check_time(self, now: float) -> None:
        """End the connection if it was the client's turn for too long; `now` is in seconds, by `time.monotonic`."""
        if self._is_answering or self._ready_since > now - self._service.idle_seconds:
            return
        if self._reader.inside and self._reads and not self._is_last:
            self._respond(refuse(Refusal(408, "RFC 9110 §15.5.9", "The request wasn't complete in time.")), None)
        else:
            self.transport.abort()

    # Answering:

    @property
    def _is_answering(self) -> bool:
        return self._pending is not None or self._stream is not None

    def _answer_waiting(self) -> None:
        """Answer the waiting requests, up to one whose response comes later; read on unless many wait behind it."""
        while self._waiting and self._reads and not self._is_answering and not self.transport.is_closing():
            self._answer(self._waiting.popleft())
        if self.transport.is_closing() or self._has_switched:
            return
        if len(self._waiting) > MOST_WAITING or (self._waiting and self._reader.rest):
            self.transport.pause_reading()
        else:
            self.transport.resume_reading()

    def _answer(self, request: Request | Refusal) -> None:
        if isinstance(request, Refusal):
            self._respond(refuse(request), None)
            return
        try:
            response = self._service.answer(request)
        except Exception as error:
            response = self._fail(request, error)
        if isinstance(response, Response):
            self._respond(response, request)
        elif isinstance(response, Switch):
            self._switch(response, request)
        else:
            self._pending = response
            response.add_done_callback(partial(self._answer_later, request))

    def _answer_later(self, request: Request, pending: Pending) -> None:
        if pending.cancelled() or self.transport.is_closing():
            self.transport.abort()  # there will be no response, or nobody to take it
            return
        error = pending.exception()
        self._respond(pending.result() if error is None else self._fail(request, error), request)
        self._answer_waiting()

    def _fail(self, request: Request, error: BaseException) -> Response:
        """Show the student an error in the lesson, with its traceback; return what to tell the client."""
        context = {"message": f"{request.method} {request.path}", "exception": error}
        asyncio.get_running_loop().call_exception_handler(context)
        return text_response(500, "An error in the server; it is shown in the notebook.")

    def _respond(self, response: Response, request: Request | None) -> None:
        ends = request is None or not request.keeps_alive
        self._is_last = ends or "close" in response.headers.get("Connection", "")
        self.transport.write(write_response(response, request, time.time(), last=self._is_last))
        if response.begin is None or is_head(request):
            self._end_response()
            return
        self._stream = Stream(self.transport, chunked=knows_chunks(request), on_end=self._end_stream)
        response.begin(self._stream)

    def _end_stream(self) -> None:
        self._end_response()
        self._answer_waiting()

    def _end_response(self) -> None:
        self._pending = self._stream = None
        self._ready_since = time.monotonic()
        if self._is_last:
            self._waiting.clear()
            end_sending(self.transport)

    def _switch(self, switch: Switch, request: Request) -> None:
        """Hand the connection over to another protocol; its first bytes may have come right after the request."""
        if not self._reader.upgrade:  # llhttp reads a `Connection` field more strictly
            reason = "The Connection header must list 'Upgrade'."
            self._respond(refuse(Refusal(400, "RFC 9110 §7.8", reason)), request)
            return
        self._has_switched = True
        self.transport.write(switch.response)
        self.hand_over(switch.protocol, self._reader.rest)


def refuse(refusal: Refusal) -> Response:
    """Return the response that says why a request is refused."""
    return text_response(refusal.status, f"{refusal.reason} ({refusal.section})")
