"""Engine.IO and Socket.IO on the wire: what each byte of a long-polling body or a WebSocket message means.

The packets are read by the code in `lessons.protocols`; the titles say what a packet is for.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from lessons.protocols.engineio_packets import (
    SEPARATOR,
    EnginePacket,
    EngineType,
    PacketError,
    parse_engine_packet,
    parse_payload,
)
from lessons.protocols.socketio_packets import SOCKET_PACKET, SocketPacket, SocketType, parse_socket_packet
from lessons.wire.message import Span

PATH = "/socket.io/"
"""The default path of Socket.IO servers."""

LONGEST_NAME = 24
"""How many characters of an event's name a title shows."""

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
DATA_MEANINGS = {
    EngineType.OPEN: "JSON: session id, transports to upgrade to, heartbeat times in ms, the largest payload",
    EngineType.PING: "probe: is this WebSocket fit to take over?",
    EngineType.PONG: "probe: is this WebSocket fit to take over?",
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
"""For each group of `SOCKET_PACKET`: its name, its meaning, and how many characters end it."""

_CONTENT = frozenset({"data", "base64", "binary message"})
_PUNCTUATION = frozenset({"record separator", "base64 mark"})


class EngineIOContent:
    """Reads one body of plain text that long polling carries at Engine.IO's path."""

    def __init__(self) -> None:
        self._begun = False

    def receive(self, data: bytes) -> tuple[str, list[Span]]:
        """Label every byte of a body; the title says which packets are in it."""
        if self._begun:
            return "", [Span(0, len(data), "content", "", "more of the packets before", ENGINE, content=True)]
        self._begun = True
        if data.lower() == b"ok":
            return "", [Span(0, len(data), "taken", "", "the server has taken the packets", ENGINE)]
        return _body_title(data), _in_a_row(_payload_spans(_text(data)))


def read_message(payload: bytes, is_text: bool) -> tuple[str, list[Span]]:
    """Label every byte of one WebSocket message, and give it a title that says what its packet is for.

    Args:
        payload: its bytes, unmasked.
        is_text: whether it is text; binary messages are attachments.
    """
    if is_text:
        return _message_title(payload.decode(errors="replace")), _in_a_row(_engine_spans(_text(payload)))
    meaning = "an attachment of the packet before it"
    return _message_title(payload), _in_a_row([_span(payload, "binary message", meaning, ENGINE)])


def _text(data: bytes) -> str:
    """Return bytes as text that can be turned back into them."""
    return data.decode(errors="surrogateescape")


# --- spans ------------------------------------------------------------------------------------------------------


def _in_a_row(spans: Iterable[Span]) -> list[Span]:
    """Move spans that all begin at 0 one after another, and leave out the empty ones."""
    row: list[Span] = []
    for span in spans:
        if span.end:
            row.append(span.shifted(row[-1].end if row else 0))
    return row


def _span(part: str | bytes, name: str, meaning: str, section: str) -> Span:
    data = part if isinstance(part, bytes) else part.encode(errors="surrogateescape")
    return Span(
        0,
        len(data),
        name,
        _printable(data.decode(errors="replace")),
        meaning,
        section,
        error=name == "no packet",
        minor=name in _PUNCTUATION,
        content=name in _CONTENT,
    )


def _payload_spans(payload: str) -> Iterator[Span]:
    first, *others = payload.split(SEPARATOR)
    yield from _engine_spans(first)
    for part in others:
        yield _span(SEPARATOR, "record separator", "one packet ends, the next begins", ENGINE)
        yield from _engine_spans(part)


def _engine_spans(text: str) -> Iterator[Span]:
    try:
        packet = parse_engine_packet(text)
    except PacketError as error:
        yield _span(text, "no packet", str(error), ENGINE)
        return
    if isinstance(packet.data, bytes):
        yield _span(text[:1], "base64 mark", "a binary message, as text, since this body is text", ENGINE)
        yield _span(text[1:], "base64", f"{len(packet.data)} bytes: an attachment of the packet before", ENGINE)
        return
    yield _span(text[:1], "Engine.IO type", ENGINE_MEANINGS[packet.type], ENGINE)
    if packet.type is EngineType.MESSAGE:
        yield from _socket_spans(text[1:])
    else:
        yield _span(text[1:], "Engine.IO data", DATA_MEANINGS.get(packet.type, ""), ENGINE)


def _socket_spans(text: str) -> Iterator[Span]:
    try:
        packet = parse_socket_packet(text)
    except PacketError as error:
        yield _span(text, "no packet", str(error), SOCKET)
        return
    yield _span(text[:1], "Socket.IO type", SOCKET_MEANINGS[packet.type], SOCKET)
    parts = SOCKET_PACKET.fullmatch(text)
    for group, (name, meaning, behind) in PARTS.items():
        if parts and parts[group]:
            start, end = parts.span(group)
            yield _span(text[start : end + behind], name, meaning, SOCKET)


def _printable(text: str) -> str:
    return "".join(each if each.isprintable() else "·" for each in text)


# --- titles -----------------------------------------------------------------------------------------------------


def _body_title(data: bytes) -> str:
    try:
        packets = parse_payload(data.decode())
    except (PacketError, UnicodeDecodeError):
        return "no packet"
    last = _packet_title(packets[-1])
    return last if len(packets) == 1 else f"{len(packets)} packets, the last {last}"


def _message_title(message: str | bytes) -> str:
    try:
        return _packet_title(parse_engine_packet(message))
    except PacketError:
        return "no packet"


def _packet_title(packet: EnginePacket) -> str:
    if isinstance(packet.data, bytes):
        return f"Socket.IO attachment, {len(packet.data):,} B"
    if packet.type is not EngineType.MESSAGE:
        probe = " probe" if packet.data == "probe" else ""
        return f"Engine.IO {packet.type.name.lower()}{probe}"
    try:
        return _socket_title(parse_socket_packet(packet.data))
    except PacketError:
        return "Engine.IO message"


def _socket_title(packet: SocketPacket) -> str:
    """Name a packet by its kind, and by what it has of event name, namespace and acknowledgement number."""
    kind = packet.type.name.lower().replace("_", " ")
    event = f' "{_shortened(packet.data[0])}"' if packet.type in (SocketType.EVENT, SocketType.BINARY_EVENT) else ""
    namespace = "" if packet.namespace == "/" else f" {_shortened(packet.namespace)}"
    number = "" if packet.id is None else f" #{packet.id}"
    return f"Socket.IO {kind}{event}{namespace}{number}"


def _shortened(name: object) -> str:
    text = _printable(str(name).encode(errors="replace").decode())
    return text if len(text) <= LONGEST_NAME else f"{text[:LONGEST_NAME]}…"
