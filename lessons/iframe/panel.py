"""The panel of iframe streaming: how many documents the server writes, and how large the client's has become."""

from __future__ import annotations

from pathlib import Path

from lessons.iframe.client import IframeClient
from lessons.iframe.server import IframeServer
from lessons.panel import Panel


class IframePanel(Panel):
    """A client of a document that doesn't end, live.

    It takes an `IframeServer`, and what every panel takes besides.
    """

    title = "Iframe streaming"
    page_client = Path(__file__).with_name("client.js")
    _server: IframeServer

    def make_client(self) -> IframeClient:
        """Return the client in Python."""
        return IframeClient(self.tap.url, feed=self.feed)

    def figures(self) -> str:
        """Return how many documents the server is writing, and what the client says of its own."""
        return f"documents at the server: {self._server.frames} · {self.feed.figures}".rstrip(" ·")
