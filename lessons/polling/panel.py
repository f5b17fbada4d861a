"""The panel of polling: how often the client asks."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import ipywidgets as widgets

from lessons.clients.base import check_interval
from lessons.panel import Panel
from lessons.polling.client import PollingClient
from lessons.serving.runtime import Server


class PollingPanel(Panel):
    """A polling client, live.

    Args:
        server: the server to ask.
        interval: seconds from an answer to the next request.
        client: which client it begins with: `python` or `page`.
        route: how the page reaches the server: `auto`, `direct` or `proxy`.

    Raises:
        LessonError: for what isn't a running server, an interval that isn't a number above zero, or an unknown client
            or route.
    """

    title = "Polling"
    page_client = Path(__file__).with_name("client.js")

    def __init__(self, server: Server, *, interval: float = 1.0, client: str = "python", route: str = "auto") -> None:
        self._interval = check_interval(interval)
        super().__init__(server, client=client, route=route)

    @property
    def interval(self) -> float:
        """Seconds from an answer to the next request; set it to change it."""
        return self._interval

    @interval.setter
    def interval(self, seconds: float | str) -> None:
        self._interval = check_interval(seconds)
        self._interval_field.value = f"{self._interval:g}"
        self.restart()

    def make_client(self) -> PollingClient:
        """Return the polling client in Python."""
        return PollingClient(self.tap.url, interval=self._interval, feed=self.feed)

    def page_options(self) -> dict[str, Any]:
        """Return what client.js takes as its options."""
        return {"interval": self._interval}

    def controls(self) -> list[widgets.Widget]:
        """Return the field for the interval."""
        self._interval_field = self.text_field("every (s)", f"{self._interval:g}", self._choose_interval)
        return [self._interval_field]

    def _choose_interval(self, text: str) -> None:
        if text != f"{self._interval:g}":
            self.interval = text
