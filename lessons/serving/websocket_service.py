"""A WebSocket server on raw sockets: the protocol core below, asyncio's transports around it.

Of the ways asyncio offers, `create_server` with a `BufferedProtocol` costs least. Echoes of 70 bytes for
a second of the server's processor time, over 50 connections: 120,000; with a plain `Protocol` 69,000, since
it allocates a new 256 KiB buffer for each read; with `loop.sock_recv` and a task for each connection
64,000.
"""

import asyncio
import socket
from collections.abc import Callable, Sequence
from time import monotonic
from typing import cast

from lessons.protocols.http_head import END_OF_HEAD, HeadTooLargeError, Request, split_head
from lessons.protocols.origin import check_origin
from lessons.protocols.websocket_close import CloseCode
from lessons.protocols.websocket_connection import MAX_MESSAGE, Connection, State, encode_message
from lessons.protocols.websocket_events import MESSAGES, Close, Closed, Message, Ping
from lessons.protocols.websocket_handshake import (
    Agreement,
    OriginCheck,
    UpgradeRefusedError,
    accept_request,
    read_request,
    refuse_foreign_page,
    wants_upgrade,
)
from lessons.protocols.websocket_keepalive import KeepAlive
from lessons.serving.compiled_mask import mask
from lessons.serving.half_close import end_sending
from lessons.serving.own_codec import Decode, DecoderReader, Handshake, checked_size

READ_SIZE = 64 * 1024
"""The most bytes taken in one read: all other clients wait while their frames are answered, up to 10,000 of them."""

COMPRESSED_READ_SIZE = 4 * 1024
"""The same where compression was agreed on: if they are bombs, a thousand times as many bytes come out at once."""

MAX_HEAD = 16 * 1024
"""The longest head of a request, in bytes."""

BACKLOG = 1024
SWEEP = 1.0
"""Seconds between two looks at the clock for all connections together."""


class WebSocketService:
    """Echoes every message; at `/broadcast` it passes each message to everybody connected there.

    It starts on sockets that are bound already, so whoever runs it chooses address and port.

    Args:
        check_origin: decides from `Origin` and `Host` whether the page that asks may connect.
        subprotocols: the subprotocols to agree to, the preferred one first.
        max_message: the longest message to take, in bytes; one of exactly this size is taken. It bounds
            too what a slow reader of a broadcast may leave unread before it is cut off.
        compression: whether to agree to permessage-deflate.
        handshake_timeout: seconds from the connection to the end of the request's head.
        ping_interval: seconds of silence after which a client is asked by a Ping.
        ping_timeout: seconds it then has to say anything, and that a closing handshake may take.
        close_timeout: seconds that `close` gives all clients together.
        respond: answers a GET that asks for no upgrade, with a whole HTTP response; None to refuse with
            426.
        handshake: a function of your own that answers requests, in place of the server's; the server keeps to
            itself whom it refuses by `check_origin`, and the longest head.
        decode: a function of your own that decodes frames, in place of the server's; it inflates nothing, so
            no compression is agreed on.
    """

    def __init__(
        self,
        *,
        check_origin: OriginCheck = check_origin,
        subprotocols: Sequence[str] = (),
        max_message: int = MAX_MESSAGE,
        compression: bool = True,
        handshake_timeout: float = 10.0,
        ping_interval: float = 20.0,
        ping_timeout: float = 20.0,
        close_timeout: float = 1.5,
        respond: Callable[[Request], bytes] | None = None,
        handshake: Handshake | None = None,
        decode: Decode | None = None,
    ) -> None:
        self.check_origin = check_origin
        self.subprotocols = subprotocols
        self.max_message = max_message
        self.compression = compression and decode is None
        self.handshake_timeout = handshake_timeout
        self.ping_interval = ping_interval
        self.ping_timeout = ping_timeout
        self.respond = respond
        self.handshake = handshake
        self.decode = decode
        self.broadcast = Broadcast(max_message)
        self.lines: set[Line] = set()
        self.read_buffer = memoryview(bytearray(READ_SIZE))  # one for all: only one read goes on at a time
        self._close_timeout = close_timeout
        self._closing = False
        self._listeners: list[asyncio.Server] = []
        self._sweeper: asyncio.TimerHandle | None = None
        self._all_gone = asyncio.Event()
        self._all_gone.set()

    async def open(self, sockets: list[socket.socket]) -> None:
        """Start to accept connections.

        Args:
            sockets: bound, listening sockets; the server closes them when it ends.
        """
        keep_freed_memory()
        loop = asyncio.get_running_loop()
        for sock in sockets:
            self._listeners.append(await loop.create_server(lambda: Line(self), sock=sock, backlog=BACKLOG))
        self._sweep()

    async def close(self) -> None:
        """Stop listening, then close every connection with 1001, within `close_timeout` seconds."""
        self._closing = True
        for listener in self._listeners:
            listener.close()
        for line in list(self.lines):
            line.go_away()
        try:
            async with asyncio.timeout(self._close_timeout):
                await self._all_gone.wait()
        except TimeoutError:
            pass
        finally:  # also where whoever called has run out of patience
            self._end_now()

    def _end_now(self) -> None:
        for line in list(self.lines):
            line.abort()
        if self._sweeper is not None:
            self._sweeper.cancel()

    def new_connection(self, agreement: Agreement) -> Connection:
        """Make the protocol's half of a connection, by the rules of this server."""
        keep_alive = KeepAlive(self.ping_interval, self.ping_timeout)
        reader = DecoderReader(self.decode, self.max_message) if self.decode is not None else None
        return Connection(
            server=True,
            max_message=self.max_message,
            deflate=agreement.deflate,
            mask=mask,
            keep_alive=keep_alive,
            reader=reader,
        )

    def add(self, line: "Line") -> None:
        """Count a new connection in; one that came in while the server closes has come too late."""
        self.lines.add(line)
        self._all_gone.clear()
        if self._closing:
            line.abort()

    def discard(self, line: "Line") -> None:
        """Forget a connection that has ended."""
        self.lines.discard(line)
        self.broadcast.members.pop(line, None)
        if not self.lines:
            self._all_gone.set()

    def _sweep(self) -> None:
        """Look at the clock for every connection: one timer for all costs less than one for each."""
        now = monotonic()
        for line in list(self.lines):
            line.check_time(now)
        self._sweeper = asyncio.get_running_loop().call_later(SWEEP, self._sweep)


