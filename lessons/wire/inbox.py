"""The bytes of one direction of one connection, taken off in messages, each byte with the record it came in."""

from __future__ import annotations

from collections import deque
from dataclasses import replace

from lessons.wire.trace import Record


class Inbox:
    """Bytes that came and are not read yet."""

    def __init__(self) -> None:
        self._data = bytearray()
        self._records: deque[tuple[int, Record]] = deque()

    def add(self, record: Record) -> None:
        """Append the bytes of a record."""
        if record.data:
            self._data += record.data
            self._records.append((len(record.data), record))

    def __len__(self) -> int:
        return len(self._data)

    def peek(self, count: int) -> bytes:
        """Return the first `count` bytes, and leave them."""
        return bytes(self._data[:count])

    def find(self, pattern: bytes) -> int:
        """Return the offset of the first occurrence of a pattern, -1 if there is none."""
        return self._data.find(pattern)

    def take(self, count: int) -> tuple[bytes, Record, Record]:
        """Take `count` bytes off (at least one); return them with the records of the first and the last of them."""
        data = bytes(self._data[:count])
        del self._data[:count]
        first = last = self._records[0][1]
        while count:
            length, last = self._records.popleft()
            if length > count:
                self._records.appendleft((length - count, last))
            count -= min(length, count)
        return data, first, last

    def drain(self) -> list[Record]:
        """Take everything off; return it as records, the first of them without what was read already."""
        if not self._records:
            return []
        (length, first), *others = self._records
        rest = replace(first, data=first.data[len(first.data) - length :])
        self._data.clear()
        self._records.clear()
        return [rest, *(record for _, record in others)]
