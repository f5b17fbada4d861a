"""A WebSocket client for programs: the protocol core on asyncio's streams."""

import asyncio
import base64
import os
import re
from collections import deque
from collections.abc import Sequence
from types import TracebackType
from typing import Self
from urllib.parse import quote, urlsplit

from lessons.protocols.http_head import END_OF_HEAD, TOKEN
from lessons.protocols.websocket_close import CloseCode
from lessons.protocols.websocket_connection import MAX_MESSAGE, Connection, State
from lessons.protocols.websocket_events import Close, Closed, Event, Message, Ping, Pong, Violation
from lessons.protocols.websocket_handshake import Agreement, HandshakeError, check_response, format_request
from lessons.serving.compiled_mask import mask
from lessons.serving.connections import end_sending

READ_SIZE = 64 * 1024
INTERIM = re.compile(rb"HTTP/1\.1 1(?!01)[0-9][0-9][ \r]")
VISIBLE = re.compile(r"[!-~]+")
AS_THEY_ARE = "!$%&'()*+,-./:;=?@[]^_`|~"
"""The signs that may stand in a path or a query; all others but letters and digits are percent-encoded."""


class WebSocketClient:
    """One connection to a WebSocket server; made by `connect`, and closed at the end of an `async with`.

    What the server sends waits in the network, not in this program, until `receive` asks for it; and
    `send` waits while the server doesn't read.

    Args:
        reader: the stream from the server.
        writer: the stream to it.
        agreement: what the handshake settled.
        max_message: the longest message to accept, in bytes.
        close_timeout: seconds that the server has, after the first Close or violation, to finish and to end TCP.

    Attributes:
        agreement: the subprotocol and the compression that the handshake settled.
    """

    def __init__(
        self,
        reader: asyncio.StreamReader,
        writer: asyncio.StreamWriter,
        agreement: Agreement,
        max_message: int = MAX_MESSAGE,
        close_timeout: float = 10.0,
    ) -> None:
        self.agreement = agreement
        self._reader = reader
        self._writer = writer
        self._close_timeout = close_timeout
        self._deadline: asyncio.TimerHandle | None = None
        self._events: deque[Event] = deque()
        self._connection = Connection(
            server=False, max_message=max_message, deflate=agreement.deflate, mask=mask, new_key=new_key
        )

    @property
    def state(self) -> State:
        """Where the connection stands."""
        return self._connection.state

    async def send(self, event: Message | Ping | Pong | Close, fragment_size: int | None = None) -> None:
        """Send a message or a control frame, and wait while the server doesn't read.

        Args:
            event: what to send; after a Close, go on calling `receive` until `Closed` comes.
            fragment_size: the most bytes of payload in a frame of the message; None for a single frame.

        Raises:
            NotAllowedError: if the connection is closing or closed.
            ValueError: if a Ping or Pong is longer than 125 bytes, or a Close carries what it may not.
        """
        data = self._connection.send(event, fragment_size)
        self._limit_closing()
        await self.send_raw(data)

    async def send_raw(self, data: bytes) -> None:
        """Send bytes as they are, even broken frames, and wait while the server doesn't read."""
        self._writer.write(data)
        await self._writer.drain()

    async def receive(self) -> Event:
        """Wait for the next event; the answer that it calls for is on its way by the time it is returned.

        Returns:
            The event; `Closed` at the end, and every time after that.
        """
        while not self._events:
            await self._read()
        event = self._events.popleft()
        if answer := self._connection.answer(event):
            self._writer.write(answer)
        if isinstance(event, Violation):
            end_sending(self._writer.transport)
        if isinstance(event, Closed):
            self._events.append(event)
        return event

    async def close(self, code: int = CloseCode.NORMAL_CLOSURE, reason: str = "") -> Closed:
        """Close with a code and a reason, and wait until the server has ended TCP (RFC 6455, section 7.1.1).

        Messages that arrive in the meantime are dropped. After `close_timeout` seconds this side ends TCP.
        """
        if self.state is State.OPEN:
            self._writer.write(self._connection.send(Close(code, reason)))
            self._limit_closing()
        while not isinstance(event := await self.receive(), Closed):
            pass
        return event

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self.close()

    async def _read(self) -> None:
        try:
            data = await self._reader.read(READ_SIZE)
        except OSError:
            data = b""
        if data:
            self._events += self._connection.receive(data)
            self._limit_closing()
            return
        self._events.append(self._connection.receive_end())
        self._writer.close()
        if self._deadline is not None:
            self._deadline.cancel()

    def _limit_closing(self) -> None:
        """Once closing has begun, give the server a limited time to end TCP.

        The server should end TCP first. If it doesn't in a reasonable time, the client may (RFC 6455, section 7.1.1).
        """
        if self._deadline is None and self.state is not State.OPEN:
            loop = asyncio.get_running_loop()
            self._deadline = loop.call_later(self._close_timeout, self._writer.transport.abort)