def keep_freed_memory() -> None:
    """Let the memory of one long message serve the next one.

    glibc's `malloc` takes long blocks from the system and gives them back at once, page by page, which costs twice as
    much as all that is done to a message of 1 MiB. But it learns (mallopt(3), M_MMAP_THRESHOLD): after one block of
    this size, which no page was taken for, it keeps twice as much for what comes next.
    """
    bytes(MAX_MESSAGE)


class Broadcast:
    """All clients of `/broadcast`. A message is encoded once, and each member written to once a turn of the loop.

    Args:
        max_backlog: the bytes that a member may leave unread, asyncio's own 64 KiB at the least; one with more
            is cut off when the next message comes.
    """

    def __init__(self, max_backlog: int) -> None:
        self.members: dict[Line, Connection] = {}
        self._max_backlog = max_backlog
        self._frames: list[bytes] = []

    def say(self, message: Message) -> bytes:
        """Pass a message to all members soon, uncompressed, so that one encoding serves; reply nothing."""
        if not self._frames:
            asyncio.get_running_loop().call_soon(self._flush)
        self._frames.append(encode_message(message))
        return b""

    def _flush(self) -> None:
        """Write what was said to all members."""
        data = b"".join(self._frames)
        self._frames.clear()
        for line, connection in list(self.members.items()):
            if line.is_behind and line.transport.get_write_buffer_size() > self._max_backlog:
                line.abort()
            elif connection.may_send:
                line.transport.write(data)


