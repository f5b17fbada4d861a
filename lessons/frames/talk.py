"""The barest client that speaks frames: a blocking socket that shakes hands and sends bytes, broken frames too."""

from __future__ import annotations

import contextlib
import socket
from typing import BinaryIO
from urllib.parse import urlsplit

from lessons.protocols.websocket_handshake import format_request
from lessons.runtime import Server

KEY = "dGhlIHNhbXBsZSBub25jZQ=="
PATIENCE_SECONDS = 5.0


def talk(server: Server, data: bytes) -> bytes:
    """Shake hands, send bytes, and return all that the server says then, until it ends the connection.

    Args:
        server: the server, or a tap before one.
        data: frames, or what is to be taken for some; no more is sent behind them.
    """
    address = urlsplit(server.url)
    with (
        socket.create_connection((address.hostname, address.port), timeout=PATIENCE_SECONDS) as sock,
        sock.makefile("rb") as stream,
    ):
        sock.sendall(format_request("127.0.0.1", "/", KEY, compression=False))
        _read_head(stream)
        sock.sendall(data)
        sock.shutdown(socket.SHUT_WR)
        with contextlib.suppress(ConnectionError):
            return stream.read()
    return b""


def _read_head(stream: BinaryIO) -> None:
    while stream.readline() not in (b"\r\n", b""):
        pass
