"""HTTP/1.1 on the wire: the messages of a connection, every byte of them labelled (RFC 9112).

A message of known length is returned once it is complete; one that may never end is returned head first, and then piece
by piece. An upgrade (status 101) hands the connection over to the decoder for the protocol that was agreed on.
"""

from __future__ import annotations

import math
import re
from collections import deque
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Protocol

from lessons.wire.decoders.engineio import PATH as ENGINEIO_PATH
from lessons.wire.decoders.engineio import EngineIOContent
from lessons.wire.decoders.event_stream import EventStreamContent
from lessons.wire.decoders.http1_head import LONGEST_METHOD, MAX_HEAD, Head, may_be_head, parse_head
from lessons.wire.decoders.http1_spans import chunk_length, chunk_spans, cut_head_spans, head_spans, last_chunk_spans
from lessons.wire.decoders.json_news import JsonContent
from lessons.wire.decoders.receive_buffer import ReceiveBuffer
from lessons.wire.decoders.script_blocks import HtmlContent
from lessons.wire.decoders.websocket import WebSocketConversation
from lessons.wire.message import Conversation, Message, Span
from lessons.wire.record import Direction, Record
from lessons.wire.redact import redact

LARGEST_WHOLE = 1024 * 1024
"""The longest content, in bytes, that is returned together with its head; a longer one is returned as it comes."""
LONGEST_CHUNK_LINE = 1024
"""The longest that the line with a chunk's size may become, in bytes, before it is given up as not HTTP."""

_END_OF_LINE = re.compile(rb"\r\n")
_END_OF_HEAD = re.compile(rb"\n\r?\n")
_EMPTY_LINES = re.compile(rb"(?:\r?\n)+")


class ContentReader(Protocol):
    """What reads the content of one message, piece by piece."""

    def receive(self, data: bytes) -> tuple[str, list[Span]]:
        """Label the next piece; return a title for it, empty if there is none better than its size, and its spans."""


CONTENT_READERS: dict[str, Callable[[], ContentReader]] = {
    "application/json": JsonContent,
    "text/event-stream": EventStreamContent,
    "text/html": HtmlContent,
}
"""The reader for each media type; content of any other is shown as plain content."""

TEXT_READERS: dict[str, Callable[[], ContentReader]] = {ENGINEIO_PATH: EngineIOContent}
"""The reader for plain text at a path, in both directions."""

UPGRADES: dict[str, Callable[[Head, Head], Conversation]] = {"websocket": WebSocketConversation}
"""What reads on after an upgrade, by the name of the protocol in lower case."""


class PlainContent:
    """Reads content that has no reader of its own."""

    def receive(self, data: bytes) -> tuple[str, list[Span]]:
        """Label all bytes as content."""
        return "", [
            Span(0, len(data), "content", "", "what the application wanted to send", "RFC 9110 §6.4", content=True)
        ]


def content_reader(head: Head, target: str = "") -> ContentReader:
    """Return the reader for the content after a head.

    Args:
        head: the head of a request or a response.
        target: the target of the request.
    """
    media_type = head.get("content-type").partition(";")[0].strip().lower()
    if media_type == "text/plain":
        return TEXT_READERS.get(target.partition("?")[0], PlainContent)()
    return CONTENT_READERS.get(media_type, PlainContent)()


@dataclass(slots=True)
class _Exchange:
    """A request and its answer.

    Attributes:
        request_head: the head of the request.
        request: the request, once it is complete.
    """

    request_head: Head
    request: Message | None = None


