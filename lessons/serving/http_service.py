"""An HTTP/1.1 server on asyncio's transports: it reads requests, asks the lesson what to answer, and writes that.

A lesson gives a function for each path. It takes the request and returns a `Response`, or a future of one where there
is nothing to answer yet; the future is cancelled when its client goes away.
"""

from __future__ import annotations

import asyncio
import contextlib
import socket
import time
from collections import deque
from collections.abc import Callable, Mapping
from functools import partial
from typing import cast

from lessons.protocols.http_head import Request
from lessons.protocols.http_requests import RequestReader, keeps_alive
from lessons.protocols.origin import Refusal
from lessons.serving.half_close import end_sending
from lessons.serving.response import Response, is_head, knows_chunks, sentence, write_response
from lessons.serving.runtime import Server
from lessons.serving.stream import Stream

Pending = asyncio.Future[Response]
"""A response that there will be later."""
Answer = Callable[[Request], Response | Pending]
"""Answers a GET that is welcome."""

MAX_HEAD = 64 * 1024
"""Longest head of a request, in bytes."""
MAX_CONTENT = 1024 * 1024
"""Largest content of a request, in bytes."""
READ_SIZE = 16 * 1024
"""The most bytes taken in one read."""
MOST_WAITING = 16
"""How many requests of a client may wait behind the one that is being answered, before no more are read."""
IDLE_SECONDS = 75.0
"""How long a client may be silent, leave a request unfinished or an answer unread."""
CLOSE_SECONDS = 0.5
"""How long clients have to take what was sent last, when the server closes."""
SWEEP_SECONDS = 1.0
"""Seconds between two looks at the clock for all connections together."""
BACKLOG = 1024


class HTTPService:
    """Answers requests on sockets that the runtime has bound.

    Args:
        server: the handle that it runs behind; it decides who is welcome.
        answers: what answers a request, by its path.
        idle_seconds: how long a client may be silent, leave a request unfinished or an answer unread.
    """

    def __init__(self, server: Server, answers: Mapping[str, Answer], idle_seconds: float = IDLE_SECONDS) -> None:
        self.idle_seconds = idle_seconds
        self.connections: set[Connection] = set()
        self.read_buffer = memoryview(bytearray(READ_SIZE))  # one for all: only one read goes on at a time
        self._server = server
        self._answers = answers
        self._listeners: list[asyncio.Server] = []
        self._sweeper: asyncio.TimerHandle | None = None
        self._all_gone = asyncio.Event()

    async def open(self, sockets: list[socket.socket]) -> None:
        """Begin to accept connections."""
        loop = asyncio.get_running_loop()
        for each in sockets:
            self._listeners.append(await loop.create_server(lambda: Connection(self), sock=each, backlog=BACKLOG))
        self._sweep()

    async def close(self) -> None:
        """Stop listening, then end every connection."""
        for listener in self._listeners:
            listener.close()
        if self._sweeper is not None:
            self._sweeper.cancel()
        for connection in list(self.connections):
            connection.close()
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(CLOSE_SECONDS):
                await self._until_all_are_gone()
        for connection in list(self.connections):
            connection.abort()

    async def _until_all_are_gone(self) -> None:
        while self.connections:
            self._all_gone.clear()
            await self._all_gone.wait()

    def forget(self, connection: Connection) -> None:
        """Let go of a connection that has ended."""
        self.connections.discard(connection)
        if not self.connections:
            self._all_gone.set()

    def answer(self, request: Request) -> Response | Pending:
        """Ask the lesson what to answer; say why not to who isn't welcome, or asks for what isn't there."""
        refusal = self._server.refusal(request.headers.get("Origin"), request.headers.get("Host") or "")
        if refusal is not None:
            return refuse(refusal)
        answer = self._answers.get(request.path)
        if answer is None:
            return sentence(404, f"There is nothing at {request.path} on this server.")
        if request.method == "OPTIONS":
            return Response(204, headers={"Access-Control-Allow-Methods": "GET"})
        if request.method not in ("GET", "HEAD"):
            refused = sentence(405, "Here is something to GET, and nothing else.")
            return Response(405, refused.body, {"Allow": "GET, HEAD", **refused.headers})
        return answer(request)

    def _sweep(self) -> None:
        """Look at the clock for every connection: one timer for all costs less than one for each."""
        loop = asyncio.get_running_loop()
        for connection in list(self.connections):
            connection.end_if_silent_since(loop.time() - self.idle_seconds)
        self._sweeper = loop.call_later(min(SWEEP_SECONDS, self.idle_seconds), self._sweep)


