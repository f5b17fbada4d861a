"""The panel of long polling: how many requests the server holds back."""

from __future__ import annotations

from pathlib import Path

from lessons.long_polling.client import LongPollingClient
from lessons.long_polling.server import LongPollingServer
from lessons.panel import Panel


class LongPollingPanel(Panel):
    """A client of long polling, live.

    Args:
        server: the server to ask.
        client: who the client is at first: `python` or `page`.
        route: how the page reaches the server: `auto`, `direct` or `proxy`.

    Raises:
        LessonError: for a closed server, an unknown client or route.
    """

    title = "Long polling"
    page_client = Path(__file__).with_name("client.js")

    def __init__(self, server: LongPollingServer, *, client: str = "python", route: str = "auto") -> None:
        self._long_polling = server
        super().__init__(server, client=client, route=route)

    def make_client(self) -> LongPollingClient:
        """Return the client in Python."""
        return LongPollingClient(self.tap.url, feed=self.feed)

    def figures(self) -> str:
        """Return how many requests are parked."""
        return f"parked at the server: {self._long_polling.parked}"
