"""WebSocket on the wire: the frames of a connection, every bit of them labelled (RFC 6455).

It uses the code that the lessons' server runs: `websocket_frames` cuts the bytes into frames. For each direction a
`Connection` judges them as their receiver does, inflates them, and puts fragments together.
"""

from __future__ import annotations

from collections.abc import Callable

from lessons.protocols.websocket_close import CloseCode, ProtocolError
from lessons.protocols.websocket_connection import Connection, State
from lessons.protocols.websocket_deflate import Deflate, ExtensionError, check_answer
from lessons.protocols.websocket_events import BinaryMessage, Event, TextMessage, Violation
from lessons.protocols.websocket_frames import (
    CONTROL,
    EXTENDED_SIZES,
    KEY_SIZE,
    LENGTH,
    LONGEST_HEADER,
    RSV1,
    Field,
    Frame,
    Opcode,
    mask_bytes,
    opcode_name,
    read_header,
)
from lessons.wire.decoders.engineio import PATH as ENGINEIO_PATH
from lessons.wire.decoders.engineio import read_message
from lessons.wire.decoders.http1_head import Head
from lessons.wire.decoders.receive_buffer import ReceiveBuffer
from lessons.wire.decoders.websocket_spans import frame_spans, payload_spans, with_violation
from lessons.wire.message import Message, Span
from lessons.wire.record import Direction, Record

LARGEST_WHOLE = 1024 * 1024
"""The longest payload, in bytes, that is returned in one piece; a longer one is returned as it comes."""
SHOWN_CHARACTERS = 30
"""How many characters of a text a title shows."""

MessageReader = Callable[[bytes, bool], tuple[str, list[Span]]]
"""Takes a message, and whether it is text; returns a title for it and the labels of its bytes."""

MESSAGE_READERS: dict[str, MessageReader] = {ENGINEIO_PATH: read_message}
"""The reader for the messages at a path; at any other they are shown as they are."""

AFTER_CLOSE = Violation(
    CloseCode.PROTOCOL_ERROR, "No frame may follow a Close frame.", "RFC 6455, section 5.5.1", Field.OPCODE
)


class WebSocketConversation:
    """One connection, in both directions, after the handshake.

    Args:
        request: the head that asked for WebSocket.
        response: the head that agreed, with status 101.
    """

    def __init__(self, request: Head, response: Head) -> None:
        deflate = _agreed_deflate(response)
        reader = MESSAGE_READERS.get(request.target.partition("?")[0])
        client = _Side(masked=True, deflate=deflate, reader=reader)
        server = _Side(masked=False, deflate=deflate, reader=reader)
        client.peer, server.peer = server, client
        self._sides: dict[Direction, _Side] = {"up": client, "down": server}

    def receive(self, record: Record) -> list[Message]:
        """Take a `data` record; return the frames that it completes."""
        side = self._sides[record.direction]
        side.buffer.add(record)
        return side.messages()

    def end(self, record: Record) -> list[Message]:
        """Note that a direction has ended; return the frame that this cuts short."""
        ended = self._sides.values() if record.kind == "reset" else [self._sides[record.direction]]
        return [rest for side in ended if (rest := side.rest()) is not None]


def _agreed_deflate(response: Head) -> Deflate | None:
    """Return the compression that was agreed on; an answer that breaks the rules agrees on none."""
    values = [value for name, value in response.fields if name == "sec-websocket-extensions"]
    try:
        return check_answer(values, offered=True)
    except ExtensionError:
        return None


