"""The bytes of one direction of one connection: they are taken off as messages, and know the record they came in."""

from __future__ import annotations

import re
from collections import deque
from dataclasses import replace

from lessons.wire.record import Record

LONGEST_END = 3
"""The longest match of any pattern that `end_of` looks for, in bytes: LF CR LF, the end of a head."""


class ReceiveBuffer:
    """Bytes that have come and are not read yet."""

    def __init__(self) -> None:
        self._data = bytearray()
        self._records: deque[tuple[int, Record]] = deque()
        self._searched: dict[re.Pattern[bytes], int] = {}

    def add(self, record: Record) -> None:
        """Append the bytes of a record."""
        if record.data:
            self._data += record.data
            self._records.append((len(record.data), record))

    def __len__(self) -> int:
        return len(self._data)

    def peek(self, count: int) -> bytes:
        """Return the first `count` bytes, and leave them in the buffer."""
        return bytes(self._data[:count])

    def end_of(self, pattern: re.Pattern[bytes]) -> int:
        """Return the offset after the first match of a pattern; 0 if there is none.

        It looks at each byte once, however often it is called while bytes are added.
        """
        found = pattern.search(self._data, self._searched.get(pattern, 0))
        if found is None:
            self._searched[pattern] = max(0, len(self._data) - LONGEST_END + 1)
            return 0
        return found.end()

    def length_of(self, pattern: re.Pattern[bytes]) -> int:
        """Return how many bytes at the start match a pattern; 0 if none do."""
        found = pattern.match(self._data)
        return found.end() if found else 0

    def take(self, count: int) -> tuple[bytes, Record, Record]:
        """Take off `count` bytes, at least one; return them with the records that brought the first and the last."""
        data = self.peek(count)
        del self._data[:count]
        self._searched.clear()
        first = last = self._records[0][1]
        while count:
            length, last = self._records.popleft()
            if length > count:
                self._records.appendleft((length - count, last))
            count -= min(length, count)
        return data, first, last

    def drain(self) -> list[tuple[Record, Record]]:
        """Take off everything; return a copy of each record with its unread bytes only, and the record itself."""
        drained = [(replace(record, data=record.data[-length:]), record) for length, record in self._records]
        self._data.clear()
        self._records.clear()
        self._searched.clear()
        return drained
