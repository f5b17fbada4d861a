"""The barest client there is: a blocking socket that sends bytes and listens, for trying a handshake by hand."""

from __future__ import annotations

import contextlib
import socket
from urllib.parse import urlsplit

from lessons.runtime import Server

PATIENCE_SECONDS = 5.0


def talk(server: Server, *pieces: bytes) -> bytes:
    """Connect, send bytes, and return all that the server says until it ends the connection.

    Args:
        server: the server, or a tap before one.
        pieces: what to send; behind each the client waits until TCP has taken it, and sends it as a segment of its own.
    """
    address = urlsplit(server.url)
    with socket.create_connection((address.hostname, address.port), timeout=PATIENCE_SECONDS) as sock:
        sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        for piece in pieces:
            sock.sendall(piece)
        sock.shutdown(socket.SHUT_WR)
        return _until_the_end(sock)


def _until_the_end(sock: socket.socket) -> bytes:
    data = b""
    with contextlib.suppress(ConnectionError):
        while piece := sock.recv(4096):
            data += piece
    return data
