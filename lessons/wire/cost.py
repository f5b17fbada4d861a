"""What traffic costs: requests, connections, bytes, and how few of the bytes are news."""

from __future__ import annotations

import statistics
from collections import deque
from dataclasses import dataclass, field

from lessons.wire.message import Message

NEWEST_DELAYS = 1000
"""The median delay is taken over this many of the newest answers."""


@dataclass(frozen=True)
class Cost:
    """The bill of a trace.

    Attributes:
        requests: how many requests were made.
        connections: how many TCP connections were opened.
        up: bytes from client to server.
        down: bytes from server to client.
        content: how many of those bytes, both ways, are the news itself, as the page shows it; the rest is overhead.
        delay: median seconds from a request's first byte to its answer's first byte; `None` without answers.
    """

    requests: int
    connections: int
    up: int
    down: int
    content: int
    delay: float | None

    @property
    def overhead(self) -> int:
        """How many bytes are not news: request lines, header fields, framing, the fields and names around the news."""
        return self.up + self.down - self.content

    @property
    def overhead_share(self) -> float:
        """The overhead as a share of all bytes, from 0 to 1."""
        total = self.up + self.down
        return self.overhead / total if total else 0.0

    def __str__(self) -> str:
        return " · ".join(
            [
                counted(self.requests, "request"),
                counted(self.connections, "connection"),
                f"{size(self.up)} up",
                f"{size(self.down)} down",
                f"{size(self.content)} of it content ({self.overhead_share:.1%} overhead)",
            ]
        )


def counted(number: int, noun: str) -> str:
    """Return a number with its noun, in the plural where it needs one."""
    return f"{number:,} {noun}{'' if number == 1 else 's'}"


def size(number: int) -> str:
    """Return a number of bytes for people, such as `940 B` or `1.6 kB`."""
    if number < 1000:
        return f"{number} B"
    if number < 999_950:  # what would be shown as 1000.0 kB is a megabyte
        return f"{number / 1000:.1f} kB"
    return f"{number / 1_000_000:.1f} MB"


@dataclass
class Tally:
    """What messages add to the cost of their trace, summed up as they are read.

    Attributes:
        requests: how many requests there were.
        content: how many bytes of content.
        delays: seconds from a request to its answer, the newest `NEWEST_DELAYS` of them.
    """

    requests: int = 0
    content: int = 0
    delays: deque[float] = field(default_factory=lambda: deque(maxlen=NEWEST_DELAYS))

    def add(self, message: Message) -> None:
        """Count one more message."""
        self.requests += message.kind == "request"
        self.content += message.content
        if message.delay is not None:
            self.delays.append(message.delay)

    def median_delay(self) -> float | None:
        """Return the median of the delays in seconds; `None` if there are none."""
        return statistics.median(self.delays) if self.delays else None
