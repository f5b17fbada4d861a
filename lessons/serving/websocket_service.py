"""A WebSocket server: the protocol core on asyncio's transports.

Of the ways that asyncio offers, `create_server` with a `BufferedProtocol` costs least. It made 120,000 echoes of 70
bytes in a second of the server's processor time, over 50 connections. A plain `Protocol` made 69,000, since it
allocates a new buffer of 256 KiB for each read; `loop.sock_recv` in a task for each connection made 64,000.
"""

import asyncio
import socket
from collections.abc import Callable, Mapping, Sequence
from time import monotonic

from lessons.protocols.http_head import END_OF_HEAD, HeadTooLargeError, Request, split_head
from lessons.protocols.origin import OriginPolicy
from lessons.protocols.websocket_close import CloseCode
from lessons.protocols.websocket_connection import MAX_MESSAGE, Connection, State, encode_message
from lessons.protocols.websocket_events import MESSAGES, Close, Closed, Message, Ping
from lessons.protocols.websocket_handshake import (
    Agreement,
    UpgradeRefusedError,
    accept_request,
    read_request,
    refuse_foreign_page,
    wants_upgrade,
)
from lessons.protocols.websocket_keepalive import KeepAlive
from lessons.serving.compiled_mask import mask
from lessons.serving.connections import ClientConnection, end_sending
from lessons.serving.http_service import HTTPService, Pending, Respond, Switch
from lessons.serving.limits import HANDSHAKE_SECONDS, MAX_UPGRADE_HEAD, PING_SECONDS
from lessons.serving.own_codec import Decode, DecoderReader, Handshake, checked_pair
from lessons.serving.response import Response, text_response

READ_SIZE = 64 * 1024
"""The most bytes taken in one read; while its frames, up to 10,000 of them, are answered, all other clients wait."""
COMPRESSED_READ_SIZE = 4 * 1024
"""The same where compression was agreed on: bombs inflate to a thousand times as many bytes."""
CLOSE_SECONDS = 1.5
"""How long all clients together have for their closing handshakes when the server closes."""


class WebSocketService(HTTPService):
    """Echoes every message; at `/broadcast` it passes each message on to everybody connected there.

    Args:
        routes: the function that answers plain requests, for each path; without routes, they are refused with 426.
        subprotocols: the subprotocols to agree to, the preferred one first.
        max_message: the longest message to accept, in bytes; one of exactly this size is accepted. A slow reader of a
            broadcast may leave as much unread before it is cut off.
        compression: whether to agree to permessage-deflate.
        handshake_timeout: seconds from the start of the connection to the end of the request's head.
        ping_interval: seconds of silence after which a client is sent a Ping.
        ping_timeout: seconds that it then has to send anything at all, and that a closing handshake may take.
        close_timeout: seconds that `close` gives all clients together.
        handshake: a function of your own that answers requests, in place of the server's; the server still refuses
            foreign pages, and heads that are too long.
        decode: a function of your own that decodes frames, in place of the server's; it doesn't inflate, so no
            compression is agreed on.
    """

    upgrades_to = "websocket"
    max_head = MAX_UPGRADE_HEAD

    def __init__(
        self,
        routes: Mapping[str, Respond] | None = None,
        *,
        subprotocols: Sequence[str] = (),
        max_message: int = MAX_MESSAGE,
        compression: bool = True,
        handshake_timeout: float = HANDSHAKE_SECONDS,
        ping_interval: float = PING_SECONDS,
        ping_timeout: float = PING_SECONDS,
        close_timeout: float = CLOSE_SECONDS,
        handshake: Handshake | None = None,
        decode: Decode | None = None,
    ) -> None:
        patience = min(handshake_timeout, ping_interval, ping_timeout)
        super().__init__(
            routes or {},
            handshake_timeout,
            read_size=READ_SIZE,
            close_seconds=close_timeout,
            patience=patience,
        )
        self.broadcast = Channel(max_message)
        self._subprotocols = subprotocols
        self._max_message = max_message
        self._compression = compression and decode is None
        self._keep_alive_seconds = (ping_interval, ping_timeout)
        self._handshake = handshake
        self._decode = decode

    async def open(self, sockets: list[socket.socket], origins: OriginPolicy) -> None:
        """Begin to accept connections."""
        keep_freed_memory()
        await super().open(sockets, origins)

    def new_connection(self) -> ClientConnection:
        """Return the protocol for one more client."""
        return super().new_connection() if self._handshake is None else OwnHandshake(self, self._handshake)

    def discard(self, connection: ClientConnection) -> None:
        """Forget a connection that has ended."""
        super().discard(connection)
        if isinstance(connection, WebSocketConnection):
            self.broadcast.members.pop(connection, None)

    def answer(self, request: Request) -> Response | Pending | Switch:
        """Answer a handshake, and any other request as an HTTP server does."""
        if self.routes and not wants_upgrade(request):
            return super().answer(request)
        try:
            response, agreement = accept_request(
                request, self.origins.refusal, self._subprotocols, compression=self._compression
            )
        except UpgradeRefusedError as error:
            return text_response(error.status, str(error), dict(error.fields))
        return Switch(response, self.websocket(request, agreement))

    def websocket(self, request: Request, agreement: Agreement) -> "WebSocketConnection":
        """Return the protocol for a client after its handshake, with the limits of this server.

        Args:
            request: the request that asked for the WebSocket.
            agreement: what the handshake settled.
        """
        connection = Connection(
            server=True,
            max_message=self._max_message,
            deflate=agreement.deflate,
            mask=mask,
            keep_alive=KeepAlive(*self._keep_alive_seconds),
            reader=None if self._decode is None else DecoderReader(self._decode, self._max_message),
        )
        return WebSocketConnection(self, connection, request.path, compressed=agreement.deflate is not None)


