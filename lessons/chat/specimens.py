"""Specimens: a chat server as it is often seen elsewhere, and the client to watch it go wrong with."""

from __future__ import annotations

import asyncio
import re
from contextlib import suppress
from typing import Any

import socketio

from lessons.chat.people.session import line_of
from lessons.chat.service import PAGE
from lessons.clients.base import Client
from lessons.serving import runtime
from lessons.serving.runtime import Server
from lessons.socket_io.namespace import Namespace
from lessons.socket_io.service import SocketIOService


class CarelessServer(Server):
    """A chat server with mistakes that one meets in other people's code, each marked where it is made.

    Attributes:
        store_works: set it to False to have a store that is down.
    """

    def __init__(self) -> None:
        self.store_works = True
        service = SocketIOService(PAGE)
        service.sio.register_namespace(_CarelessChat(self))
        super().__init__(service, name="careless chat server")


class _CarelessChat(Namespace):
    """What the careless server does with what clients send."""

    def __init__(self, running: CarelessServer) -> None:
        super().__init__("/")
        self._running = running
        self._names: dict[str, str] = {}
        self._rooms: dict[str, list[str]] = {}
        self._history: list[dict[str, Any]] = []

    async def connect(self, sid: str, auth: object) -> bool:
        """Let everybody in."""
        self._rooms[sid] = []
        return True

    async def left(self, sid: str) -> None:
        """Note that somebody has gone. Mistake: the name stays taken for ever."""
        del self._rooms[sid]

    async def receive(self, sid: str, event: object, args: tuple[Any, ...]) -> object:
        """Take what a client sent."""
        match event:
            case "message":
                return await self._message(sid, args[0])
            case "join":
                self._rooms[sid].append(args[0])
                await self.enter_room(sid, args[0])
            case "getAllMessages":
                # Mistake: private messages and what was said in rooms are everybody's to read.
                await self.emit("allMessages", self._history[-10:], to=sid)
        return "done"

    async def _message(self, sid: str, text: str) -> str:
        if sid not in self._names:
            return self._take_name(sid, text)
        message = {"username": self._names[sid], "content": text}
        await self._deliver(sid, message)
        with suppress(OSError):  # Mistake: it is heard before it is stored, and nobody is told when that fails.
            self._store(message)
        return "done"

    def _take_name(self, sid: str, name: str) -> str:
        if name in self._names.values():
            return f"the name {name} is taken"
        self._names[sid] = name
        return f"you are {name}"

    async def _deliver(self, sid: str, message: dict[str, Any]) -> None:
        # Mistake: an @ in mid-sentence makes a message private.
        if private := re.search(r"@(\w+)", message["content"]):
            # Mistakes: the sender doesn't see it, and if nobody has the name it vanishes without a word.
            for other, name in self._names.items():
                if name == private[1]:
                    await self.emit("message", message, to=other)
        elif self._rooms[sid]:
            for room in self._rooms[sid]:  # Mistake: who is in two of the rooms hears it twice.
                await self.emit("message", message, room=room)
        else:
            await self.emit("message", message)

    def _store(self, message: dict[str, Any]) -> None:
        if not self._running.store_works:
            raise ConnectionError("the store is down")
        self._history.append(message)


class PlainClient(Client):
    """A Socket.IO client that speaks and listens, and no more. It knows neither tokens nor how to come back."""

    async def run(self) -> None:
        """Connect, and listen until cancelled."""
        self._sio = socketio.AsyncClient(reconnection=False, handle_sigint=False)
        self._sio.on("message", self._hear)
        self._sio.on("allMessages", self._read)
        try:
            await self._sio.connect(self.url, transports=["websocket"])
            self.feed.report("connected")
            await asyncio.Event().wait()
        finally:
            await self._sio.shutdown()

    def ask(self, event: str, *arguments: str) -> object:
        """Send an event, and return the server's acknowledgement once what it caused has been sent."""
        return runtime.run(self._sio.call(event, arguments))

    def _hear(self, message: dict[str, Any]) -> None:
        self.feed.tell(line_of(message))

    def _read(self, messages: list[dict[str, Any]]) -> None:
        for message in messages:
            self.feed.tell(f"in the history: {line_of(message)}")


def careless_item(username: str, content: str) -> str:
    """Return a message as HTML, pasted together as pages do that write to `innerHTML`."""
    return f"<li><b>{username}</b>: {content}</li>"
