"""The client of the chat, in Python and in the background: python-socketio's, with what it takes to come back."""

from __future__ import annotations

import asyncio
import contextlib
import random
from dataclasses import dataclass, field
from typing import Any
from uuid import uuid4

import aiohttp
import socketio
from socketio.exceptions import SocketIOError

from lessons import runtime
from lessons.chat.lines import line_of
from lessons.client import Client
from lessons.errors import LessonError
from lessons.feed import Feed
from lessons.protocols import backoff
from lessons.waiting import wait_until

CONNECT_SECONDS = 10
BACKOFF_SECONDS = 0.5, 5.0
"""The first and the longest ceiling of the wait before it connects again."""


@dataclass
class Unanswered:
    """A message that the server has not acknowledged yet. It is sent again, under the same id, when the line is back.

    Attributes:
        text: what is said.
        id: the sender's own id of the message, by which the server knows it again.
        answer: the server's answer, once it is there.
    """

    text: str
    id: str = field(default_factory=lambda: uuid4().hex)
    answer: asyncio.Future[dict[str, Any]] = field(default_factory=asyncio.Future)


class ChatClient(Client):
    """One person in the chat. It comes back after a lost line, under its name, and gets what it missed.

    Args:
        url: the server's address, such as `http://127.0.0.1:49152`.
        feed: where it writes what it hears, a line a message.

    Attributes:
        name: the name it was given, `None` as long as it has none.
        rooms: the rooms it is in.
        people: the names of all who are there.
        messages: what it heard, in the order in which it came, each message once.
        unanswered: what it said and has no answer to yet.
    """

    def __init__(self, url: str, feed: Feed | None = None) -> None:
        super().__init__(url, feed)
        self.name: str | None = None
        self.rooms: list[str] = []
        self.people: list[str] = []
        self.messages: list[dict[str, Any]] = []
        self.unanswered: Unanswered | None = None
        self._token: str | None = None
        self._numbers: set[int] = set()
        self._sio: socketio.AsyncClient | None = None

    # --- what a person does ---

    def send(self, text: str, timeout: float = 10.0) -> dict[str, Any]:
        """Say something, and return the server's answer: `id` and `createAt`, the `name`, or an `error`.

        Args:
            text: what to say; the first thing said is the name, and `@name text` is private.
            timeout: seconds to wait for the answer; without one the message stays `unanswered`.

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

    def wait_for(self, words: str, timeout: float = 10.0) -> str:
        """Wait until a line with these words has been heard, and return the line.

        Raises:
            LessonError: if none comes in time.
        """
        wait_until(lambda: self._find(words), f"{words!r} to be heard by {self.name or 'somebody new'}", timeout)
        return self._find(words)

    def _find(self, words: str) -> str:
        return next((line for line in self.feed.news if words in line), "")

    async def say(self, text: str) -> dict[str, Any]:
        """Do what `send` does, on the lessons' loop."""
        if self.unanswered is not None:
            raise LessonError(f"{self.unanswered.text!r} has no answer yet; send the next message when it has one")
        self.unanswered = Unanswered(text)
        answer = self.unanswered.answer
        await self._deliver()
        return await asyncio.shield(answer)

    async def call(self, event: str, *arguments: str) -> dict[str, Any]:
        """Send an event, and return the server's answer.

        Raises:
            LessonError: if the line is lost.
        """
        if self._sio is None:
            raise LessonError(f"the chat client is {self.feed.status}, not connected; connect it first")
        try:
            answer: dict[str, Any] = await self._sio.call(event, arguments)
        except SocketIOError:
            raise LessonError("the line was lost before the answer came; try again when it is back") from None
        return answer

    # --- the line ---

    async def run(self) -> None:
        """Stay connected until cancelled; after a lost line wait a little, and connect again."""
        failures = 0
        while True:
            was_welcome = await self._stay()
            failures = 1 if was_welcome else failures + 1
            self.feed.report("trying again", "the line was lost" if was_welcome else "the server doesn't answer")
            await asyncio.sleep(backoff.delay(failures, random.random(), *BACKOFF_SECONDS))

    async def _stay(self) -> bool:
        """Connect, and stay until the line is lost; return whether there was one."""
        is_lost = asyncio.Event()
        http = aiohttp.ClientSession()
        self._sio = self._new_client(http, is_lost)
        auth = {"token": self._token, "since": max(self._numbers, default=None)}
        try:
            await self._sio.connect(self.url, auth=auth, transports=["websocket"], wait_timeout=CONNECT_SECONDS)
            await is_lost.wait()
        except SocketIOError:
            return False
        finally:
            sio, self._sio = self._sio, None
            await sio.shutdown()
            await http.close()
        return True

    def _new_client(self, http: aiohttp.ClientSession, is_lost: asyncio.Event) -> socketio.AsyncClient:
        sio = socketio.AsyncClient(reconnection=False, handle_sigint=False, http_session=http)
        handlers = {
            "welcome": self._on_welcome,
            "message": self._hear,
            "missed": self._hear_all,
            "allMessages": self._hear_all,
            "people": self._on_people,
            "joined": self._on_joined,
            "leaved": self._on_leaved,
            "disconnect": lambda *_: is_lost.set(),
        }
        for event, handler in handlers.items():
            sio.on(event, handler)
        return sio

    # --- what the server says ---

    async def _on_welcome(self, welcome: dict[str, Any]) -> None:
        self._token, self.name = welcome["token"], welcome["name"]
        self.rooms, self.people = welcome["rooms"], welcome["people"]
        self.feed.report("connected")
        if not self._numbers and self._sio is not None:
            await self._sio.emit("getAllMessages")
        if self.unanswered and self.unanswered.text == self.name:
            self._settle({"name": self.name})
        await self._deliver()

    async def _deliver(self) -> None:
        if self.unanswered is None or self._sio is None:
            return
        message = self.unanswered.text, self.unanswered.id
        with contextlib.suppress(SocketIOError):  # no line now: it is sent with the next welcome
            await self._sio.emit("message", message, callback=self._settle)

    def _settle(self, answer: dict[str, Any]) -> None:
        """Take the answer to what was said."""
        if self.unanswered is None:
            return
        self.name = answer.get("name", self.name)
        settled, self.unanswered = self.unanswered, None
        if not settled.answer.done():
            settled.answer.set_result(answer)

    def _hear(self, message: dict[str, Any]) -> None:
        number = message.get("id")
        if number in self._numbers:
            return
        if number is not None:
            self._numbers.add(number)
        self.messages.append(message)
        self.feed.tell(line_of(message))

    def _hear_all(self, messages: list[dict[str, Any]]) -> None:
        for message in messages:
            self._hear(message)

    def _on_people(self, names: list[str]) -> None:
        self.people = names

    def _on_joined(self, room: str) -> None:
        self._on_leaved(room)
        self.rooms = [*self.rooms, room]

    def _on_leaved(self, room: str) -> None:
        self.rooms = [each for each in self.rooms if each != room]
