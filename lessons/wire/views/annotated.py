"""Annotated bytes: hexadecimal and text side by side, and below them what each span of bytes means.

Where a byte holds several fields, its bits get a row of their own. Where bytes don't stand for themselves, the decoded
ones are shown beside them.
"""

from __future__ import annotations

from collections.abc import Sequence
from html import escape
from itertools import groupby

from lessons.wire.message import FieldBits, Reading, Span

BYTES_A_ROW = 16
BYTES_A_READING_ROW = 8
SHOWN_BYTES = 1024
"""How many bytes of a message are shown, counted from its start."""

_PRINTED = [chr(byte) if 0x20 <= byte < 0x7F else "↵" if byte == 0x0A else "·" for byte in range(256)]
"""One character for each byte: itself if it is printable, an arrow for a line feed, a dot for all others."""


def bytes_html(data: bytes, spans: Sequence[Span]) -> str:
    """Return the bytes and their meaning as HTML.

    Whatever belongs to span number N has `data-span="N"`, and whatever belongs to group M of its bits has
    `data-span="N.M"`, so that a page can light them up together.

    Args:
        data: the bytes.
        spans: what they mean, in order.
    """
    shown = data[:SHOWN_BYTES]
    owners = _owners(len(shown), spans)
    rows = "".join(_row_html(shown, start, owners, spans) for start in range(0, len(shown), BYTES_A_ROW))
    more = f'<p class="note">… {len(data) - len(shown):,} more bytes</p>' if len(data) > len(shown) else ""
    bits = "".join(_bit_row_html(index, data, span) for index, span in enumerate(spans) if span.bits)
    fields = "".join(
        _field_html(index, data, span)
        for index, span in enumerate(spans)
        if span.start < SHOWN_BYTES and not span.minor
    )
    table = f'<table class="fields"><tbody>{fields}</tbody></table>' if fields else ""
    readings = "".join(_readings_html(span) for span in spans if span.readings)
    bit_rows = f'<div class="bits">{bits}</div>' if bits else ""
    return f'<div class="bytes" aria-hidden="true">{rows}</div>{more}{bit_rows}{readings}{table}'


def bytes_text(data: bytes, spans: Sequence[Span]) -> str:
    """Return the bytes and their meaning as plain text: one line for each span, or a hex dump if there are none."""
    if spans:
        return "\n".join(line for span in spans if not span.minor for line in _field_lines(data, span))
    rows = [_row_text(data, start) for start in range(0, min(len(data), SHOWN_BYTES), BYTES_A_ROW)]
    more = [f"… {len(data) - SHOWN_BYTES:,} more bytes"] if len(data) > SHOWN_BYTES else []
    return "\n".join(rows + more)


def _row_text(data: bytes, start: int) -> str:
    row = data[start : min(start + BYTES_A_ROW, SHOWN_BYTES)]
    return f"{start:04x}  {_hex_and_text(row)}"


def _hex_and_text(row: bytes, width: int = BYTES_A_ROW) -> str:
    return f"{row.hex(' '):{width * 3}}  {_printable(row)}"


def _owners(length: int, spans: Sequence[Span]) -> list[int]:
    """Return for each byte the index of the span that it belongs to; -1 for none."""
    owners = [-1] * length
    for index, span in enumerate(spans):
        for position in range(span.start, min(span.end, length)):
            owners[position] = index
    return owners


def _row_html(data: bytes, start: int, owners: list[int], spans: Sequence[Span]) -> str:
    positions = range(start, min(start + BYTES_A_ROW, len(data)))
    runs = [(owner, list(run)) for owner, run in groupby(positions, key=lambda position: owners[position])]
    codes = " ".join(_run_html(owner, spans, " ".join(f"{data[each]:02x}" for each in run)) for owner, run in runs)
    texts = "".join(_run_html(owner, spans, _printable(data[run[0] : run[-1] + 1])) for owner, run in runs)
    return (
        f'<div class="row"><span class="offset">{start:04x}</span>'
        f'<span class="hex">{codes}</span><span class="text">{texts}</span></div>'
    )


def _run_html(owner: int, spans: Sequence[Span], text: str) -> str:
    """Show neighbouring bytes of one span; its name and meaning appear on hovering."""
    if owner < 0:
        return escape(text)
    span = spans[owner]
    title = escape(f"{span.name}: {span.meaning}" if span.meaning else span.name)
    return f'<b class="tint{owner % 2}" data-span="{owner}" title="{title}">{escape(text)}</b>'


# --- bits -------------------------------------------------------------------------------------------------------


