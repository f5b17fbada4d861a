"""Specimens: what is often seen elsewhere and goes wrong, kept to be watched doing so."""

from __future__ import annotations

import contextlib
from collections.abc import Callable

import socketio

from lessons.rooms.server import RoomsServer
from lessons.rooms.service import Acknowledgement, Rooms


class WrongNamespace(Rooms):
    """A namespace that answers on the server as a whole, and so on the default namespace, `/`."""

    async def _to_all(self, sid: str, text: str) -> Acknowledgement:
        await self.server.emit("message", {"from": sid, "text": text})
        return {}


class CaseSensitive(Rooms):
    """A namespace in which `Red` and `red` are two rooms."""

    async def _join(self, sid: str, room: str) -> Acknowledgement:
        await self.enter_room(sid, room)
        return {"rooms": sorted(self._rooms_of(sid))}


class FirstAttemptServer(RoomsServer):
    """A server with two mistakes: rooms differ by case in `/`, and who speaks in `/news` is heard in `/`.

    Args:
        name: what it is called.
    """

    def __init__(self, *, name: str = "first attempt") -> None:
        super().__init__(name=name, namespaces=(CaseSensitive("/"), WrongNamespace("/news")))


async def heard_when_refused(url: str) -> list[str]:
    """Ask for a namespace that doesn't exist, and return which of a client's two error handlers were called.

    Args:
        url: the server's address.
    """
    called: list[str] = []
    client = socketio.AsyncClient(handle_sigint=False, reconnection=False)
    for event in ("error", "connect_error"):
        client.on(event, _note(called, event), namespace="/admin")
    with contextlib.suppress(socketio.exceptions.ConnectionError):  # the handlers are to tell
        await client.connect(url, namespaces=["/admin"])
    await client.shutdown()
    return called


def _note(called: list[str], event: str) -> Callable[..., None]:
    return lambda *reason: called.append(event)
