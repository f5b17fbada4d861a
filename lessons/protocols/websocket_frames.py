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
from functools import lru_cache, partial
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
EXTENDED_SIZES = {126: 2, 127: 8}
"""How many bytes of length follow, where the seven bits hold one of these two values."""
KEY_SIZE = 4
LONGEST_HEADER = 14
MAX_CONTROL_PAYLOAD = 125

MaskFunction = Callable[[bytes, bytes], bytes]
"""`mask(key, data)`: XORs `data` with the four bytes of `key`, over and over."""


class Opcode(IntEnum):
    """What a frame is; those from 8 up are control frames (RFC 6455, section 5.2)."""

    CONTINUATION = 0
    TEXT = 1
    BINARY = 2
    CLOSE = 8
    PING = 9
    PONG = 10


CONTINUATION, TEXT, BINARY, CLOSE, PING, PONG = map(int, Opcode)
"""The same as plain numbers, for code that runs once a frame: looking up an enum's member is slower."""

OPCODES = frozenset(Opcode)

RawFrame = tuple[int, bytes]
"""A frame's first byte and its payload, unmasked: its whole value, in the form that is fastest to make."""


@dataclass(slots=True)
class Frame:
    """One frame. Its mask and the form of its length are details of the wire, and no part of its value.

    Attributes:
        opcode: what the frame is; possibly a reserved number.
        payload: its bytes, unmasked.
        fin: whether it is the last frame of its message.
        rsv: the reserved bits where they are in the first byte: a sum of RSV1, RSV2 and RSV3.
    """

    opcode: int
    payload: bytes
    fin: bool = True
    rsv: int = 0

    @classmethod
    def from_raw(cls, first: int, payload: bytes) -> Self:
        """Make a frame from its first byte and its payload."""
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


class Header(NamedTuple):
    """The header of a frame.

    Attributes:
        first: its first byte, with FIN, the reserved bits and the opcode.
        masked: 0x80 if the payload is masked, else 0.
        length: the length of the payload, in bytes.
        begin: the offset of the payload in the data, in bytes; a masking key ends right before it.
    """

    first: int
    masked: int
    length: int
    begin: int


# Does what `Header(...)` does without running its Python code, which would take a sixth of a long frame's time.
_new_header: Callable[[tuple[int, int, int, int]], Header] = partial(tuple.__new__, Header)


class DecodedFrame(NamedTuple):
    """A frame, and how it stood on the wire.

    Attributes:
        frame: the frame, its payload unmasked.
        masking_key: four bytes; empty if the frame isn't masked.
        end: the offset after the frame, in bytes, where the next one starts.
    """

    frame: Frame
    masking_key: bytes
    end: int


def opcode_name(opcode: int) -> str:
    """Return `TEXT` for 1, and `opcode 3` for a reserved one."""
    return Opcode(opcode).name if opcode in OPCODES else f"opcode {opcode}"


