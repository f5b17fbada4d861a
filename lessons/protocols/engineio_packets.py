"""Engine.IO packets (protocol 4), read by hand.

Engine.IO carries packets over long polling or WebSocket. What an application says travels in packets of
type 4, messages. The sections named here are those of the document "The Engine.IO protocol".
"""

import binascii
from base64 import b64decode
from enum import IntEnum
from typing import NamedTuple

SEPARATOR = "\x1e"
BASE64 = "b"


class PacketError(ValueError):
    """What was received is not a packet; the message says why."""


class EngineType(IntEnum):
    """What an Engine.IO packet is for ("Protocol")."""

    OPEN = 0
    CLOSE = 1
    PING = 2
    PONG = 3
    MESSAGE = 4
    UPGRADE = 5
    NOOP = 6


class EnginePacket(NamedTuple):
    """An Engine.IO packet.

    Attributes:
        type: what it is for.
        data: its text; bytes in a binary message.
    """

    type: EngineType
    data: str | bytes = ""


def parse_engine_packet(message: str | bytes) -> EnginePacket:
    """Read the packet in one WebSocket message, or in one part of a long-polling payload.

    Raises:
        PacketError: if it is not a packet ("Packet encoding").
    """
    if isinstance(message, bytes):
        return EnginePacket(EngineType.MESSAGE, message)
    if message.startswith(BASE64):
        return EnginePacket(EngineType.MESSAGE, _from_base64(message[1:]))
    if message[:1] not in tuple("0123456"):
        raise PacketError(f"an Engine.IO packet begins with its type, 0 to 6, and not with {message[:1]!r}")
    return EnginePacket(EngineType(int(message[0])), message[1:])


def parse_payload(payload: str) -> list[EnginePacket]:
    """Read the body of a long-polling request or response: packets with U+001E between them.

    Raises:
        PacketError: if a part is not a packet ("Packet encoding", "HTTP long-polling").
    """
    return [parse_engine_packet(part) for part in payload.split(SEPARATOR)]


def _from_base64(text: str) -> bytes:
    try:
        return b64decode(text, validate=True)
    except (binascii.Error, ValueError) as error:
        raise PacketError(f"what follows the b is not base64: {error}") from error
