"""The document of iframe streaming, as bytes: how it begins, and the block that each piece of news adds to it."""

from __future__ import annotations

from functools import lru_cache
from pathlib import Path

from lessons.protocols.script_blocks import call_parent, post_to_parent
from lessons.protocols.script_escape import script_json

TEMPLATE = Path(__file__).with_name("frame.html")
PADDING = "Some browsers show nothing before the first 1,024 bytes have come, so here they are. "
PADDED = 1024
"""How many bytes of padding a document begins with."""
HEARTBEAT = b"<script>measure()</script>\n"
"""A block without news, which shows the page that the line is alive."""


def beginning(page: str | None) -> bytes:
    """Return what a document begins with.

    Args:
        page: the origin of the page around the frame, if it isn't the frame's own.
    """
    origin = "parent.location.origin" if page is None else script_json(page)
    padding = (PADDING * (PADDED // len(PADDING) + 1))[:PADDED]
    template = TEMPLATE.read_text(encoding="utf-8")
    return template.replace("{padding}", padding).replace("{page}", origin).encode()


@lru_cache(maxsize=64)
def block(text: str, function: str, page: str | None) -> bytes:
    """Return the script block that hands a piece of news to the page. It is written once for all frames that get it.

    Args:
        text: the news.
        function: the function of the page to call, if the page is of the frame's own origin.
        page: the origin of the page, if it is another; then a message is posted to it.

    Raises:
        ValueError: if the function has no proper name, or the origin isn't one.
    """
    written = call_parent(function, text) if page is None else post_to_parent(text, page)
    return written.encode()
