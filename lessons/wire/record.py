"""What a tap writes down: one thing that it saw on the line."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

Direction = Literal["up", "down"]
"""`up` is from client to server, `down` from server to client."""
Kind = Literal["open", "data", "end", "reset", "note"]
"""A connection opened, bytes, one side has finished sending (FIN), broken off (RST), or a remark on the line."""


@dataclass(slots=True, eq=False)
class Record:
    """One thing that the tap saw.

    Attributes:
        time: when it came to the tap, in seconds since the trace began.
        connection: the number of the connection, from 1 up; 0 for a remark on the whole line.
        direction: which way it went.
        kind: what it is.
        data: the bytes, of a `data` record; the words, of a `note`.
        delivered: when the tap had passed all of it on, in the same seconds; `None` while it is under way, and for
            ever if the line was cut before.
    """

    time: float
    connection: int
    direction: Direction
    kind: Kind
    data: bytes = b""
    delivered: float | None = None

    def __repr__(self) -> str:
        what = f"{len(self.data)} bytes" if self.kind == "data" else self.data.decode() or self.kind
        return f"<{self.direction} on connection {self.connection}: {what}>"
