"""One WebSocket connection, from the handshake to its end: bytes in, events out, and back (RFC 6455).

It holds no socket and no clock. Its caller passes in what the network brought, and the time, and writes to the network
what it returns:

    for event in connection.receive(data, now):
        network.write(connection.answer(event))      # a Pong for a Ping, a Close for a Close
    network.write(connection.send(TextMessage("Hello")))
"""

from collections.abc import Callable, Iterable, Iterator
from enum import Enum
from typing import Protocol

from lessons.protocols.websocket_close import CloseCode, ProtocolError, encode_close, parse_close
from lessons.protocols.websocket_deflate import Deflate
from lessons.protocols.websocket_events import (
    MESSAGES,
    BinaryMessage,
    Close,
    Closed,
    Event,
    Message,
    Ping,
    Pong,
    TextMessage,
    Violation,
)
from lessons.protocols.websocket_frames import (
    BINARY,
    CLOSE,
    CONTINUATION,
    CONTROL,
    FIN,
    MAX_CONTROL_PAYLOAD,
    OPCODE,
    PING,
    PONG,
    RSV1,
    TEXT,
    Field,
    Frame,
    FrameReader,
    MaskFunction,
    RawFrame,
    encode_frame,
    encode_header,
    mask_bytes,
)
from lessons.protocols.websocket_keepalive import Due, KeepAlive
from lessons.protocols.websocket_message import FragmentedMessage, not_utf8

MAX_MESSAGE = 16 * 1024 * 1024
"""The longest message accepted by default, in bytes; one of exactly this size is accepted."""

NO_LIMIT = 2**63 - 1

WHOLE_TEXT = FIN | TEXT
WHOLE_BINARY = FIN | BINARY
"""The first bytes of messages in one frame, not compressed, as nearly all messages are."""


class State(Enum):
    """Where a connection stands (RFC 6455, sections 4.1 and 7.1)."""

    OPEN = "open"
    CLOSE_SENT = "Close sent"
    CLOSE_RECEIVED = "Close received"
    FAILED = "failed"
    FINISHED = "finished"
    CLOSED = "closed"


class Action(Enum):
    """What can happen to a connection; "a frame" is any but a Close."""

    RECEIVE_FRAME = "receive a frame"
    SEND_FRAME = "send a frame"
    RECEIVE_CLOSE = "receive a Close"
    SEND_CLOSE = "send a Close"
    VIOLATION = "the peer breaks a rule"
    TIME_OUT = "the peer is silent too long"
    END = "TCP ends"


TRANSITIONS: dict[State, dict[Action, State]] = {
    State.OPEN: {
        Action.RECEIVE_FRAME: State.OPEN,
        Action.SEND_FRAME: State.OPEN,
        Action.RECEIVE_CLOSE: State.CLOSE_RECEIVED,
        Action.SEND_CLOSE: State.CLOSE_SENT,
        Action.VIOLATION: State.FAILED,
        Action.TIME_OUT: State.FAILED,
        Action.END: State.CLOSED,
    },
    State.CLOSE_SENT: {  # the peer may still be speaking, and is heard
        Action.RECEIVE_FRAME: State.CLOSE_SENT,
        Action.RECEIVE_CLOSE: State.FINISHED,
        Action.VIOLATION: State.FINISHED,
        Action.TIME_OUT: State.CLOSED,
        Action.END: State.CLOSED,
    },
    State.CLOSE_RECEIVED: {  # what the peer sends after its Close is not read
        Action.SEND_FRAME: State.CLOSE_RECEIVED,
        Action.SEND_CLOSE: State.FINISHED,
        Action.TIME_OUT: State.CLOSED,
        Action.END: State.CLOSED,
    },
    State.FAILED: {  # what came before the failure is still answered, and a Close tells the peer why
        Action.SEND_FRAME: State.FAILED,
        Action.SEND_CLOSE: State.FINISHED,
        Action.TIME_OUT: State.CLOSED,
        Action.END: State.CLOSED,
    },
    State.FINISHED: {  # the server ends TCP, the client waits for it
        Action.TIME_OUT: State.CLOSED,
        Action.END: State.CLOSED,
    },
    State.CLOSED: {},
}
"""Which action is allowed in which state, and the state it leads to; what is not listed is not allowed.

Three readers share it: `Connection`, the diagram in the lesson, and a test of every state with every action.
"""


class NotAllowedError(Exception):
    """This side tried to send something that the state of the connection doesn't allow."""


class Reader(Protocol):
    """What cuts the stream into frames: `FrameReader`, or one made from a student's decoder.

    Attributes:
        max_payload: the longest payload, in bytes, that the next data frame may announce; set by the connection.
    """

    max_payload: int

    def feed(self, data: bytes) -> Iterable[RawFrame]:
        """Yield the frames that `data` completes; raise `ProtocolError` at the first bad one."""
        ...


