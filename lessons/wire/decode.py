"""From records to messages: each connection is read by the decoder for its protocol.

A connection begins as HTTP/1.1. An upgrade hands it over to the decoder for the protocol that was agreed on.
"""

from __future__ import annotations

from lessons.wire.decoders.http1 import HttpConversation
from lessons.wire.message import Conversation, Message
from lessons.wire.record import Record

_SIDES = {"up": "the client", "down": "the server"}


class Decoder:
    """Reads the records of a tap in order, each of them once, and numbers the messages."""

    def __init__(self) -> None:
        self._conversations: dict[int, Conversation] = {}
        self._half_closed: set[int] = set()
        self._count = 0

    def read(self, record: Record) -> list[Message]:
        """Take the next record; return the messages that it completes."""
        messages = self._read(record)
        for message in messages:
            self._count += 1
            message.number = self._count
        return messages

    def skip(self) -> None:
        """Note that records are missing here, so that the state of every connection is unknown."""
        self._conversations.clear()
        self._half_closed.clear()

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

    def _conversation(self, connection: int) -> Conversation:
        return self._conversations.setdefault(connection, HttpConversation())

    def _forget_if_over(self, record: Record) -> None:
        """Forget a conversation once it is reset or both sides have finished sending."""
        if record.kind == "end" and record.connection not in self._half_closed:
            self._half_closed.add(record.connection)
            return
        self._half_closed.discard(record.connection)
        self._conversations.pop(record.connection, None)


def _about_connection(record: Record, words: str) -> Message:
    kind = "note" if record.kind == "note" else "connection"
    return Message(protocol="TCP", kind=kind, title=words, data=b"", spans=(), first=record, last=record)
