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
from lessons.socket_io.limits import MAX_WAITING

READ_SIZE = 16 * 1024
CLOSE_SECONDS = 5.0


class Outbox:
    """The transports that have something to send: each is written to once a turn of the loop, whatever was said in it.

    To write costs more than all the rest of a broadcast, and no more for eight messages than for one.
    """

    def __init__(self) -> None:
        self._transports: list[WebSocketTransport] = []

    def add(self, transport: "WebSocketTransport") -> None:
        """Flush a transport at the end of this turn."""
        if not self._transports:
            asyncio.get_running_loop().call_soon(self._flush)
        self._transports.append(transport)

    def _flush(self) -> None:
        transports, self._transports = self._transports, []
        for each in transports:
            each.flush()


class WebSocketTransport(asyncio.BufferedProtocol):
    """One connection, from the upgrade on: messages come out of `receive`, and `write` takes whole frames.

    Args:
        max_message: the longest message to take, in bytes.
        max_unsent: how many bytes may wait for a client that doesn't read; with more it is cut off.
        outbox: what flushes the frames that were written.

    Attributes:
        is_open: whether frames can be written.
    """

    _buffer = memoryview(bytearray(READ_SIZE))  # asyncio hands it back before any connection reads again

    def __init__(self, max_message: int, max_unsent: int, outbox: Outbox) -> None:
        self.is_open = True
        self._connection = Connection(server=True, max_message=max_message, mask=mask)
        self._max_unsent = max_unsent
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
            self._tcp.resume_reading()
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
        self._send(frames)

    def close(self, code: CloseCode = CloseCode.NORMAL_CLOSURE, reason: str = "") -> None:
        """Begin the closing handshake, which may take `CLOSE_SECONDS`."""
        if self.is_open:
            self._answer(self._connection.send(Close(code, reason)))
            self._has_changed.set()
            self._abort_later()

    def abort(self) -> None:
        """End TCP at once."""
        self.is_open = False
        self._tcp.abort()

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Note the transport."""
        self._tcp = cast(asyncio.Transport, transport)

    def get_buffer(self, sizehint: int) -> memoryview:
        """Lend the buffer that all transports share."""
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
            self._tcp.pause_reading()
        if self._connection.state is State.FINISHED:
            end_sending(self._tcp)
            self._abort_later()

    def connection_lost(self, exc: Exception | None) -> None:
        """Note that TCP has ended, in whatever way."""
        self.is_open = False
        self._unsent.clear()
        self._has_changed.set()

    def _answer(self, frames: bytes) -> None:
        """Send frames behind those that were written, none after a Close."""
        self.flush()
        self._send(frames)
        self.is_open = self.is_open and self._connection.state is State.OPEN

    def _send(self, frames: bytes) -> None:
        if self._tcp.get_write_buffer_size() > self._max_unsent:
            self.abort()
        else:
            self._tcp.write(frames)

    def _abort_later(self) -> None:
        asyncio.get_running_loop().call_later(CLOSE_SECONDS, self.abort)


async def take_over(stream_socket: socket.socket, response: bytes, websocket: WebSocketTransport) -> None:
    """Let a WebSocket have a connection whose HTTP request asked for the upgrade.

    Args:
        stream_socket: the connection's socket; it is duplicated, so whoever had it can close their own.
        response: the answer to the request, sent first.
        websocket: what runs the connection from now on.
    """
    own = stream_socket.dup()
    own.setblocking(False)
    own.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    transport, _ = await asyncio.get_running_loop().connect_accepted_socket(lambda: websocket, own)
    transport.write(response)


def upgrade_response(method: str, target: str, fields: tuple[tuple[str, str], ...]) -> bytes:
    """Answer a request for the upgrade; whether its origin is welcome was judged before.

    Raises:
        UpgradeRefusedError: it is not a WebSocket's; its `response()` is the answer to send.
    """
    request = Request(method, target, "HTTP/1.1", Headers(fields))
    response, _ = accept_request(request, lambda *origin_and_host: None, compression=False)
    return response
