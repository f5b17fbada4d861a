"""The reference solution of the exercise on Socket.IO's packets, for instructors and the tests. Try your own first."""

from __future__ import annotations

import json

from lessons.rooms.exercise import Event


def read_event(packet: str) -> Event | None:
    """Return what an event says, None if the packet is no event (Socket.IO protocol 5, "Packet encoding").

    Args:
        packet: an Engine.IO packet of text.
    """
    if not packet.startswith("42"):
        return None
    namespace, rest = "/", packet[2:]
    if rest.startswith("/"):
        namespace, _, rest = rest.partition(",")
    digits, bracket, items = rest.partition("[")
    name, *arguments = json.loads(bracket + items)
    return namespace, int(digits) if digits else None, name, arguments
