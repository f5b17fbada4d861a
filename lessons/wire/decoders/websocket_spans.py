"""What each bit and byte of a WebSocket frame means: labels for the byte view (RFC 6455, section 5)."""

from __future__ import annotations

from collections.abc import Iterable

from lessons.protocols.websocket_close import CloseCode
from lessons.protocols.websocket_events import Violation
from lessons.protocols.websocket_frames import (
    EXTENDED_SIZES,
    KEY_SIZE,
    LENGTH,
    MASK,
    OPCODES,
    Field,
    Opcode,
    opcode_name,
)
from lessons.wire.message import FieldBits, Reading, Span

SHOWN_OF_READING = 256
"""How many bytes of an unmasked or inflated payload are kept to be shown."""

Label = tuple[str, str, str]
"""A value as text, what it means, and where the standard says so."""

_OPCODE_MEANINGS: dict[int, tuple[str, str]] = {
    Opcode.CONTINUATION: ("goes on with the message that has begun", "RFC 6455 §5.4"),
    Opcode.TEXT: ("the payload is text, in UTF-8", "RFC 6455 §5.6"),
    Opcode.BINARY: ("the payload is bytes of any kind", "RFC 6455 §5.6"),
    Opcode.CLOSE: ("the last frame that this side sends", "RFC 6455 §5.5.1"),
    Opcode.PING: ("asks whether the other side is there; a pong is due", "RFC 6455 §5.5.2"),
    Opcode.PONG: ("the answer to a ping, or a sign of life", "RFC 6455 §5.5.3"),
}


FIRST_BYTE = ((Field.FIN, 1), (Field.RSV1, 1), (Field.RSV2, 1), (Field.RSV3, 1), (Field.OPCODE, 4))
SECOND_BYTE = ((Field.MASK, 1), (Field.LENGTH, 7))
"""The fields that share a byte, and how many bits each has."""


def frame_spans(data: bytes, payload: Iterable[Span]) -> tuple[Span, ...]:
    """Label the bytes of a frame, or of as much of it as has come.

    Args:
        data: the bytes, from the first of the frame on.
        payload: the labels of the payload, offsets counted from its first byte.
    """
    shared = zip(data, (FIRST_BYTE, SECOND_BYTE), strict=False)
    spans = [_byte_span(byte, start, fields) for start, (byte, fields) in enumerate(shared)]
    second = data[1] if len(data) > 1 else 0
    start = 2
    for field, size in (
        (Field.EXTENDED_LENGTH, EXTENDED_SIZES.get(second & LENGTH, 0)),
        (Field.MASKING_KEY, KEY_SIZE if second & MASK else 0),
    ):
        piece = data[start : start + size]
        if piece:
            spans.append(_field_span(field, piece, start))
        start += len(piece)
    return (*spans, *(span.shifted(start) for span in payload))


def with_violation(spans: Iterable[Span], violation: Violation | None) -> tuple[Span, ...]:
    """Return the spans with the broken rule marked on the field at fault, or on the opcode if that isn't there."""
    spans = tuple(spans)
    if violation is None:
        return spans
    names = {span.name for span in spans} | {bits.name for span in spans for bits in span.bits}
    field = violation.field if violation.field in names else Field.OPCODE
    return tuple(_with_error(span, field, violation) for span in spans)


def _with_error(span: Span, field: str, violation: Violation) -> Span:
    section = violation.section.replace(", section ", " §")  # the short form that labels have
    if span.name == field:
        return span._replace(meaning=violation.sentence, section=section, error=True)
    if not any(bits.name == field for bits in span.bits):
        return span
    bits = (
        bits._replace(meaning=violation.sentence, section=section, error=True) if bits.name == field else bits
        for bits in span.bits
    )
    return span._replace(bits=tuple(bits), error=True)


def _byte_span(byte: int, start: int, fields: Iterable[tuple[Field, int]]) -> Span:
    """Label the bits of one byte, the highest first."""
    bits, left = [], 8
    for field, width in fields:
        left -= width
        number = byte >> left & (1 << width) - 1
        bits.append(FieldBits(width, field.value, *_BIT_LABELS[field](number)))
    return Span(start, start + 1, f"{bits[0].name} to {bits[-1].name}", bits=tuple(bits))


