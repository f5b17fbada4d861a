"""The server of WebSocket, written by hand: it echoes, and at `/broadcast` it passes each message to everybody."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from lessons.protocols.http_head import Request
from lessons.protocols.websocket_connection import MAX_MESSAGE
from lessons.runtime import Server
from lessons.websocket.own_codec import Decode, Handshake
from lessons.websocket.page import respond as respond_with_page
from lessons.websocket.service import WebSocketService


class WebSocketServer(Server):
    """A WebSocket server inside this process.

    Args:
        name: What it is called; one server runs under a name at a time.
        host: The address to listen on.
        port: The port, 0 for a free one.
        subprotocols: The subprotocols to agree to, the preferred one first.
        max_message: The longest message to take, in bytes; one of exactly this size is taken.
        compression: Whether to agree to permessage-deflate.
        respond: Answers a GET that asks for no upgrade, with a whole HTTP response, by default the lesson's page;
            None to refuse it with 426.
        handshake: A function of your own that answers requests, in place of the server's: see `own_codec.py`.
        decode: A function of your own that decodes frames, in place of the server's; nothing is compressed then.
    """

    def __init__(
        self,
        *,
        name: str = "websocket",
        host: str = "127.0.0.1",
        port: int = 0,
        subprotocols: Sequence[str] = (),
        max_message: int = MAX_MESSAGE,
        compression: bool = True,
        respond: Callable[[Request], bytes] | None = respond_with_page,
        handshake: Handshake | None = None,
        decode: Decode | None = None,
    ) -> None:
        service = WebSocketService(
            check_origin=self.refusal,
            subprotocols=subprotocols,
            max_message=max_message,
            compression=compression,
            respond=respond,
            handshake=handshake,
            decode=decode,
        )
        super().__init__(service, name=name, host=host, port=port)
