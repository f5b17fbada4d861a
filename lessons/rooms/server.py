"""The server of the rooms: its clients choose who hears them."""

from __future__ import annotations

from collections.abc import Sequence

from lessons.rooms.service import Members, Rooms, RoomsService
from lessons.serving.runtime import Server, call


class RoomsServer(Server):
    """A rooms server inside this process.

    Args:
        name: what it is called; a new server of the same name takes the place of the old one.
        host: the address to listen on.
        port: the port, 0 for a free one.
        namespaces: its namespaces, in place of `/` and `/news`.
    """

    def __init__(
        self,
        *,
        name: str = "rooms server",
        host: str = "127.0.0.1",
        port: int = 0,
        namespaces: Sequence[Rooms] = (),
    ) -> None:
        self._rooms = RoomsService(namespaces)
        super().__init__(self._rooms, name=name, host=host, port=port)

    def members(self) -> Members:
        """Return the ids of the clients in each room of each namespace."""
        return call(self.members_on_loop)

    def members_on_loop(self) -> Members:
        """Return what `members` does, on the lessons' loop, where rooms change."""
        return self._rooms.members()
