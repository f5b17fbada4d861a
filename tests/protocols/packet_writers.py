"""Packets of Engine.IO and Socket.IO, written by hand and put together again: the other side of our readers."""

import json
from base64 import b64encode
from collections.abc import Iterable, Sequence
from typing import Any

from lessons.protocols.engineio_packets import BASE64, SEPARATOR, EnginePacket, PacketError
from lessons.protocols.socketio_packets import SocketPacket, SocketType


def encode_engine_packet(packet: EnginePacket) -> str | bytes:
    """Write a packet as one WebSocket message ("Packet encoding", "WebSocket")."""
    if isinstance(packet.data, bytes):
        return packet.data
    return f"{packet.type:d}{packet.data}"


def encode_payload(packets: Iterable[EnginePacket]) -> str:
    """Write packets as one long-polling body; bytes go in base64, behind a `b`."""
    return SEPARATOR.join(_encode_part(packet) for packet in packets)


def _encode_part(packet: EnginePacket) -> str:
    if isinstance(packet.data, bytes):
        return BASE64 + b64encode(packet.data).decode()
    return f"{packet.type:d}{packet.data}"


def encode_socket_packet(packet: SocketPacket) -> str:
    """Write a Socket.IO packet, without its attachments ("Packet encoding")."""
    is_binary = packet.type in (SocketType.BINARY_EVENT, SocketType.BINARY_ACK)
    attachments = f"{packet.attachments}-" if is_binary else ""
    namespace = "" if packet.namespace == "/" else packet.namespace + ","
    number = "" if packet.id is None else str(packet.id)
    data = "" if packet.data is None else json.dumps(packet.data, separators=(",", ":"))
    return f"{packet.type:d}{attachments}{namespace}{number}{data}"


def split_attachments(data: object) -> tuple[Any, list[bytes]]:
    """Take the bytes out of an event's arguments: a placeholder with its number stands for each.

    Returns:
        The data as JSON can carry it, and the messages that follow ("Packet encoding").
    """
    attachments: list[bytes] = []
    return _take_out(data, attachments), attachments


def _take_out(data: object, attachments: list[bytes]) -> Any:
    if isinstance(data, bytes):
        attachments.append(data)
        return {"_placeholder": True, "num": len(attachments) - 1}
    if isinstance(data, list):
        return [_take_out(item, attachments) for item in data]
    if isinstance(data, dict):
        return {key: _take_out(value, attachments) for key, value in data.items()}
    return data


def join_attachments(packet: SocketPacket, attachments: Sequence[bytes]) -> Any:
    """Put the binary messages that followed a packet in the places of its data's placeholders.

    Raises:
        PacketError: there are not as many as it announced, or a placeholder has a number that none has.
    """
    if len(attachments) != packet.attachments:
        raise PacketError(f"{packet.attachments} attachments were announced and {len(attachments)} came")
    return _put_in(packet.data, attachments)


def _put_in(data: object, attachments: Sequence[bytes]) -> Any:
    if isinstance(data, list):
        return [_put_in(item, attachments) for item in data]
    if not isinstance(data, dict):
        return data
    if data.get("_placeholder") is True:
        return _attachment(data.get("num"), attachments)
    return {key: _put_in(value, attachments) for key, value in data.items()}


def _attachment(number: object, attachments: Sequence[bytes]) -> bytes:
    if isinstance(number, int) and 0 <= number < len(attachments):
        return attachments[number]
    raise PacketError(f"a placeholder asks for attachment {number!r} of {len(attachments)}")