class Connection:
    """The state of one connection, on either side.

    Args:
        server: whether this is the server's side. Clients mask, servers don't.
        max_message: the longest message to accept, in bytes, inflated.
        deflate: the parameters of permessage-deflate; None if it wasn't agreed on.
        mask: the function that masks and unmasks.
        new_key: makes a masking key for each frame that a client sends: four bytes that nobody can predict.
        keep_alive: what watches for silence; None to wait forever.
        reader: what cuts the stream into frames, in place of `FrameReader`.

    Attributes:
        state: where the connection stands in `TRANSITIONS`.
        may_send: whether `TRANSITIONS` allows sending messages now.
    """

    def __init__(
        self,
        *,
        server: bool,
        max_message: int = MAX_MESSAGE,
        deflate: Deflate | None = None,
        mask: MaskFunction = mask_bytes,
        new_key: Callable[[], bytes] = bytes,
        keep_alive: KeepAlive | None = None,
        reader: Reader | None = None,
    ) -> None:
        self._enter(State.OPEN)
        self._server = server
        self._max_message = max_message
        self._mask = mask
        self._new_key = new_key
        self._keep_alive = keep_alive or KeepAlive()
        rsv = RSV1 if deflate else 0
        self._reader: Reader = reader or FrameReader(masked=server, rsv=rsv, max_payload=max_message, mask=mask)
        self._compressor = deflate.compressor(server=server) if deflate else None
        self._decompressor = deflate.decompressor(server=not server) if deflate else None
        self._is_plain = server and not deflate
        self._message: FragmentedMessage | None = None
        self._closed = Closed(CloseCode.ABNORMAL)

    def receive(self, data: bytes, now: float = 0.0) -> list[Event]:
        """Take bytes that the network brought.

        Args:
            data: any number of bytes, cut anywhere.
            now: the time in seconds, on any clock that never goes back.

        Returns:
            What they amount to, in order. A `Close` or a `Violation` is the last event of all; what comes
            after it is not read.
        """
        events: list[Event] = []
        if not self._may_receive:
            return events
        self._keep_alive.heard = now
        try:
            for first, payload in self._reader.feed(data):
                if first == WHOLE_TEXT and self._message is None:
                    events.append(TextMessage(payload.decode()))
                elif first & CONTROL:
                    events.append(self._receive_control(first & OPCODE, payload))
                    if not self._may_receive:
                        break
                elif (message := self._receive_data(first, payload)) is not None:
                    events.append(message)
        except UnicodeDecodeError:
            events.append(self._fail(not_utf8()))
        except ProtocolError as error:
            events.append(self._fail(error))
        return events

    def receive_end(self) -> Closed:
        """Note that TCP has ended: nothing more will be received or sent."""
        if self.state is not State.CLOSED:
            self._step(Action.END)
        return self._closed

    def check_time(self, now: float) -> Ping | Violation | Closed | None:
        """Return what the passing of time calls for; to be called every second or so.

        Args:
            now: the time, on the clock given to `receive`.

        Returns:
            A `Ping` to send; a `Violation`, for silence, to answer; `Closed` if the closing handshake took too
            long and TCP is to be ended; None if nothing is due.
        """
        if self.state is not State.OPEN:
            return self._check_closing(now)
        due = self._keep_alive.due(now)
        if due is Due.PING:
            return Ping()
        if due is Due.NOTHING:
            return None
        self._step(Action.TIME_OUT)
        sentence = f"Nothing was heard for {self._keep_alive.timeout:g} seconds after a Ping."
        return Violation(CloseCode.INTERNAL_ERROR, sentence, "RFC 6455, section 5.5.2")

    def answer(self, event: Event) -> bytes:
        """Return the bytes that the protocol owes for an event; for most there are none.

        A Ping is answered with a Pong, a Close with a Close of the same code, a violation with a Close that says why.
        """
        if isinstance(event, Ping) and self.may_send:
            return self.send(Pong(event.payload))
        if isinstance(event, Close) and self._may(Action.SEND_CLOSE):
            return self.send(Close(event.code))
        if isinstance(event, Violation) and self._may(Action.SEND_CLOSE):
            return self.send(event.close())
        return b""

    def send(self, event: Message | Ping | Pong | Close, fragment_size: int | None = None) -> bytes:
        """Write a message or a control frame as bytes for the network.

        Args:
            event: what to send.
            fragment_size: the most bytes of payload in a frame of the message; None for a single frame.

        Raises:
            NotAllowedError: if the state doesn't allow it, such as a message after a Close.
            ValueError: if a Ping or Pong is longer than 125 bytes, or a Close carries what it may not.
        """
        if self._is_plain and self.may_send and fragment_size is None and isinstance(event, MESSAGES):
            return encode_message(event)
        frame = _frame(event)
        if not (self._may(Action.SEND_CLOSE) if frame.opcode == CLOSE else self.may_send):
            raise NotAllowedError(f"Can't send {event!r}: the connection's state is '{self.state.value}'.")
        if frame.opcode == CLOSE:
            self._step(Action.SEND_CLOSE)
        if self._compressor is not None and frame.opcode < CONTROL:
            frame = Frame(frame.opcode, self._compressor.compress(frame.payload), rsv=RSV1)
        if fragment_size is None or frame.opcode & CONTROL:
            return self._encode(frame)
        return b"".join(map(self._encode, _fragments(frame, fragment_size)))

    def _encode(self, frame: Frame) -> bytes:
        return encode_frame(frame, b"" if self._server else self._new_key(), self._mask)

    def _fail(self, error: ProtocolError) -> Violation:
        self._step(Action.VIOLATION)
        return Violation(error.code, error.sentence, error.section, error.field)

    def _receive_control(self, opcode: int, payload: bytes) -> Ping | Pong | Close:
        if opcode == PING:
            return Ping(payload)
        if opcode == PONG:
            return Pong(payload)
        code, reason = parse_close(payload)
        self._closed = Closed(CloseCode.NO_STATUS if code is None else code, reason)
        self._step(Action.RECEIVE_CLOSE)
        return Close(code, reason)

    def _receive_data(self, first: int, payload: bytes) -> Message | None:
        if first == WHOLE_BINARY and self._message is None:
            return BinaryMessage(payload)
        message = self._message or self._begin_message(first)
        if message is self._message and first & OPCODE != CONTINUATION:
            raise _out_of_order("A new message began before the last fragment of the one before it.")
        is_last = first >= FIN
        self._message = None if is_last else message
        whole = message.add(payload, is_last)
        self._reader.max_payload = self._room()
        return whole

    def _begin_message(self, first: int) -> FragmentedMessage:
        if first & OPCODE == CONTINUATION:
            raise _out_of_order("A continuation frame came, but no message has begun.")
        return FragmentedMessage(first & OPCODE, self._max_message, self._decompressor if first & RSV1 else None)

    def _room(self) -> int:
        """Return the longest payload that the next data frame may announce, in bytes."""
        if self._message is None:
            return self._max_message
        return NO_LIMIT if self._message.compressed else self._message.room

    def _check_closing(self, now: float) -> Closed | None:
        if self.state is State.CLOSED or not self._keep_alive.closing_is_over(now):
            return None
        self._step(Action.TIME_OUT)
        return self._closed

    def _may(self, action: Action) -> bool:
        return action in TRANSITIONS[self.state]

    def _step(self, action: Action) -> None:
        self._enter(TRANSITIONS[self.state][action])

    def _enter(self, state: State) -> None:
        """Change to a state, and look up once what every message asks."""
        self.state = state
        self.may_send = self._may(Action.SEND_FRAME)
        self._may_receive = self._may(Action.RECEIVE_FRAME)