async def connect(
    url: str,
    *,
    origin: str | None = None,
    subprotocols: Sequence[str] = (),
    compression: bool = True,
    max_message: int = MAX_MESSAGE,
    open_timeout: float = 10.0,
    close_timeout: float = 10.0,
) -> WebSocketClient:
    """Open a WebSocket (RFC 6455, sections 3 and 4.1).

    Args:
        url: such as `ws://127.0.0.1:8000/chat`; `wss` is not supported.
        origin: the origin to send, as a browser does for its page; None for none.
        subprotocols: the subprotocols to ask for, the preferred one first.
        compression: whether to offer permessage-deflate.
        max_message: the longest message to accept, in bytes.
        open_timeout: seconds for TCP and the handshake together.
        close_timeout: seconds that the server has, after the first Close or violation, to finish and to end TCP.

    Raises:
        ValueError: if the URL is not that of a WebSocket, or the subprotocols are not distinct tokens.
        HandshakeError: if the server refuses, or its answer is wrong.
        OSError: if there is no server; `TimeoutError` if it is silent.
    """
    if not all(map(TOKEN.fullmatch, subprotocols)) or len(set(subprotocols)) < len(subprotocols):
        raise ValueError(f"Subprotocols are distinct tokens, not {', '.join(subprotocols)!r} (RFC 6455, section 4.1).")
    host, port, authority, target = split_url(url)
    key = base64.b64encode(os.urandom(16)).decode()
    request = format_request(
        authority,
        target,
        key,
        origin=origin,
        subprotocols=subprotocols,
        compression=compression,
    )
    async with asyncio.timeout(open_timeout):
        reader, writer = await asyncio.open_connection(host, port)
        try:
            writer.write(request)
            head = await read_head(reader)
            agreement = check_response(head, key, subprotocols=subprotocols, compression=compression)
        except BaseException:
            writer.close()
            raise
    return WebSocketClient(reader, writer, agreement, max_message, close_timeout)


async def read_head(reader: asyncio.StreamReader) -> bytes:
    """Read the head of the server's answer, and leave the frames after it in the stream.

    Interim answers, such as `103 Early Hints`, are passed over (RFC 9110, section 15.2). Status 101 also begins with
    1, but is final here.

    Raises:
        HandshakeError: if the connection ends first, or a head is longer than 64 KiB.
    """
    try:
        head = await reader.readuntil(END_OF_HEAD)
        while INTERIM.match(head):
            head = await reader.readuntil(END_OF_HEAD)
    except asyncio.IncompleteReadError as error:
        raise HandshakeError("The server ended the connection before its answer was complete.") from error
    except asyncio.LimitOverrunError as error:
        raise HandshakeError("The head of the server's answer is longer than 64 KiB.") from error
    return head.removesuffix(END_OF_HEAD)


def split_url(url: str) -> tuple[str, int, str, str]:
    """Split the URL of a WebSocket into host, port, `Host` header and request target (RFC 6455, section 3).

    As in a browser, what may not stand in a request is percent-encoded in UTF-8, and a host name is turned into ASCII.

    Args:
        url: such as `ws://127.0.0.1:8000/chat`.

    Raises:
        ValueError: if the scheme is not `ws`, the host or the port is invalid, or there is a fragment.
    """
    try:
        parts = urlsplit(url)
        host = (parts.hostname or "").encode("idna").decode()
        port = parts.port
        target = quote(f"{parts.path or '/'}?{parts.query}".removesuffix("?"), safe=AS_THEY_ARE)
    except ValueError:
        host, port, target = "", None, ""
    if not host or parts.scheme != "ws" or parts.fragment or not VISIBLE.fullmatch(host):
        raise ValueError(f"{url!r} is not the URL of a WebSocket: write ws://host:port/path (RFC 6455, section 3).")
    authority = f"[{host}]" if ":" in host else host
    if port is not None:
        authority += f":{port}"
    return host, 80 if port is None else port, authority, target


def new_key() -> bytes:
    """Make a masking key that nobody can predict (RFC 6455, section 5.3)."""
    return os.urandom(4)
