"""The WebSocket panel: whatever a client can say, bad frames too, and what comes back."""

from __future__ import annotations

import os
from collections.abc import Callable, Sequence
from typing import Any

import ipywidgets as widgets

from lessons.clients.background_client import BackgroundClient
from lessons.errors import LessonError
from lessons.panel.bad_frames import BAD_FRAMES
from lessons.panel.panel import Panel
from lessons.protocols.websocket_close import CloseCode
from lessons.protocols.websocket_events import BinaryMessage, Close, Ping, TextMessage
from lessons.serving.runtime import Server
from lessons.serving.websocket_server import CLIENT

FRAGMENT_SIZE = 4
"""How many bytes a fragment carries by default."""

ONLY_PYTHON = (
    "A page can say text, bytes and a close code. Pings, fragments, masks and broken frames are out of its reach: "
    "the browser makes the frames. For these choose the client in Python."
)


class WebSocketPanel(Panel):
    """A WebSocket client, live: say something, and see every frame.

    Args:
        server: the server to connect to.
        path: the path to open there, such as `/echo`.
        subprotocols: the subprotocols to ask for, the preferred one first.
        compression: whether the client in Python offers permessage-deflate; a browser always does.
        client: which client it begins with: `python` or `page`.
        route: how the page reaches the server: `auto`, `direct` or `proxy`.
        title: what the panel is called; `WebSocket` by default.

    Raises:
        LessonError: for what isn't a running server, or an unknown client or route.
    """

    title = "WebSocket"
    page_client = CLIENT

    def __init__(
        self,
        server: Server,
        *,
        path: str = "/",
        subprotocols: Sequence[str] = (),
        compression: bool = True,
        client: str = "python",
        route: str = "auto",
        title: str = "",
    ) -> None:
        self._path = path
        self._subprotocols = tuple(subprotocols)
        self._compression = compression
        super().__init__(server, client=client, route=route, title=title)

    def make_client(self) -> BackgroundClient:
        """Return the WebSocket client in Python."""
        return BackgroundClient(
            self.tap.url,
            path=self._path,
            subprotocols=self._subprotocols,
            compression=self._compression,
            feed=self.feed,
        )

    def page_options(self) -> dict[str, Any]:
        """Return what client.js takes as its options."""
        return {"path": self._path, "subprotocols": list(self._subprotocols)}

    @property
    def path(self) -> str:
        """The path that is opened at the server, such as `/echo`; set it to switch."""
        return self._path

    @path.setter
    def path(self, path: str) -> None:
        if not path.startswith("/"):
            raise LessonError(f"a path begins with a slash, such as /echo, not {path!r}")
        self._path = path
        self._path_field.value = path
        self.restart()

    # --- what a client can say ---

    def send(self, text: str) -> None:
        """Send a text message."""
        self._say(lambda client: client.send(TextMessage(text)), "send", text)

    def send_binary(self, data: bytes) -> None:
        """Send a binary message."""
        self._say(lambda client: client.send(BinaryMessage(data)), "sendBinary", data.hex())

    def close_with(self, code: int = CloseCode.NORMAL_CLOSURE, reason: str = "") -> None:
        """Begin the closing handshake.

        Args:
            code: 1000, or from 3000 to 4999; the client in Python takes the other registered codes too.
            reason: why, in at most 123 bytes of UTF-8.
        """
        self._say(lambda client: client.send(Close(code, reason)), "close", int(code), reason)

    def ping(self, payload: bytes = b"") -> None:
        """Send a ping of at most 125 bytes; the pong that answers it counts as news."""
        self._say(lambda client: client.send(Ping(payload)))

    def send_in_fragments(self, text: str, size: int = FRAGMENT_SIZE) -> None:
        """Send a text message in fragments of `size` bytes; the last one may be shorter."""
        if size < 1:
            raise LessonError(f"a fragment carries 1 byte or more, not {size}")
        self._say(lambda client: client.send(TextMessage(text), size))

    def send_bad_frame(self, what: str) -> None:
        """Send a frame that breaks a rule: one of `BAD_FRAMES`."""
        if what not in BAD_FRAMES:
            raise LessonError(f"the bad frames are {', '.join(BAD_FRAMES)}; {what!r} is none of them")
        self._say(lambda client: client.send_raw(BAD_FRAMES[what](os.urandom(4))))

    def _say(self, in_python: Callable[[BackgroundClient], None], in_page: str = "", *arguments: str | int) -> None:
        """Let the client say something: in Python by a call, in the page by an action of client.js."""
        if self.client == "page" and not in_page:
            raise LessonError(ONLY_PYTHON)
        if self.feed.status != "connected":
            reason = f" ({self.feed.reason})" if self.feed.reason else ""
            raise LessonError(f"the WebSocket is {self.feed.status}{reason}, not open; start the client first")
        if self.client == "page":
            self._live.act(in_page, *arguments)
        elif isinstance(self._python_client, BackgroundClient):
            in_python(self._python_client)

    # --- widgets ---

    def controls(self) -> list[widgets.Widget]:
        """Return the field for what to say, and a button for each way to say it."""
        self._text = _field(widgets.Text(value="Hello", description="say"), "lessons-wide")
        self._code = _field(widgets.Text(value=str(int(CloseCode.NORMAL_CLOSURE)), description="code"), "lessons-word")
        self._bad_frame = _field(widgets.Dropdown(options=list(BAD_FRAMES), description="a frame that is wrong"))
        fragments = self.button("Fragments", f"as text, {FRAGMENT_SIZE} bytes a frame", self._say_in_fragments)
        ping = self.button("Ping", "as the payload of a ping", lambda: self.ping(self._text.value.encode()))
        bad = self.button("Send it", "send this bad frame", lambda: self.send_bad_frame(self._bad_frame.value))
        self._python_only = [fragments, ping, self._bad_frame, bad]
        self._hint = widgets.HTML(f'<span class="note">{ONLY_PYTHON}</span>')
        self._client_buttons.observe(lambda _: self._show_what_can_be_said(), "value")
        self._show_what_can_be_said()
        saying = [
            self._text,
            self.button("Text", "as a text message", lambda: self.send(self._text.value)),
            self.button("Binary", "as a binary message", lambda: self.send_binary(self._text.value.encode())),
            fragments,
            ping,
        ]
        closing = [self._code, self.button("Close", "begin the closing handshake", self._close_with_code)]
        self._path_field = _field(self.text_field("path", self._path, self._choose_path), "lessons-word")
        return [self._path_field, _row(*saying, *closing), _row(self._bad_frame, bad, self._hint)]

    def _choose_path(self, path: str) -> None:
        if path != self._path:
            self.path = path

    def _say_in_fragments(self) -> None:
        self.send_in_fragments(self._text.value)

    def _close_with_code(self) -> None:
        if not self._code.value.isdecimal():
            raise LessonError(f"a close code is a number such as 1000, not {self._code.value!r}")
        self.close_with(int(self._code.value))

    def _show_what_can_be_said(self) -> None:
        """Disable what a page can't say, and say so."""
        in_page = self._client_buttons.value == "page"
        for each in self._python_only:
            each.disabled = in_page
        self._hint.layout.display = "" if in_page else "none"


def _field(widget: widgets.Widget, *classes: str) -> Any:  # noqa: ANN401
    for name in ("lessons-field", *classes):
        widget.add_class(name)
    return widget


def _row(*parts: widgets.Widget) -> widgets.HBox:
    return widgets.HBox(parts).add_class("lessons-controls")
