"""WebSocket frames, bit by bit: decode and encode (RFC 6455, section 5).

A frame is a header of 2 to 14 bytes and a payload:

- first byte: FIN, three reserved bits RSV1 to RSV3, and the opcode in the lower four bits;
- second byte: MASK, and the length of the payload in the lower seven bits; 126 says that the length follows
  in two bytes, 127 that it follows in eight;
- the masking key, four bytes, where MASK is set;
- the payload.
"""

from codecs import utf_8_decode
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from enum import IntEnum, StrEnum
from functools import lru_cache
from itertools import accumulate
from typing import NamedTuple, Self

from lessons.protocols.websocket_close import CloseCode, ProtocolError

FIN = 0x80
RSV1 = 0x40
RSV2 = 0x20
RSV3 = 0x10
RESERVED = RSV1 | RSV2 | RSV3
OPCODE = 0x0F
CONTROL = 0x08
MASK = 0x80
LENGTH = 0x7F
MAX_CONTROL_PAYLOAD = 125

MaskFunction = Callable[[bytes, bytes], bytes]
"""`mask(key, data)`: `data` XORed with the four bytes of `key`, over and over."""


class Opcode(IntEnum):
    """What a frame is; from 8 on they are control frames (RFC 6455, section 5.2)."""

    CONTINUATION = 0
    TEXT = 1
    BINARY = 2
    CLOSE = 8
    PING = 9
    PONG = 10


CONTINUATION, TEXT, BINARY, CLOSE, PING, PONG = map(int, Opcode)
"""The same as plain numbers, for what runs once a frame: to look up an enum's member takes longer than to build one."""

OPCODES = frozenset(Opcode)

RawFrame = tuple[int, bytes]
"""A frame's first byte and its payload, unmasked: the whole of its value, in the form that costs least to make."""


@dataclass(slots=True)
class Frame:
    """One frame. Mask and length are details of the wire, so they aren't part of its value.

    Attributes:
        opcode: what the frame is; a reserved number if somebody sent one.
        payload: its bytes, unmasked.
        fin: whether it is the last of its message.
        rsv: the reserved bits as they stand in the first byte: a sum of RSV1, RSV2 and RSV3.
    """

    opcode: int
    payload: bytes
    fin: bool = True
    rsv: int = 0

    @classmethod
    def from_raw(cls, first: int, payload: bytes) -> Self:
        """Make a frame of its first byte and its payload."""
        return cls(first & OPCODE, payload, first >= FIN, first & RESERVED)

    @property
    def raw(self) -> RawFrame:
        """The frame as its first byte and its payload."""
        return (FIN if self.fin else 0) | self.rsv | self.opcode, self.payload

    def __repr__(self) -> str:
        bits = ((FIN if self.fin else 0, "FIN"), (self.rsv & RSV1, "RSV1"), (self.rsv & RSV2, "RSV2"),
                (self.rsv & RSV3, "RSV3"))  # fmt: skip
        words = [name for bit, name in bits if bit] + [opcode_name(self.opcode)]
        return f"<Frame {' '.join(words)}, {_count(self.payload)}: {_preview(self.payload)}>"


class Field(StrEnum):
    """The fields of a frame, in the order of the wire."""

    FIN = "FIN"
    RSV1 = "RSV1"
    RSV2 = "RSV2"
    RSV3 = "RSV3"
    OPCODE = "opcode"
    MASK = "MASK"
    LENGTH = "length"
    EXTENDED_LENGTH = "extended length"
    MASKING_KEY = "masking key"
    PAYLOAD = "payload"


class Span(NamedTuple):
    """Where a field stands: from bit `start` to bit `end`, counted from the first bit of the data."""

    field: Field
    start: int
    end: int


@dataclass(frozen=True)
class DecodedFrame:
    """A frame and where its fields stood, for those who want to see the bytes.

    Attributes:
        frame: the frame, its payload unmasked.
        masking_key: four bytes, or none where the frame isn't masked.
        spans: the fields that are there, in the order of the wire, none left out between two of them.
        end: the offset in bytes behind the frame, where the next one starts.
    """

    frame: Frame
    masking_key: bytes
    spans: tuple[Span, ...]
    end: int


def opcode_name(opcode: int) -> str:
    """Return `TEXT` for 1, and `opcode 3` for a reserved one."""
    return Opcode(opcode).name if opcode in OPCODES else f"opcode {opcode}"


