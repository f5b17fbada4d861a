"""The trace: what crossed the line, when, on which connection and in which direction.

A trace is bounded: beyond its limits the oldest records are dropped, and how many were is counted and shown.
Connections and bytes are counted as they come, so these sums stay exact whatever is dropped.

Records are decoded when somebody asks what they mean, each of them once. A message is dropped with the record that
completed it; what it added to the cost stays counted.
"""

from __future__ import annotations

import json
import math
import threading
from collections import deque
from collections.abc import Callable, Iterable, Sequence
from dataclasses import replace
from itertools import islice
from pathlib import Path
from typing import Any, TypeVar, get_args

from lessons.errors import LessonError
from lessons.serving.waiting import wait_until
from lessons.wire.cost import Cost, Tally
from lessons.wire.decode import Decoder
from lessons.wire.message import Message
from lessons.wire.record import Direction, Kind, Record
from lessons.wire.redact import redact_pieces

MAX_RECORDS = 20_000
MAX_BYTES = 16 * 1024 * 1024

_Item = TypeVar("_Item")


class Trace:
    """The records of one tap, oldest first; any thread may read it while it grows.

    Args:
        max_records: how many records it keeps at most.
        max_bytes: how many bytes of data it keeps at most.

    Attributes:
        connections: how many connections were opened in all.
        bytes: how many bytes crossed the line in all, by direction.
        dropped_records: how many records were dropped.
        dropped_bytes: how many bytes were in them.
    """

    def __init__(self, max_records: int = MAX_RECORDS, max_bytes: int = MAX_BYTES) -> None:
        self.max_records = max_records
        self.max_bytes = max_bytes
        self._total = 0
        self._records: deque[Record] = deque()
        self._lock = threading.Lock()
        self._decoder = Decoder()
        self._decoded = 0
        self._decoding = threading.Lock()  # taken before `_lock`, so that a tap never waits for a decoder
        self._forget_records()
        self._forget_messages()

    def _forget_records(self) -> None:
        self._records.clear()
        self.dropped_records = 0
        self.dropped_bytes = 0
        self.connections = 0
        self.bytes: dict[Direction, int] = {"up": 0, "down": 0}
        self._kept_bytes = 0

    def _forget_messages(self) -> None:
        self._messages: deque[Message] = deque()
        self._completed_by: deque[int] = deque()  # the positions of the records that completed them
        self._tally = Tally()

    # --- writing ---

    def add(self, record: Record) -> None:
        """Append a record, and drop the oldest ones beyond the limits."""
        with self._lock:
            self._count(record)
            self._records.append(record)
            while len(self._records) > self.max_records or self._kept_bytes > self.max_bytes:
                self._drop_oldest()

    def _count(self, record: Record) -> None:
        self._total += 1
        self._kept_bytes += len(record.data)
        if record.kind == "data":
            self.bytes[record.direction] += len(record.data)
        elif record.kind == "open":
            self.connections += 1

    def _drop_oldest(self) -> None:
        oldest = self._records.popleft()
        self._kept_bytes -= len(oldest.data)
        self.dropped_records += 1
        self.dropped_bytes += len(oldest.data)

    def clear(self) -> None:
        """Forget all records, dropped ones included; what follows on open connections is still understood."""
        with self._decoding:
            with self._lock:
                total, unread = self._total, _newest(self._records, self._total - self._decoded)
                self._forget_records()
            self._read(total, unread)
            self._forget_messages()

    # --- reading ---

    def records(self) -> list[Record]:
        """Return the records that are kept, oldest first."""
        with self._lock:
            return list(self._records)

    def since(self, position: int) -> tuple[int, list[Record]]:
        """Return what came after a position in the whole history, and the position to ask from next time.

        Args:
            position: what the last call returned; 0 at first.
        """
        with self._lock:
            return self._total, _newest(self._records, self._total - position)

    def where(
        self,
        *,
        connection: int | None = None,
        direction: Direction | None = None,
        after: float | None = None,
        before: float | None = None,
    ) -> Trace:
        """Return a trace of the records that meet all the given conditions.

        Args:
            connection: the number of the connection.
            direction: `up` or `down`.
            after: the earliest time, in seconds since the trace began.
            before: the time that all of them must be earlier than, in the same seconds.

        Raises:
            LessonError: if `direction` is neither of the two.
        """
        if direction not in (None, "up", "down"):
            raise LessonError(f"a direction is 'up' (to the server) or 'down' (to the client), not {direction!r}")
        wanted: list[Callable[[Record], bool]] = []
        if connection is not None:
            wanted.append(lambda record: record.connection == connection)
        if direction is not None:
            wanted.append(lambda record: record.direction == direction)
        if after is not None:
            wanted.append(lambda record: record.time >= after)
        if before is not None:
            wanted.append(lambda record: record.time < before)
        return self._part(record for record in self.records() if all(test(record) for test in wanted))

    def _part(self, records: Iterable[Record]) -> Trace:
        part = Trace(self.max_records, self.max_bytes)
        for record in records:
            part.add(record)
        return part

    def __getitem__(self, index: slice) -> Trace:
        if not isinstance(index, slice):
            raise LessonError("a trace is cut by slices, such as trace[-10:]; its records are in trace.records()")
        return self._part(self.records()[index])

    def __len__(self) -> int:
        return len(self._records)

    def messages(self, kind: str = "", *, after: int = 0) -> list[Message]:
        """Return what the records mean: the messages of the protocols that were spoken, in order of time.

        Args:
            kind: the kind to return, such as `request`; all by default.
            after: the number of the last message that the caller has seen; only later ones are returned.
        """
        with self._decoding:
            self._decode()
            last = self._messages[-1].number if self._messages else 0
            messages = _newest(self._messages, last - after)
        return [message for message in messages if message.kind == kind] if kind else messages

    def wait(self, kind: str, count: int = 1, timeout: float = 10.0) -> list[Message]:
        """Wait until `count` messages of a kind have crossed the line, and return all of that kind.

        Args:
            kind: such as `request`.
            count: how many.
            timeout: seconds to wait at most.

        Raises:
            LessonError: if they don't come in time.
        """
        wait_until(lambda: len(self.messages(kind)) >= count, f"{count} messages of the kind {kind!r}", timeout)
        return self.messages(kind)

    def cost(self) -> Cost:
        """Return what the traffic in this trace cost.

        Requests and content that were dropped before they were decoded are not included.
        """
        with self._decoding:
            self._decode()
            return Cost(
                requests=self._tally.requests,
                connections=self.connections,
                up=self.bytes["up"],
                down=self.bytes["down"],
                content=self._tally.content,
                delay=self._tally.median_delay(),
            )

    def _decode(self) -> None:
        """Decode the records that have come since the last time, and drop messages whose last record was dropped."""
        total, records = self.since(self._decoded)
        self._read(total, records)
        oldest = total - len(self)
        while self._messages and (self._completed_by[0] < oldest or len(self._messages) > self.max_records):
            self._messages.popleft()
            self._completed_by.popleft()

    def _read(self, total: int, records: Sequence[Record]) -> None:
        first = total - len(records)
        if first > self._decoded:
            self._decoder.skip()
        for position, record in enumerate(records, first):
            for message in self._decoder.read(record):
                self._tally.add(message)
                self._messages.append(message)
                self._completed_by.append(position)
        self._decoded = total

    # --- keeping ---

    def to_records(self) -> list[dict[str, Any]]:
        """Return the records as plain data, ready for a table or a file; secrets in them are blotted out.

        Each has `time` and `delivered` (seconds), `connection`, `direction`, `kind` and `data` (text, one character for
        each byte).
        """
        return [
            {
                "time": record.time,
                "delivered": record.delivered,
                "connection": record.connection,
                "direction": record.direction,
                "kind": record.kind,
                "data": record.data.decode("latin-1"),
            }
            for record in _redacted(self.records())
        ]

    def save(self, path: str | Path) -> None:
        """Write the trace to a file, one JSON object a line; cookies and credentials in it are blotted out."""
        lines = [json.dumps(record) + "\n" for record in self.to_records()]
        Path(path).write_text("".join(lines), encoding="utf-8")

    @classmethod
    def load(cls, path: str | Path) -> Trace:
        """Read a trace that `save` wrote.

        Raises:
            LessonError: if the file can't be read, or isn't a trace.
        """
        trace = cls()
        try:
            for line in Path(path).read_text(encoding="utf-8").splitlines():
                trace.add(_loaded(json.loads(line)))
        except OSError as error:
            raise LessonError(f"can't read the trace {str(path)!r}: {error.strerror}") from None
        except (ValueError, TypeError, KeyError, AttributeError):
            raise LessonError(f"{str(path)!r} is not a trace that Trace.save() wrote") from None
        return trace

    def __repr__(self) -> str:
        connections = len({record.connection for record in self.records() if record.connection})
        dropped = f", {self.dropped_records} older ones dropped" if self.dropped_records else ""
        return f"<trace of {len(self)} records on {connections} connections{dropped}>"


def _newest(items: deque[_Item], count: int) -> list[_Item]:
    """Return the last `count` items, oldest first, or as many as there are, without going through the others."""
    return list(islice(reversed(items), max(count, 0)))[::-1]


def _loaded(fields: dict[str, Any]) -> Record:
    """Return the record that was saved as these fields; if they aren't a record, any of several errors is raised."""
    record = Record(**{**fields, "data": fields["data"].encode("latin-1")})
    if record.kind not in get_args(Kind) or record.direction not in get_args(Direction):
        raise ValueError
    if type(record.connection) is not int or not math.isfinite(record.time + (record.delivered or 0)):
        raise ValueError
    return record


def _redacted(records: Sequence[Record]) -> list[Record]:
    """Return copies of the records with secrets blotted out, even those that are split between two records."""
    copies = [replace(record) for record in records]
    streams: dict[tuple[int, Direction], list[Record]] = {}
    for record in copies:
        if record.kind == "data":
            streams.setdefault((record.connection, record.direction), []).append(record)
    for stream in streams.values():
        for record, data in zip(stream, redact_pieces([record.data for record in stream]), strict=True):
            record.data = data
    return copies
