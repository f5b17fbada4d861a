"""The panel of long polling: how many requests the server holds."""

from __future__ import annotations

from pathlib import Path

from lessons.long_polling.client import LongPollingClient
from lessons.long_polling.server import LongPollingServer
from lessons.panel import Panel


class LongPollingPanel(Panel):
    """A client of long polling, live.

    It takes a `LongPollingServer`, and what every panel takes besides.
    """

    title = "Long polling"
    page_client = Path(__file__).with_name("client.js")
    _server: LongPollingServer

    def make_client(self) -> LongPollingClient:
        """Return the client in Python."""
        return LongPollingClient(self.tap.url, feed=self.feed)

    def figures(self) -> str:
        """Return how many requests are parked."""
        return f"parked at the server: {self._server.parked}"
