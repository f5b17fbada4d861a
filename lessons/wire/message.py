"""What decoders make of bytes: messages, and in them spans with a name and a meaning."""

from __future__ import annotations

from dataclasses import dataclass
from typing import NamedTuple, Protocol

from lessons.wire.record import Direction, Record


class FieldBits(NamedTuple):
    """A run of bits that means one thing, where that is less than a byte.

    Attributes:
        width: how many bits.
        name: what the standard calls it, such as `FIN`.
        value: its value as text.
        meaning: a short sentence for the reader.
        section: where the standard says so.
        error: whether it breaks the standard; `meaning` then says how.
    """

    width: int
    name: str
    value: str = ""
    meaning: str = ""
    section: str = ""
    error: bool = False


class Reading(NamedTuple):
    """What bytes are once they have been decoded, to be shown beside them.

    Attributes:
        name: what was done to them, such as `unmasked`.
        data: what came of it, or the beginning of that.
        length: how many bytes came of it in all.
    """

    name: str
    data: bytes
    length: int


class Span(NamedTuple):
    """A run of bytes in a message that means one thing.

    Attributes:
        start: offset of its first byte in the message.
        end: offset behind its last byte.
        name: what the standard calls it, such as `method` or `chunk size`.
        value: its value as text, where that reads better than the bytes themselves.
        meaning: a short sentence for the reader.
        section: where the standard says so, as short as a label has it.
        error: whether these bytes break the standard; `meaning` then says how.
        minor: whether it is punctuation (a space, a line end), which a list of fields leaves out.
        content: whether it is the news itself, as the page shows it. Everything else is overhead: heads, framing, the
            fields of an event stream, the names, brackets and quotes of JSON. (Of a Socket.IO packet it is the JSON
            that the application emitted, whole, the event's name included.)
        bits: what its bits mean, from the highest bit of its first byte on, where they mean different things.
        readings: what its bytes are once decoded, step by step, where that isn't what stands there.
    """

    start: int
    end: int
    name: str
    value: str = ""
    meaning: str = ""
    section: str = ""
    error: bool = False
    minor: bool = False
    content: bool = False
    bits: tuple[FieldBits, ...] = ()
    readings: tuple[Reading, ...] = ()

    def shifted(self, offset: int) -> Span:
        """Return the same span, further on by `offset` bytes."""
        return self._replace(start=self.start + offset, end=self.end + offset)


@dataclass(slots=True, eq=False, kw_only=True)
class Message:
    """One message of a protocol, or one piece of an endless one: a request, a response, a chunk, a frame, an event.

    Attributes:
        protocol: such as `HTTP/1.1`.
        kind: such as `request`, `response`, `chunk`, `connection`.
        title: a line that says what it is, such as `GET /clock`.
        data: its bytes, secrets blotted out.
        spans: what the bytes mean, in order; together they cover `data`.
        first: the record that its first byte came in.
        last: the record that its last byte came in.
        content: how many of the bytes are content, as told of `Span`.
        complete: whether all of it was seen.
        answers: the message that this one is the first answer to.
        number: its place among all messages of the trace, from 1 up, counted on when the trace is cleared.
    """

    protocol: str
    kind: str
    title: str
    data: bytes
    spans: tuple[Span, ...]
    first: Record
    last: Record
    content: int = 0
    complete: bool = True
    answers: Message | None = None
    number: int = 0

    @property
    def connection(self) -> int:
        """The number of the connection it went over."""
        return self.first.connection

    @property
    def direction(self) -> Direction:
        """`up` to the server or `down` to the client."""
        return self.first.direction

    @property
    def sent(self) -> float:
        """When its first byte came to the tap, in seconds since the trace began."""
        return self.first.time

    @property
    def delivered(self) -> float | None:
        """When its last byte had left the tap; `None` while it is under way, and for ever if the line was cut."""
        return self.last.delivered

    @property
    def delay(self) -> float | None:
        """Seconds from the request to this answer, at the tap; `None` for what is no answer."""
        return None if self.answers is None else self.first.time - self.answers.first.time

    def __repr__(self) -> str:
        arrow = "→" if self.direction == "up" else "←"
        return f"{arrow} {self.title}  {len(self.data)} B{'' if self.complete else ', incomplete'}"


class Conversation(Protocol):
    """What reads one connection, both directions of it."""

    def receive(self, record: Record) -> list[Message]:
        """Take a `data` record; return the messages that it completes."""

    def end(self, record: Record) -> list[Message]:
        """Take note that one direction has ended; return what was left unfinished, marked as incomplete."""
