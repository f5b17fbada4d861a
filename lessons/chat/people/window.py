"""The window of one chatter: what the page shows of that person's chat, and what is pressed there.

It draws messages with the code of the chat's own page: people's words are only ever inserted as text.
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import anywidget
import traitlets

from lessons.chat.people.session import Session
from lessons.serving.page import bundle

HERE = Path(__file__).parent
OFFERED_ROOMS = ["red", "green"]
KEPT_MESSAGES = 200
"""How many messages a page gets that opens later."""


class ChatWindow(anywidget.AnyWidget):
    """Shows who a person is, and what that person has heard.

    Args:
        session: whose window it is.
        on_press: called with what was pressed and the words that go with it, on any thread.
    """

    _esm = bundle(HERE / "window.js")
    _css = HERE / "window.css"

    status = traitlets.Unicode("stopped").tag(sync=True)
    name = traitlets.Unicode(None, allow_none=True).tag(sync=True)
    rooms = traitlets.List(traitlets.Unicode()).tag(sync=True)
    offered_rooms = traitlets.List(traitlets.Unicode(), OFFERED_ROOMS).tag(sync=True)
    people = traitlets.List(traitlets.Unicode()).tag(sync=True)
    is_waiting = traitlets.Bool(False).tag(sync=True)
    """Whether what was said has no answer yet; until then it stays in the box."""

    def __init__(self, session: Session, on_press: Callable[[str, str], None]) -> None:
        super().__init__()
        self._session = session
        self._on_press = on_press
        self._drawn = 0
        self._memories = session.memories
        self._draft = ""
        self.on_msg(self._receive)

    @property
    def draft(self) -> str:
        """What is in the box. It is no trait: what is typed must not overtake what is sent, nor be overtaken by it."""
        return self._draft

    @draft.setter
    def draft(self, text: str) -> None:
        self._draft = text
        self.send({"type": "draft", "text": text})

    def refresh(self) -> None:
        """Show what has changed since the last call."""
        session = self._session
        self.status = session.feed.status
        self.name, self.rooms, self.people = session.name, session.rooms, session.people
        self.is_waiting = session.unanswered is not None
        if self._memories != session.memories:  # what is drawn has numbers that no longer mean anything
            self._memories = session.memories
            self._drawn = len(session.messages)
            self._draw_again()
        fresh = session.messages[self._drawn :]
        if fresh:
            self._drawn += len(fresh)
            self.send({"type": "messages", "messages": fresh, "again": False})

    def _draw_again(self) -> None:
        shown = self._session.messages[: self._drawn][-KEPT_MESSAGES:]
        self.send({"type": "messages", "messages": shown, "again": True})

    def _receive(self, _: object, content: dict[str, Any], buffers: object) -> None:
        """Take what a page says."""
        what, words = str(content.get("type")), str(content.get("words", ""))
        match what:
            case "ready":
                self.send({"type": "draft", "text": self._draft})
                self._draw_again()
            case "typed":
                self._draft = words
            case _:
                self._on_press(what, words)

    def __repr__(self) -> str:
        return f"<the window of {self._session.name or 'somebody without a name'}>"