class _Side:
    """Reads what one side sends; its state is the method that reads the next piece."""

    peer: _Side

    def __init__(self, *, masked: bool, deflate: Deflate | None, reader: MessageReader | None) -> None:
        self.buffer = ReceiveBuffer()
        self._reader = reader
        self._masked = masked
        self._deflate = deflate
        self._judge: Connection | None = self._new_judge()
        self._state: Callable[[], Message | None] = self._read_frame
        self._left = 0
        self._asked: tuple[bytes, Message] | None = None
        """The payload of this side's last unanswered ping, and its message."""

    def messages(self) -> list[Message]:
        """Return the messages that are complete by now."""
        found = []
        while len(self.buffer) and (message := self._state()) is not None:
            found.append(message)
        return found

    def rest(self) -> Message | None:
        """Return what has come of a frame that the end of the connection cuts short."""
        return self._frame(len(self.buffer), complete=False) if len(self.buffer) else None

    # --- the states: each takes a message off the buffer, or returns None and waits for more bytes ---

    def _read_frame(self) -> Message | None:
        try:
            header = read_header(self.buffer.peek(LONGEST_HEADER))
        except ProtocolError as error:
            return self._give_up(error)
        if header is None:
            return None
        size = header.begin + header.length
        if len(self.buffer) >= size:
            return self._frame(size)
        return self._begin_long_frame(size) if header.length > LARGEST_WHOLE else None

    def _begin_long_frame(self, size: int) -> Message:
        self._left = size - len(self.buffer)
        self._state = self._read_on
        return self._frame(len(self.buffer))

    def _read_on(self) -> Message | None:
        """Return the next part of the payload of a long frame."""
        size = min(len(self.buffer), self._left)
        self._left -= size
        if not self._left:
            self._state = self._read_frame
        data, first, last = self.buffer.take(size)
        event = self._judged(data)
        violation = event if isinstance(event, Violation) else None
        spans = with_violation([Span(0, size, "payload", "", "more of the payload", "RFC 6455 §5.2")], violation)
        return _message(f"{size:,} B more of the payload", violation, data, spans, first, last, content=size)

    def _read_behind_bad_length(self) -> Message | None:
        size = len(self.buffer)
        data, first, last = self.buffer.take(size)
        meaning = "nobody knows where the next frame begins"
        spans = (Span(0, size, "bytes", "", meaning, "RFC 6455 §7.1.7"),)
        return _message(f"{size:,} B after a bad length", None, data, spans, first, last)

    # --- helpers ---

    def _give_up(self, error: ProtocolError) -> Message:
        """Stop reading frames in this direction: a length that breaks the rules says nothing."""
        self._state = self._read_behind_bad_length
        self._judge = None
        size = 2 + EXTENDED_SIZES[self.buffer.peek(2)[1] & LENGTH]
        data, first, last = self.buffer.take(size)
        violation = Violation(error.code, error.sentence, error.section, error.field)
        spans = with_violation(frame_spans(data, ()), violation)
        return _message("a length against the rules", violation, data, spans, first, last)

    def _frame(self, size: int, *, complete: bool = True) -> Message:
        """Take a frame off the buffer, or as much of one as there is."""
        data, first, last = self.buffer.take(size)
        behind_close = self._judge is not None and self._judge.state is not State.OPEN
        event = self._judged(data)
        frame, wire_payload, announced = _look_at(data)
        violation = event if isinstance(event, Violation) else None
        if behind_close:
            violation = AFTER_CLOSE
        labels = payload_spans(frame.opcode, frame.payload, _readings(frame, wire_payload, event))
        title = _title(frame, event) if len(frame.payload) == announced else _partial_title(frame, announced)
        content = 0 if frame.opcode & CONTROL else len(frame.payload)
        if self._reader is not None and (whole := _content_of(event)) is not None:
            title, inner = self._reader(whole, isinstance(event, TextMessage))
            if whole == frame.payload:
                labels, content = inner, sum(span.end - span.start for span in inner if span.content)
        spans = with_violation(frame_spans(data, labels), violation)
        message = _message(title, violation, data, spans, first, last, content=content, complete=complete)
        self._pair(frame, message)
        return message

    def _pair(self, frame: Frame, message: Message) -> None:
        """Join a pong to the ping that it answers (RFC 6455, section 5.5.3)."""
        if frame.opcode == Opcode.PING:
            self._asked = frame.payload, message
        elif frame.opcode == Opcode.PONG and self.peer._asked is not None and self.peer._asked[0] == frame.payload:
            message.answers = self.peer._asked[1]
            self.peer._asked = None

    def _new_judge(self) -> Connection:
        return Connection(server=self._masked, deflate=self._deflate)

    def _judged(self, data: bytes) -> Event | None:
        """Return the event that a frame is for its receiver; `None` if there is none yet.

        A receiver should stop reading at a broken rule. Some read on, so a new judge takes over. But once compression
        has lost its context, or a message is longer than this decoder reads, what follows can't be judged.
        """
        if self._judge is None:
            return None
        event = next(iter(self._judge.receive(data)), None)
        if not isinstance(event, Violation):
            return event
        too_long = event.code == CloseCode.MESSAGE_TOO_BIG
        self._judge = None if too_long or self._deflate else self._new_judge()
        return None if too_long else event


