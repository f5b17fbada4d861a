"""JSON on the wire: the answers of long polling, and the news and the cursor in each.

Only the news counts as content: names, brackets, quotes and the cursor are its envelope.
"""

from __future__ import annotations

import re

from lessons.wire.message import Span

STRING = rb'"((?:[^"\\]|\\.)*)"'
ITEMS = re.compile(rb'"items": ?\[(?:%b(?:, ?)?)*\]' % STRING)
CURSOR = re.compile(rb'"cursor": ?' + STRING)
ANY_STRING = re.compile(STRING)


class JsonContent:
    """Reads the content of a JSON response; if there is no list of news in it, it is shown as plain content."""

    def receive(self, data: bytes) -> tuple[str, list[Span]]:
        """Label a piece; its title is empty, since its message's own is good enough."""
        items = ITEMS.search(data)
        if items is None:
            return "", [
                Span(0, len(data), "content", "", "what the application wanted to send", "RFC 9110 §6.4", content=True)
            ]
        behind_name = items.start() + len('"items"')
        spans = [
            _value(data, found, "news", "a piece of news, as the page shows it", content=True)
            for found in ANY_STRING.finditer(data, behind_name, items.end())
            if found[1]
        ]
        if cursor := CURSOR.search(data):
            spans.append(_value(data, cursor, "cursor", "how far the client has heard; its next request sends it back"))
        return "", _with_envelope(sorted(spans, key=lambda span: span.start), len(data))


def _value(data: bytes, found: re.Match[bytes], name: str, meaning: str, *, content: bool = False) -> Span:
    start, end = found.span(1)
    return Span(start, end, name, data[start:end].decode(errors="replace"), meaning, content=content)


def _with_envelope(values: list[Span], length: int) -> list[Span]:
    """Return the spans, and between them JSON's own characters as spans of their own."""
    spans: list[Span] = []
    end = 0
    for value in [*values, Span(length, length, "")]:
        if value.start > end:
            spans.append(Span(end, value.start, "JSON", "", "the envelope: names, brackets, quotes", "RFC 8259 §2"))
        if value.end > value.start:
            spans.append(value)
        end = value.end
    return spans
