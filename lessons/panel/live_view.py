"""The live part of a panel: the sequence diagram and the bytes, drawn in the page as they come, and the page's client.

Python renders; the page shows what it gets and reports what was chosen. A view that opens later, or again after a
reload, asks for everything there is.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any
from uuid import uuid4

import anywidget
import traitlets

from lessons.panel.subshell import HeardAtOnce
from lessons.wire.message import Message
from lessons.wire.trace import Trace
from lessons.wire.views.annotated import bytes_html
from lessons.wire.views.sequence import Fragment, SequenceDiagram
from lessons.wire.views.view import style

HERE = Path(__file__).parent
KEPT_MESSAGES = 1000
"""How many messages stay in the live view; older ones fold into a count."""


class LiveView(HeardAtOnce, anywidget.AnyWidget):
    """Draws a trace while it grows, and runs the client in the page.

    Args:
        trace: what to draw.
        page_client: the source of the lesson's client.js.
        on_report: called with what the page's client reports: a dictionary with `news`, or `figures`, or `status` and
            `reason`.
        on_origin: called with the origin of each page that shows the view.
    """

    _esm = HERE / "browser.js"
    _css = style() + (HERE / "panel.css").read_text(encoding="utf-8")

    key = traitlets.Unicode().tag(sync=True)
    """By which the pages that show this view know it: however many they are, the client runs in only one of them."""
    page_client = traitlets.Unicode().tag(sync=True)
    wanted = traitlets.Dict().tag(sync=True)
    """What the client in the page should do: nothing for `{}`, else connect with `port`, `route` and `options`."""

    def __init__(
        self,
        trace: Trace,
        page_client: str,
        on_report: Callable[[dict[str, str]], None],
        on_origin: Callable[[str], None],
    ) -> None:
        super().__init__(page_client=page_client, key=uuid4().hex)
        self._trace = trace
        self._drawn = 0
        self._diagram = SequenceDiagram()
        self._messages: dict[int, Message] = {}
        self._on_report = on_report
        self._on_origin = on_origin
        self.on_msg(self._receive)

    @property
    def messages(self) -> list[Message]:
        """The messages that the view shows, oldest first."""
        return list(self._messages.values())

    def refresh(self) -> None:
        """Draw what has come since the last call; tell the page only if there is something."""
        messages = self._trace.messages(after=self._drawn)
        for message in messages:
            self._messages[message.number] = message
            self._drawn = message.number
        for number in list(self._messages)[:-KEPT_MESSAGES]:
            del self._messages[number]
        fragments = self._diagram.add(messages)
        if fragments:
            self.send({"type": "drawn", "steps": _drawn(fragments), **self._figures()})

    def act(self, action: str, *arguments: str | int) -> None:
        """Let the client in the page do something.

        Args:
            action: the name of a method of what its client.js returned.
            arguments: what to call it with.
        """
        self.send({"type": "act", "action": action, "arguments": arguments})

    def _figures(self) -> dict[str, Any]:
        trace = self._trace
        return {
            "height": self._diagram.height,
            "cost": str(self._trace.cost()),
            "dropped": trace.dropped_records,
        }

    def _receive(self, _: object, content: dict[str, Any], buffers: object) -> None:
        """Answer what a page says; called on whichever thread the kernel chooses."""
        match content.get("type"):
            case "origin":
                self._on_origin(str(content.get("origin", "")))
            case "ready":
                everything = {"all": True, "view": content.get("view"), "steps": _drawn(self._diagram.fragments())}
                self.send({"type": "drawn", **everything, **self._figures()})
            case "select":
                self._show_bytes(content.get("number"))
            case "report":
                for report in content.get("items", []):
                    self._on_report(report)

    def _show_bytes(self, number: object) -> None:
        message = self._messages.get(number) if isinstance(number, int) else None
        if message is None:
            return
        html = bytes_html(message.data, message.spans)
        self.send({"type": "bytes", "number": number, "title": message.title, "html": html})

    def __repr__(self) -> str:
        return "<live view of the line>"


def _drawn(fragments: Iterable[Fragment]) -> list[tuple[str, str, float, float]]:
    """Return pieces of the diagram as the page takes them: key, SVG, top and bottom."""
    return [(each.key, each.svg, each.top, each.bottom) for each in fragments]
