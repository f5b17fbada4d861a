"""The WebSocket client in Python that runs in the background and tells a feed what it hears.

Its twin in the page is serving/websocket_client.js.
"""

from __future__ import annotations

from collections.abc import Coroutine, Sequence
from typing import Any

from lessons.clients.base import Client
from lessons.clients.feed import Feed
from lessons.clients.websocket_client import WebSocketClient, connect
from lessons.errors import LessonError
from lessons.protocols.websocket_close import CloseCode
from lessons.protocols.websocket_connection import NotAllowedError
from lessons.protocols.websocket_events import (
    BinaryMessage,
    Close,
    Closed,
    Event,
    Message,
    Ping,
    Pong,
    TextMessage,
    Violation,
)
from lessons.protocols.websocket_handshake import HandshakeError
from lessons.serving import runtime

CLOSE_SECONDS = 2.0
"""How long the server may take for its half of the closing handshake."""


class BackgroundClient(Client):
    """Opens a WebSocket, listens until it is closed, and sends whatever it is told to, even broken frames.

    Like a browser's WebSocket, it doesn't reconnect once it is closed: that is up to its user. Like Chromium, it gives
    a server that has sent its Close two seconds to end TCP, and then ends it itself.

    Args:
        url: the server's address, such as `http://127.0.0.1:49152`.
        path: what to open there.
        subprotocols: the subprotocols to ask for, the preferred one first.
        compression: whether to offer permessage-deflate, as browsers do.
        feed: where it writes what it hears.
    """

    def __init__(
        self,
        url: str,
        *,
        path: str = "/",
        subprotocols: Sequence[str] = (),
        compression: bool = True,
        feed: Feed | None = None,
    ) -> None:
        super().__init__(url, feed)
        self.path = path
        self.subprotocols = subprotocols
        self.compression = compression
        self._socket: WebSocketClient | None = None

    async def run(self) -> None:
        """Connect, and listen until the connection is closed or this is cancelled."""
        try:
            self._socket = await connect(
                f"ws{self.url.removeprefix('http')}{self.path}",
                subprotocols=self.subprotocols,
                compression=self.compression,
                close_timeout=CLOSE_SECONDS,
            )
        except (HandshakeError, OSError, ValueError) as error:  # ValueError: a bad address or subprotocol
            self.feed.report("closed", str(error) or "the server doesn't answer")
            return
        async with self._socket:
            self.feed.report("connected", _agreed(self._socket.agreement.subprotocol))
            await self._listen(self._socket)

    async def _listen(self, socket: WebSocketClient) -> None:
        broken_rule = ""
        while not isinstance(event := await socket.receive(), Closed):
            if isinstance(event, Violation):
                broken_rule = f"{event.sentence} ({event.section})"
            elif news := _news(event):
                self.feed.tell(news)
        self.feed.report("closed", broken_rule or closing_words(event.code, event.reason))

    def send(self, event: Message | Ping | Pong | Close, fragment_size: int | None = None) -> None:
        """Send a message or a control frame; a Close begins the closing handshake.

        Args:
            event: what to send.
            fragment_size: the most bytes of payload in a frame of a message; `None` for a single frame.

        Raises:
            LessonError: if the connection isn't open, or the standard doesn't allow such a frame.
        """
        self._run_on_loop(self._open_socket().send(event, fragment_size))

    def send_raw(self, data: bytes) -> None:
        """Send bytes as they are, even broken frames.

        Raises:
            LessonError: if the connection isn't open.
        """
        self._run_on_loop(self._open_socket().send_raw(data))

    def _open_socket(self) -> WebSocketClient:
        if self._socket is None or self.feed.status != "connected":
            reason = f" ({self.feed.reason})" if self.feed.reason else ""
            raise LessonError(f"the WebSocket isn't open: it is {self.feed.status}{reason}; start the client first")
        return self._socket

    @staticmethod
    def _run_on_loop(sending: Coroutine[Any, Any, None]) -> None:
        try:
            runtime.run(sending)
        except (NotAllowedError, ValueError, ConnectionError) as error:
            raise LessonError(str(error)) from None


def closing_words(code: int, reason: str) -> str:
    """Return how a connection was closed, such as `1000, bye`."""
    if code == CloseCode.ABNORMAL:
        return "1006: broken off, without a Close frame"
    if code == CloseCode.NO_STATUS:
        return "1005: a Close frame without a code"
    return f"{code}, {reason}" if reason else str(code)


def _agreed(subprotocol: str | None) -> str:
    return f"subprotocol {subprotocol}" if subprotocol else ""


def _news(event: Event) -> str:
    """Return what to tell the feed about an event; empty for those that the protocol handles by itself."""
    match event:
        case TextMessage(text):
            return text
        case BinaryMessage(data):
            return f"{len(data)} bytes: {data[:16].hex(' ')}{' …' if len(data) > 16 else ''}"
        case Pong(payload):
            return f"pong {payload.decode(errors='replace')}".rstrip()
        case _:
            return ""
