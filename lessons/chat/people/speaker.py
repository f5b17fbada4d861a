"""What the client in Python and the client in the page share: a person speaks, and waits for the answer."""

from __future__ import annotations

import asyncio
from abc import abstractmethod
from typing import Any

from lessons.chat.people.session import Participant, Session
from lessons.clients.base import Client
from lessons.errors import LessonError
from lessons.serving import runtime


class Speaker(Participant, Client):
    """One person in the chat, whichever client carries the words.

    Args:
        url: the server's address, such as `http://127.0.0.1:49152`.
        session: who the person is already; somebody new by default.
    """

    def __init__(self, url: str, session: Session | None = None) -> None:
        Participant.__init__(self, Session() if session is None else session)
        Client.__init__(self, url, self.session.feed)

    def send(self, text: str, timeout: float = 10.0) -> dict[str, Any]:
        """Say something, and return the server's answer: `id` and `createAt`, the `name`, or an `error`.

        Args:
            text: what to say; the first thing said is the name, and `@name text` is private.
            timeout: seconds to wait for the answer; if none comes, the message stays unanswered.

        Raises:
            LessonError: if what was said before has no answer yet, or no answer comes in time.
        """
        return runtime.run(self.say(text), timeout)

    def join(self, room: str) -> dict[str, Any]:
        """Enter a room, and return the server's answer: the `rooms`, or an `error`."""
        return runtime.run(self.call("join", room))

    def leave(self, room: str) -> dict[str, Any]:
        """Leave a room, and return the server's answer."""
        return runtime.run(self.call("leave", room))

    async def say(self, text: str) -> dict[str, Any]:
        """Do what `send` does, on the lessons' loop."""
        former = self.session.unanswered
        if former is not None:
            raise LessonError(f"{former.text!r} has no answer yet; send the next message when it has one")
        answer = self.session.begin(text).answer
        await self._deliver()
        return await asyncio.shield(answer)

    @abstractmethod
    async def call(self, event: str, *arguments: str) -> dict[str, Any]:
        """Send an event, and return the server's answer.

        Raises:
            LessonError: if the line is lost.
        """

    @abstractmethod
    async def _deliver(self) -> None:
        """Send what is unanswered if there is a line; otherwise it is sent when there is one."""
