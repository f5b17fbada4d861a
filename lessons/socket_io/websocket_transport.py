"""A Socket.IO client's WebSocket, run by the lessons' hand-written WebSocket protocol."""

import asyncio
import socket

from lessons.protocols.http_head import Headers, Request
from lessons.protocols.websocket_close import CloseCode
from lessons.protocols.websocket_connection import Connection, State
from lessons.protocols.websocket_events import BinaryMessage, Close, TextMessage
from lessons.protocols.websocket_handshake import accept_request
from lessons.protocols.websocket_keepalive import KeepAlive
from lessons.serving.compiled_mask import mask
from lessons.serving.connections import ClientConnection, ListeningService, end_sending
from lessons.socket_io.limits import MAX_MESSAGE, MAX_UNSENT, MAX_WAITING

READ_SIZE = 16 * 1024
"""The most bytes taken in one read."""
CLOSE_SECONDS = 5.0
"""How long a closing handshake may take."""
END_SECONDS = 1.0
"""How long all clients together have for closing handshakes when the server closes."""


class WebSocketTransports(ListeningService):
    """All WebSockets of one server; tornado accepts their connections, so it listens on no socket of its own.

    Each one with something to send is written to once in a turn of the loop, however much was said: writing costs more
    than all the rest of a broadcast, and no more for eight messages than for one.

    Args:
        max_unsent: how many bytes may wait for a client that doesn't read; with more it is cut off.
    """

    def __init__(self, max_unsent: int = MAX_UNSENT) -> None:
        super().__init__(READ_SIZE, END_SECONDS, CLOSE_SECONDS)
        self.max_unsent = max_unsent
        self._with_unsent: list[WebSocketTransport] = []

    def new_connection(self) -> "WebSocketTransport":
        """Return the connection of one more client."""
        return WebSocketTransport(self)

    async def take_over(self, stream_socket: socket.socket, response: bytes) -> "WebSocketTransport":
        """Hand a connection, whose HTTP request asked for the upgrade, over to a WebSocket.

        Args:
            stream_socket: the connection's socket; it is duplicated, so its owner can close the original.
            response: the answer to the request, sent first.
        """
        own = stream_socket.dup()
        own.setblocking(False)
        own.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        transport, websocket = await asyncio.get_running_loop().connect_accepted_socket(self.new_connection, own)
        transport.write(response)
        return websocket

    def flush_soon(self, transport: "WebSocketTransport") -> None:
        """Flush a transport at the end of this turn."""
        if not self._with_unsent:
            asyncio.get_running_loop().call_soon(self._flush)
        self._with_unsent.append(transport)

    def _flush(self) -> None:
        transports, self._with_unsent = self._with_unsent, []
        for each in transports:
            each.flush()


class WebSocketTransport(ClientConnection):
    """One connection, from the upgrade on: messages come out of `next_messages`, and `write` takes whole frames.

    Args:
        service: the WebSockets that it belongs to.

    Attributes:
        is_open: whether frames can be written.
    """

    _service: WebSocketTransports

    def __init__(self, service: WebSocketTransports) -> None:
        super().__init__(service)
        self.is_open = True
        keep_alive = KeepAlive(timeout=CLOSE_SECONDS)  # it sends no Ping: Engine.IO has pings of its own
        self._connection = Connection(server=True, max_message=MAX_MESSAGE, mask=mask, keep_alive=keep_alive)
        self._unsent: list[bytes] = []
        self._received: list[str | bytes] = []
        self._has_changed = asyncio.Event()

    async def next_messages(self) -> list[str | bytes]:
        """Wait for messages, and return all that have come; none when there will be no more."""
        while not self._received and self.is_open:
            self._has_changed.clear()
            await self._has_changed.wait()
        received, self._received = self._received, []
        if len(received) > MAX_WAITING and self.is_open:
            self.transport.resume_reading()
        return received

    def write(self, frames: bytes) -> None:
        """Send frames, encoded already, at the end of this turn of the loop."""
        if not self.is_open:
            return
        if not self._unsent:
            self._service.flush_soon(self)
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

    def abort(self) -> None:
        """End TCP at once."""
        self.is_open = False
        self.transport.abort()

    def end(self) -> None:
        """Begin the closing handshake, because the server closes."""
        self.close(CloseCode.GOING_AWAY, "The server is shutting down.")

    def check_time(self, now: float) -> None:
        """End TCP if the closing handshake takes too long."""
        if self._connection.check_time(now) is not None:
            self.abort()

    def receive(self, data: bytes) -> None:
        """Take the bytes of one read: messages wait for `next_messages`, all else is answered."""
        for event in self._connection.receive(data):
            if isinstance(event, TextMessage):
                self._received.append(event.text)
            elif isinstance(event, BinaryMessage):
                self._received.append(event.data)
            else:
                self._answer(self._connection.answer(event))
        self._has_changed.set()
        if len(self._received) > MAX_WAITING:
            self.transport.pause_reading()
        if self._connection.state is State.FINISHED:
            end_sending(self.transport)

    def connection_lost(self, exc: Exception | None) -> None:
        """Note that TCP has ended, in whatever way."""
        self.is_open = False
        self._unsent.clear()
        self._has_changed.set()
        super().connection_lost(exc)

    def _answer(self, frames: bytes) -> None:
        """Send frames after those that were written, and none after a Close."""
        self.flush()
        self._send(frames)
        self.is_open = self.is_open and self._connection.state is State.OPEN

    def _send(self, frames: bytes) -> None:
        if self.transport.get_write_buffer_size() > self._service.max_unsent:
            self.abort()
        else:
            self.transport.write(frames)


def upgrade_response(method: str, target: str, fields: tuple[tuple[str, str], ...]) -> bytes:
    """Return the answer to a request for the upgrade; its origin was checked before.

    Args:
        method: the request's method.
        target: its target.
        fields: its header fields, names and values.

    Raises:
        UpgradeRefusedError: if it is no proper request for a WebSocket; its `response()` is the answer to send.
    """
    request = Request(method, target, "HTTP/1.1", Headers(fields))
    response, _ = accept_request(request, lambda *origin_and_host: None, compression=False)
    return response
