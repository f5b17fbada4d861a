"""Server-sent events as bytes: the `text/event-stream` format, read and written (WHATWG HTML, section 9.2).

A stream consists of lines in UTF-8. A line is a comment (`: still here`), a field (`data: 12:00:05`) or blank. A
blank line dispatches the event that the fields before it have built up.
"""

import re
from dataclasses import dataclass

BYTE_ORDER_MARK = b"\xef\xbb\xbf"
LINE_END = re.compile(rb"\r\n|\n|\r")
# Eighteen digits of milliseconds are thirty million years; Chromium, too, ignores what doesn't fit 64 bits.
RECONNECTION_TIME = re.compile(r"[0-9]{1,18}")
LONGEST_SHOWN = 60


class UnwritableFieldError(ValueError):
    """A field that its reader would misunderstand, so it was not written."""


@dataclass(frozen=True)
class MessageEvent:
    """An event as the page's listeners get it (WHATWG HTML, section 9.2.6, "dispatch the event").

    Attributes:
        type: the name under which listeners hear it; `message` if the stream gave none.
        data: the values of its `data` fields, joined by newlines.
        last_event_id: the newest ID that the stream has given so far, with this event or with an earlier one.
    """

    type: str
    data: str
    last_event_id: str

    def __repr__(self) -> str:
        """Show the event on one short line, the same in every run."""
        left_out = len(self.data) - LONGEST_SHOWN
        more = f" and {left_out:,} more" if left_out > 0 else ""
        return f"<{self.type} id={self.last_event_id!r} data={self.data[:LONGEST_SHOWN]!r}{more}>"


class EventStreamParser:
    """Reads event streams the way a browser's EventSource does.

    One parser serves a client for as long as it lives: call `receive` with the bytes of a response's content
    as they arrive, and `new_stream` when the client has reconnected.

    Args:
        last_event_id: the ID of the last event seen before, if any.

    Attributes:
        last_event_id: what to send as `Last-Event-ID` when reconnecting; empty if there is nothing to send.
        reconnection_time: milliseconds to wait before reconnecting; None if no stream has said.
    """

    def __init__(self, last_event_id: str = "") -> None:
        self.last_event_id = last_event_id
        self.reconnection_time: int | None = None
        self.new_stream()

    def new_stream(self) -> None:
        """Discard an event whose blank line never came, and get ready for the first byte of another stream.

        The ID of a discarded event goes with it, so the server will send that event again. In the standard each
        stream begins with an empty ID. Like Chromium, this parser goes on from `last_event_id`, so that a client
        that is cut off twice still knows what it has seen.
        """
        self._lines = LineSplitter()
        self._type = ""
        self._data: list[str] = []
        self._id = self.last_event_id

    def receive(self, data: bytes) -> list[MessageEvent]:
        """Take the next bytes of the stream, however they were split, and return the events they complete."""
        events = [self._interpret(line) for line in self._lines.receive(data)]
        return [event for event in events if event]

    def _interpret(self, line: bytes) -> MessageEvent | None:
        if not line:
            return self._dispatch()
        name, _, value = split_field(line)
        self._process_field(name.decode(errors="replace"), value.decode(errors="replace"))
        return None

    def _process_field(self, name: str, value: str) -> None:
        if is_ignored(name, value):
            return
        match name:
            case "event":
                self._type = value
            case "data":
                self._data.append(value)
            case "id":
                self._id = value
            case "retry":
                self.reconnection_time = int(value)

    def _dispatch(self) -> MessageEvent | None:
        self.last_event_id = self._id
        event = MessageEvent(self._type or "message", "\n".join(self._data), self._id) if self._data else None
        self._type, self._data = "", []
        return event


class LineSplitter:
    """Cuts a stream into lines at LF, CR LF or CR, however its bytes are split (WHATWG HTML, section 9.2.5).

    Lines are cut before they are decoded. No UTF-8 sequence holds a CR or an LF, and a broken one ends
    before it. So the text is the same as if it were decoded first, and a character split in two needs no care.
    """

    def __init__(self) -> None:
        self._unfinished = bytearray()
        self._first = True
        self._after_cr = False

    def receive(self, data: bytes) -> list[bytes]:
        """Take the next bytes and return the lines they complete, without their ends or a byte order mark."""
        if not data:
            return []
        # A CR ends its line at once: waiting for an LF that may follow would hold the event back.
        rest_of_cr_lf = self._after_cr and data.startswith(b"\n")
        self._after_cr = data.endswith(b"\r")
        first, *others = LINE_END.split(data[1:] if rest_of_cr_lf else data)
        self._unfinished += first
        if not others:
            return []
        lines = [self._without_mark(bytes(self._unfinished)), *others[:-1]]
        self._unfinished = bytearray(others[-1])
        return lines

    def _without_mark(self, line: bytes) -> bytes:
        first, self._first = self._first, False
        return line.removeprefix(BYTE_ORDER_MARK) if first else line


