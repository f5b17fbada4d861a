"""The simplest clients possible: a blocking socket that sends any bytes, and listens."""

from __future__ import annotations

import contextlib
import socket
from urllib.parse import urlsplit

from lessons.protocols.websocket_handshake import format_request
from lessons.serving.runtime import Server

KEY = "dGhlIHNhbXBsZSBub25jZQ=="
"""The key of the example in RFC 6455, section 1.3."""
PATIENCE_SECONDS = 5.0
"""How long the server may be silent."""


def talk(server: Server, *pieces: bytes) -> bytes:
    """Connect, send bytes, and return all that the server says until it ends the connection.

    Args:
        server: the server, or a tap before one.
        pieces: what to send, each in a TCP segment of its own as far as possible.

    Raises:
        TimeoutError: if the server is silent for five seconds.
    """
    with _connect(server) as sock:
        for piece in pieces:
            sock.sendall(piece)
        return _listen(sock)


def talk_frames(server: Server, data: bytes) -> bytes:
    """Connect, shake hands, send bytes, and return all that the server answers until it ends the connection.

    Args:
        server: the server, or a tap before one.
        data: frames, or bytes that the server is to read as frames.

    Raises:
        TimeoutError: if the server is silent for five seconds.
    """
    with _connect(server) as sock, sock.makefile("rb", buffering=0) as stream:
        sock.sendall(format_request("127.0.0.1", "/", KEY, compression=False))
        _read_head(stream)
        sock.sendall(data)
        return _listen(sock)


def _connect(server: Server) -> socket.socket:
    address = urlsplit(server.url)
    sock = socket.create_connection((address.hostname, address.port), timeout=PATIENCE_SECONDS)
    sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    return sock


def _read_head(stream: socket.SocketIO) -> None:
    while stream.readline() not in (b"\r\n", b""):
        pass


def _listen(sock: socket.socket) -> bytes:
    """Send no more, and return what comes until the other side ends."""
    data = b""
    with contextlib.suppress(ConnectionError):
        sock.shutdown(socket.SHUT_WR)
        while piece := sock.recv(4096):
            data += piece
    return data
