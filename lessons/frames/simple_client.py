"""A whole WebSocket client on half a page, on a blocking socket: the counterpart of `simple_server.py`.

It says all that it has to say before it listens, so it is for few words: two sides that only write end up waiting for
each other. `lessons/clients/websocket_client.py` does both at once.
"""

import base64
import os
import socket
from collections.abc import Iterable

from lessons.clients.websocket_client import new_key, split_url
from lessons.protocols.http_head import END_OF_HEAD
from lessons.protocols.websocket_close import CloseCode
from lessons.protocols.websocket_connection import Connection
from lessons.protocols.websocket_events import Close, Event, TextMessage
from lessons.protocols.websocket_handshake import check_response, format_request

MAX_HEAD = 16 * 1024
PATIENCE_SECONDS = 10.0
"""How long the server may keep silent before the client gives up."""


def converse(url: str, texts: Iterable[str]) -> list[Event]:
    """Connect, say each text and goodbye, and return what the server says until it ends TCP.

    Args:
        url: such as `ws://localhost/chat`.
        texts: what to say, a message each.

    Raises:
        HandshakeError: if the server refuses.
        ValueError: if the URL is not a WebSocket's.
        OSError: if there is no server, or it keeps silent, or the connection breaks.
    """
    host, port, authority, target = split_url(url)
    with socket.create_connection((host, port), timeout=PATIENCE_SECONDS) as sock:
        key = base64.b64encode(os.urandom(16)).decode()
        sock.sendall(format_request(authority, target, key, compression=False))
        check_response(read_head(sock), key, compression=False)
        connection = Connection(server=False, new_key=new_key)
        for text in texts:
            sock.sendall(connection.send(TextMessage(text)))
        sock.sendall(connection.send(Close(CloseCode.NORMAL_CLOSURE)))
        heard: list[Event] = []
        while data := sock.recv(4096):
            heard += connection.receive(data)
    return heard


def read_head(sock: socket.socket) -> bytes:
    """Read a response up to its blank line, byte by byte, so that the frames after it stay in the stream."""
    head = b""
    while not head.endswith(END_OF_HEAD) and len(head) < MAX_HEAD and (byte := sock.recv(1)):
        head += byte
    return head.removesuffix(END_OF_HEAD)
