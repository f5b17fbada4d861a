"""The exercise on event streams: read events from bytes that arrive in pieces."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from typing import TypeAlias

from lessons.exercise import Case, CaseFailedError, Exercise, Hints, expect

Event: TypeAlias = tuple[str, str, str]
"""Its type, its data, and the last event ID that the stream had given by then."""
ReadEvents: TypeAlias = Callable[[Iterable[bytes]], Iterable[Event] | None]


def read_events(pieces: Iterable[bytes]) -> Iterator[Event]:
    """Yield each event of a stream as soon as its blank line has come, as `(type, data, last event ID)`.

    Args:
        pieces: the bytes of the stream as they arrive, split anywhere.
    """
    raise NotImplementedError


BEGIN: Hints = (
    "An event stream is lines. What are you given instead, and what does a piece of it have to do with a line?",
    "Keep what is behind the last line end, and put the next piece behind it. Then deal with whole lines, one by one.",
    "A line that is empty ends an event. Every other one is `name, _, value = line.partition(':')`.",
)
MISSING: Hints = (
    "Which lines make an event, and which line ends it?",
    "Collect the values of `data` until a blank line comes; then `yield` type, data and ID, all three text.",
)


class _Pieces:
    """The pieces of a stream, which can be taken once, one after the other.

    Args:
        pieces: all of them.
    """

    def __init__(self, pieces: Iterable[bytes]) -> None:
        self._pieces = list(pieces)
        self.given = ", ".join(map(repr, self._pieces))
        self.taken = 0

    def __iter__(self) -> Iterator[bytes]:
        return self

    def __next__(self) -> bytes:
        if self.taken == len(self._pieces):
            raise StopIteration
        self.taken += 1
        return self._pieces[self.taken - 1]


def _read(read_events: ReadEvents, *pieces: bytes) -> list[Event] | None:
    """Return the events that a student's function reads from these pieces."""
    events = read_events(_Pieces(pieces))
    return None if events is None else list(events)


KEEPS_THE_SPACE: Hints = (
    "What stands between the colon and the value, and does it belong to the value?",
    "One space behind the colon is left out: `value.removeprefix(' ')`.",
)


def reads_one_event(read_events: ReadEvents) -> None:
    """Expect an event of one line of data; without a type it is a `message`."""
    seen = _read(read_events, b"data: noon\n\n")
    expect(seen, [("message", "noon", "")], MISSING, [([("message", " noon", "")], KEEPS_THE_SPACE)])


NO_TYPE: Hints = (
    "Under which name do the page's listeners hear this event?",
    "The field `event` gives the type. Keep its value until the blank line, as you keep the data.",
)


def reads_type_and_id(read_events: ReadEvents) -> None:
    """Expect the type and the ID of an event, in any order of its fields."""
    seen = _read(read_events, b"id: k3-7\nevent: tick\ndata: a\n\nevent: tock\nid: k3-8\ndata: b\n\n")
    expect(seen, [("tick", "a", "k3-7"), ("tock", "b", "k3-8")], NO_TYPE)


KEEPS_THE_TYPE: Hints = (
    "Your second event has the type of the first. For how long does an `event` field hold?",
    "For one event. At the blank line put the type back to nothing, as you do with the data.",
)
FORGETS_THE_ID: Hints = (
    "Which ID would a page send as `Last-Event-ID` if the line broke after the second event?",
    "The one it saw last: an ID holds until another one comes. Don't put it back at the blank line.",
)


def type_ends_and_id_stays(read_events: ReadEvents) -> None:
    """Expect that a type holds for one event, an ID until the next ID."""
    first = ("tick", "a", "7")
    seen = _read(read_events, b"event: tick\nid: 7\ndata: a\n\ndata: b\n\n")
    mistakes = [([first, ("tick", "b", "7")], KEEPS_THE_TYPE), ([first, ("message", "b", "")], FORGETS_THE_ID)]
    expect(seen, [first, ("message", "b", "7")], MISSING, mistakes)


LAST_LINE_ONLY: Hints = (
    "How does a server send a text of two lines?",
    "With a `data` field for each. Yours keeps the last one only: collect them in a list.",
    "At the blank line `'\\n'.join(data)`.",
)


def joins_lines_of_data(read_events: ReadEvents) -> None:
    """Expect the values of several `data` fields joined by newlines."""
    expect(_read(read_events, b"data: a\ndata:\ndata: b\n\n"), [("message", "a\n\nb", "")], LAST_LINE_ONLY)


HEARTBEAT_AS_EVENT: Hints = (
    "A heartbeat is a comment and a blank line. What does a page hear of it?",
    "Nothing: without a `data` field a blank line dispatches no event. Look whether there was one.",
)


def passes_over_comments(read_events: ReadEvents) -> None:
    """Expect no event without data, and that comments and unknown fields change nothing."""
    seen = _read(read_events, b": still here\n\nid: 7\n\ncolour: red\ndata: a\n: data: b\n\n")
    expect(seen, [("message", "a", "7")], HEARTBEAT_AS_EVENT)


EMPTY_DATA: Hints = (
    "The server sent a `data` field with an empty value. Was there data?",
    "There was: an event whose data is the empty text. Ask whether the list of values is empty, not the joined text.",
)


