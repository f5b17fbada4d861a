"""What each byte of an event stream means: the labels of the byte view (WHATWG HTML, section 9.2)."""

from collections.abc import Iterator
from typing import NamedTuple

from lessons.protocols.event_stream import (
    BYTE_ORDER_MARK,
    LINE_END,
    EventStreamParser,
    is_ignored,
    split_field,
)

FORMAT = "WHATWG HTML 9.2.5"
INTERPRETATION = "WHATWG HTML 9.2.6"

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


class Span(NamedTuple):
    """Some bytes of a stream and what they mean.

    Attributes:
        start: where they begin, in bytes from the start of the piece.
        end: where they end; the byte at `end` is the first that doesn't belong to them.
        kind: what part of a line they are, such as `field name`.
        meaning: what a reader does with them, in words.
        section: the section of the standard that says so.
        field: the name of the field they belong to; empty for a comment and what stands between fields.
    """

    start: int
    end: int
    kind: str
    meaning: str
    section: str
    field: str = ""


class _Part(NamedTuple):
    length: int
    kind: str
    meaning: str
    section: str
    field: str = ""


def label_event_stream(stream: bytes) -> list[Span]:
    """Label the bytes of a stream from its first byte on; the last line may be unfinished."""
    return EventStreamLabeller().receive(stream)


class EventStreamLabeller:
    """Labels a stream piece by piece as it arrives, however it was split.

    The spans of a piece follow one another and leave no byte out. What a blank line dispatches is asked of the parser.
    """

    def __init__(self) -> None:
        self._parser = EventStreamParser()
        self._unfinished = b""
        self._first = True
        self._after_cr = False

    def receive(self, data: bytes) -> list[Span]:
        """Take the next bytes and label them; a line that began in an earlier piece is labelled on."""
        spans = []
        start = -len(self._unfinished)
        for length, *label in self._parts(self._unfinished + data):
            end = start + length
            if end > max(start, 0):
                spans.append(Span(max(start, 0), end, *label))
            start = end
        return spans

    def _parts(self, stream: bytes) -> Iterator[_Part]:
        """Label the unfinished line and what follows it; keep what is unfinished then."""
        if self._first and BYTE_ORDER_MARK.startswith(stream):
            self._unfinished = stream  # perhaps a mark, of which more is to come
            yield _mark(stream)
            return
        begin = self._begin(stream)
        yield begin
        lines = stream[begin.length :]
        start = 0
        for end in LINE_END.finditer(lines):
            yield from self._line_parts(lines[start : end.start()], end[0])
            start = end.end()
        self._unfinished = lines[start:]
        self._after_cr = stream.endswith(b"\r")
        yield from _field_parts(self._unfinished, finished=False)

    def _begin(self, stream: bytes) -> _Part:
        """Label what belongs to no line: a byte order mark, or the LF of a CR LF whose CR ended the last piece."""
        first, self._first = self._first, False
        if first and stream.startswith(BYTE_ORDER_MARK):
            self._parser.receive(BYTE_ORDER_MARK)
            return _mark(BYTE_ORDER_MARK)
        if self._after_cr and stream.startswith(b"\n"):
            self._parser.receive(b"\n")
            return _line_end(b"\n")
        return _mark(b"")

    def _line_parts(self, line: bytes, end: bytes) -> Iterator[_Part]:
        events = self._parser.receive(line + end)
        if line:
            yield from _field_parts(line)
            yield _line_end(end)
        else:
            meaning = f"dispatches {events[0]!r}" if events else "no data stands before it: dispatches nothing"
            yield _Part(len(end), "blank line", meaning, INTERPRETATION)


def _mark(mark: bytes) -> _Part:
    return _Part(len(mark), "byte order mark", "says UTF-8, which an event stream always is: left out", FORMAT)


def _line_end(end: bytes) -> _Part:
    return _Part(len(end), "line end", "LF, CR LF and CR all end a line", FORMAT)


def _field_parts(line: bytes, finished: bool = True) -> Iterator[_Part]:
    name, separator, value = split_field(line)
    field = name.decode(errors="replace")
    complete = finished or bool(separator)
    meaning = _meaning(field, value.decode(errors="replace")) if complete else UNFINISHED
    yield _Part(len(name), "field name", meaning, INTERPRETATION, field)
    yield _Part(len(separator), "colon", "ends the name; one space after it is left out", INTERPRETATION, field)
    yield _Part(len(value), "value" if name else "comment", meaning, INTERPRETATION, field)


def _meaning(name: str, value: str) -> str:
    if name and is_ignored(name, value):
        return WHY_IGNORED.get(name, "ignored: the standard has no field of this name")
    return MEANINGS[name]
