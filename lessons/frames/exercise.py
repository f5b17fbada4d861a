"""The exercise of the frames: decode what a client sends."""

from __future__ import annotations

import struct
from collections.abc import Callable, Sequence

from lessons.exercise import Case, CaseFailedError, Exercise, Hints, NothingReturnedError, brief, given
from lessons.protocols.websocket_frames import (
    CONTROL,
    OPCODES,
    RSV1,
    RSV2,
    RSV3,
    Frame,
    Opcode,
    encode_frame,
    mask_bytes,
)

DecodeFrame = Callable[[bytes], tuple[Frame, int] | None]
KEY = bytes.fromhex("37fa213d")
SHOWN_BYTES = 24


def decode_frame(data: bytes) -> tuple[Frame, int] | None:
    """Decode the frame at the beginning of what a client has sent.

    Args:
        data: what has come and isn't decoded yet; TCP may have cut it anywhere.

    Returns:
        The frame as `Frame(opcode, payload, fin)`, its payload unmasked, and how many bytes it took in all; `None`
        while it hasn't come in full.

    Raises:
        ValueError: if the frame breaks a rule, with a sentence that says which.
    """
    raise NotImplementedError


BEGIN = (
    "What stands in the first two bytes of a frame, and what behind them?",
    "The first has FIN and the opcode, the second MASK and the length; then come four bytes of key, then the payload.",
    "For a short frame: `key = data[2:6]`, `payload = bytes(byte ^ key[at % 4] for at, byte in enumerate(data[6:]))`; "
    "return `(Frame(opcode, payload, fin), size)`. Then check, and mend what fails.",
)
NO_PAIR = (
    "Your function returns one thing. What else does the server need in order to find the next frame?",
    "Where this frame ends: how many bytes it took, header, key and payload together.",
    "Return a pair: `return Frame(opcode, payload, fin), size`.",
)
NO_BYTES = (
    "Of which type is your payload, and which one do frames carry?",
    "The XOR of two bytes is a number. A list of numbers is not yet bytes, and a payload need not be text.",
    "`bytes(...)` makes bytes of numbers: `bytes(byte ^ key[at % 4] for at, byte in enumerate(masked))`.",
)
FIN_IS_A_NUMBER = (
    "What does `&` give you: yes or no, or a number?",
    "A number, 128 if the highest bit is set, and 128 is not True. Ask whether it is 0.",
    "`fin = first & 0x80 != 0`",
)
NOT_UNMASKED = (
    "What did the client do to the payload before it sent it?",
    "Each byte was XORed with a byte of the key: the first with the first, the fifth with the first again.",
    "`bytes(byte ^ key[at % 4] for at, byte in enumerate(masked))`",
)
KEY_IN_THE_PAYLOAD = (
    "Where does the payload begin, and what stands before it?",
    "Four bytes of key stand between the length and the payload.",
    "Behind a header of two bytes: `key = data[2:6]`, and the payload from `data[6]` on.",
)
WRONG_SIZE = (
    "How many bytes did this frame take, from its first to its last?",
    "Two for the header, more for a longer length, four for the key, and the payload.",
)
WRONG_FRAME = (
    "Which bits of the first byte are FIN and the opcode?",
    "FIN is the highest bit, 0x80; the opcode is the lowest four, 0x0F. The three between are reserved.",
    "`fin = first & 0x80 != 0`, `opcode = first & 0x0F`",
)
FIN_READS_BIT_0 = (
    "Is FIN the same as 'the opcode is odd'? For your function it is.",
    "What does Python do first in `first & 0x80 >> 7`, and what is `0x80 >> 7`?",
    "The shift comes first: that reads bit 0. Write `first & 0x80 != 0` or `first >> 7 == 1`.",
)
OCTAL = (
    "Of the opcodes yours reads some right and others not. Which number is your mask, written in binary?",
    "`0o1111` is octal: 585. What prefix has a binary literal?",
    "`opcode = first & 0b1111`, or `first & 0x0F`.",
)


