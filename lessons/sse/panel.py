"""The panel of server-sent events: publish something, open more streams, say that there is no more."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import ipywidgets as widgets

from lessons.errors import LessonError
from lessons.panel import Panel
from lessons.sse.client import EventClient
from lessons.sse.server import EventServer

MANY_STREAMS = 8


class EventPanel(Panel):
    """A client of an event stream, live.

    Args:
        server: the server to listen to.
        client: which client it begins with: `python` or `page`.
        route: how the page reaches the server: `auto`, `direct` or `proxy`.
        credentials: whether the page sends cookies to a server of another origin.

    Raises:
        LessonError: for what isn't a running server, or an unknown client or route.
    """

    title = "Server-sent events"
    page_client = Path(__file__).with_name("client.js")
    _server: EventServer

    def __init__(
        self, server: EventServer, *, client: str = "python", route: str = "auto", credentials: bool = False
    ) -> None:
        self._credentials = credentials
        super().__init__(server, client=client, route=route)

    def publish(self, data: str, event: str = "") -> str:
        """Let the server send an event to all who listen; return its ID."""
        return self._server.publish(data, event)

    def open_more(self, count: int = MANY_STREAMS - 1) -> None:
        """Let the page open more streams; over HTTP/1.1 a browser grants about six to a host, all tabs together.

        Args:
            count: how many more.

        Raises:
            LessonError: if the client isn't the page, or is stopped.
        """
        if self._client != "page" or not self.running:
            raise LessonError("the limit is the browser's: choose `this page` and Start first")
        self._live.send({"type": "act", "action": "openMore", "arguments": [count]})

    def finish(self) -> None:
        """Let the server end all streams and answer 204 from now on."""
        self._server.finish()
        self._follow_states()

    def reopen(self) -> None:
        """Let the server open streams again."""
        self._server.reopen()
        self._follow_states()

    def make_client(self) -> EventClient:
        """Return the client in Python."""
        return EventClient(self.tap.url, feed=self.feed)

    def page_options(self) -> dict[str, Any]:
        """Return what client.js takes as its options."""
        return {"credentials": self._credentials}

    def controls(self) -> list[widgets.Widget]:
        """Return the field that publishes, the button for more streams and the one that ends them."""
        self._publish_field = self.text_field("publish", "", self._publish_text).add_class("lessons-words")
        self._finish_button = self.toggle(
            "No more (204)",
            "end all streams, and tell clients not to come back",
            lambda: self._server.finished,
            self.finish,
            self.reopen,
        )
        more = self.button(f"{MANY_STREAMS} streams", "open more streams in this page", self.open_more)
        return [self._publish_field, more, self._finish_button]

    def figures(self) -> str:
        """Return how many clients are listening to the server."""
        return f"{self._server.subscribers} listening"

    def _publish_text(self, text: str) -> None:
        if text:
            self._publish_field.value = ""
            self.publish(text)