def keep_freed_memory() -> None:
    """Make the memory of one long message serve the next one.

    glibc's `malloc` gets long blocks from the system, page by page, and gives them back at once. That costs twice as
    much as all that is done to a message of 1 MiB. But it learns (mallopt(3), M_MMAP_THRESHOLD): once a block of this
    size has been freed (here one that no page was taken for), it keeps up to twice as much for what comes next.
    """
    bytes(MAX_MESSAGE)


class Channel:
    """All clients of `/broadcast`. Each message is encoded once, and each member written to once in a turn of the loop.

    Args:
        max_unread: how many bytes a member may leave unread, though never less than asyncio's own 64 KiB; one with more
            is cut off when the next message comes.

    Attributes:
        members: the clients, each with its connection's protocol state.
    """

    def __init__(self, max_unread: int) -> None:
        self.members: dict[WebSocketConnection, Connection] = {}
        self._max_unread = max_unread
        self._frames: list[bytes] = []

    def say(self, message: Message) -> bytes:
        """Pass a message on to all members soon, uncompressed, so that one encoding serves all; reply nothing."""
        if not self._frames:
            asyncio.get_running_loop().call_soon(self._flush)
        self._frames.append(encode_message(message))
        return b""

    def _flush(self) -> None:
        """Write what was said to all members."""
        data = b"".join(self._frames)
        self._frames.clear()
        for client, connection in list(self.members.items()):
            if client.is_behind and client.transport.get_write_buffer_size() > self._max_unread:
                client.abort()
            elif connection.may_send:
                client.transport.write(data)