def _message(
    title: str,
    violation: Violation | None,
    data: bytes,
    spans: tuple[Span, ...],
    first: Record,
    last: Record,
    *,
    content: int = 0,
    complete: bool = True,
) -> Message:
    return Message(
        protocol="WebSocket",
        kind="frame",
        title=f"✗ {title}" if violation else title,
        data=data,
        spans=spans,
        first=first,
        last=last,
        content=content,
        complete=complete,
    )


def _look_at(data: bytes) -> tuple[Frame, bytes, int]:
    """Read a frame, or as much of one as there is.

    Returns:
        The frame, its payload as it stands on the wire, and the announced length of that; -1 if the header is cut off.
    """
    header = read_header(data)
    if header is None:
        return Frame.from_raw(data[0], b""), b"", -1
    payload = data[header.begin :]
    key = data[header.begin - KEY_SIZE : header.begin]
    return Frame.from_raw(header.first, mask_bytes(key, payload) if header.masked else payload), payload, header.length


def _readings(frame: Frame, wire_payload: bytes, event: Event | None) -> list[tuple[str, bytes]]:
    """Return what a payload turns into, step by step; nothing if it stands for itself."""
    steps = [("unmasked", frame.payload)] if wire_payload != frame.payload else []
    whole = _content_of(event)
    if whole is not None and whole != frame.payload:
        steps.append(("inflated" if frame.rsv & RSV1 else "the whole message", whole))
    return [("as sent", wire_payload), *steps] if steps else []


def _content_of(event: Event | None) -> bytes | None:
    if isinstance(event, TextMessage):
        return event.text.encode()
    return event.data if isinstance(event, BinaryMessage) else None


# --- titles -----------------------------------------------------------------------------------------------------


def _title(frame: Frame, event: Event | None) -> str:
    """Say in a few words what a frame is."""
    name = opcode_name(frame.opcode).lower()
    if frame.opcode == Opcode.CLOSE and len(frame.payload) > 1:
        reason = _shown(frame.payload[2:]) if frame.payload[2:] else ""
        return f"close {int.from_bytes(frame.payload[:2], 'big')}{reason}"
    if frame.opcode & CONTROL and frame.fin:
        return name + (_shown(frame.payload) if frame.payload else "")
    return _title_of_data(name, frame, event)


def _title_of_data(name: str, frame: Frame, event: Event | None) -> str:
    deflated = "deflated " if frame.rsv & RSV1 else ""
    if frame.opcode == Opcode.CONTINUATION:
        name = f"last {name}" if frame.fin else name
    elif not frame.fin:
        name = f"{name} fragment"
    elif isinstance(event, TextMessage):
        return f"{deflated}{name}{_shown(event.text.encode())}"
    elif frame.opcode == Opcode.TEXT and not deflated:
        return f"{name}{_shown(frame.payload)}"
    return f"{deflated}{name}, {len(frame.payload):,} B"


def _partial_title(frame: Frame, announced: int) -> str:
    name = opcode_name(frame.opcode).lower()
    if announced < 0:
        return f"the beginning of a frame: {name}"
    return f"{name}, {len(frame.payload):,} of {announced:,} B"


def _shown(payload: bytes) -> str:
    """Return a payload as the end of a title: quoted and shortened if it is text, else its size."""
    try:
        text = payload.decode()
    except UnicodeDecodeError:
        return f", {len(payload):,} B"
    shown = "".join(character if character.isprintable() else "·" for character in text[:SHOWN_CHARACTERS])
    return f' "{shown}"' + ("…" if len(text) > SHOWN_CHARACTERS else "")
