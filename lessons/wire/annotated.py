"""Annotated bytes: hexadecimal and text side by side, and below them what each span of bytes means."""

from __future__ import annotations

from collections.abc import Sequence
from html import escape
from itertools import groupby

from lessons.wire.message import Span

BYTES_A_ROW = 16
SHOWN_BYTES = 1024
"""How many bytes of a message are shown; of more, the first."""


_PRINTED = [chr(byte) if 0x20 <= byte < 0x7F else "↵" if byte == 0x0A else "·" for byte in range(256)]
"""One character for each byte: itself where it can be read, an arrow for a line feed, else a dot."""


def bytes_html(data: bytes, spans: Sequence[Span]) -> str:
    """Return the bytes and their meaning as HTML.

    What belongs to the span of index N carries `data-span="N"`, so that a page can show them together.

    Args:
        data: the bytes.
        spans: what they mean, in order.
    """
    shown = data[:SHOWN_BYTES]
    owners = _owners(len(shown), spans)
    rows = "".join(_row_html(shown, start, owners, spans) for start in range(0, len(shown), BYTES_A_ROW))
    more = f'<p class="note">… {len(data) - len(shown):,} more bytes</p>' if len(data) > len(shown) else ""
    fields = "".join(
        _field_html(index, data, span)
        for index, span in enumerate(spans)
        if span.start < SHOWN_BYTES and not span.minor
    )
    table = f'<table class="fields"><tbody>{fields}</tbody></table>' if fields else ""
    return f'<div class="bytes" aria-hidden="true">{rows}</div>{more}{table}'


def bytes_text(data: bytes, spans: Sequence[Span]) -> str:
    """Return the bytes and their meaning as plain text: a hex dump, or with spans a line for each."""
    if spans:
        return "\n".join(_field_text(data, span) for span in spans if not span.minor)
    rows = [_row_text(data, start) for start in range(0, min(len(data), SHOWN_BYTES), BYTES_A_ROW)]
    more = [f"… {len(data) - SHOWN_BYTES:,} more bytes"] if len(data) > SHOWN_BYTES else []
    return "\n".join(rows + more)


def _row_text(data: bytes, start: int) -> str:
    row = data[start : min(start + BYTES_A_ROW, SHOWN_BYTES)]
    return f"{start:04x}  {row.hex(' '):{BYTES_A_ROW * 3}}  {_printable(row)}"


def _owners(length: int, spans: Sequence[Span]) -> list[int]:
    """Return for each byte the index of the span that it belongs to, -1 for none."""
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
    """Show neighbouring bytes of one span; what it is shows on hovering."""
    if owner < 0:
        return escape(text)
    span = spans[owner]
    title = escape(f"{span.name}: {span.meaning}" if span.meaning else span.name)
    return f'<b class="tint{owner % 2}" data-span="{owner}" title="{title}">{escape(text)}</b>'


def _field_html(index: int, data: bytes, span: Span) -> str:
    value = escape(span.value or _printable(data[span.start : span.end][:80]))
    meaning = f"{escape(span.meaning)} {f'<cite>{escape(span.section)}</cite>' if span.section else ''}"
    mark = ' class="error"' if span.error else ""
    where = f"bytes {span.start} to {span.end - 1}" if span.end > span.start else f"nothing, at byte {span.start}"
    return (
        f'<tr{mark} data-span="{index}" tabindex="0" title="{where}"><th scope="row">{escape(span.name)}</th>'
        f"<td><code>{value}</code></td><td>{meaning}</td></tr>"
    )


def _field_text(data: bytes, span: Span) -> str:
    value = span.value or _printable(data[span.start : span.end][:40])
    where = f" ({span.section})" if span.section else ""
    last = f"-{span.end - 1}" if span.end > span.start else ""
    return f"{span.start:4d}{last:<5} {span.name:<15} {value:<28} {span.meaning}{where}".rstrip()


def _printable(data: bytes) -> str:
    return "".join(_PRINTED[byte] for byte in data)
