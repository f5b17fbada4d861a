"""The rooms: two namespaces, and in each every way to say something to somebody."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence
from pathlib import Path
from typing import Any

from lessons.socket_io.namespace import Namespace
from lessons.socket_io.service import SocketIOService

NAMESPACES = ("/", "/news")
PAGE = Path(__file__).parent / "page"
NAME_LENGTH = 32
TEXT_LENGTH = 2000
ROOMS_AT_ONCE = 8

Acknowledgement = dict[str, Any]
Members = dict[str, dict[str, list[str]]]
"""The ids of the clients in each room, by namespace and room."""


class RoomsService(SocketIOService):
    """Socket.IO with two namespaces.

    Args:
        namespaces: its namespaces, in place of `NAMESPACES`.
    """

    def __init__(self, namespaces: Sequence[Rooms] = ()) -> None:
        super().__init__(PAGE)
        self._namespaces = namespaces or [Rooms(name) for name in NAMESPACES]
        for namespace in self._namespaces:
            self.sio.register_namespace(namespace)

    def members(self) -> Members:
        """Return the ids of the clients in each room of each namespace; call it on the lessons' loop."""
        return {each.namespace: each.members() for each in self._namespaces}


class Rooms(Namespace):
    """A namespace: it has rooms of its own, and what is said here isn't heard in another namespace.

    Args:
        namespace: its name, such as `/news`.
    """

    def __init__(self, namespace: str) -> None:
        super().__init__(namespace)
        self._events: dict[str, tuple[Callable[..., Awaitable[Acknowledgement]], tuple[type, ...]]] = {
            "to_one": (self._to_one, (str, str)),
            "to_all": (self._to_all, (str,)),
            "to_all_but_me": (self._to_all_but_me, (str,)),
            "to_room": (self._to_room, (str, str)),
            "to_room_but_me": (self._to_room_but_me, (str, str)),
            "to_rooms": (self._to_rooms, (list, str)),
            "to_namespace": (self._to_namespace, (str, str, str)),
            "join": (self._join, (str,)),
            "leave": (self._leave, (str,)),
            "list": (self._list, ()),
            "who_am_i": (self._who_am_i, ()),
        }

    async def receive(self, sid: str, event: object, args: tuple[Any, ...]) -> Acknowledgement:
        """Carry out a client's event; one that makes no sense gets an error for an answer."""
        handler, types = self._events.get(event, (None, ())) if isinstance(event, str) else (None, ())
        if handler is None:
            return {"error": f"This server knows the events {', '.join(self._events)}, and not that one."}
        if len(args) != len(types) or not all(map(isinstance, args, types)):
            kinds = ", ".join("text" if kind is str else "list of texts" for kind in types) or "nothing"
            return {"error": f"{event} takes {kinds}."}
        if any(isinstance(arg, str) and len(arg) > TEXT_LENGTH for arg in args):
            return {"error": f"A text has at most {TEXT_LENGTH} characters."}
        return await handler(sid, *args)

    async def _to_one(self, sid: str, other: str, text: str) -> Acknowledgement:
        if not self.has(other):
            return {"error": "Nobody here has that id."}
        await self.send(_said(sid, text), to=other)
        return {}

    async def _to_all(self, sid: str, text: str) -> Acknowledgement:
        await self.send(_said(sid, text))
        return {}

    async def _to_all_but_me(self, sid: str, text: str) -> Acknowledgement:
        await self.send(_said(sid, text), skip_sid=sid)
        return {}

    async def _to_room(self, sid: str, room: str, text: str) -> Acknowledgement:
        await self.send(_said(sid, text), room=_room(room))
        return {}

    async def _to_room_but_me(self, sid: str, room: str, text: str) -> Acknowledgement:
        await self.send(_said(sid, text), room=_room(room), skip_sid=sid)
        return {}

    async def _to_rooms(self, sid: str, rooms: list[Any], text: str) -> Acknowledgement:
        if not rooms or not all(isinstance(room, str) for room in rooms):
            return {"error": "to_rooms takes a list of texts, and a text."}
        await self.send(_said(sid, text), room=[_room(room) for room in rooms])
        return {}

    async def _to_namespace(self, sid: str, namespace: str, room: str, text: str) -> Acknowledgement:
        if namespace not in NAMESPACES:
            return {"error": f"The namespaces here are {' and '.join(NAMESPACES)}."}
        await self.send(_said(sid, text), room=_room(room), namespace=namespace)
        return {}

    async def _join(self, sid: str, room: str) -> Acknowledgement:
        if not room or len(room) > NAME_LENGTH:
            return {"error": f"A room's name has 1 to {NAME_LENGTH} characters."}
        if len(self._rooms_of(sid) - {_room(room)}) >= ROOMS_AT_ONCE:
            return {"error": f"You can be in {ROOMS_AT_ONCE} rooms at once. Leave one first."}
        await self.enter_room(sid, _room(room))
        return {"rooms": sorted(self._rooms_of(sid))}

    async def _leave(self, sid: str, room: str) -> Acknowledgement:
        await self.leave_room(sid, _room(room))
        return {"rooms": sorted(self._rooms_of(sid))}

    async def _list(self, sid: str) -> Acknowledgement:
        """List the ids of all clients, and of those in each room."""
        return {"clients": self._clients(), "rooms": self.members()}

    def members(self) -> dict[str, list[str]]:
        """Return the ids of the clients in each room."""
        members: dict[str, list[str]] = {}
        for client in self._clients():
            for room in self._rooms_of(client):
                members.setdefault(room, []).append(client)
        return members

    def _clients(self) -> list[str]:
        return sorted(client for client, _ in self.server.manager.get_participants(self.namespace, None))

    async def _who_am_i(self, sid: str) -> Acknowledgement:
        return {"id": sid}

    def _rooms_of(self, sid: str) -> set[str]:
        """Return a client's rooms, without the one that python-socketio makes for each client alone."""
        return {room for room in self.rooms(sid) if room != sid}


def _room(name: str) -> str:
    """Fold a room's name: `Red` and `red` are one room, and none has the name of a client's own room."""
    return name.casefold()


def _said(sid: str, text: str) -> Acknowledgement:
    return {"from": sid, "text": text}