def split_field(line: bytes) -> tuple[bytes, bytes, bytes]:
    """Split a line into name, separator and value (WHATWG HTML, section 9.2.6).

    The separator is the first colon with the one space that may follow it, or empty if there is no colon. A
    comment is a field without a name.
    """
    name, colon, value = line.partition(b":")
    space = b" " if value.startswith(b" ") else b""
    return name, colon + space, value.removeprefix(b" ")


def is_ignored(name: str, value: str) -> bool:
    """Tell whether readers pass over a field (WHATWG HTML, section 9.2.6, "process the field").

    They pass over comments, names that the standard doesn't have, an `id` that holds a NUL, and a `retry` that
    isn't all ASCII digits.
    """
    match name:
        case "event" | "data":
            return False
        case "id":
            return "\0" in value
        case "retry":
            return RECONNECTION_TIME.fullmatch(value) is None
        case _:
            return True


def write_event(data: str, *, event: str = "", id: str | None = None) -> bytes:
    """Write one event (WHATWG HTML, section 9.2.5).

    Args:
        data: any text. Each of its lines becomes a `data` field; readers join them with LF, so a CR or
            CR LF in the text arrives as LF.
        event: the event's type; without one, the page's `message` listeners hear it.
        id: the event's ID; the empty string makes the reader forget the ID it has, `None` leaves it alone.

    Raises:
        UnwritableFieldError: if `event` or `id` has a line end, which would start a new field; if `id` has a NUL,
            so that readers would ignore it; or if a text has half a surrogate pair, which UTF-8 can't encode.
    """
    fields = b""
    if event:
        fields += b"event: " + _one_line("event", event)
    if id is not None:
        fields += b"id: " + _one_line("id", id)
    return fields + _each_line(b"data: ", _utf8("data", data)) + b"\n"


def write_id(id: str) -> bytes:
    """Write an ID without an event, so that a reader that has seen none yet will resume from here.

    A reader that meets a blank line stores the ID before it looks for data (WHATWG HTML, section 9.2.6, "dispatch the
    event").

    Raises:
        UnwritableFieldError: if `id` has a line end, a NUL or half a surrogate pair.
    """
    return b"id: " + _one_line("id", id) + b"\n"


def write_comment(text: str = "") -> bytes:
    """Write a comment, which readers ignore: a heartbeat that shows the line is alive.

    Raises:
        UnwritableFieldError: if the text has half a surrogate pair, which UTF-8 can't encode.
    """
    return _each_line(b": ", _utf8("comment", text))


def write_retry(milliseconds: int) -> bytes:
    """Write how long the reader is to wait before it reconnects.

    Raises:
        UnwritableFieldError: if the time is negative or has more than eighteen digits: readers would ignore it.
    """
    if RECONNECTION_TIME.fullmatch(str(milliseconds)) is None:
        raise UnwritableFieldError(f"retry takes 0 to {10**18 - 1} milliseconds, not {milliseconds}.")
    return b"retry: %d\n" % milliseconds


def _each_line(start: bytes, text: bytes) -> bytes:
    return b"".join(start + line + b"\n" for line in LINE_END.split(text))


def _one_line(field: str, value: str) -> bytes:
    if "\n" in value or "\r" in value:
        raise UnwritableFieldError(
            f"The {field} {value!r} has a line end, and what follows would be read as another field. "
            f"Only data may have several lines."
        )
    if is_ignored(field, value):
        raise UnwritableFieldError(f"The {field} {value!r} has a NUL, so readers would ignore it.")
    return _utf8(field, value) + b"\n"


def _utf8(field: str, text: str) -> bytes:
    try:
        return text.encode()
    except UnicodeEncodeError as error:
        raise UnwritableFieldError(
            f"The {field} has half a surrogate pair at character {error.start}, which UTF-8 can't encode."
        ) from None
