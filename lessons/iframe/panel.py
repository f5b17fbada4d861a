"""The panel of iframe streaming: how large the document has become."""

from __future__ import annotations

from pathlib import Path

from lessons.iframe.client import IframeClient
from lessons.panel import Panel


class IframePanel(Panel):
    """A client of a document that doesn't end, live.

    Args:
        server: the server to listen to.
        client: who the client is at first: `python` or `page`.
        route: how the page reaches the server: `auto`, `direct` or `proxy`.

    Raises:
        LessonError: for a closed server, an unknown client or route.
    """

    title = "Iframe streaming"
    page_client = Path(__file__).with_name("client.js")

    def make_client(self) -> IframeClient:
        """Return the client in Python."""
        return IframeClient(self.tap.url, feed=self.feed)