def reads_empty_data(read_events: ReadEvents) -> None:
    """Expect an event for an empty value, too."""
    expect(_read(read_events, b"data:\n\ndata\n\n"), [("message", "", "")] * 2, EMPTY_DATA)


STRIPS: Hints = (
    "How much of the space around a value is the writer's, and how much is the text's own?",
    "One space behind the first colon is the writer's. All others belong to the text: no `strip()`.",
    "`name, _, value = line.partition(':')`, then `value.removeprefix(' ')`.",
)


def keeps_the_rest_of_a_value(read_events: ReadEvents) -> None:
    """Expect further colons and spaces to be part of the value."""
    expect(_read(read_events, b"data:  a: b \n\n"), [("message", " a: b ", "")], STRIPS)


PIECE_BY_PIECE: Hints = (
    "Where may TCP, or a proxy, have cut the stream?",
    "Anywhere, in mid-word too. What does your function do with half a line at the end of a piece?",
    "Keep it, and begin the next piece with it: `unfinished + piece`.",
)


def reads_on_in_the_next_piece(read_events: ReadEvents) -> None:
    """Expect an event in one-byte pieces to be the same event."""
    pieces = [bytes([byte]) for byte in b"event: tick\ndata: a\n\n"]
    expect(_read(read_events, *pieces), [("tick", "a", "")], PIECE_BY_PIECE)


BROKEN_CHARACTER: Hints = (
    "How many bytes has `é` in UTF-8, and what is one of them alone?",
    "Two, and one alone is no character. Cut the lines as bytes, and decode a line when all of it is there.",
)


def decodes_whole_characters(read_events: ReadEvents) -> None:
    """Expect a character whose bytes come in two pieces."""
    try:
        seen = _read(read_events, b"data: caf\xc3", b"\xa9\n\n")
    except UnicodeDecodeError as error:
        raise CaseFailedError("the data 'café'", f"UnicodeDecodeError: {error}", BROKEN_CHARACTER) from None
    expect(seen, [("message", "café", "")], BROKEN_CHARACTER)


WAITS_FOR_THE_END: Hints = (
    "When does an event stream end?",
    "Perhaps never. Your function waits for more before it hands out what it has.",
    "Make it a generator: inside the loop over the pieces, `yield` each event at its blank line.",
)


def yields_at_once(read_events: ReadEvents) -> None:
    """Expect the first event before the second piece is asked for."""
    pieces = _Pieces([b"data: a\n\n", b"data: b\n\n"])
    next(iter(read_events(pieces) or ()), None)
    if pieces.taken > 1:
        raise CaseFailedError("the event 'a' when one piece has come", "it came after two", WAITS_FOR_THE_END)


ONLY_LINE_FEEDS: Hints = (
    "Which characters may end a line of an event stream?",
    "LF, CR LF and CR, each for itself: `re.split(rb'\\r\\n|\\n|\\r', ...)`.",
)


def knows_all_line_ends(read_events: ReadEvents) -> None:
    """Expect CR LF and CR to end a line as LF does."""
    seen = _read(read_events, b"data: a\r\n\r\ndata: b\r\rdata: c\n\n")
    expect(seen, [("message", each, "") for each in "abc"], ONLY_LINE_FEEDS)


TWO_ENDS_FOR_ONE: Hints = (
    "The CR was at the end of one piece and its LF at the start of the next. How many line ends is that?",
    "One. Remember that a piece ended with CR, and leave out an LF with which the next one begins.",
)


def joins_cr_and_lf(read_events: ReadEvents) -> None:
    """Expect CR LF to be one line end when it is split."""
    expect(_read(read_events, b"data: a\r", b"\ndata: b\n\n"), [("message", "a\nb", "")], TWO_ENDS_FOR_ONE)


UNFINISHED: Hints = (
    "The line broke before the blank line came. Has all of the event's data arrived?",
    "Nobody knows. An event without its blank line is thrown away; the server will send it again.",
)


def drops_the_unfinished(read_events: ReadEvents) -> None:
    """Expect nothing of an event whose blank line never came."""
    expect(_read(read_events, b"data: a\n\nid: 8\ndata: b\n"), [("message", "a", "")], UNFINISHED)


EXERCISE = Exercise(
    read_events,
    [
        Case("it reads one event", reads_one_event),
        Case("it reads type and ID", reads_type_and_id),
        Case("a type holds for one event, an ID until the next", type_ends_and_id_stays),
        Case("it joins several lines of data", joins_lines_of_data),
        Case("it passes over what is no event", passes_over_comments),
        Case("it reads an event with empty data", reads_empty_data),
        Case("it leaves the rest of a value alone", keeps_the_rest_of_a_value),
        Case("it reads on in the next piece", reads_on_in_the_next_piece),
        Case("it decodes whole characters", decodes_whole_characters),
        Case("it hands out an event at once", yields_at_once),
        Case("it knows all three line ends", knows_all_line_ends),
        Case("it knows a CR LF that was split", joins_cr_and_lf),
        Case("it drops an event that isn't finished", drops_the_unfinished),
    ],
    hints=BEGIN,
)
check = EXERCISE.check
hint = EXERCISE.hint
