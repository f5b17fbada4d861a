"""Socket.IO packets (protocol 5), read by hand.

Socket.IO sends events and acknowledgements, in namespaces, as Engine.IO messages:
`42["message","hello"]` is a message (4) that holds an event (2). The sections named here are those of
the document "The Socket.IO protocol".
"""

import json
import re
from collections.abc import Iterator
from enum import IntEnum
from typing import Any, NamedTuple, NoReturn

from lessons.protocols.engineio_packets import EnginePacket, EngineType, PacketError

# The parts of a Socket.IO packet, in order; the byte view labels what these groups match.
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
        id: the number that ties an acknowledgement to its event, or None.
        data: what its JSON says; None if it has none.
        attachments: how many of the binary messages after it belong to it.
    """

    type: SocketType
    namespace: str = "/"
    id: int | None = None
    data: Any = None
    attachments: int = 0


def parse_socket_packet(text: str) -> SocketPacket:
    """Read a Socket.IO packet from the text of an Engine.IO message.

    Raises:
        PacketError: if it is not a packet ("Packet encoding").
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


class PacketReader:
    """Reads what one client says, and refuses what is not a packet or is too much.

    A binary packet is complete once the attachments that it announced have come; until then nothing else may be said
    ("Packet encoding").

    Args:
        max_attachments: how many attachments a packet may announce.
        max_bytes: how many bytes all attachments of a packet together may have.
    """

    def __init__(self, max_attachments: int, max_bytes: int) -> None:
        self._max_attachments = max_attachments
        self._max_bytes = max_bytes
        self._due = 0
        self._bytes_left = 0

    def receive(self, packet: EnginePacket) -> SocketPacket | None:
        """Take an Engine.IO packet, and return the Socket.IO packet that it holds; None if it holds none.

        Raises:
            PacketError: if it isn't a packet, isn't for a client to send, is out of turn, or is too much.
        """
        if packet.type is not EngineType.MESSAGE:
            return None
        if isinstance(packet.data, bytes):
            self._take_attachment(packet.data)
            return None
        if self._due:
            raise PacketError(f"{self._due} announced attachments are still due, and a text came")
        said = parse_socket_packet(packet.data)
        if said.type is SocketType.CONNECT_ERROR:
            raise PacketError("only a server sends CONNECT_ERROR")
        if said.type in (SocketType.BINARY_EVENT, SocketType.BINARY_ACK):
            self._announce(said)
        return said

    def _announce(self, packet: SocketPacket) -> None:
        if not 1 <= packet.attachments <= self._max_attachments:
            raise PacketError(f"a packet has 1 to {self._max_attachments} attachments, not {packet.attachments}")
        for number in _placeholders(packet.data):
            if not isinstance(number, int) or not 0 <= number < packet.attachments:
                raise PacketError(f"a placeholder asks for attachment {number!r:.20} of {packet.attachments}")
        self._due, self._bytes_left = packet.attachments, self._max_bytes

    def _take_attachment(self, data: bytes) -> None:
        if not self._due:
            raise PacketError("an attachment came that no packet announced")
        self._due -= 1
        self._bytes_left -= len(data)
        if self._bytes_left < 0:
            raise PacketError(f"the attachments of a packet have at most {self._max_bytes} bytes")


def _placeholders(data: object) -> Iterator[object]:
    """Yield the number of the attachment for each placeholder in the data."""
    waiting = [data]
    while waiting:
        item = waiting.pop()
        if isinstance(item, list):
            waiting.extend(item)
        elif isinstance(item, dict) and item.get("_placeholder"):
            yield item.get("num")
        elif isinstance(item, dict):
            waiting.extend(item.values())


def _parse_json(text: str) -> Any:  # noqa: ANN401
    try:
        return json.loads(text, parse_constant=_refuse_constant)
    except (ValueError, RecursionError) as error:
        raise PacketError(f"the packet's data is no JSON: {error}") from error


def _refuse_constant(name: str) -> NoReturn:
    raise PacketError(f"JSON has no {name}")


def _check_data(packet: SocketPacket) -> None:
    """Check that the data is of the kind that belongs to the packet's type ("Packet types")."""
    if not _DATA_CHECKS[packet.type](packet.data):
        raise PacketError(f"this is not data for {packet.type.name}: {packet.data!r:.60}")
    if packet.type in (SocketType.ACK, SocketType.BINARY_ACK) and packet.id is None:
        raise PacketError("an acknowledgement needs the id of the event that it acknowledges")


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