class Connection(asyncio.BufferedProtocol):
    """A client's connection: its requests are answered one after the other, in the order in which they came.

    Args:
        service: what it belongs to.
    """

    def __init__(self, service: HTTPService) -> None:
        self._service = service
        self._loop = asyncio.get_running_loop()
        self._reader = RequestReader(MAX_HEAD, MAX_CONTENT)
        self._waiting: deque[Request | Refusal] = deque()
        self._pending: Pending | None = None
        self._stream: Stream | None = None
        self._reads = True
        self._is_last = False
        self._ready_since = self._loop.time()

    # What asyncio calls:

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Note the transport that asyncio made for the client."""
        self._transport = cast(asyncio.Transport, transport)
        self._service.connections.add(self)

    def get_buffer(self, sizehint: int) -> memoryview:
        """Lend the one buffer of all connections: asyncio hands it back before it reads again."""
        return self._service.read_buffer

    def buffer_updated(self, nbytes: int) -> None:
        """Take the bytes that were read, unless the last response has begun (RFC 9112, section 9.6)."""
        if self._is_last:
            return
        self._waiting.extend(self._reader.receive(bytes(self._service.read_buffer[:nbytes])))
        self._answer_waiting()

    def pause_writing(self) -> None:
        """Answer no more to a client that doesn't read what it is sent."""
        self._reads = False

    def resume_writing(self) -> None:
        """Go on: the client has caught up."""
        self._reads = True
        self._answer_waiting()

    def connection_lost(self, exc: Exception | None) -> None:
        """Forget the client: TCP has ended, in whatever way."""
        self._waiting.clear()
        if self._pending is not None:
            self._pending.cancel()
        if self._stream is not None:
            self._stream.on_gone()
        self._service.forget(self)

    # What the service calls:

    def close(self) -> None:
        """End the connection behind what is still unsent."""
        self._transport.close()

    def abort(self) -> None:
        """End the connection at once."""
        self._transport.abort()

    def end_if_silent_since(self, moment: float) -> None:
        """End the connection if it has been the client's turn since a moment of the loop's time."""
        if self._is_answering or self._ready_since > moment:
            return
        if self._reader.inside and self._reads and not self._is_last:
            self._respond(refuse(Refusal(408, "RFC 9110 §15.5.9", "The request didn't come to its end.")), None)
        else:
            self._transport.abort()

    # Answering:

    @property
    def _is_answering(self) -> bool:
        return self._pending is not None or self._stream is not None

    def _answer_waiting(self) -> None:
        """Answer what waits, up to a request that has to be waited for; read on unless much waits behind it."""
        while self._waiting and self._reads and not self._is_answering and not self._transport.is_closing():
            self._answer(self._waiting.popleft())
        if self._transport.is_closing():
            return
        if len(self._waiting) > MOST_WAITING:
            self._transport.pause_reading()
        else:
            self._transport.resume_reading()

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
            return
        self._pending = response
        response.add_done_callback(partial(self._answer_later, request))

    def _answer_later(self, request: Request, pending: Pending) -> None:
        if pending.cancelled() or self._transport.is_closing():
            self._transport.abort()  # there will be no answer, or nobody to take it
            return
        error = pending.exception()
        self._respond(pending.result() if error is None else self._fail(request, error), request)
        self._answer_waiting()

    def _fail(self, request: Request, error: BaseException) -> Response:
        """Show an error in the lesson to the student, with its traceback; return what to tell the client."""
        self._loop.call_exception_handler({"message": f"{request.method} {request.path}", "exception": error})
        return sentence(500, "An error in the server; it is shown in the notebook.")

    def _respond(self, response: Response, request: Request | None) -> None:
        self._is_last = request is None or not keeps_alive(request) or response.headers.get("Connection") == "close"
        self._transport.write(write_response(response, request, time.time(), last=self._is_last))
        if response.begin is None or is_head(request):
            self._end_response()
            return
        self._stream = Stream(self._transport, chunked=knows_chunks(request), on_end=self._end_stream)
        response.begin(self._stream)

    def _end_stream(self) -> None:
        self._end_response()
        self._answer_waiting()

    def _end_response(self) -> None:
        self._pending = self._stream = None
        self._ready_since = self._loop.time()
        if self._is_last:
            self._waiting.clear()
            end_sending(self._transport)


def refuse(refusal: Refusal) -> Response:
    """Return the response that says why a request is refused."""
    return sentence(refusal.status, f"{refusal.reason} ({refusal.section})")
