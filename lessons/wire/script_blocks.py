"""HTML on the wire: the script blocks of iframe streaming, and in each the news that it hands to the page."""

from __future__ import annotations

import re

from lessons.wire.message import Span

BLOCK = re.compile(rb"(<script>)((?:parent\.)?[\w$]+)(\()(.*?)(\))(</script>)(\n?)", re.DOTALL)
SECTION = "WHATWG HTML §4.12.1"


class HtmlContent:
    """Reads the content of an HTML response; a block that comes in two pieces is left as plain HTML."""

    def receive(self, data: bytes) -> tuple[str, list[Span]]:
        """Label the next piece; the title says what its script blocks call, if it has any."""
        blocks = list(BLOCK.finditer(data))
        if not blocks:
            return "", [Span(0, len(data), "HTML", "", "a part of the document", content=True)]
        spans: list[Span] = []
        end = 0
        for block in blocks:
            spans += _html(end, block.start())
            spans += _labelled(block)
            end = block.end()
        return _title(blocks), [*spans, *_html(end, len(data))]


def _html(start: int, end: int) -> list[Span]:
    return [Span(start, end, "HTML", "", "a part of the document")] if end > start else []


def _labelled(block: re.Match[bytes]) -> list[Span]:
    parts = [
        ("start tag", "from here on it is a script", SECTION),
        ("function", "what the script calls; behind `parent.` in the page around the frame", ""),
        ("bracket", "", ""),
        ("arguments", "what it is called with: the news, in JSON that no value can break out of", "ECMA-262 §13.3"),
        ("bracket", "", ""),
        ("end tag", "the browser runs the script as soon as this has come", "WHATWG HTML §13.2.6.4.8"),
        ("line end", "", ""),
    ]
    return [
        Span(
            *block.span(group),
            name=name,
            value=block[group].decode(errors="replace") if name == "arguments" else "",
            meaning=meaning,
            section=section,
            minor=not meaning,
            content=name == "arguments",
        )
        for group, (name, meaning, section) in enumerate(parts, 1)
        if block[group]
    ]


def _title(blocks: list[re.Match[bytes]]) -> str:
    if len(blocks) > 1:
        return f"{len(blocks)} script blocks"
    function, arguments = blocks[0].group(2, 4)
    return f"{function.decode()}({arguments.decode(errors='replace')})"
