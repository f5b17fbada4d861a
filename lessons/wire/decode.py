"""From records to messages: each connection is read by the decoder of the protocol that it speaks.

`Decoder` reads a trace as it grows, each record once. A connection begins as HTTP/1.1; an upgrade hands it over to the
decoder of the protocol that was agreed on.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from lessons.wire.cost import Cost, median_delay
from lessons.wire.decoders.http1 import HttpConversation
from lessons.wire.message import Conversation, Message
from lessons.wire.trace import Record

if TYPE_CHECKING:
    from lessons.wire.trace import Trace


class Decoder:
    """Reads a trace while it grows.

    Args:
        trace: the trace to read.
    """

    def __init__(self, trace: Trace) -> None:
        self._trace = trace
        self._position = 0
        self._conversations: dict[int, Conversation] = {}
        self._half_closed: set[int] = set()
        self._count = 0
        self._clears = trace.clears
        self._begin_bill()

    def _begin_bill(self) -> None:
        self._requests = 0
        self._content = 0
        self._delays: list[float] = []

    def advance(self) -> list[Message]:
        """Read what has come since the last call; return the messages that it completes, in order of time."""
        if self._clears != self._trace.clears:
            self._clears = self._trace.clears
            self._begin_bill()
        self._position, records = self._trace.since(self._position)
        messages = [message for record in records for message in self._read(record)]
        for message in messages:
            self._count_in(message)
        return messages

    def cost(self) -> Cost:
        """Return the bill of what was read so far."""
        trace = self._trace
        return Cost(
            requests=self._requests,
            connections=trace.connections,
            up=trace.bytes["up"],
            down=trace.bytes["down"],
            content=self._content,
            delay=median_delay(self._delays),
        )

    def _read(self, record: Record) -> list[Message]:
        if record.kind == "data":
            return self._conversation(record.connection).receive(record)
        if record.kind == "open":
            return [_about_connection(record, "opened")]
        if record.kind == "note":
            return [_about_connection(record, f"the line: {record.data.decode(errors='replace')}")]
        unfinished = self._conversation(record.connection).end(record)
        self._forget_if_over(record)
        words = f"{_SIDES[record.direction]} sends no more (FIN)" if record.kind == "end" else "reset (RST)"
        return [*unfinished, _about_connection(record, words)]

    def _forget_if_over(self, record: Record) -> None:
        """Forget a conversation once it was reset or both sides have said that they send no more."""
        if record.kind == "end" and record.connection not in self._half_closed:
            self._half_closed.add(record.connection)
            return
        self._half_closed.discard(record.connection)
        self._conversations.pop(record.connection, None)

    def _conversation(self, connection: int) -> Conversation:
        return self._conversations.setdefault(connection, HttpConversation())

    def _count_in(self, message: Message) -> None:
        self._count += 1
        message.number = self._count
        self._requests += message.kind == "request"
        self._content += message.content
        if message.delay is not None:
            self._delays.append(message.delay)
            del self._delays[:-1000]


_SIDES = {"up": "the client", "down": "the server"}


def _about_connection(record: Record, words: str) -> Message:
    kind = "note" if record.kind == "note" else "connection"
    return Message(0, "TCP", kind, words, b"", (), 0, record, record)


def decode(trace: Trace) -> list[Message]:
    """Return the messages of a trace, in order of time."""
    return Decoder(trace).advance()