def mask_bytes(key: bytes, data: bytes) -> bytes:
    """XOR `data` with the repeated `key`; doing it twice gives the data back (RFC 6455, section 5.3).

    This is the pure Python twin of the compiled function that the server uses.

    Args:
        key: four bytes.
        data: any number of bytes.
    """
    size = len(data)
    pattern = (key * (size // 4 + 1))[:size]
    return (int.from_bytes(data, "big") ^ int.from_bytes(pattern, "big")).to_bytes(size, "big")


def read_header(data: bytes, start: int = 0) -> Header | None:
    """Read the header of the frame that starts at `start` (RFC 6455, section 5.2).

    Args:
        data: bytes as they came over the wire.
        start: the offset of the frame's first byte.

    Returns:
        The header; None while it has not arrived in full.

    Raises:
        ProtocolError: if the length isn't in the shortest of its three forms, or a 64-bit one has its highest bit set.
    """
    available = len(data) - start
    if available < 2:
        return None
    second = data[start + 1]
    length = second & LENGTH
    masked = second & MASK
    size = 2
    if length > 125:
        size += EXTENDED_SIZES[length]
        if available < size:
            return None
        length = int.from_bytes(data[start + 2 : start + size], "big")
        if length <= (125 if size == 4 else 0xFFFF) or length >> 63:
            raise _bad_length(length)
    if masked:
        size += KEY_SIZE
    return _new_header((data[start], masked, length, start + size)) if available >= size else None


def decode_frame(data: bytes, start: int = 0, mask: MaskFunction = mask_bytes) -> DecodedFrame | None:
    """Decode the one frame that starts at `start`.

    It checks the length only. Whether the mask, the reserved bits and the opcode are right depends on the
    connection, and is for `FrameReader` to judge.

    Args:
        data: bytes as they came over the wire.
        start: the offset of the frame's first byte.
        mask: the function that unmasks.

    Returns:
        The frame and where it ends; None while it has not arrived in full.

    Raises:
        ProtocolError: if the length breaks the rules, as for `read_header`.
    """
    header = read_header(data, start)
    if header is None or header.begin + header.length > len(data):
        return None
    first, masked, length, begin = header
    key = data[begin - KEY_SIZE : begin] if masked else b""
    payload = data[begin : begin + length]
    return DecodedFrame(Frame.from_raw(first, mask(key, payload) if masked else payload), key, begin + length)


def encode_frame(frame: Frame, key: bytes = b"", mask: MaskFunction = mask_bytes) -> bytes:
    """Write a frame, with the shortest form of its length (RFC 6455, section 5.2).

    It writes whatever it is given, even against the rules: a lesson needs frames that are refused.

    Args:
        frame: what to write.
        key: the masking key, four bytes; empty to leave the payload unmasked, as a server does.
        mask: the function that masks.
    """
    first, payload = frame.raw
    if not key:
        return encode_header(first, 0, len(payload)) + payload
    return encode_header(first, MASK, len(payload)) + key + mask(key, payload)


@lru_cache(maxsize=1024)  # most messages are short, and looking up their header takes half the time
def encode_header(first: int, masked: int, length: int) -> bytes:
    """Write a frame's header up to its length; the masking key, if any, follows.

    Args:
        first: the first byte, with FIN, the reserved bits and the opcode.
        masked: 0x80 if the payload is masked, else 0.
        length: the length of the payload, in bytes.
    """
    if length <= 125:
        return bytes((first, masked | length))
    if length <= 0xFFFF:
        return bytes((first, masked | 126)) + length.to_bytes(2, "big")
    return bytes((first, masked | 127)) + length.to_bytes(8, "big")


class FrameReader:
    """Cuts a stream of bytes into frames, however the stream arrives.

    A data frame whose payload is still on its way is passed on in fragments, as RFC 6455, section 5.4, allows
    intermediaries to do. So a bad character is found as it arrives, and no long frame is ever collected here.

    A frame comes out as its first byte and its payload, which `Frame.from_raw` makes a `Frame` of. Making an object for
    each would cost as much as everything else.

    Args:
        masked: whether frames must be masked (a server reads) or must not be (a client reads).
        rsv: the reserved bit that an extension has given a meaning, on the first frame of a message; 0 for none.
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
            # Nearly every frame is short and has the right MASK bit, and XOR leaves just its length. A wrong MASK bit
            # makes that more than 125, as the longer forms of the length do, and the header is then read with care.
            first, length, begin = data[start], data[start + 1] ^ masked, start + self._short_header
            if length > 125 or length > self.max_payload or first not in allowed:
                if (header := read_header(data, start)) is None:
                    break
                first, mask_bit, length, begin = header
                self._check(first, mask_bit, length)
            end = begin + length
            if end > size:
                break
            yield first, mask(data[begin - 4 : begin], data[begin:end]) if masked else data[begin:end]
            start = end
        if start < size and (part := self._begin_part(data, start)) is not None:
            yield part

    def _begin_part(self, data: bytes, start: int) -> RawFrame | None:
        """Return what has arrived of the frame at `start`, but hold back a control frame or a part of a header."""
        header = read_header(data, start)
        if header is not None:
            self._check(header.first, header.masked, header.length)
        if header is None or header.first & CONTROL:
            self._held = data[start:]
            return None
        first, _, self._left, begin = header
        self._fin = first >= FIN
        self._key = data[begin - KEY_SIZE : begin] if self._masked else b""
        return self._next_part(first & ~FIN, data[begin:])

    def _next_part(self, first: int, payload: bytes) -> RawFrame:
        """Pass on what has arrived of the unfinished frame, and rotate the key for the next part.

        Args:
            first: the first byte of this part, without FIN, which is added once the frame's last byte has arrived.
            payload: what has arrived, as it stood on the wire.
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
            raise _violation(f"A {who} {rule} its frames.", "5.1", Field.MASK)
        if first & CONTROL and length > MAX_CONTROL_PAYLOAD:
            raise _violation(f"A control frame carries at most 125 bytes, not {length}.", "5.5", Field.LENGTH)
        if length > self.max_payload and not first & (CONTROL | RSV1):  # RSV1: compressed, so checked when inflated
            sentence = f"A frame of {length} bytes came, where {self.max_payload} more are allowed."
            raise ProtocolError(CloseCode.MESSAGE_TOO_BIG, sentence, "RFC 6455, section 10.4", Field.LENGTH)


def _allowed_first_bytes(rsv: int) -> frozenset[int]:
    """List every first byte that keeps the rules of RFC 6455, sections 5.2, 5.4 and 5.5, while `rsv` is in use."""
    data = {Opcode.TEXT, Opcode.BINARY}
    final = {FIN | opcode for opcode in OPCODES}
    return frozenset(final | data | {Opcode.CONTINUATION} | {fin | rsv | opcode for fin in (0, FIN) for opcode in data})


def _bad_first_byte(first: int) -> ProtocolError:
    opcode = first & OPCODE
    if opcode not in OPCODES:
        return _violation(f"Opcode {opcode} is reserved.", "5.2", Field.OPCODE)
    if first & RESERVED:
        sentence = f"A reserved bit is set on a {Opcode(opcode).name} frame, and nothing agreed gives it a meaning."
        # RSV1 comes last: it is the one that may have a meaning.
        field = Field.RSV2 if first & RSV2 else Field.RSV3 if first & RSV3 else Field.RSV1
        return _violation(sentence, "5.2", field)
    return _violation(f"A {Opcode(opcode).name} frame must not be fragmented.", "5.5", Field.FIN)


def _violation(sentence: str, section: str, field: Field) -> ProtocolError:
    return ProtocolError(CloseCode.PROTOCOL_ERROR, sentence, f"RFC 6455, section {section}", field)


def _bad_length(length: int) -> ProtocolError:
    if length >> 63:
        return _violation("The highest bit of a 64-bit length must be 0.", "5.2", Field.EXTENDED_LENGTH)
    sentence = f"The length {length} must take the shortest form that holds it."
    return _violation(sentence, "5.2", Field.EXTENDED_LENGTH)


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