def decodes_the_example(function: DecodeFrame) -> None:
    """Expect the masked `Hello` of RFC 6455, section 5.7."""
    _expect_decoded(function, Frame(Opcode.TEXT, b"Hello"), WRONG_FRAME)


def decodes_every_kind(function: DecodeFrame) -> None:
    """Expect FIN and opcode to be read whatever the other is."""
    data = [Frame(opcode, b"12345", fin) for fin in (True, False) for opcode in (2, 1, 0)]
    for frame in [*data, *(Frame(opcode, b"12345") for opcode in sorted(OPCODES) if opcode & CONTROL)]:
        _expect_decoded(function, frame, WRONG_FRAME)


SHORT_MASK = (
    "How many bits has the length, and how many has your mask?",
    "The length has seven bits. `0b0111111` has six: 63. With it 64 becomes 0, and 100 becomes 36.",
    "`length = second & 0x7F`",
)
NO_LONG_FORM = (
    "The seven bits say 126 or 127. Are these lengths?",
    "126 says that the length stands in the next two bytes, 127 in the next eight; the key comes behind them.",
    '`int.from_bytes(data[2:4], "big")` and `int.from_bytes(data[2:10], "big")`',
)
LITTLE_ENDIAN = (
    "In which order do the bytes of a number stand on the network?",
    "The highest first. Python calls that `big`.",
    'Write `int.from_bytes(…, "big")`.',
)


def decodes_short_lengths(function: DecodeFrame) -> None:
    """Expect every length up to 125 from the seven bits."""
    for length in (0, 1, 63, 64, 100, 125):
        _expect_decoded(function, Frame(Opcode.BINARY, _payload(length)), SHORT_MASK)


def decodes_longer_lengths(function: DecodeFrame) -> None:
    """Expect lengths in two and in eight bytes."""
    for length in (126, 127, 255, 256, 1000, 65535, 65536, 100_000):
        frame = Frame(Opcode.BINARY, _payload(length))
        data = encode_frame(frame, KEY)
        swapped = int.from_bytes(data[2:4], "little") if length < 65536 else 0
        with given(_shown(data)):
            seen = _try_partial(function, data)
            if seen is None or (length != swapped and isinstance(seen, tuple) and seen[1:] == (swapped + 8,)):
                raise CaseFailedError(brief((frame, len(data))), brief(seen), LITTLE_ENDIAN)
        _expect_decoded(function, frame, NO_LONG_FORM)


CUT_SHORT = (
    "Half of a frame has come. What does your function make of it?",
    "TCP is a stream, and a read may end anywhere: within the header, the key or the payload. Who waits for the rest?",
    "Before you look at bytes, compare `len(data)` with how many you need, and `return None` if they aren't there.",
)
TAKES_ALL = (
    "Two frames have come in one read. What happens to the second?",
    "`len(data)` is how much has come, not how long the frame is.",
    "The frame ends at `begin + length`: cut the payload there, and return that as its size.",
)


def waits_for_the_whole(function: DecodeFrame) -> None:
    """Expect None for every beginning of a frame, in each of the three forms of its length."""
    for length in (5, 200, 70_000):
        data = encode_frame(Frame(Opcode.TEXT, _payload(length)), KEY)
        for size in [*range(min(len(data), 220)), len(data) - 1]:
            with given(_shown(data[:size])):
                seen = _try_partial(function, data[:size])
                if seen is not None:
                    raise CaseFailedError(f"None for {size} of {len(data)} bytes", brief(seen), CUT_SHORT)


def leaves_what_follows(function: DecodeFrame) -> None:
    """Expect a frame to end where its length says, whatever comes behind."""
    for behind in (b"\x81", encode_frame(Frame(Opcode.TEXT, b"again"), KEY), b"\x88\x80" + KEY):
        for payload in (b"", b"Hello", _payload(300)):
            _expect_decoded(function, Frame(Opcode.TEXT, payload), TAKES_ALL, behind)