def _field_span(field: Field, piece: bytes, start: int) -> Span:
    end = start + len(piece)
    if field is Field.EXTENDED_LENGTH:
        meaning = "bytes of payload, in network byte order"
        return Span(start, end, field.value, str(int.from_bytes(piece, "big")), meaning, "RFC 6455 §5.2")
    meaning = "XORed with the payload, over and over; another for every frame"
    return Span(start, end, field.value, piece.hex(" "), meaning, "RFC 6455 §5.3")


# --- what the bits mean -----------------------------------------------------------------------------------------


def _fin(bit: int) -> Label:
    meaning = "the last frame of its message" if bit else "more frames of this message follow"
    return str(bit), meaning, "RFC 6455 §5.4"


def _rsv1(bit: int) -> Label:
    if bit:
        return "1", "the message is compressed (permessage-deflate)", "RFC 7692 §6"
    return "0", "reserved for extensions: 1 would mean compressed", "RFC 7692 §6"


def _reserved(bit: int) -> Label:
    return str(bit), "reserved for extensions: 0 until one is agreed on", "RFC 6455 §5.2"


def _opcode(number: int) -> Label:
    name = opcode_name(number).lower() if number in OPCODES else "reserved"
    return f"{number} {name}", *_OPCODE_MEANINGS.get(number, ("no frame of this kind is defined", "RFC 6455 §5.2"))


def _mask(bit: int) -> Label:
    meaning = "the payload is masked, as a client must" if bit else "the payload is not masked: a server must not"
    return str(bit), meaning, "RFC 6455 §5.1"


def _length(number: int) -> Label:
    meaning = {126: "the length is in the next two bytes", 127: "the length is in the next eight bytes"}
    return str(number), meaning.get(number, "bytes of payload"), "RFC 6455 §5.2"


_BIT_LABELS = {
    Field.FIN: _fin,
    Field.RSV1: _rsv1,
    Field.RSV2: _reserved,
    Field.RSV3: _reserved,
    Field.OPCODE: _opcode,
    Field.MASK: _mask,
    Field.LENGTH: _length,
}


# --- what the payload means -------------------------------------------------------------------------------------


def payload_spans(opcode: int, payload: bytes, readings: Iterable[tuple[str, bytes]]) -> list[Span]:
    """Label a payload.

    Args:
        opcode: the opcode of the frame.
        payload: its bytes, unmasked, or as many of them as have come.
        readings: what the bytes on the wire turn into, step by step, each with its name; the last is what they mean.
    """
    if not payload:
        return []
    steps = tuple(Reading(name, data[:SHOWN_OF_READING], len(data)) for name, data in readings)
    if opcode == Opcode.CLOSE and len(payload) > 1:
        return _close_spans(payload, steps)
    final = steps[-1].data if steps else payload
    meaning, section = _PAYLOAD_MEANINGS.get(opcode, ("what the application wanted to send", "RFC 6455 §5.6"))
    shown = _in_hexadecimal(final) if opcode == Opcode.BINARY else _printed(final)
    return [Span(0, len(payload), "payload", shown, meaning, section, readings=steps)]


_PAYLOAD_MEANINGS: dict[int, tuple[str, str]] = {
    Opcode.PING: ("the pong must bring the same bytes back", "RFC 6455 §5.5.2"),
    Opcode.PONG: ("the bytes of the ping that it answers", "RFC 6455 §5.5.3"),
}


def _close_spans(payload: bytes, steps: tuple[Reading, ...]) -> list[Span]:
    number = int.from_bytes(payload[:2], "big")
    name = CloseCode(number).name.lower().replace("_", " ") if number in frozenset(CloseCode) else ""
    meaning = name or ("a code of a library or application" if 3000 <= number <= 4999 else "must not be sent")
    code = Span(0, 2, "close code", str(number), meaning, "RFC 6455 §7.4", readings=steps)
    if len(payload) == 2:
        return [code]
    reason = "why, for people: programs go by the code"
    return [code, Span(2, len(payload), "close reason", _printed(payload[2:]), reason, "RFC 6455 §7.1.6")]


def _printed(payload: bytes, longest: int = 60) -> str:
    """Show a payload as text where it is UTF-8, else in hexadecimal."""
    try:
        text = payload.decode()
    except UnicodeDecodeError:
        return _in_hexadecimal(payload, longest)
    shown = "".join(character if character.isprintable() else "·" for character in text[:longest])
    return shown if len(text) <= longest else f"{shown}…"


def _in_hexadecimal(payload: bytes, longest: int = 60) -> str:
    shown = payload[: longest // 3].hex(" ")
    return shown if len(payload) <= longest // 3 else f"{shown} …"