class WebSocketConnection(ClientConnection):
    """One client's WebSocket after the handshake: it stands between the transport and a `Connection`.

    Args:
        service: the service that it belongs to.
        connection: the state of the protocol.
        path: the path that the client has opened.
        compressed: whether compression was agreed on.

    Attributes:
        is_behind: whether the client leaves so much unread that asyncio asks for a pause in writing.
    """

    _service: WebSocketService

    def __init__(self, service: WebSocketService, connection: Connection, path: str, *, compressed: bool) -> None:
        super().__init__(service)
        self.is_behind = False
        self._connection = connection
        self._path = path
        self._reply: Callable[[Message], bytes] = connection.send
        if compressed:
            self._read_buffer = self._read_buffer[:COMPRESSED_READ_SIZE]

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Keep the transport, and add a client of `/broadcast` to its members."""
        super().connection_made(transport)
        if self._path == "/broadcast":
            self._service.broadcast.members[self] = self._connection
            self._reply = self._service.broadcast.say

    def receive(self, data: bytes) -> None:
        """Answer all that one read brought with one write; an error ends this connection only."""
        connection = self._connection
        answers = []
        try:
            for event in connection.receive(data, monotonic()):
                if not isinstance(event, MESSAGES):
                    answers.append(connection.answer(event))
                elif connection.may_send:
                    answers.append(self._reply(event))
        except Exception as error:
            _report(error)
            self.transport.abort()
            return
        if answers:
            self.transport.write(b"".join(answers))
        if connection.state is State.FINISHED:
            end_sending(self.transport)  # the client sees the end, and ends its side

    def connection_lost(self, exc: Exception | None) -> None:
        """Forget the client: TCP has ended, one way or another."""
        self._connection.receive_end()
        super().connection_lost(exc)

    def pause_writing(self) -> None:
        """Stop reading from a client that doesn't read what it is sent."""
        self.is_behind = True
        self.transport.pause_reading()

    def resume_writing(self) -> None:
        """Read again: the client has caught up."""
        self.is_behind = False
        self.transport.resume_reading()

    def end(self) -> None:
        """Begin the closing handshake with 1001, Going Away."""
        if self._connection.state is State.OPEN:
            self.transport.write(self._connection.send(Close(CloseCode.GOING_AWAY, "The server is shutting down.")))
            self.transport.resume_reading()

    def check_time(self, now: float) -> None:
        """Do what the passing of time calls for; `now` is the time in seconds, by `time.monotonic`."""
        event = self._connection.check_time(now)
        if isinstance(event, Closed):
            self.transport.abort()
        elif isinstance(event, Ping):
            self.transport.write(self._connection.send(event))
        elif event is not None:
            self.transport.write(self._connection.answer(event))
            end_sending(self.transport)


class OwnHandshake(ClientConnection):
    """A connection whose request is answered by the student's own function.

    Args:
        service: the service that it belongs to.
        handshake: the function that answers the request.
    """

    _service: WebSocketService

    def __init__(self, service: WebSocketService, handshake: Handshake) -> None:
        super().__init__(service)
        self._handshake = handshake
        self._deadline = monotonic() + service.idle_seconds
        self._received = b""
        self._answered = False

    def receive(self, data: bytes) -> None:
        """Collect what comes until the function answers it.

        What comes after a refused request is read and dropped: left unread, it would make TCP reset the connection,
        and the response could be lost.
        """
        if self._answered:
            return
        self._received += data
        try:
            split_head(self._received, MAX_UPGRADE_HEAD)
            answered = self._handshake(self._received)
            if answered is not None:
                self._answer(*checked_pair("handshake", answered, bytes, self._received))
        except HeadTooLargeError as error:
            self._refuse(UpgradeRefusedError(431, str(error)).response())
        except UpgradeRefusedError as error:
            self._refuse(error.response())
        except Exception as error:
            _report(error)
            self.transport.abort()

    def _answer(self, response: bytes, size: int) -> None:
        rest = self._received[size:]
        if not response.startswith(b"HTTP/1.1 101 "):
            self._refuse(response)
            return
        request = read_request(self._received.partition(END_OF_HEAD)[0])
        refuse_foreign_page(request, self._service.origins.refusal)
        self.transport.write(response)
        self.hand_over(self._service.websocket(request, Agreement()), rest)

    def _refuse(self, response: bytes) -> None:
        """Answer and end; the client must end its side before the time for the handshake is over."""
        self._answered = True
        self.transport.write(response)
        end_sending(self.transport)

    def end(self) -> None:
        """End a connection that never became a WebSocket."""
        self.transport.abort()

    def check_time(self, now: float) -> None:
        """Give up on a client that takes too long."""
        if now >= self._deadline:
            self.transport.abort()


def _report(error: Exception) -> None:
    context = {"message": "while reading from a client", "exception": error}
    asyncio.get_running_loop().call_exception_handler(context)
