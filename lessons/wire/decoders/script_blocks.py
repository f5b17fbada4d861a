"""HTML on the wire: the script blocks of iframe streaming, and in each the news that it hands to the page.

Only the news counts as content: in a document that carries news, everything else is its envelope.
"""

from __future__ import annotations

import re

from lessons.wire.message import Span

BLOCK = re.compile(
    rb"""
    (<script>) ((?:parent\.)?[\w$]+)
    (\() ("?) (.*?) (\4) ((?:,[ ]"https?://[^"]*")?) (\))
    (</script>) (\n?)
    """,
    re.DOTALL | re.VERBOSE,
)
SECTION = "WHATWG HTML §4.12.1"


class HtmlContent:
    """Reads the content of an HTML response; a block that comes in two pieces is left as plain HTML."""

    def receive(self, data: bytes) -> tuple[str, list[Span]]:
        """Label the next piece; the title says what its script blocks call, if it has any."""
        blocks = list(BLOCK.finditer(data))
        spans: list[Span] = []
        end = 0
        for block in blocks:
            spans += _html(end, block.start())
            spans += _labelled(block)
            end = block.end()
        return _title(blocks), [*spans, *_html(end, len(data))]


def _html(start: int, end: int) -> list[Span]:
    return [Span(start, end, "HTML", "", "a part of the document that is no news")] if end > start else []


def _labelled(block: re.Match[bytes]) -> list[Span]:
    parts = [
        ("start tag", "from here on it is a script", SECTION),
        ("function", "what the script calls; behind `parent.` in the page around the frame", ""),
        ("bracket", "", ""),
        ("quote", "", ""),
        ("news", "in JSON that no value can break out of", ""),
        ("quote", "", ""),
        ("target origin", "the only origin that may read the message", "WHATWG HTML §9.3"),
        ("bracket", "", ""),
        ("end tag", "the browser runs the script as soon as this has come", "WHATWG HTML §13.2.6.4.8"),
        ("line end", "", ""),
    ]
    return [
        Span(
            *block.span(group),
            name=name,
            value=block[group].decode(errors="replace") if name == "news" else "",
            meaning=meaning,
            section=section,
            minor=not meaning,
            content=name == "news",
        )
        for group, (name, meaning, section) in enumerate(parts, 1)
        if block[group]
    ]


def _title(blocks: list[re.Match[bytes]]) -> str:
    if len(blocks) > 1:
        return f"{len(blocks)} script blocks"
    return b"".join(block[2] + b"(" + b"".join(block.group(4, 5, 6)) + b")" for block in blocks).decode(
        errors="replace"
    )
