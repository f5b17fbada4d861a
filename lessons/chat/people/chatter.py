"""A chatter: one person in the panel. What the window's buttons do, a cell can do too."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Coroutine
from typing import Any

from lessons.chat.people.session import Participant, Session
from lessons.chat.people.speaker import Speaker
from lessons.chat.people.window import ChatWindow
from lessons.errors import LessonError
from lessons.serving import runtime


class Chatter(Participant):
    """One person who chats, in a window of the panel.

    Args:
        new_client: makes the client that is chosen now, for the person of a session.
        on_error: called with what went wrong, in words, after something was pressed.

    Attributes:
        session: who this is, and what has been heard.
        client: what carries the session, in Python or in the page.
        window: what a page shows of it.
    """

    def __init__(self, new_client: Callable[[Session], Speaker], on_error: Callable[[str], None]) -> None:
        super().__init__(Session())
        self.client = new_client(self.session)
        self.window = ChatWindow(self.session, self._press)
        self._new_client = new_client
        self._on_error = on_error

    def reconnect(self) -> None:
        """Go on as the same person, with the client that is chosen now; whoever is away stays away."""
        was_running = self.client.running
        self.client.stop()
        self.client = self._new_client(self.session)
        if was_running:
            self.client.start()

    # --- what a person does; each is a button, too ---

    def connect(self) -> None:
        """Connect to the chat, and stay connected; whoever was there before gets the old name again."""
        self.client.start()

    def disconnect(self) -> None:
        """Go away."""
        self.client.stop()

    def send(self, text: str | None = None) -> dict[str, Any]:
        """Say something, and return the server's answer.

        Args:
            text: what to say; by default what is in the box. The first thing said is the name; `@name text` is private.

        Raises:
            LessonError: if what was said before has no answer yet, or none comes in time.
        """
        return runtime.run(self._send(self.window.draft if text is None else text))

    def join(self, room: str) -> dict[str, Any]:
        """Enter a room, and return the server's answer."""
        return self.client.join(room)

    def leave(self, room: str) -> dict[str, Any]:
        """Leave a room, and return the server's answer."""
        return self.client.leave(room)

    def address(self, name: str) -> None:
        """Begin a private message in the box, as a click on a name does."""
        self.window.draft = f"@{name} {self.window.draft}"

    async def _send(self, text: str) -> dict[str, Any]:
        self.window.draft = text
        answer = await self.client.say(text)
        if "error" not in answer:
            self.window.draft = ""
        return answer

    # --- what is pressed ---

    def _press(self, button: str, words: str) -> None:
        """Do what a button is for, without waiting: widgets' callbacks run one after the other."""
        match button:
            case "send":
                self._begin(self._send(words))
            case "join" | "leave":
                self._begin(self.client.call(button, words))
            case "address":
                self.address(words)
            case "connect":
                self.connect()
            case "disconnect":
                self.disconnect()

    def _begin(self, action: Coroutine[Any, Any, object]) -> None:
        asyncio.run_coroutine_threadsafe(self._guarded(action), runtime.loop())

    async def _guarded(self, action: Coroutine[Any, Any, object]) -> None:
        try:
            await action
        except LessonError as error:
            self._on_error(str(error))

    def __repr__(self) -> str:
        return "\n".join([f"{self.name or 'somebody new'}, {self.session.feed.status}", *self.heard])