def mask_bytes(key: bytes, data: bytes) -> bytes:
    """XOR `data` with the repeated `key`; doing it twice gives the data back (RFC 6455, section 5.3).

    The twin in pure Python of the compiled function that the server uses.

    Args:
        key: four bytes.
        data: any number of bytes.
    """
    size = len(data)
    pattern = (key * (size // 4 + 1))[:size]
    return (int.from_bytes(data, "big") ^ int.from_bytes(pattern, "big")).to_bytes(size, "big")


def read_header(data: bytes, start: int = 0) -> tuple[int, int, int, int] | None:
    """Read the header of the frame that starts at `start` (RFC 6455, section 5.2).

    Returns:
        The first byte; whether the frame is masked (0x80 or 0); the length of the payload; the offset of the
        payload, right behind the masking key where there is one. None while the header has not arrived in
        full.

    Raises:
        ProtocolError: if the length doesn't take the shortest of its three forms, or has its highest bit set.
    """
    available = len(data) - start
    if available < 2:
        return None
    second = data[start + 1]
    length = second & LENGTH
    masked = second & MASK
    header_size = 6 if masked else 2
    if length > 125:
        extra = 2 if length == 126 else 8
        header_size += extra
        if available < 2 + extra:
            return None
        length = _extended_length(data[start + 2 : start + 2 + extra])
    if available < header_size:
        return None
    return data[start], masked, length, start + header_size


def decode_frame(data: bytes, start: int = 0, mask: MaskFunction = mask_bytes) -> DecodedFrame | None:
    """Decode the one frame that starts at `start`, and tell where each field stands.

    It obeys the rules that a frame can break by itself; whether its mask, reserved bits and opcode are in
    place depends on the connection, and is for `FrameReader` to judge.

    Args:
        data: bytes as they came over the wire.
        start: the offset of the frame's first byte.
        mask: the function that unmasks.

    Returns:
        The frame and its spans; None while the frame has not arrived in full.

    Raises:
        ProtocolError: if the length is not written by the rules (RFC 6455, section 5.2).
    """
    header = read_header(data, start)
    if header is None or header[2] + header[3] > len(data):
        return None
    first, masked, length, begin = header
    key = data[begin - 4 : begin] if masked else b""
    payload = data[begin : begin + length]
    frame = Frame.from_raw(first, mask(key, payload) if masked else payload)
    return DecodedFrame(frame, key, lay_out(start, begin - len(key), begin, begin + length), begin + length)


def encode_frame(frame: Frame, key: bytes = b"", mask: MaskFunction = mask_bytes) -> bytes:
    """Write a frame, with the shortest form of its length (RFC 6455, section 5.2).

    It writes whatever it is given, broken rules too: a lesson needs frames to be refused.

    Args:
        frame: what to write.
        key: the masking key, four bytes; none to leave the payload unmasked, as a server does.
        mask: the function that masks.
    """
    first, payload = frame.raw
    if not key:
        return encode_header(first, 0, len(payload)) + payload
    return encode_header(first, MASK, len(payload)) + key + mask(key, payload)


@lru_cache(maxsize=1024)  # most messages are short, and look up theirs in half the time
def encode_header(first: int, masked: int, length: int) -> bytes:
    """Write a frame's header up to its length; the masking key, if any, follows."""
    if length <= 125:
        return bytes((first, masked | length))
    if length <= 0xFFFF:
        return bytes((first, masked | 126)) + length.to_bytes(2, "big")
    return bytes((first, masked | 127)) + length.to_bytes(8, "big")


class FrameReader:
    """Cuts a stream of bytes into frames, however the stream arrives.

    A data frame whose payload is still on its way is passed on in fragments, as RFC 6455, section 5.4, allows
    intermediaries to do: so a bad character is found as it arrives, and no long frame is ever collected here.

    A frame comes out as its first byte and its payload (`Frame.from_raw` makes one of them): an object for each would
    cost as much as all the rest.

    Args:
        masked: whether frames must be masked (a server reads) or must not be (a client reads).
        rsv: the reserved bit that an extension gave a meaning to, on the first frame of a message.
        max_payload: the longest payload that a data frame may announce, in bytes.
        mask: the function that unmasks.

    Attributes:
        max_payload: the longest payload, in bytes, that the next data frame may announce.
    """

    def __init__(self, *, masked: bool, rsv: int = 0, max_payload: int, mask: MaskFunction = mask_bytes) -> None:
        self.max_payload = max_payload
        self._masked = MASK if masked else 0
        self._short_header = 6 if masked else 2
        self._allowed = _allowed_first_bytes(rsv)
        self._mask = mask
        self._held = b""
        self._left = 0
        self._key = b""
        self._fin = True

    def feed(self, data: bytes) -> Iterator[RawFrame]:
        """Yield the frames that `data` completes, and the part of a data frame that it leaves unfinished.

        Args:
            data: the next bytes of the stream, any number of them.

        Raises:
            ProtocolError: at the first frame that breaks a rule; nothing can be read after it.
        """
        start = 0
        if self._left:
            start = min(self._left, len(data))
            yield self._next_part(CONTINUATION, data[:start])
            if self._left:
                return
        if self._held:
            data = self._held + data
            self._held = b""
        mask, masked, allowed, size = self._mask, self._masked, self._allowed, len(data)
        while start + 2 <= size:
            first, length, begin = data[start], data[start + 1] ^ masked, start + self._short_header
            if length > 125 or length > self.max_payload or first not in allowed:
                if (header := self._read_header(data, start)) is None:
                    break
                first, length, begin = header
            end = begin + length
            if end > size:
                break
            yield first, mask(data[begin - 4 : begin], data[begin:end]) if masked else data[begin:end]
            start = end
        if start < size and (part := self._begin_part(data, start)) is not None:
            yield part

    def _read_header(self, data: bytes, start: int) -> tuple[int, int, int] | None:
        """Read a header of any form, and refuse a frame by it before any of its payload is read.

        Returns:
            The first byte, the length of the payload, and its offset; None while the header has not arrived in full.
        """
        header = read_header(data, start)
        if header is None:
            return None
        first, masked, length, begin = header
        self._check(first, masked, length)
        return first, length, begin

    def _begin_part(self, data: bytes, start: int) -> RawFrame | None:
        """Return what has arrived of the frame at `start`; a control frame, and half a header, are held back."""
        header = self._read_header(data, start)
        if header is None or header[0] & CONTROL:
            self._held = data[start:]
            return None
        first, self._left, begin = header
        self._fin = first >= FIN
        self._key = data[begin - 4 : begin] if self._masked else b""
        return self._next_part(first & ~FIN, data[begin:])

    def _next_part(self, first: int, payload: bytes) -> RawFrame:
        """Pass on what has arrived of the unfinished frame, and turn the key for the next part.

        Args:
            first: the first byte of its own, which says FIN only if the frame's last byte has arrived.
            payload: what has arrived, masked.
        """
        self._left -= len(payload)
        if self._key:
            turn = len(payload) % 4
            payload = self._mask(self._key, payload)
            self._key = self._key[turn:] + self._key[:turn]
        return first | (FIN if self._fin and not self._left else 0), payload

    def _check(self, first: int, masked: int, length: int) -> None:
        """Refuse a frame that breaks a rule of its header."""
        if first not in self._allowed:
            raise _bad_first_byte(first)
        if masked != self._masked:
            who, rule = ("client", "must mask") if self._masked else ("server", "must not mask")
            raise _violation(f"A {who} {rule} its frames.", "5.1")
        if first & CONTROL and length > MAX_CONTROL_PAYLOAD:
            raise _violation(f"A control frame carries at most 125 bytes, not {length}.", "5.5")
        if length > self.max_payload and not first & (CONTROL | RSV1):  # compressed: judged as it is inflated
            sentence = f"A frame of {length} bytes came, where {self.max_payload} more are allowed."
            raise ProtocolError(CloseCode.MESSAGE_TOO_BIG, sentence, "RFC 6455, section 10.4")


def _allowed_first_bytes(rsv: int) -> frozenset[int]:
    """List every first byte that keeps the rules of sections 5.2, 5.4 and 5.5, where `rsv` is in use."""
    data = {Opcode.TEXT, Opcode.BINARY}
    final = {FIN | opcode for opcode in OPCODES}
    return frozenset(final | data | {Opcode.CONTINUATION} | {fin | rsv | opcode for fin in (0, FIN) for opcode in data})


def _bad_first_byte(first: int) -> ProtocolError:
    opcode = first & OPCODE
    if opcode not in OPCODES:
        return _violation(f"Opcode {opcode} is reserved.", "5.2")
    if first & RESERVED:
        return _violation(
            f"A reserved bit is set on a {Opcode(opcode).name} frame, and nothing agreed gives it a meaning.",
            "5.2",
        )
    return _violation(f"A {Opcode(opcode).name} frame must not be fragmented.", "5.5")


def _violation(sentence: str, section: str) -> ProtocolError:
    return ProtocolError(CloseCode.PROTOCOL_ERROR, sentence, f"RFC 6455, section {section}")


def _extended_length(encoded: bytes) -> int:
    """Read the 16 or 64 bits that hold the length of a longer payload (RFC 6455, section 5.2)."""
    length = int.from_bytes(encoded, "big")
    if length >> 63:
        raise _violation("The highest bit of a 64-bit length must be 0.", "5.2")
    if length <= (125 if len(encoded) == 2 else 0xFFFF):
        raise _violation(f"The length {length} must take the shortest form that holds it.", "5.2")
    return length


def lay_out(start: int, key: int, begin: int, end: int) -> tuple[Span, ...]:
    """Lay the fields of a frame along its bits.

    Args:
        start: the offset of the frame's first byte.
        key: that of its masking key, or of where one would stand.
        begin: that of its payload.
        end: the offset behind its last byte.
    """
    widths = (1, 1, 1, 1, 4, 1, 7, 8 * (key - start - 2), 8 * (begin - key), 8 * (end - begin))
    edges = list(accumulate(widths, initial=8 * start))
    spans = (Span(*span) for span in zip(Field, edges[:-1], edges[1:], strict=True))
    return tuple(span for span in spans if span.end > span.start)


def _count(payload: bytes) -> str:
    return "1 byte" if len(payload) == 1 else f"{len(payload)} bytes"


def _preview(payload: bytes, limit: int = 32) -> str:
    """Show the start of a payload: as text where it is UTF-8, else in hexadecimal."""
    head = payload[:limit]
    dots = "…" if len(payload) > limit else ""
    try:
        return repr(utf_8_decode(head, "strict", not dots)[0]) + dots
    except UnicodeDecodeError:
        return head[: limit // 2].hex(" ") + dots