TAKES_UNMASKED = (
    "Who has to mask, and how do you see that somebody doesn't?",
    "A client masks always. The highest bit of the second byte says whether it did.",
    '`if not second & 0x80: raise ValueError("A client must mask.")`',
)
TAKES_RESERVED_BITS = (
    "What do the three bits behind FIN mean?",
    "Nothing, unless an extension was agreed on; none was. A frame that sets one means something that you don't know.",
    '`if first & 0x70: raise ValueError("A reserved bit is set.")`',
)
TAKES_ANY_OPCODE = (
    "Which opcodes are defined?",
    "0, 1 and 2 for data; 8, 9 and 10 for control. The others are reserved: nobody knows what they will mean.",
    '`if opcode not in (0, 1, 2, 8, 9, 10): raise ValueError("The opcode is reserved.")`',
)
TAKES_ANY_CONTROL = (
    "What may a control frame not do, so that it can stand between the fragments of a message?",
    "It carries 125 bytes at the most, and is never in fragments: FIN is set.",
    "`if opcode >= 8 and (not fin or length > 125): raise ValueError(…)`, with the length of the seven bits.",
)
TAKES_ANY_LENGTH = (
    "In how many ways can the length 5 be written, and which of them is right?",
    "In three; but only the shortest is allowed. And of the 64 bits of the longest form the highest is 0.",
    "Raise ValueError if two bytes hold less than 126, or eight bytes less than 65536 or 2 ** 63 and more.",
)


def refuses_unmasked_frames(function: DecodeFrame) -> None:
    """Expect ValueError where a client doesn't mask (RFC 6455, section 5.1)."""
    _expect_refused(function, [encode_frame(Frame(Opcode.TEXT, b"Hello"))], TAKES_UNMASKED)


def refuses_reserved_bits(function: DecodeFrame) -> None:
    """Expect ValueError for each reserved bit (RFC 6455, section 5.2)."""
    frames = [Frame(Opcode.TEXT, b"Hello", rsv=rsv) for rsv in (RSV1, RSV2, RSV3)]
    _expect_refused(function, [encode_frame(frame, KEY) for frame in frames], TAKES_RESERVED_BITS)


def refuses_reserved_opcodes(function: DecodeFrame) -> None:
    """Expect ValueError for each reserved opcode (RFC 6455, section 5.2)."""
    frames = [Frame(opcode, b"Hello") for opcode in range(16) if opcode not in OPCODES]
    _expect_refused(function, [encode_frame(frame, KEY) for frame in frames], TAKES_ANY_OPCODE)


def refuses_bad_control_frames(function: DecodeFrame) -> None:
    """Expect ValueError for control frames that are long or in fragments (RFC 6455, section 5.5)."""
    frames = [
        Frame(Opcode.PING, b"Hello", fin=False),
        Frame(Opcode.PING, _payload(126)),
        Frame(Opcode.CLOSE, b"", False),
    ]
    _expect_refused(function, [encode_frame(frame, KEY) for frame in frames], TAKES_ANY_CONTROL)


def refuses_long_lengths(function: DecodeFrame) -> None:
    """Expect ValueError for a length that isn't in its shortest form (RFC 6455, section 5.2)."""
    hello = KEY + mask_bytes(KEY, b"Hello")
    in_two, in_eight = b"\x81\xfe" + (5).to_bytes(2, "big"), b"\x81\xff" + (5).to_bytes(8, "big")
    highest_bit = b"\x81\xff" + (2**63).to_bytes(8, "big")
    _expect_refused(function, [header + hello for header in (in_two, in_eight, highest_bit)], TAKES_ANY_LENGTH)


# --- what a result is worth -------------------------------------------------------------------------------------


def _shown(data: bytes) -> str:
    """Return bytes as a failure shows them: the first of them in hexadecimal, and how many there are."""
    return f"{data[:SHOWN_BYTES].hex(' ')}{' …' if len(data) > SHOWN_BYTES else ''} ({len(data)} bytes)".lstrip()


