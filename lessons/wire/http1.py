"""HTTP/1.1 on the wire: the messages of a connection, every byte of them labelled (RFC 9112).

A message whose length is known is told when it is complete; one that never ends, head first and then piece by piece. An
upgrade (status 101) hands the connection over to the decoder of the protocol that was agreed on.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Sequence
from typing import Protocol

from lessons.wire.http1_head import MAX_HEAD, Head, parse_head
from lessons.wire.http1_spans import chunk_spans, head_spans, last_chunk_spans
from lessons.wire.inbox import Inbox
from lessons.wire.message import Conversation, Message, Span
from lessons.wire.redact import redact
from lessons.wire.trace import Direction, Record


class ContentReader(Protocol):
    """What reads the content of one message, piece by piece."""

    def receive(self, data: bytes) -> tuple[str, list[Span]]:
        """Label the next piece; return a title for it (empty: none better than its size) and its spans."""


CONTENT_READERS: dict[str, Callable[[], ContentReader]] = {}
"""Who reads which media type; what isn't here is shown as plain content."""

UPGRADES: dict[str, Callable[[Head, Head], Conversation]] = {}
"""Who reads on after an upgrade, by the name of the protocol in lower case."""


class PlainContent:
    """Content that no reader knows better."""

    def receive(self, data: bytes) -> tuple[str, list[Span]]:
        """Label all bytes as content."""
        return "", [Span(0, len(data), "content", "", "what the application wanted to send", "RFC 9110 §6.4")]


def content_reader(head: Head) -> ContentReader:
    """Return the reader for the content behind a head."""
    media_type = head.get("content-type").partition(";")[0].strip().lower()
    return CONTENT_READERS.get(media_type, PlainContent)()


class HttpConversation:
    """One connection, both directions, from its first byte; follows what was asked to know how answers are framed."""

    def __init__(self) -> None:
        self._readers: dict[Direction, _Reader] = {"up": _Reader(self, "request"), "down": _Reader(self, "response")}
        self._asked: deque[Head] = deque()
        self._unanswered: deque[Message] = deque()
        self._upgraded: Conversation | None = None

    def receive(self, record: Record) -> list[Message]:
        """Take a `data` record; return the messages that it completes."""
        if self._upgraded is not None:
            return self._upgraded.receive(record)
        reader = self._readers[record.direction]
        reader.inbox.add(record)
        messages = reader.messages()
        return [*messages, *self._hand_over()] if self._upgraded is not None else messages

    def end(self, record: Record) -> list[Message]:
        """Take note that a direction has ended; return what was left unfinished."""
        if self._upgraded is not None:
            return self._upgraded.end(record)
        ended = self._readers.values() if record.kind == "reset" else [self._readers[record.direction]]
        return [rest for reader in ended if (rest := reader.rest()) is not None]

    def _hand_over(self) -> list[Message]:
        """Pass what has come behind the heads of an upgrade to the decoder of its protocol."""
        assert self._upgraded is not None
        left = [record for reader in self._readers.values() for record in reader.inbox.drain()]
        return [message for record in left for message in self._upgraded.receive(record)]

    # --- what the readers tell and ask ---

    @property
    def upgraded(self) -> bool:
        """Whether another protocol has taken over."""
        return self._upgraded is not None

    def asked(self, head: Head) -> None:
        """Take note of a request's head."""
        self._asked.append(head)

    @property
    def next_method(self) -> str:
        """The method of the request that is answered next."""
        return (self._asked[0].first if self._asked else "") or "GET"

    def answered(self, head: Head) -> None:
        """Take note of a response's head: it ends its request's wait, or the use of HTTP on this connection."""
        if head.first == "101" and self._asked:
            request = self._asked.popleft()
            self._upgraded = UPGRADES.get(request.get("upgrade").lower(), _Opaque)(request, head)
        elif not head.first.startswith("1") and self._asked:
            self._asked.popleft()

    def pair_up(self, message: Message) -> None:
        """Join an answer to its request."""
        if message.kind == "request":
            self._unanswered.append(message)
        elif message.kind == "response" and self._unanswered:
            message.answers = self._unanswered.popleft()


class _Opaque:
    """Reads a protocol that no decoder is known for."""

    def __init__(self, request: Head, response: Head) -> None:
        self.protocol = request.get("upgrade") or "unknown"

    def receive(self, record: Record) -> list[Message]:
        spans = (Span(0, len(record.data), "bytes"),)
        title = f"{len(record.data)} B of {self.protocol}"
        return [Message(0, self.protocol, "bytes", title, record.data, spans, 0, record, record)]

    def end(self, record: Record) -> list[Message]:
        return []


