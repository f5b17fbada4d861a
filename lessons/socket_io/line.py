"""A WebSocket of a Socket.IO client's, run by the WebSocket that the lessons wrote by hand."""

import asyncio
import socket
from collections import deque
from typing import cast

from lessons.protocols.http_head import Headers, Request
from lessons.protocols.websocket_close import CloseCode
from lessons.protocols.websocket_connection import Connection, State
from lessons.protocols.websocket_events import BinaryMessage, Close, Message, TextMessage
from lessons.protocols.websocket_handshake import accept_request
from lessons.websocket.compiled_mask import mask
from lessons.websocket.half_close import end_sending

READ_SIZE = 16 * 1024
CLOSE_SECONDS = 5.0


class Line(asyncio.BufferedProtocol):
    """One connection, from the upgrade on: messages come out of `receive`, and `write` takes whole frames.

    Who doesn't read what he is sent is cut off when `max_backlog` bytes wait for him.
    """

    _buffer = memoryview(bytearray(READ_SIZE))  # asyncio hands it back before any connection reads again

    def __init__(self, max_message: int, max_backlog: int) -> None:
        """Set the limits, in bytes; the connection begins with `connection_made`."""
        self._connection = Connection(server=True, max_message=max_message, mask=mask)
        self._max_backlog = max_backlog
        self._received: deque[Message] = deque()
        self._has_changed = asyncio.Event()
        self._is_over = False

    @property
    def is_open(self) -> bool:
        """Whether frames can be written."""
        return self._connection.state is State.OPEN and not self._is_over

    async def receive(self) -> str | bytes | None:
        """Wait for the next message; None when there will be no more."""
        while not self._received:
            if not self.is_open:
                return None
            self._has_changed.clear()
            await self._has_changed.wait()
        message = self._received.popleft()
        return message.text if isinstance(message, TextMessage) else message.data

    def write(self, frames: bytes) -> None:
        """Send frames, encoded already."""
        if not self.is_open:
            return
        if self._transport.get_write_buffer_size() > self._max_backlog:
            self._transport.abort()
        else:
            self._transport.write(frames)

    def close(self, code: CloseCode = CloseCode.NORMAL, reason: str = "") -> None:
        """Begin the closing handshake, which may take `CLOSE_SECONDS`."""
        if self.is_open:
            self._transport.write(self._connection.send(Close(code, reason)))
            self._has_changed.set()
            self._abort_later()

    def abort(self) -> None:
        """End TCP at once."""
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
            if isinstance(event, TextMessage | BinaryMessage):
                self._received.append(event)
            else:
                self._transport.write(self._connection.answer(event))
        self._has_changed.set()
        if self._connection.state is State.FINISHED:
            end_sending(self._transport)
            self._abort_later()

    def connection_lost(self, exc: Exception | None) -> None:
        """Note that TCP has ended, in whatever way."""
        self._is_over = True
        self._has_changed.set()

    def _abort_later(self) -> None:
        asyncio.get_running_loop().call_later(CLOSE_SECONDS, self._transport.abort)


async def take_over(stream_socket: socket.socket, response: bytes, line: Line) -> None:
    """Let a line have a connection whose HTTP request asked for the upgrade.

    Args:
        stream_socket: The connection's socket; it is duplicated, so whoever had it can close his own.
        response: The answer to the request, sent first.
        line: What runs the connection from now on.
    """
    own = stream_socket.dup()
    own.setblocking(False)
    own.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    transport, _ = await asyncio.get_running_loop().connect_accepted_socket(lambda: line, own)
    transport.write(response)


def upgrade_response(method: str, target: str, fields: tuple[tuple[str, str], ...]) -> bytes:
    """Answer a request for the upgrade; whether its origin is welcome was judged before.

    Raises:
        UpgradeRefusedError: It is not a WebSocket's; its `response()` is the answer to send.
    """
    request = Request(method, target, "HTTP/1.1", Headers(fields))
    response, _ = accept_request(request, lambda *origin_and_host: None, compression=False)
    return response
