"""A WebSocket of a Socket.IO client's, run by the WebSocket that the lessons wrote by hand."""

import asyncio
import socket
from typing import cast

from lessons.protocols.http_head import Headers, Request
from lessons.protocols.websocket_close import CloseCode
from lessons.protocols.websocket_connection import Connection, State
from lessons.protocols.websocket_events import BinaryMessage, Close, TextMessage
from lessons.protocols.websocket_handshake import accept_request
from lessons.serving.compiled_mask import mask
from lessons.serving.connections import end_sending

READ_SIZE = 16 * 1024
MAX_WAITING = 100
"""Messages that may wait to be looked at before no more is read from the client."""
CLOSE_SECONDS = 5.0


class Outbox:
    """The lines that have something to send: each is written to once a turn of the loop, whatever was said in it.

    To write costs more than all the rest of a broadcast, and no more for eight messages than for one.
    """

    def __init__(self) -> None:
        self._lines: list[Line] = []

    def add(self, line: "Line") -> None:
        """Flush a line at the end of this turn."""
        if not self._lines:
            asyncio.get_running_loop().call_soon(self._flush)
        self._lines.append(line)

    def _flush(self) -> None:
        lines, self._lines = self._lines, []
        for line in lines:
            line.flush()


class Line(asyncio.BufferedProtocol):
    """One connection, from the upgrade on: messages come out of `receive`, and `write` takes whole frames.

    Who doesn't read what he is sent is cut off when `max_backlog` bytes wait for him.

    Attributes:
        is_open: whether frames can be written.
    """

    _buffer = memoryview(bytearray(READ_SIZE))  # asyncio hands it back before any connection reads again

    def __init__(self, max_message: int, max_backlog: int, outbox: Outbox) -> None:
        self.is_open = True
        self._connection = Connection(server=True, max_message=max_message, mask=mask)
        self._max_backlog = max_backlog
        self._outbox = outbox
        self._unsent: list[bytes] = []
        self._received: list[str | bytes] = []
        self._has_changed = asyncio.Event()

    async def receive(self) -> list[str | bytes]:
        """Wait for messages, and return all that have come; none when there will be no more."""
        while not self._received and self.is_open:
            self._has_changed.clear()
            await self._has_changed.wait()
        received, self._received = self._received, []
        if len(received) > MAX_WAITING and self.is_open:
            self._transport.resume_reading()
        return received

    def write(self, frames: bytes) -> None:
        """Send frames, encoded already, at the end of this turn of the loop."""
        if not self.is_open:
            return
        if not self._unsent:
            self._outbox.add(self)
        self._unsent.append(frames)

    def flush(self) -> None:
        """Send what was written, at once."""
        if not self._unsent:
            return
        frames = b"".join(self._unsent)
        self._unsent.clear()
        if self._transport.get_write_buffer_size() > self._max_backlog:
            self.abort()
        else:
            self._transport.write(frames)

    def close(self, code: CloseCode = CloseCode.NORMAL_CLOSURE, reason: str = "") -> None:
        """Begin the closing handshake, which may take `CLOSE_SECONDS`."""
        if self.is_open:
            self._answer(self._connection.send(Close(code, reason)))
            self._has_changed.set()
            self._abort_later()

    def abort(self) -> None:
        """End TCP at once."""
        self.is_open = False
        self._transport.abort()

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Note the transport."""
        self._transport = cast(asyncio.Transport, transport)

    def get_buffer(self, sizehint: int) -> memoryview:
        """Lend the buffer of all lines."""
        return self._buffer

    def buffer_updated(self, nbytes: int) -> None:
        """Take the bytes that were read."""
        for event in self._connection.receive(bytes(self._buffer[:nbytes])):
            if isinstance(event, TextMessage):
                self._received.append(event.text)
            elif isinstance(event, BinaryMessage):
                self._received.append(event.data)
            else:
                self._answer(self._connection.answer(event))
        self._has_changed.set()
        if len(self._received) > MAX_WAITING:
            self._transport.pause_reading()
        if self._connection.state is State.FINISHED:
            end_sending(self._transport)
            self._abort_later()

    def connection_lost(self, exc: Exception | None) -> None:
        """Note that TCP has ended, in whatever way."""
        self.is_open = False
        self._unsent.clear()
        self._has_changed.set()

    def _answer(self, frames: bytes) -> None:
        """Send frames behind those that were written, none after a Close."""
        self.flush()
        self._transport.write(frames)
        self.is_open = self.is_open and self._connection.state is State.OPEN

    def _abort_later(self) -> None:
        asyncio.get_running_loop().call_later(CLOSE_SECONDS, self.abort)


async def take_over(stream_socket: socket.socket, response: bytes, line: Line) -> None:
    """Let a line have a connection whose HTTP request asked for the upgrade.

    Args:
        stream_socket: the connection's socket; it is duplicated, so whoever had it can close his own.
        response: the answer to the request, sent first.
        line: what runs the connection from now on.
    """
    own = stream_socket.dup()
    own.setblocking(False)
    own.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    transport, _ = await asyncio.get_running_loop().connect_accepted_socket(lambda: line, own)
    transport.write(response)


def upgrade_response(method: str, target: str, fields: tuple[tuple[str, str], ...]) -> bytes:
    """Answer a request for the upgrade; whether its origin is welcome was judged before.

    Raises:
        UpgradeRefusedError: it is not a WebSocket's; its `response()` is the answer to send.
    """
    request = Request(method, target, "HTTP/1.1", Headers(fields))
    response, _ = accept_request(request, lambda *origin_and_host: None, compression=False)
    return response