class Line(asyncio.BufferedProtocol):
    """One client's connection: between its transport and its `Connection`.

    Attributes:
        transport: what asyncio made for the client.
        is_behind: whether the client leaves more unread than asyncio likes to keep for it.
    """

    def __init__(self, server: WebSocketService) -> None:
        self._server = server
        self._deadline = monotonic() + server.handshake_timeout
        self._read_buffer = server.read_buffer
        self._head = b""
        self._connection: Connection | None = None
        self._receive: Callable[[bytes], None] = self._receive_head
        self._reply: Callable[[Message], bytes]
        self.transport: asyncio.Transport
        self.is_behind = False

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Note the transport that asyncio made for the client."""
        self.transport = cast(asyncio.Transport, transport)
        self._server.add(self)

    def get_buffer(self, sizehint: int) -> memoryview:
        """Lend the one buffer of all connections: asyncio hands it back before it reads again."""
        return self._read_buffer

    def buffer_updated(self, nbytes: int) -> None:
        """Take the bytes that were read; an error is told in the context of this server, and ends this client only."""
        try:
            self._receive(bytes(self._read_buffer[:nbytes]))
        except Exception as error:
            context = {"message": "while bytes of a client were taken", "exception": error}
            asyncio.get_running_loop().call_exception_handler(context)
            self.transport.abort()

    def connection_lost(self, exc: Exception | None) -> None:
        """Forget the client: TCP has ended, in whatever way."""
        if self._connection is not None:
            self._connection.receive_end()
        self._server.discard(self)

    def pause_writing(self) -> None:
        """Read no more from a client that doesn't read what it is sent."""
        self.is_behind = True
        self.transport.pause_reading()

    def resume_writing(self) -> None:
        """Read again: the client has caught up."""
        self.is_behind = False
        self.transport.resume_reading()

    def go_away(self) -> None:
        """Begin the end: with 1001 where the handshake is done, at once where it isn't."""
        if self._connection is None:
            self.transport.abort()
        elif self._connection.state is State.OPEN:
            self.transport.write(self._connection.send(Close(CloseCode.GOING_AWAY, "The server is shutting down.")))
            self.transport.resume_reading()

    def abort(self) -> None:
        """End TCP at once, whatever is still unsent."""
        self.transport.abort()

    def check_time(self, now: float) -> None:
        """Do what the passing of time calls for; `now` is the time by `monotonic`, in seconds."""
        if self._connection is None:
            if now >= self._deadline:
                self.transport.abort()
            return
        event = self._connection.check_time(now)
        if isinstance(event, Closed):
            self.transport.abort()
        elif isinstance(event, Ping):
            self.transport.write(self._connection.send(event))
        elif event is not None:
            self.transport.write(self._connection.answer(event))
            end_sending(self.transport)

    def _receive_frames(self, data: bytes) -> None:
        """Answer all that one read brought with one write."""
        connection = self._connection
        if connection is None:
            return
        answers = []
        for event in connection.receive(data, monotonic()):
            if not isinstance(event, MESSAGES):
                answers.append(connection.answer(event))
            elif connection.may_send:
                answers.append(self._reply(event))
        if answers:
            self.transport.write(b"".join(answers))
        if connection.state is State.FINISHED:
            end_sending(self.transport)  # the client sees the end, and ends its side

    def _receive_head(self, data: bytes) -> None:
        """Collect the head of the request, and answer it when it is whole."""
        self._head += data
        try:
            split = split_head(self._head, MAX_HEAD)
            if self._server.handshake is not None:
                self._answer_by(self._server.handshake)
            elif split is not None:
                self._answer_head(*split)
        except HeadTooLargeError as error:
            self._end_with(UpgradeRefusedError(431, str(error)).response())
        except UpgradeRefusedError as error:
            self._end_with(error.response())

    def _answer_head(self, head: bytes, rest: bytes) -> None:
        server = self._server
        request = read_request(head)
        if server.respond is not None and request.method == "GET" and not wants_upgrade(request):
            self._end_with(server.respond(request))
        else:
            response, agreement = accept_request(request, server.check_origin, server.subprotocols, server.compression)
            self._start(request, response, agreement, rest)

    def _answer_by(self, handshake: Handshake) -> None:
        """Let a function of the learner's own answer the request."""
        answered = handshake(self._head)
        if answered is None:
            return
        response, size = answered
        rest = self._head[checked_size("handshake", size, self._head) :]
        if not response.startswith(b"HTTP/1.1 101 "):
            self._end_with(response)
            return
        request = read_request(self._head.partition(END_OF_HEAD)[0])
        refuse_foreign_page(request, self._server.check_origin)
        self._start(request, response, Agreement(), rest)

    def _start(self, request: Request, response: bytes, agreement: Agreement, rest: bytes) -> None:
        """Turn from HTTP to WebSocket; frames may have come right behind the request."""
        self.transport.write(response)
        self._connection = connection = self._server.new_connection(agreement)
        if agreement.deflate is not None:
            self._read_buffer = self._read_buffer[:COMPRESSED_READ_SIZE]
        self._reply = connection.send
        if request.target.partition("?")[0] == "/broadcast":
            self._server.broadcast.members[self] = connection
            self._reply = self._server.broadcast.say
        self._receive = self._receive_frames
        self._receive(rest)

    def _end_with(self, response: bytes) -> None:
        """Answer and end; the client is to end its side before the handshake's time is over."""
        self.transport.write(response)
        end_sending(self.transport)
        self._receive = self._ignore

    def _ignore(self, data: bytes) -> None:
        """Drop what comes behind a refused request, so that the answer isn't lost to a reset of TCP."""
