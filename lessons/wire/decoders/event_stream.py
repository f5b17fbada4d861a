"""Event streams on the wire: what each byte of a `text/event-stream` means, piece by piece (WHATWG HTML, section 9.2).

The lines are cut, split into fields and judged by the code of the client's parser, so that what is shown is what runs.
"""

from __future__ import annotations

from collections.abc import Sequence

from lessons.protocols.event_stream import (
    BYTE_ORDER_MARK,
    LINE_END,
    EventStreamParser,
    MessageEvent,
    is_ignored,
    split_field,
)
from lessons.wire.message import Span

FORMAT = "WHATWG HTML §9.2.5"
INTERPRETATION = "WHATWG HTML §9.2.6"

MEANINGS = {
    "data": "a line of the event's data",
    "event": "the event's type: listeners of this name hear it",
    "id": "the last event ID: the page sends it back as Last-Event-ID when it reconnects",
    "retry": "how many milliseconds the page waits before it reconnects",
    "": "a comment: readers ignore it, servers send it as a heartbeat",
}
WHY_IGNORED = {
    "id": "ignored: an ID must not hold a NUL",
    "retry": "ignored: a reconnection time is digits only",
}
UNFINISHED = "the rest of the line is still to come"
REMEMBERED = 32
"""How many bytes of an unfinished name or value are kept: enough to know a field by its name, and a valid `retry`."""


class EventStreamContent:
    """Reads the content of one response; an event may be split over several pieces, and a piece may hold several."""

    def __init__(self) -> None:
        self._parser = EventStreamParser()
        self._unfinished = b""
        self._first = True
        self._after_cr = False

    def receive(self, data: bytes) -> tuple[str, list[Span]]:
        """Label the next piece, leaving no byte out; the title says which events it completes."""
        labels = _Labels(data, len(self._unfinished))
        events = self._label(self._unfinished + data, labels) if data else []
        return _title(events, labels.spans), labels.spans

    def _label(self, stream: bytes, labels: _Labels) -> list[MessageEvent]:
        """Label the unfinished line and what follows it; keep what is left unfinished."""
        if self._first and BYTE_ORDER_MARK.startswith(stream):
            self._unfinished = stream  # this may be a part of the mark
            labels.add_mark(stream)
            return self._parser.receive(labels.next(len(stream)))
        events: list[MessageEvent] = []
        start = self._skip_start(stream, labels)
        for end in LINE_END.finditer(stream, start):
            told = self._parser.receive(labels.next(end.end()))
            labels.add_line(stream[start : end.start()], end[0], told)
            events += told
            start = end.end()
        self._unfinished = _abridged(stream[start:])
        self._after_cr = stream.endswith(b"\r")
        labels.add_field(stream[start:], finished=False)
        return events + self._parser.receive(labels.next(len(stream)))

    def _skip_start(self, stream: bytes, labels: _Labels) -> int:
        """Label what belongs to no line: a byte order mark, or the LF after a CR that ended the last piece."""
        first, self._first = self._first, False
        if first and stream.startswith(BYTE_ORDER_MARK):
            labels.add_mark(BYTE_ORDER_MARK)
            return len(BYTE_ORDER_MARK)
        if self._after_cr and stream.startswith(b"\n"):
            labels.add_line_end(b"\n")
            return 1
        return 0


class _Labels:
    """The labels of one piece, added one after another.

    Args:
        piece: the piece.
        before: how many bytes of an unfinished line came before it; they are labelled again, but not kept.
    """

    def __init__(self, piece: bytes, before: int) -> None:
        self.spans: list[Span] = []
        self._piece = piece
        self._before = before
        self._position = -before
        self._parsed = 0

    def next(self, upto: int) -> bytes:
        """Return the next part of the piece, up to an offset that is counted from the start of the unfinished line."""
        start, self._parsed = self._parsed, upto - self._before
        return self._piece[start : self._parsed]

    def add_mark(self, mark: bytes) -> None:
        self._add(mark, "byte order mark", "says UTF-8, which an event stream always is: left out", FORMAT)

    def add_line(self, line: bytes, end: bytes, events: Sequence[MessageEvent]) -> None:
        if line:
            self.add_field(line)
            self.add_line_end(end)
        else:
            meaning = f"dispatches {events[0]!r}" if events else "there is no data before it: dispatches nothing"
            self._add(end, "blank line", meaning)

    def add_line_end(self, end: bytes) -> None:
        self._add(end, "line end", "LF, CR LF and CR all end a line", FORMAT, minor=True)

    def add_field(self, line: bytes, finished: bool = True) -> None:
        name, separator, value = split_field(line)
        field = name.decode(errors="replace")
        complete = finished or bool(separator)
        meaning = _meaning(field, value.decode(errors="replace")) if complete else UNFINISHED
        self._add(name, "field name", meaning, minor=True)
        self._add(separator, "colon", "ends the name; one space after it is left out", minor=True)
        self._add(value, field or "comment", meaning, shown=bool(name), content=field == "data")

    def _add(
        self,
        part: bytes,
        name: str,
        meaning: str,
        section: str = INTERPRETATION,
        *,
        minor: bool = False,
        shown: bool = False,
        content: bool = False,
    ) -> None:
        start, self._position = max(self._position, 0), self._position + len(part)
        if self._position > start:
            value = self._piece[start : self._position].decode(errors="replace") if shown else ""
            self.spans.append(Span(start, self._position, name, value, meaning, section, minor=minor, content=content))


def _abridged(line: bytes) -> bytes:
    """Return a short line that can stand for this one while it grows, so that it isn't read again with every piece."""
    name, separator, value = split_field(line)
    if value and is_ignored(name.decode(errors="replace"), value.decode(errors="replace")):
        value = b"\0"  # ignored as well, whatever follows
    return name[:REMEMBERED] + separator + value[-REMEMBERED:]


def _meaning(name: str, value: str) -> str:
    if name and is_ignored(name, value):
        return WHY_IGNORED.get(name, "ignored: the standard has no field of this name")
    return MEANINGS[name]


def _title(events: Sequence[MessageEvent], spans: Sequence[Span]) -> str:
    if len(events) > 1:
        return f"{len(events)} events, the last {_name(events[-1])}"
    if events:
        return f"event {_name(events[0])}"
    names = [span.name for span in spans if not span.minor]
    if "comment" in names and "data" not in names:
        return "heartbeat"
    settings = [name for name in ("retry", "id") if name in names and names[-1] == "blank line"]
    return " and ".join(settings) or "part of an event"


def _name(event: MessageEvent) -> str:
    return f"{event.type} id {event.last_event_id}" if event.last_event_id else event.type