class HttpConversation:
    """One connection, in both directions, from its first byte; how an answer is framed depends on what was asked."""

    def __init__(self) -> None:
        self._readers: dict[Direction, _Reader] = {"up": _Reader(self, "request"), "down": _Reader(self, "response")}
        self._unanswered: deque[_Exchange] = deque()
        self._upgraded: Conversation | None = None

    def receive(self, record: Record) -> list[Message]:
        """Take a `data` record; return the messages that it completes."""
        if self._upgraded is not None:
            return self._upgraded.receive(record)
        reader = self._readers[record.direction]
        reader.buffer.add(record)
        messages = reader.messages()
        if record.direction == "down":
            messages += self._readers["up"].messages()  # they may have waited for the answer to an upgrade
        return [*messages, *self._hand_over(self._upgraded)] if self._upgraded is not None else messages

    def end(self, record: Record) -> list[Message]:
        """Note that a direction has ended; return what was left unfinished."""
        if self._upgraded is not None:
            return self._upgraded.end(record)
        ended = self._readers.values() if record.kind == "reset" else [self._readers[record.direction]]
        return [rest for reader in ended if (rest := reader.rest()) is not None]

    def _hand_over(self, upgraded: Conversation) -> list[Message]:
        """Pass what has come after the heads of an upgrade to the decoder for its protocol."""
        messages = []
        for reader in self._readers.values():
            for rest, record in reader.buffer.drain():
                for message in upgraded.receive(rest):
                    if message.last is rest:
                        message.last = record  # the record that learns when it is delivered
                    messages.append(message)
        return messages

    # --- what the readers tell and ask ---

    @property
    def upgraded(self) -> bool:
        """Whether another protocol has taken over."""
        return self._upgraded is not None

    def asked(self, head: Head) -> _Exchange:
        """Note the head of a request."""
        exchange = _Exchange(head)
        self._unanswered.append(exchange)
        return exchange

    @property
    def next_method(self) -> str:
        """The method of the request that will be answered next."""
        return (self._unanswered[0].request_head.first if self._unanswered else "") or "GET"

    @property
    def awaits_upgrade(self) -> bool:
        """Whether what the client sends next may be of another protocol: its request to upgrade isn't answered yet."""
        return bool(self._unanswered) and bool(self._unanswered[-1].request_head.get("upgrade"))

    def answered(self, head: Head) -> _Exchange | None:
        """Note the head of a response; one with status 101 ends HTTP on this connection.

        Returns:
            The exchange that it belongs to; `None` for an interim response, or if its request wasn't seen.
        """
        if head.informational:
            return None
        exchange = self._unanswered.popleft() if self._unanswered else None
        if head.first == "101":
            request = exchange.request_head if exchange else Head("", "", ())
            self._upgraded = UPGRADES.get(head.get("upgrade").lower(), _Opaque)(request, head)
        return exchange


class _Opaque:
    """Reads a protocol that has no decoder here."""

    def __init__(self, request: Head, response: Head) -> None:
        self.protocol = response.get("upgrade") or "unknown"

    def receive(self, record: Record) -> list[Message]:
        spans = (Span(0, len(record.data), "bytes"),)
        title = f"{len(record.data)} B of {self.protocol}"
        message = Message(
            protocol=self.protocol,
            kind="bytes",
            title=title,
            data=redact(record.data),
            spans=spans,
            first=record,
            last=record,
        )
        return [message]

    def end(self, record: Record) -> list[Message]:
        return []


