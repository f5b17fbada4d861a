"""The client of the chat, in Python: python-socketio's, with what it takes to come back. Its twin is client.js."""

from __future__ import annotations

import asyncio
import contextlib
import random
from functools import partial
from typing import Any

import aiohttp
from socketio.exceptions import SocketIOError

from lessons.chat.people.session import Session, Unanswered
from lessons.chat.people.speaker import Speaker
from lessons.clients.socketio_client import SocketIOClient
from lessons.errors import LessonError
from lessons.protocols import backoff

CONNECT_SECONDS = 10
BACKOFF_SECONDS = 0.5, 5.0
"""The ceiling of the wait before it connects again: at first, and at most."""
ANSWER_SECONDS = 10
"""How long an answer may take on a good line; then the same is sent again under its id, as in the page."""


class ChatClient(Speaker):
    """One person in the chat. It comes back after a lost line, under its name, and gets what it missed.

    Args:
        url: the server's address, such as `http://127.0.0.1:49152`.
        session: who the person is already; somebody new by default.
    """

    def __init__(self, url: str, session: Session | None = None) -> None:
        super().__init__(url, session)
        self._sio: SocketIOClient | None = None

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
        auth = {"token": self.session.token, "since": self.session.since}
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

    def _new_client(self, http: aiohttp.ClientSession, is_lost: asyncio.Event) -> SocketIOClient:
        sio = SocketIOClient(reconnection=False, handle_sigint=False, http_session=http)
        handlers = {
            "welcome": self._on_welcome,
            "message": lambda message: self.session.hear([message]),
            "missed": self.session.hear,
            "allMessages": self.session.hear,
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
        if self._sio is None:  # it is just going away
            return
        session = self.session
        name, rooms = session.name, session.rooms
        session.change(welcome)
        if session.since is None:
            await self._sio.emit("getAllMessages")
        if name is not None and session.name is None:
            await self._introduce(name, rooms)
        session.feed.report("connected")
        if session.unanswered and session.unanswered.text == session.name:
            session.settle(session.unanswered.id, {"name": session.name})
        await self._deliver()

    async def _introduce(self, name: str, rooms: list[str]) -> None:
        """Tell a server that lost its memory who this is; if the name is taken, what is unanswered fails with it."""
        session = self.session
        with contextlib.suppress(LessonError):  # the line was just lost; the next welcome tries again
            answer = await self.call("message", name)
            session.name = answer.get("name")
            if session.name is None and session.unanswered is not None:
                session.settle(session.unanswered.id, answer)
            for room in rooms if session.name else []:
                await self.call("join", room)

    async def _deliver(self) -> None:
        unanswered = self.session.unanswered
        if unanswered is None or self._sio is None or self.feed.status != "connected":
            return  # it is sent after the next welcome
        asyncio.get_running_loop().call_later(ANSWER_SECONDS, self._deliver_again, self._sio, unanswered)
        message = unanswered.text, unanswered.id
        with contextlib.suppress(SocketIOError):  # the line was just lost
            await self._sio.emit("message", message, callback=partial(self.session.settle, unanswered.id))

    def _deliver_again(self, sio: SocketIOClient, unanswered: Unanswered) -> None:
        """Send again what has no answer yet, but no name: names have no id, and a second one would be a message."""
        if sio is self._sio and unanswered is self.session.unanswered and self.session.name is not None:
            self._again = asyncio.ensure_future(self._deliver())

    def _on_people(self, names: list[str]) -> None:
        self.session.people = names

    def _on_joined(self, room: str) -> None:
        self._on_leaved(room)
        self.session.rooms = [*self.session.rooms, room]

    def _on_leaved(self, room: str) -> None:
        self.session.rooms = [each for each in self.session.rooms if each != room]
