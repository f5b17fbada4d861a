"""What a tap writes down: one record for each thing that it saw on the line."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

Direction = Literal["up", "down"]
"""`up` is from the client to the server, `down` from the server to the client."""
Kind = Literal["open", "data", "end", "reset", "note"]
"""A connection opened; bytes came; one side finished sending (FIN); a side broke off (RST); a remark on the line."""


@dataclass(slots=True, eq=False)
class Record:
    """One thing that the tap saw.

    Attributes:
        time: when it reached the tap, in seconds since the trace began.
        connection: the number of the connection, from 1 up; 0 for a remark on the whole line.
        direction: which way it went.
        kind: what it is.
        data: the bytes of a `data` record, or the words of a `note`.
        delivered: when the tap had passed all of it on, in seconds since the trace began; `None` while it is on its
            way, and forever if the line was cut first.
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
