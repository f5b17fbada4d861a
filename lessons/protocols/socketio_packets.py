"""Socket.IO packets (protocol 5), read by hand.

Socket.IO puts events and acknowledgements, in namespaces, into Engine.IO's messages:
`42["message","hello"]` is a message (4) that holds an event (2). The sections named here are those of
the document "The Socket.IO protocol".
"""

import json
import re
from collections.abc import Sequence
from enum import IntEnum
from typing import Any, NamedTuple, NoReturn

from lessons.protocols.engineio_packets import PacketError

# Every part of a Socket.IO packet, in its order; the byte view labels what these groups match.
SOCKET_PACKET = re.compile(
    r"""(?P<type>[0-6])
        (?:(?P<attachments>(?<=[56])[0-9]{1,9})-)?
        (?:(?P<namespace>/[^,]*)(?:,|$))?
        (?P<id>[0-9]{1,18})?
        (?P<data>.*)""",
    re.VERBOSE | re.DOTALL,
)


class SocketType(IntEnum):
    """What a Socket.IO packet is for ("Exchange protocol")."""

    CONNECT = 0
    DISCONNECT = 1
    EVENT = 2
    ACK = 3
    CONNECT_ERROR = 4
    BINARY_EVENT = 5
    BINARY_ACK = 6


class SocketPacket(NamedTuple):
    """A Socket.IO packet.

    Attributes:
        type: what it is for.
        namespace: the namespace that it belongs to.
        id: the number by which an acknowledgement finds its event, or None.
        data: what its JSON says; None if it has none.
        attachments: how many binary messages follow it and belong to it.
    """

    type: SocketType
    namespace: str = "/"
    id: int | None = None
    data: Any = None
    attachments: int = 0


def parse_socket_packet(text: str) -> SocketPacket:
    """Read a Socket.IO packet, the text of an Engine.IO message.

    Raises:
        PacketError: it is no packet ("Packet encoding").
    """
    parts = SOCKET_PACKET.fullmatch(text)
    if parts is None:
        raise PacketError(f"a Socket.IO packet begins with its type, 0 to 6, and not with {text[:1]!r}")
    packet = SocketPacket(
        type=SocketType(int(parts["type"])),
        namespace=parts["namespace"] or "/",
        id=int(parts["id"]) if parts["id"] else None,
        data=_parse_json(parts["data"]) if parts["data"] else None,
        attachments=int(parts["attachments"] or 0),
    )
    _check_data(packet)
    return packet


def join_attachments(packet: SocketPacket, attachments: Sequence[bytes]) -> Any:  # noqa: ANN401
    """Put the binary messages that followed a packet in the places of its data's placeholders.

    Raises:
        PacketError: there are not as many as it announced, or a placeholder has a number that none has.
    """
    if len(attachments) != packet.attachments:
        raise PacketError(f"{packet.attachments} attachments were announced and {len(attachments)} came")
    return _put_in(packet.data, attachments)


def _parse_json(text: str) -> Any:  # noqa: ANN401
    try:
        return json.loads(text, parse_constant=_refuse_constant)
    except (ValueError, RecursionError) as error:
        raise PacketError(f"the packet's data is no JSON: {error}") from error


def _refuse_constant(name: str) -> NoReturn:
    raise PacketError(f"JSON has no {name}")


def _check_data(packet: SocketPacket) -> None:
    """Check that the data is of the kind that the packet's type has ("Packet types")."""
    if not _DATA_CHECKS[packet.type](packet.data):
        raise PacketError(f"{packet.type.name} doesn't have such data: {packet.data!r:.60}")
    if packet.type in (SocketType.ACK, SocketType.BINARY_ACK) and packet.id is None:
        raise PacketError("an acknowledgement has the id of the event that it acknowledges")


def _is_event(data: object) -> bool:
    return isinstance(data, list) and len(data) > 0 and type(data[0]) in (str, int)


def _is_list(data: object) -> bool:
    return isinstance(data, list)


_DATA_CHECKS = {
    SocketType.CONNECT: lambda data: data is None or isinstance(data, dict),
    SocketType.DISCONNECT: lambda data: data is None,
    SocketType.EVENT: _is_event,
    SocketType.ACK: _is_list,
    SocketType.CONNECT_ERROR: lambda data: isinstance(data, str | dict),
    SocketType.BINARY_EVENT: _is_event,
    SocketType.BINARY_ACK: _is_list,
}


def _put_in(data: object, attachments: Sequence[bytes]) -> Any:  # noqa: ANN401
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
