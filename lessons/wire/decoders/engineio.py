"""Engine.IO and Socket.IO on the wire: what each byte of a long-polling body or of a WebSocket message means.

The packets are read with the code of `lessons.protocols`; the titles say what a packet is for.
"""

from __future__ import annotations

from collections.abc import Iterable

from lessons.protocols import engineio_packet_labels as labels
from lessons.protocols.engineio_packets import (
    EnginePacket,
    EngineType,
    PacketError,
    parse_engine_packet,
    parse_payload,
)
from lessons.protocols.socketio_packets import SocketPacket, SocketType, parse_socket_packet
from lessons.wire.message import Span

PATH = "/socket.io/"
"""Where Socket.IO's servers are, unless they are told otherwise."""

LONGEST_NAME = 24
"""How many characters of an event's name stand in a title."""

_CONTENT = frozenset({"data", "base64", "binary message"})
_PUNCTUATION = frozenset({"record separator", "base64 mark"})


class EngineIOContent:
    """Reads the plain text that long polling carries at Engine.IO's path, one body."""

    def __init__(self) -> None:
        self._begun = False

    def receive(self, data: bytes) -> tuple[str, list[Span]]:
        """Label a body; the title says which packets are in it."""
        if self._begun:
            return "", [Span(0, len(data), "content", "", "more of the packets before", labels.ENGINE, content=True)]
        self._begun = True
        if data.lower() == b"ok":
            return "", [Span(0, len(data), "taken", "", "the server has taken the packets", labels.ENGINE)]
        return _body_title(data), _spans(data, labels.label_payload(data))


def read_message(payload: bytes, is_text: bool) -> tuple[str, list[Span]]:
    """Label the payload of one WebSocket message, and say what its packet is for.

    Args:
        payload: its bytes, unmasked.
        is_text: whether it is text; binary messages are attachments.
    """
    spans = _spans(payload, labels.label_message(payload, is_text))
    return _message_title(payload.decode(errors="replace") if is_text else payload), spans


def _spans(data: bytes, found: Iterable[labels.Span]) -> list[Span]:
    return [
        Span(
            label.start,
            label.end,
            label.kind,
            _value(data[label.start : label.end]),
            label.meaning,
            label.section,
            error=label.kind == "no packet",
            minor=label.kind in _PUNCTUATION,
            content=label.kind in _CONTENT,
        )
        for label in found
    ]


def _value(data: bytes) -> str:
    return "".join(each if each.isprintable() else "·" for each in data.decode(errors="replace"))


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
    """Name a packet: its kind, the event's name, the namespace if it has one, the number of the acknowledgement."""
    kind = packet.type.name.lower().replace("_", " ")
    event = f' "{_shortened(packet.data[0])}"' if packet.type in (SocketType.EVENT, SocketType.BINARY_EVENT) else ""
    namespace = "" if packet.namespace == "/" else f" {_shortened(packet.namespace)}"
    number = "" if packet.id is None else f" #{packet.id}"
    return f"Socket.IO {kind}{event}{namespace}{number}"


def _shortened(name: object) -> str:
    text = _value(str(name).encode(errors="replace"))
    return text if len(text) <= LONGEST_NAME else f"{text[:LONGEST_NAME]}…"
