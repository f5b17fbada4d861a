"""The server of the rooms: its clients say who is to hear them."""

from __future__ import annotations

from lessons.rooms.service import RoomsService
from lessons.runtime import Server


class RoomsServer(Server):
    """A rooms server inside this process.

    Args:
        name: What it is called; a new server of the same name takes the place of the old one.
        host: The address to listen on.
        port: The port, 0 for a free one.
    """

    def __init__(self, *, name: str = "rooms server", host: str = "127.0.0.1", port: int = 0) -> None:
        super().__init__(RoomsService(self), name=name, host=host, port=port)
