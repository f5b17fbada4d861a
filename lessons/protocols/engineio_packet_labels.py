"""What each byte of an Engine.IO payload or message means: the labels of the byte view."""

from collections.abc import Iterator
from typing import NamedTuple

from lessons.protocols.engineio_packets import SEPARATOR, EngineType, PacketError, parse_engine_packet
from lessons.protocols.socketio_packets import SOCKET_PACKET, SocketType, parse_socket_packet

ENGINE = "Engine.IO protocol 4, Packet encoding"
SOCKET = "Socket.IO protocol 5, Packet encoding"

ENGINE_MEANINGS = {
    EngineType.OPEN: "open: the server's handshake, with the session's id",
    EngineType.CLOSE: "close: this session ends",
    EngineType.PING: "ping: are you there?",
    EngineType.PONG: "pong: yes",
    EngineType.MESSAGE: "message: what Socket.IO says",
    EngineType.UPGRADE: "upgrade: from here on by WebSocket",
    EngineType.NOOP: "noop: nothing, so that a parked poll ends",
}
SOCKET_MEANINGS = {
    SocketType.CONNECT: "connect to a namespace",
    SocketType.DISCONNECT: "disconnect from a namespace",
    SocketType.EVENT: "event",
    SocketType.ACK: "acknowledgement of an event",
    SocketType.CONNECT_ERROR: "the connection to a namespace is refused",
    SocketType.BINARY_EVENT: "event with binary attachments",
    SocketType.BINARY_ACK: "acknowledgement with binary attachments",
}
PARTS = {
    "attachments": ("attachments", "how many binary messages follow and belong to this packet", 1),
    "namespace": ("namespace", "which namespace it belongs to; / if none is named", 1),
    "id": ("acknowledgement id", "the answer to this event, or the event of this answer, has the same", 0),
    "data": ("data", "JSON: of an event, its name and its arguments", 0),
}


class Span(NamedTuple):
    """Some bytes and what they mean.

    Attributes:
        start: where they begin, in bytes from the start.
        end: where they end; the byte at `end` is the first that doesn't belong to them.
        kind: what part of a packet they are.
        meaning: what they say, in words.
        section: the part of the protocol's document that says so.
    """

    start: int
    end: int
    kind: str
    meaning: str
    section: str


class _Part(NamedTuple):
    text: str
    kind: str
    meaning: str
    section: str


def label_payload(payload: bytes) -> list[Span]:
    """Label a long-polling body; the spans follow one another and leave no byte out."""
    return _to_spans(_payload_parts(payload.decode(errors="surrogateescape")))


def label_message(message: bytes, is_text: bool = True) -> list[Span]:
    """Label one WebSocket message's payload; the spans follow one another and leave no byte out."""
    if not is_text:
        return [Span(0, len(message), "binary message", "an attachment of the packet before it", ENGINE)]
    return _to_spans(_engine_parts(message.decode(errors="surrogateescape")))


def _to_spans(parts: Iterator[_Part]) -> list[Span]:
    spans = []
    start = 0
    for text, *label in parts:
        end = start + len(text.encode(errors="surrogateescape"))
        if end > start:
            spans.append(Span(start, end, *label))
        start = end
    return spans


def _payload_parts(payload: str) -> Iterator[_Part]:
    first, *rest = payload.split(SEPARATOR)
    yield from _engine_parts(first)
    for part in rest:
        yield _Part(SEPARATOR, "record separator", "one packet ends, the next begins", ENGINE)
        yield from _engine_parts(part)


def _engine_parts(text: str) -> Iterator[_Part]:
    try:
        packet = parse_engine_packet(text)
    except PacketError as error:
        yield _Part(text, "no packet", str(error), ENGINE)
        return
    if isinstance(packet.data, bytes):
        yield _Part(text[:1], "base64 mark", "a binary message, as text, since this body is text", ENGINE)
        yield _Part(text[1:], "base64", f"{len(packet.data)} bytes: an attachment of the packet before", ENGINE)
        return
    yield _Part(text[:1], "Engine.IO type", ENGINE_MEANINGS[packet.type], ENGINE)
    if packet.type is EngineType.MESSAGE:
        yield from _socket_parts(text[1:])
    else:
        yield _Part(text[1:], "Engine.IO data", _engine_data(packet.type), ENGINE)


def _engine_data(kind: EngineType) -> str:
    if kind is EngineType.OPEN:
        return "JSON: session id, transports to upgrade to, heartbeat times in ms, the largest payload"
    return "probe: is this WebSocket fit to take over?" if kind in (EngineType.PING, EngineType.PONG) else ""


def _socket_parts(text: str) -> Iterator[_Part]:
    try:
        packet = parse_socket_packet(text)
    except PacketError as error:
        yield _Part(text, "no packet", str(error), SOCKET)
        return
    yield _Part(text[:1], "Socket.IO type", SOCKET_MEANINGS[packet.type], SOCKET)
    parts = SOCKET_PACKET.fullmatch(text)
    for group, (kind, meaning, behind) in PARTS.items():
        if parts and parts[group]:
            start, end = parts.span(group)
            yield _Part(text[start : end + behind], kind, meaning, SOCKET)
