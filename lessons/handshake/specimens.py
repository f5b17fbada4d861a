"""Specimens: handshakes that are often seen elsewhere and that go wrong, kept to be watched doing so.

Each takes the bytes that have come and returns a response with the size of the request, or None for "more, please": the
shape in which `Server(handshake=…)` takes them.
"""

from __future__ import annotations

from lessons.handshake.requests import OTHER_KEY, REQUEST, request
from lessons.handshake.solution import answer_handshake
from lessons.protocols.websocket_handshake import accept_request, read_request
from lessons.serving.own_codec import Handshake

RECORDED = accept_request(read_request(REQUEST.removesuffix(b"\r\n\r\n")))[0]
"""What a server once answered to the standard's example."""
BAD_REQUEST = b"HTTP/1.1 400 Bad Request\r\nConnection: close\r\n\r\n"


def wants_one_read(received: bytes) -> tuple[bytes, int]:
    """Takes whatever the first read brings for the whole request."""
    return answer_handshake(received) or (BAD_REQUEST, len(received))


def wants_one_spelling(received: bytes) -> tuple[bytes, int] | None:
    """Looks for the key under one spelling of the field's name."""
    if b"\r\n\r\n" not in received:
        return None
    if b"Sec-WebSocket-Key: " not in received:
        return BAD_REQUEST, len(received)
    return answer_handshake(received)


def wants_connection_alone(received: bytes) -> tuple[bytes, int] | None:
    """Compares `Connection` with one word, where it is a list."""
    answered = answer_handshake(received)
    if answered is None or b"\r\nConnection: Upgrade\r\n" in received:
        return answered
    return BAD_REQUEST, answered[1]


def refuses_in_silence(received: bytes) -> tuple[bytes, int] | None:
    """Ends the connection without a word where it should refuse."""
    answered = answer_handshake(received)
    if answered is None or answered[0].startswith(b"HTTP/1.1 101 "):
        return answered
    return b"", answered[1]


def takes_every_upgrade(received: bytes) -> tuple[bytes, int] | None:
    """Believes that whoever wants an upgrade wants WebSocket, and that 101 is WebSocket's alone."""
    answered = answer_handshake(received.replace(b"\r\nUpgrade: h2c\r\n", b"\r\nUpgrade: websocket\r\n"))
    return answered and (answered[0], received.index(b"\r\n\r\n") + 4)


def swallows_what_follows(received: bytes) -> tuple[bytes, int] | None:
    """Throws away what came in the same read, behind the request."""
    answered = answer_handshake(received)
    return answered and (answered[0], len(received))


def knows_one_key(received: bytes) -> tuple[bytes, int] | None:
    """Answers what it has seen somebody answer once, as a cache would."""
    answered = answer_handshake(received)
    return answered and (RECORDED, answered[1])


FIRST_FRAME = bytes.fromhex("818537fa213d7f9f4d5158")
"""The text `Hello`, masked: the example of RFC 6455, section 5.7."""

SPECIMENS: dict[Handshake, bytes] = {
    wants_one_read: REQUEST[:60],
    wants_one_spelling: REQUEST.replace(b"Sec-WebSocket-Key", b"sec-websocket-key"),
    wants_connection_alone: request(Connection="keep-alive, Upgrade"),
    refuses_in_silence: request(**{"Sec-WebSocket-Version": "8"}),
    takes_every_upgrade: request(Upgrade="h2c"),
    swallows_what_follows: REQUEST + FIRST_FRAME,
    knows_one_key: request(key=OTHER_KEY),
}
"""Each specimen with the bytes that expose it."""