class _Reader:
    """Reads one direction of a connection; its state is the method that reads the next piece."""

    def __init__(self, conversation: HttpConversation, kind: str) -> None:
        self.buffer = ReceiveBuffer()
        self._conversation = conversation
        self._kind = kind
        self._state: Callable[[], Message | None] = self._read_head
        self._exchange: _Exchange | None = None
        self._head = b""
        self._title = ""
        self._spans: Sequence[Span] = ()
        self._left = 0.0
        self._content: ContentReader = PlainContent()

    def messages(self) -> list[Message]:
        """Return the messages that are complete by now."""
        found = []
        while len(self.buffer) and not self._conversation.upgraded and (message := self._state()) is not None:
            found.append(message)
        return found

    def rest(self) -> Message | None:
        """Return what has come of a message that the end of the connection cuts short."""
        if not len(self.buffer):
            return None
        if self._state == self._read_whole:
            return self._whole(len(self.buffer), complete=False)
        if self._state == self._read_head and self._may_be_head():
            spans = cut_head_spans(redact(self.buffer.peek(len(self.buffer))), request=self._kind == "request")
            return self._piece("unfinished head", len(self.buffer), spans, kind="bytes", complete=False)
        return self._piece("unfinished", len(self.buffer), [], kind="bytes", complete=False)

    # --- the states: each takes a message off the buffer, or returns None and waits for more bytes ---

    def _read_head(self) -> Message | None:
        if self._kind == "request" and self._conversation.awaits_upgrade:
            return None
        if self._kind == "request" and (empty_lines := self.buffer.length_of(_EMPTY_LINES)):
            return self._piece("empty line before a request", empty_lines, [], kind="bytes")
        if not self._may_be_head():
            return self._read_opaque()
        end = self.buffer.end_of(_END_OF_HEAD)
        if not end:
            return self._read_opaque() if len(self.buffer) > MAX_HEAD else None
        self._head = redact(self.buffer.peek(end))
        head, method = self._judge()
        self._spans = head_spans(self._head, request=self._kind == "request", error=head.error)
        self._title = head.title
        self._content = content_reader(head, self._exchange.request_head.target if self._exchange else "")
        self._state = self._framing(head, method)
        return self._state() if self._state == self._read_whole else self._whole(end)

    def _read_whole(self) -> Message | None:
        end = len(self._head) + int(self._left)
        return self._whole(end) if len(self.buffer) >= end else None

    def _read_chunk(self) -> Message | None:
        line = self.buffer.end_of(_END_OF_LINE)
        if not line:
            return self._give_up() if len(self.buffer) > LONGEST_CHUNK_LINE else None
        length = chunk_length(self.buffer.peek(line))
        if length is None:
            return self._give_up()
        if length == 0:
            return self._read_last_chunk(line)
        end = line + length + 2
        if len(self.buffer) < end:
            return None
        chunk = self.buffer.peek(end)
        if not chunk.endswith(b"\r\n"):
            return self._give_up()
        title, spans = self._content.receive(chunk[line:-2])
        return self._piece(title or f"chunk of {length} B", end, chunk_spans(line - 2, length, spans))

    def _read_last_chunk(self, line: int) -> Message | None:
        end = self.buffer.end_of(_END_OF_HEAD)
        if not end:
            return self._give_up() if len(self.buffer) > MAX_HEAD else None
        self._state = self._read_head
        return self._piece("last chunk", end, last_chunk_spans(line - 2, end))

    def _read_as_it_comes(self) -> Message | None:
        length = int(min(len(self.buffer), self._left))
        self._left -= length
        if not self._left:
            self._state = self._read_head
        title, spans = self._content.receive(self.buffer.peek(length))
        return self._piece(title or f"{length} B of content", length, spans)

    def _read_opaque(self) -> Message | None:
        return self._piece("bytes that are not HTTP", len(self.buffer), [], kind="bytes")

    def _give_up(self) -> Message | None:
        """Stop reading this direction as HTTP, since the end of a message can no longer be found."""
        self._state = self._read_opaque
        return self._read_opaque()

    # --- helpers ---

    def _may_be_head(self) -> bool:
        return may_be_head(self.buffer.peek(LONGEST_METHOD + 1), request=self._kind == "request")

    def _judge(self) -> tuple[Head, str]:
        """Parse the head at the start of the buffer; return it, and the method of the request that it is about."""
        if self._kind == "request":
            head = parse_head(self._head, request=True)
            self._exchange = self._conversation.asked(head)
            return head, head.first
        method = self._conversation.next_method
        head = parse_head(self._head, request=False, method=method)
        self._exchange = self._conversation.answered(head)
        return head, method

    def _framing(self, head: Head, method: str) -> Callable[[], Message | None]:
        """Return the state that reads what follows a head (RFC 9112, section 6.3)."""
        response = self._kind == "response"
        if head.error:
            return self._read_head
        if response and (method == "HEAD" or head.first in ("204", "304") or head.first.startswith("1")):
            return self._read_head
        if "chunked" in head.get("transfer-encoding").lower():
            return self._read_chunk
        length = head.get("content-length")
        if not length:
            self._left = math.inf
            return self._read_as_it_comes if response else self._read_head
        self._left = int(length)
        if self._left > LARGEST_WHOLE:
            return self._read_as_it_comes
        return self._read_whole if self._left else self._read_head

    def _whole(self, end: int, *, complete: bool = True) -> Message:
        """Take a head off the buffer, with its content if that has come as well."""
        content = self.buffer.peek(end)[len(self._head) :]
        spans = self._spans
        if content:
            title, content_spans = self._content.receive(content)
            self._title = self._title_with(title)
            spans = [*spans, *(span.shifted(len(self._head)) for span in content_spans)]
        if self._state == self._read_whole:
            self._state = self._read_head
        message = self._piece(self._title, end, spans, kind=self._kind, complete=complete)
        self._join(message)
        return message

    def _title_with(self, content: str) -> str:
        """Return the title of a whole message, with the title of its content if there is one."""
        if not content:
            return self._title
        head = self._title.partition(" ")[0] if self._kind == "request" else self._title
        return f"{head}: {content}"

    def _join(self, message: Message) -> None:
        """Join an answer to its request."""
        if self._exchange is None:
            return
        if self._kind == "request":
            self._exchange.request = message
        else:
            message.answers = self._exchange.request

    def _piece(
        self,
        title: str,
        end: int,
        spans: Sequence[Span],
        *,
        kind: str = "chunk",
        complete: bool = True,
    ) -> Message:
        """Take `end` bytes off the buffer as a message."""
        data, first, last = self.buffer.take(end)
        spans = spans or [Span(0, end, title)]
        content = sum(span.end - span.start for span in spans if span.content)
        return Message(
            protocol="HTTP/1.1",
            kind=kind,
            title=title,
            data=redact(data),
            spans=tuple(spans),
            first=first,
            last=last,
            content=content,
            complete=complete,
        )
