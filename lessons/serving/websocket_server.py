"""The WebSocket server, written by hand: it echoes, and at `/broadcast` it passes each message on to everybody."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from lessons.protocols.websocket_connection import MAX_MESSAGE
from lessons.serving.own_codec import Decode, Handshake
from lessons.serving.page import page_routes
from lessons.serving.runtime import Server
from lessons.serving.websocket_service import WebSocketService

CLIENT = Path(__file__).with_name("websocket_client.js")
"""The client in the page, both in the lesson's own page and in the panel."""


class WebSocketServer(Server):
    """A WebSocket server inside this process.

    Args:
        name: what it is called; only one server at a time runs under a name.
        host: the address to listen on.
        port: the port; 0 for a free one.
        subprotocols: the subprotocols to agree to, the preferred one first.
        max_message: the longest message to accept, in bytes; one of exactly this size is accepted.
        compression: whether to agree to permessage-deflate.
        with_page: whether a GET that asks for no upgrade gets the lesson's page; otherwise it is refused with 426.
        handshake: a function of your own that answers requests, in place of the server's: see `own_codec.py`.
        decode: a function of your own that decodes frames, in place of the server's; nothing is compressed then.
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
        with_page: bool = True,
        handshake: Handshake | None = None,
        decode: Decode | None = None,
    ) -> None:
        service = WebSocketService(
            page_routes("WebSocket", CLIENT, {"path": "/broadcast"}) if with_page else None,
            subprotocols=subprotocols,
            max_message=max_message,
            compression=compression,
            handshake=handshake,
            decode=decode,
        )
        super().__init__(service, name=name, host=host, port=port)
