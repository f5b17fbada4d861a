"""The panel of iframe streaming: how many documents the server writes, and how large the client's has become."""

from __future__ import annotations

from pathlib import Path

from lessons.iframe.client import IframeClient
from lessons.iframe.server import IframeServer
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

    def __init__(self, server: IframeServer, *, client: str = "python", route: str = "auto") -> None:
        self._iframe_server = server
        super().__init__(server, client=client, route=route)

    def make_client(self) -> IframeClient:
        """Return the client in Python."""
        return IframeClient(self.tap.url, feed=self.feed)

    def figures(self) -> str:
        """Return how many documents the server is writing, and what the client says of its own."""
        return f"documents at the server: {self._iframe_server.frames} · {self.feed.figures}".rstrip(" ·")