class _Reader:
    """Reads one direction of a connection; its state is the method that reads the next piece."""

    def __init__(self, conversation: HttpConversation, kind: str) -> None:
        self.inbox = Inbox()
        self._conversation = conversation
        self._kind = kind
        self._state: Callable[[], Message | None] = self._read_head
        self._head = b""
        self._title = ""
        self._spans: list[Span] = []
        self._length = 0
        self._content: ContentReader = PlainContent()

    def messages(self) -> list[Message]:
        """Return the messages that are complete by now."""
        found = []
        while len(self.inbox) and not self._conversation.upgraded and (message := self._state()) is not None:
            found.append(message)
        return found

    def rest(self) -> Message | None:
        """Return what came of a message that the end of the connection has cut short."""
        if not len(self.inbox):
            return None
        if self._state == self._read_known_length:
            return self._whole(len(self.inbox), complete=False)
        return self._piece("unfinished", len(self.inbox), [], kind="bytes", complete=False)

    # --- the states: each takes a message off the inbox, or returns None and waits for more bytes ---

    def _read_head(self) -> Message | None:
        end = self.inbox.find(b"\r\n\r\n") + 4
        if end < 4:
            return self._read_opaque() if len(self.inbox) > MAX_HEAD else None
        self._head = self.inbox.peek(end)
        head, method = self._judge()
        self._spans = head_spans(redact(self._head), request=self._kind == "request", error=head.error)
        self._title = head.title
        self._content = content_reader(head)
        self._state = self._framing(head, method)
        if self._state == self._read_known_length:
            return self._state()
        return self._whole(end)

    def _read_known_length(self) -> Message | None:
        end = len(self._head) + self._length
        return self._whole(end) if len(self.inbox) >= end else None

    def _read_chunk(self) -> Message | None:
        size_line = self.inbox.find(b"\r\n")
        if size_line < 0:
            return None
        try:
            length = int(self.inbox.peek(size_line).partition(b";")[0], 16)
        except ValueError:
            self._state = self._read_opaque
            return self._state()
        if length == 0:
            return self._read_last_chunk(size_line)
        end = size_line + 2 + length + 2
        if len(self.inbox) < end:
            return None
        title, spans = self._content.receive(self.inbox.peek(end)[size_line + 2 : -2])
        return self._piece(title or f"chunk of {length} B", end, chunk_spans(size_line, length, spans), length)

    def _read_last_chunk(self, size_line: int) -> Message | None:
        end = self.inbox.find(b"\r\n\r\n") + 4
        if end < 4:
            return None
        self._state = self._read_head
        return self._piece("last chunk", end, last_chunk_spans(size_line, end))

    def _read_until_close(self) -> Message | None:
        length = len(self.inbox)
        title, spans = self._content.receive(self.inbox.peek(length))
        return self._piece(title or f"{length} B of content", length, spans, length)

    def _read_opaque(self) -> Message | None:
        return self._piece("bytes that are not HTTP", len(self.inbox), [], kind="bytes")

    # --- helpers ---

    def _judge(self) -> tuple[Head, str]:
        """Parse the head that stands first in the inbox; return it with the method that it is about."""
        if self._kind == "request":
            head = parse_head(self._head, request=True)
            self._conversation.asked(head)
            return head, head.first
        method = self._conversation.next_method
        head = parse_head(self._head, request=False, method=method)
        self._conversation.answered(head)
        return head, method

    def _framing(self, head: Head, method: str) -> Callable[[], Message | None]:
        """Return the state that reads what follows a head (RFC 9112, section 6.3)."""
        response = self._kind == "response"
        if head.error:
            return self._read_opaque
        if response and (method == "HEAD" or head.first in ("204", "304") or head.first.startswith("1")):
            return self._read_head
        if "chunked" in head.get("transfer-encoding").lower():
            return self._read_chunk
        length = head.get("content-length")
        if length:
            self._length = int(length)
            return self._read_known_length if self._length else self._read_head
        return self._read_until_close if response else self._read_head

    def _whole(self, end: int, *, complete: bool = True) -> Message:
        """Take a head, with its content if that has come as well, off the inbox."""
        content = self.inbox.peek(end)[len(self._head) :]
        spans = self._spans
        if content:
            _, content_spans = self._content.receive(content)
            spans = [*spans, *(span.shifted(len(self._head)) for span in content_spans)]
        if self._state == self._read_known_length:
            self._state = self._read_head
        return self._piece(self._title, end, spans, len(content), kind=self._kind, complete=complete)

    def _piece(
        self,
        title: str,
        end: int,
        spans: Sequence[Span],
        content: int = 0,
        *,
        kind: str = "chunk",
        complete: bool = True,
    ) -> Message:
        """Take `end` bytes off the inbox as a message."""
        data, first, last = self.inbox.take(end)
        spans = spans or [Span(0, end, title)]
        message = Message(0, "HTTP/1.1", kind, title, redact(data), tuple(spans), content, first, last, None, complete)
        self._conversation.pair_up(message)
        return message
