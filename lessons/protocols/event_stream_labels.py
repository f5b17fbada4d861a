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


class Span(NamedTuple):
    """Some bytes of a stream and what they mean.

    Attributes:
        start: Where they begin, in bytes from the start of the stream.
        end: Where they end; the byte at ``end`` is the first that doesn't belong to them.
        kind: What part of a line they are, such as ``field name``.
        meaning: What a reader does with them, in words.
        section: The section of the standard that says so.
    """

    start: int
    end: int
    kind: str
    meaning: str
    section: str


class _Part(NamedTuple):
    length: int
    kind: str
    meaning: str
    section: str


def label_event_stream(stream: bytes) -> list[Span]:
    """Label the bytes of a stream from its first byte on; the last line may be unfinished.

    The spans follow one another and leave no byte out. What a blank line dispatches is asked of the parser.
    """
    spans = []
    start = 0
    for length, *label in _parts(stream):
        if length:
            spans.append(Span(start, start + length, *label))
        start += length
    return spans


def _parts(stream: bytes) -> Iterator[_Part]:
    parser = EventStreamParser()
    lines = stream.removeprefix(BYTE_ORDER_MARK)
    mark = stream[: len(stream) - len(lines)]
    parser.receive(mark)
    yield _Part(len(mark), "byte order mark", "says UTF-8, which an event stream always is: left out", FORMAT)
    start = 0
    for end in LINE_END.finditer(lines):
        yield from _line_parts(lines[start : end.start()], end[0], parser)
        start = end.end()
    yield from _field_parts(lines[start:])


def _line_parts(line: bytes, end: bytes, parser: EventStreamParser) -> Iterator[_Part]:
    events = parser.receive(line + end)
    if line:
        yield from _field_parts(line)
        yield _Part(len(end), "line end", "LF, CR LF and CR all end a line", FORMAT)
    else:
        meaning = f"dispatches {events[0]!r}" if events else "no data stands before it: dispatches nothing"
        yield _Part(len(end), "blank line", meaning, INTERPRETATION)


def _field_parts(line: bytes) -> Iterator[_Part]:
    name, separator, value = split_field(line)
    meaning = _meaning(name.decode(errors="replace"), value.decode(errors="replace"))
    yield _Part(len(name), "field name", meaning, INTERPRETATION)
    yield _Part(len(separator), "colon", "ends the name; one space after it is left out", INTERPRETATION)
    yield _Part(len(value), "value" if name else "comment", meaning, INTERPRETATION)


def _meaning(name: str, value: str) -> str:
    if name and is_ignored(name, value):
        return WHY_IGNORED.get(name, "ignored: the standard has no field of this name")
    return MEANINGS[name]
