"""The reference solution of the exercise on event streams, for instructors and for the tests. Try your own first."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator

from lessons.sse.exercise import Event


def read_events(pieces: Iterable[bytes]) -> Iterator[Event]:
    """Yield each event of a stream as soon as its blank line has come (WHATWG HTML, section 9.2.6).

    Args:
        pieces: the bytes of the stream as they arrive, split anywhere.
    """
    event_type, data, last_event_id = "", [], ""
    for line in split_lines(pieces):
        name, _, value = line.partition(":")
        value = value.removeprefix(" ")
        if name == "event":
            event_type = value
        elif name == "data":
            data.append(value)
        elif name == "id":
            last_event_id = value
        elif not line:
            if data:
                yield event_type or "message", "\n".join(data), last_event_id
            event_type, data = "", []


def split_lines(pieces: Iterable[bytes]) -> Iterator[str]:
    """Yield the complete lines; lines are cut as bytes, so that no character is decoded before all of it is there."""
    unfinished, after_cr = b"", False
    for piece in pieces:
        new = piece.removeprefix(b"\n") if after_cr else piece
        after_cr = piece.endswith(b"\r") or (after_cr and not piece)
        *lines, unfinished = re.split(rb"\r\n|\n|\r", unfinished + new)
        yield from (line.decode(errors="replace") for line in lines)
