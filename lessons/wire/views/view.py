"""Views of a trace that show without a widget manager: a table, annotated bytes, a sequence diagram.

Each is a `View`: HTML for a notebook, and the same as plain text.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import cache
from html import escape
from pathlib import Path

from lessons.wire.cost import counted
from lessons.wire.message import Message, Span
from lessons.wire.trace import Trace
from lessons.wire.views.annotated import bytes_html, bytes_text
from lessons.wire.views.sequence import SequenceDiagram, sequence_text

SHOWN_MESSAGES = 200
"""How many messages a view shows, counted from the newest."""


@cache
def style() -> str:
    """Return the style sheet that all views and panels share."""
    return (Path(__file__).parent / "view.css").read_text(encoding="utf-8")


class View:
    """A picture with its text form.

    Args:
        html: what a notebook shows, without the style sheet.
        text: the same in plain text.
    """

    def __init__(self, html: str, text: str) -> None:
        self.html = html
        self.text = text

    def _repr_html_(self) -> str:
        return f'<style>{style()}</style><div class="lessons lessons-view">{self.html}</div>'

    def __repr__(self) -> str:
        return self.text


def table(trace: Trace) -> View:
    """Return the messages of a trace as a table: time, connection, direction, title, size and delay."""
    messages, note = _newest(trace.messages(), trace)
    head = ("time", "connection", "", "message", "bytes", "content", "delay")
    rows = [_table_row(message) for message in messages]
    html = "".join(f"<tr>{''.join(f'<td>{escape(cell)}</td>' for cell in row)}</tr>" for row in rows)
    heads = "".join(f'<th scope="col">{cell or "way"}</th>' for cell in head)
    text = "\n".join(_aligned(row) for row in rows)
    return View(
        f'{_note_html(note)}<table class="messages"><thead><tr>{heads}</tr></thead><tbody>{html}</tbody></table>',
        "\n".join(part for part in (note, text) if part),
    )


_WIDTHS = (9, 3, 1, 32, 6, 6, 9)


def _aligned(row: tuple[str, ...]) -> str:
    return "  ".join(cell.ljust(width) for cell, width in zip(row, _WIDTHS, strict=True)).rstrip()


def _table_row(message: Message) -> tuple[str, ...]:
    return (
        f"{message.sent:.3f} s",
        str(message.connection or ""),
        "→" if message.direction == "up" else "←",
        message.title + ("" if message.complete else " (incomplete)"),
        str(len(message.data)),
        str(message.content),
        "" if message.delay is None else f"{message.delay * 1000:.1f} ms",
    )


def annotated_bytes(what: Message | bytes, spans: Sequence[Span] = ()) -> View:
    """Return bytes in hexadecimal and as text, with each span of them labelled.

    Args:
        what: a message of a trace, or any bytes.
        spans: what the bytes mean, if `what` is bytes.
    """
    data, labels = (what, spans) if isinstance(what, bytes) else (what.data, what.spans)
    return View(bytes_html(data, labels), bytes_text(data, labels))


def folded(views: Mapping[str, Sequence[View]]) -> View:
    """Return views folded up under titles: one line each, until the reader opens it.

    Args:
        views: the views under each title.
    """
    html = "".join(
        f"<details><summary>{escape(title)}</summary>{''.join(view.html for view in below)}</details>"
        for title, below in views.items()
    )
    text = "\n\n".join("\n".join([title, *(view.text for view in below)]) for title, below in views.items())
    return View(html, text)


def sequence(trace: Trace) -> View:
    """Return a trace as a sequence diagram: client left, server right, time running down the page and to scale."""
    messages, note = _newest(trace.messages(), trace)
    diagram = SequenceDiagram()
    diagram.add(messages)
    text = sequence_text(messages)
    details = f'<details><summary>as text</summary><pre class="text-form">{escape(text)}</pre></details>'
    return View(_note_html(note) + diagram.svg() + details, "\n".join(part for part in (note, text) if part))


def _newest(messages: list[Message], trace: Trace) -> tuple[list[Message], str]:
    """Return the messages that a view shows, and a note about those that it doesn't."""
    notes = []
    if len(messages) > SHOWN_MESSAGES:
        notes.append(f"{counted(len(messages) - SHOWN_MESSAGES, 'earlier message')} not shown")
    if trace.dropped_records:
        notes.append(f"{counted(trace.dropped_records, 'older record')} dropped ({trace.dropped_bytes:,} B)")
    return messages[-SHOWN_MESSAGES:], "; ".join(notes)


def _note_html(note: str) -> str:
    return f'<p class="note">{escape(note)}</p>' if note else ""