def _bit_groups(data: bytes, span: Span) -> list[tuple[str, FieldBits]]:
    """Return each group of a span's bits with its digits."""
    digits = "".join(f"{byte:08b}" for byte in data[span.start : span.end])
    groups, position = [], 0
    for bits in span.bits:
        groups.append((digits[position : position + bits.width], bits))
        position += bits.width
    return groups


def _bit_row_html(index: int, data: bytes, span: Span) -> str:
    cells = "".join(_bits_html(f"{index}.{number}", *group) for number, group in enumerate(_bit_groups(data, span)))
    return f'<span class="bit-row"><span class="offset">byte {span.start}</span>{cells}</span>'


def _bits_html(key: str, digits: str, bits: FieldBits) -> str:
    """Show some bits above their name; their meaning appears on hovering and on focus."""
    said = f"{bits.name} {bits.value}: {bits.meaning}{f' ({bits.section})' if bits.section else ''}"
    mark = " error" if bits.error else ""
    return (
        f'<span class="bit{mark}" data-span="{key}" tabindex="0" role="note" aria-label="{escape(said)}">'
        f"<code>{digits}</code><small>{escape(bits.name)}</small>"
        f'<span class="tip" aria-hidden="true">{escape(said)}</span></span>'
    )


# --- decoded bytes ----------------------------------------------------------------------------------------------


def _readings_html(span: Span) -> str:
    columns = "".join(_reading_html(span.name, reading) for reading in span.readings)
    return f'<div class="readings">{columns}</div>'


def _reading_html(name: str, reading: Reading) -> str:
    starts = range(0, len(reading.data), BYTES_A_READING_ROW)
    width = min(len(reading.data), BYTES_A_READING_ROW)
    rows = (reading.data[start : start + BYTES_A_READING_ROW] for start in starts)
    lines = "\n".join(_hex_and_text(row, width) for row in rows)
    more = reading.length - len(reading.data)
    note = f'<p class="note">… {more:,} more bytes</p>' if more else ""
    title = f"{escape(name)}, {escape(reading.name)}: {reading.length:,} B"
    return f"<figure><figcaption>{title}</figcaption><pre>{escape(lines)}</pre>{note}</figure>"


# --- the list of fields -----------------------------------------------------------------------------------------


def _field_html(index: int, data: bytes, span: Span) -> str:
    if span.bits:
        where = f"bits of byte {span.start}"
        return "".join(
            _row_of_field_html(f"{index}.{number}", where, bits.value, bits) for number, bits in enumerate(span.bits)
        )
    value = span.value or _printable(data[span.start : span.end][:80])
    where = f"bytes {span.start} to {span.end - 1}" if span.end > span.start else f"nothing, at byte {span.start}"
    return _row_of_field_html(str(index), where, value, span)


def _row_of_field_html(key: str, where: str, value: str, what: Span | FieldBits) -> str:
    section = f"<cite>{escape(what.section)}</cite>" if what.section else ""
    mark = ' class="error"' if what.error else ""
    return (
        f'<tr{mark} data-span="{key}" tabindex="0" title="{where}"><th scope="row">{escape(what.name)}</th>'
        f"<td><code>{escape(value)}</code></td><td>{escape(what.meaning)} {section}</td></tr>"
    )


def _field_lines(data: bytes, span: Span) -> list[str]:
    """Return one line for each field: the place of its bytes or bits, then its name, value and meaning."""
    if span.bits:
        return _bit_lines(span)
    last = f"-{span.end - 1}" if span.end > span.start else ""
    value = span.value or _printable(data[span.start : span.end][:40])
    readings = [f"{'':10}{each.name:<15} {_hex_and_text(each.data[:BYTES_A_ROW])}" for each in span.readings]
    return [_line(f"{span.start:4d}{last}", value, span), *readings]


def _bit_lines(span: Span) -> list[str]:
    lines, first = [], 8 * span.start
    for bits in span.bits:
        lines.append(_line(_place_of_bits(first, first + bits.width - 1), bits.value, bits))
        first += bits.width
    return lines


def _place_of_bits(first: int, last: int) -> str:
    """Return where bits are, as byte and bit, such as `0.4-7`, or `0.4-1.7` if they go over several bytes."""
    begin = f"{first // 8:4d}.{first % 8}"
    if first == last:
        return begin
    return f"{begin}-{last % 8}" if first // 8 == last // 8 else f"{begin}-{last // 8}.{last % 8}"


def _line(place: str, value: str, what: Span | FieldBits) -> str:
    where = f" ({what.section})" if what.section else ""
    return f"{place:<9} {what.name:<15} {value:<28} {'✗ ' if what.error else ''}{what.meaning}{where}".rstrip()


def _printable(data: bytes) -> str:
    return "".join(_PRINTED[byte] for byte in data)
