"""Which bits and bytes of a WebSocket frame mean what: labels for the byte view (RFC 6455, section 5)."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace
from itertools import groupby

from lessons.protocols import websocket_frames as wire_format
from lessons.protocols.websocket_close import CloseCode
from lessons.protocols.websocket_frames import LENGTH, MASK, OPCODES, Field, Opcode, lay_out, opcode_name
from lessons.wire.message import Bits, Reading, Span

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


@dataclass(frozen=True)
class Fault:
    """A rule that a frame breaks.

    Attributes:
        where: the name of the span or of the bits that break it.
        sentence: what is wrong.
        section: where the rule stands.
    """

    where: str
    sentence: str
    section: str


def frame_spans(data: bytes, payload: Iterable[Span]) -> tuple[Span, ...]:
    """Label the bytes of a frame, or of as much of it as has come.

    Args:
        data: the bytes, from the first of the frame on.
        payload: the labels of the payload, offsets counted from its first byte.
    """
    spans: list[Span] = []
    for _, group in groupby(_layout(data), key=_byte_or_field):
        fields = list(group)
        start, end = fields[0].start // 8, fields[-1].end // 8
        if fields[0].field is Field.PAYLOAD:
            spans += [span.shifted(start) for span in payload]
        elif len(fields) > 1:
            spans.append(_byte_span(data[start], start, fields))
        else:
            spans.append(_field_span(fields[0].field, data, start, end))
    return tuple(spans)


def with_fault(spans: Iterable[Span], fault: Fault | None) -> tuple[Span, ...]:
    """Return the spans with the broken rule told where it is broken."""
    return tuple(spans) if fault is None else tuple(_with_fault(span, fault) for span in spans)


def _with_fault(span: Span, fault: Fault) -> Span:
    if span.name == fault.where:
        return replace(span, meaning=fault.sentence, section=fault.section, error=True)
    bits = tuple(_bits_with_fault(each, fault) for each in span.bits)
    return replace(span, bits=bits, error=any(each.error for each in bits))


def _bits_with_fault(bits: Bits, fault: Fault) -> Bits:
    if bits.name != fault.where:
        return bits
    return replace(bits, meaning=fault.sentence, section=fault.section, error=True)


def _layout(data: bytes) -> list[wire_format.Span]:
    """Return the fields that have come, the last of them as far as it has."""
    second = data[1] if len(data) > 1 else 0
    key = 2 + {126: 2, 127: 8}.get(second & LENGTH, 0)
    begin = key + (4 if second & MASK else 0)
    limit = 8 * len(data)
    fields = lay_out(0, key, begin, max(begin, len(data)))
    return [wire_format.Span(each.field, each.start, min(each.end, limit)) for each in fields if each.start < limit]


def _byte_or_field(span: wire_format.Span) -> tuple[int, Field | None]:
    """Tell apart what is a whole number of bytes; what shares a byte belongs together."""
    return (span.start // 8, None) if (span.end - span.start) % 8 else (span.start // 8, span.field)


def _byte_span(byte: int, start: int, fields: list[wire_format.Span]) -> Span:
    """Label one byte by its bits."""
    bits = tuple(_bits(byte, each) for each in fields)
    return Span(start, start + 1, f"{bits[0].name} to {bits[-1].name}", bits=bits)


def _bits(byte: int, span: wire_format.Span) -> Bits:
    width = span.end - span.start
    number = byte >> (-span.end % 8) & (1 << width) - 1
    return Bits(width, span.field.value, *_BIT_LABELS[span.field](number))


def _field_span(field: Field, data: bytes, start: int, end: int) -> Span:
    piece = data[start:end]
    if field is Field.EXTENDED_LENGTH:
        meaning = "bytes of payload, written with the highest byte first"
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
    meaning = {126: "the length stands in the next two bytes", 127: "the length stands in the next eight bytes"}
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
        opcode: the frame's.
        payload: its bytes, unmasked; or as many of them as have come.
        readings: what the bytes on the wire become step by step, each with its name; the last is what they mean.
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
    meaning = name or "a code of the application's own" if name or 3000 <= number <= 4999 else "not a code to be sent"
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