def _out_of_order(sentence: str) -> ProtocolError:
    return ProtocolError(CloseCode.PROTOCOL_ERROR, sentence, "RFC 6455, section 5.4", Field.OPCODE)


def _frame(event: Message | Ping | Pong | Close) -> Frame:
    """Make the frame that carries an event."""
    if isinstance(event, TextMessage):
        return Frame(TEXT, event.text.encode())
    if isinstance(event, BinaryMessage):
        return Frame(BINARY, event.data)
    if isinstance(event, Close):
        return Frame(CLOSE, encode_close(event.code, event.reason))
    if len(event.payload) > MAX_CONTROL_PAYLOAD:
        raise ValueError(f"A Ping carries at most 125 bytes, not {len(event.payload)} (RFC 6455, section 5.5).")
    return Frame(PING if isinstance(event, Ping) else PONG, event.payload)


def encode_message(message: Message) -> bytes:
    """Write a message as a server does for any client: one frame, not masked, not compressed."""
    if isinstance(message, TextMessage):
        payload = message.text.encode()
        return encode_header(WHOLE_TEXT, 0, len(payload)) + payload
    return encode_header(WHOLE_BINARY, 0, len(message.data)) + message.data


def _fragments(frame: Frame, size: int) -> Iterator[Frame]:
    """Cut a frame into frames of at most `size` bytes (RFC 6455, section 5.4)."""
    last = max(0, (len(frame.payload) - 1) // size * size)
    for start in range(0, last + 1, size):
        part = frame.payload[start : start + size]
        yield Frame(CONTINUATION if start else frame.opcode, part, start == last, 0 if start else frame.rsv)
