"""HTML on the wire: the script blocks of iframe streaming, and the news that each of them hands to the page.

Only the news counts as content: in a document that carries news, everything else is its envelope.
"""

from __future__ import annotations

import re

from lessons.protocols.script_blocks import BLOCK_START, ScriptBlock, find_script_blocks
from lessons.wire.message import Span

TARGET_ORIGIN = re.compile(rb', "https?://[^"]*"\Z')
SECTION = "WHATWG HTML §4.12.1"


class HtmlContent:
    """Reads the content of an HTML response; a block that comes in two pieces is shown as plain HTML."""

    def receive(self, data: bytes) -> tuple[str, list[Span]]:
        """Label the next piece; the title says what its script blocks call, if it has any."""
        blocks = list(find_script_blocks(data))
        spans: list[Span] = []
        end = 0
        for block in blocks:
            spans += [*_html(end, block.start), *_labelled(block, data)]
            end = spans[-1].end
        return _title(blocks), [*spans, *_html(end, len(data))]


def _html(start: int, end: int) -> list[Span]:
    return [Span(start, end, "HTML", "", "a part of the document that carries no news")] if end > start else []


def _labelled(block: ScriptBlock, data: bytes) -> list[Span]:
    """Label a block, and the line end after it if there is one."""
    news, origin = _news_and_origin(block)
    quote = news[:1] if len(news) > 1 and news.startswith(b'"') and news.endswith(b'"') else b""
    news = news[len(quote) : len(news) - len(quote)]
    parts = [
        (BLOCK_START, "start tag", "from here on it is a script", SECTION),
        (
            block.function.encode(),
            "function",
            "what the script calls; with `parent.`, in the page around the frame",
            "",
        ),
        (b"(", "bracket", "", ""),
        (quote, "quote", "", ""),
        (news, "news", "in JSON that no value can break out of", ""),
        (quote, "quote", "", ""),
        (origin, "target origin", "the only origin that may read the message", "WHATWG HTML §9.3"),
        (b")", "bracket", "", ""),
        (block.end_tag, "end tag", "the browser runs the script as soon as this has come", "WHATWG HTML §13.2.6.4.8"),
        (b"\n" if data.startswith(b"\n", block.end) else b"", "line end", "", ""),
    ]
    spans: list[Span] = []
    start = block.start
    for part, name, meaning, section in parts:
        if part:
            is_news = name == "news"
            value = part.decode(errors="replace") if is_news else ""
            spans.append(
                Span(start, start + len(part), name, value, meaning, section, minor=not meaning, content=is_news)
            )
        start += len(part)
    return spans


def _news_and_origin(block: ScriptBlock) -> tuple[bytes, bytes]:
    """Split the arguments into the news and the target origin, which may be missing."""
    origin = TARGET_ORIGIN.search(block.arguments)
    end = origin.start() if origin else len(block.arguments)
    return block.arguments[:end], block.arguments[end:]


def _title(blocks: list[ScriptBlock]) -> str:
    if len(blocks) > 1:
        return f"{len(blocks)} script blocks"
    return "".join(f"{block.function}({_news_and_origin(block)[0].decode(errors='replace')})" for block in blocks)