def _payload(length: int) -> bytes:
    return (b"news, " * (length // 6 + 1))[:length]


def _expect_decoded(function: DecodeFrame, frame: Frame, hints: Hints, behind: bytes = b"") -> None:
    """Expect a frame back, and its size; some wrong results have hints of their own."""
    data = encode_frame(frame, KEY)
    expected = brief((frame, len(data)))
    with given(_shown(data + behind)):
        seen: object = function(data + behind)
        if seen == (frame, len(data)):
            return
        if seen is None or seen is ...:
            raise NothingReturnedError(expected, repr(seen), BEGIN)
        if not isinstance(seen, tuple) or list(map(type, seen)) != [Frame, int]:
            raise CaseFailedError(expected, brief(seen), NO_PAIR)
        _check_types(seen[0])
        told = brief(seen) if brief(seen) != expected else _difference(seen[0].payload, frame.payload)
        raise CaseFailedError(expected, told, _hints_for(seen[0], data, frame, hints))


def _difference(seen: bytes, payload: bytes) -> str:
    """Return where a payload of the right length, which begins as it should, is another one."""
    position = next(at for at, (one, other) in enumerate(zip(seen, payload, strict=True)) if one != other)
    return f"the same, but byte {position} of the payload is {seen[position]:02x}, not {payload[position]:02x}"


def _check_types(seen: Frame) -> None:
    """Expect what a frame is made of; a number for FIN, or a list for the payload, reads like the real thing."""
    if not isinstance(seen.payload, bytes):
        raise CaseFailedError("a payload of type bytes", f"one of type {type(seen.payload).__name__}", NO_BYTES)
    if not isinstance(seen.fin, bool):
        raise CaseFailedError("fin True or False", f"fin {seen.fin!r}", FIN_IS_A_NUMBER)
    if not isinstance(seen.opcode, int):
        raise CaseFailedError("an opcode of type int", f"one of type {type(seen.opcode).__name__}", WRONG_FRAME)


def _hints_for(seen: Frame, data: bytes, frame: Frame, hints: Hints) -> Hints:
    """Return what helps with a wrong frame, or a wrong size of a right one."""
    wire_payload = data[len(data) - len(frame.payload) :]
    mistakes: list[tuple[bool, Hints]] = [
        (seen == frame and hints is WRONG_FRAME, WRONG_SIZE),
        (bool(frame.payload) and seen.payload == wire_payload, NOT_UNMASKED),
        (seen.payload.startswith(KEY), KEY_IN_THE_PAYLOAD),
        (
            seen.payload == frame.payload and seen.fin != frame.fin and seen.fin == bool(frame.opcode & 1),
            FIN_READS_BIT_0,
        ),
        (seen.opcode != frame.opcode and seen.opcode == (data[0] & 0o1111), OCTAL),
    ]
    return next((made_for_it for applies, made_for_it in mistakes if applies), hints)


def _try_partial(function: DecodeFrame, data: bytes) -> object:
    """Return what the function makes of bytes; who reaches behind their end has not looked at how many there are."""
    try:
        return function(data)
    except (IndexError, struct.error) as error:
        name = type(error).__name__
        raise CaseFailedError(f"None for {len(data)} bytes", f"{name}: {error}", CUT_SHORT) from None


def _expect_refused(function: DecodeFrame, bad: Sequence[bytes], hints: Hints) -> None:
    for data in bad:
        with given(_shown(data)):
            try:
                seen = function(data)
            except ValueError:
                continue
            raise CaseFailedError("ValueError", brief(seen), hints)


EXERCISE = Exercise(
    decode_frame,
    [
        Case("it decodes the standard's example", decodes_the_example),
        Case("it decodes FIN and every opcode", decodes_every_kind),
        Case("it decodes lengths up to 125", decodes_short_lengths),
        Case("it decodes longer lengths", decodes_longer_lengths),
        Case("it waits until the frame is whole", waits_for_the_whole),
        Case("it leaves what stands behind the frame", leaves_what_follows),
        Case("it refuses frames that aren't masked", refuses_unmasked_frames),
        Case("it refuses reserved bits", refuses_reserved_bits),
        Case("it refuses reserved opcodes", refuses_reserved_opcodes),
        Case("it refuses bad control frames", refuses_bad_control_frames),
        Case("it refuses lengths against the rules", refuses_long_lengths),
    ],
    hints=BEGIN,
)
check = EXERCISE.check
hint = EXERCISE.hint
