"""A namespace with one entrance for everything that its clients send."""

import asyncio
import inspect
from collections import defaultdict
from typing import Any

import socketio


class Namespace(socketio.AsyncNamespace):  # type: ignore[misc]
    """A lesson's namespace.

    python-socketio looks handlers up by the event's name, and a client may send an event of any name: `connect` and
    `disconnect` would pass for the real ones, `*` for a handler of everything. So all events come in through `receive`,
    each client's one after the other.

    Args:
        namespace: its name, such as `/`.
    """

    def __init__(self, namespace: str) -> None:
        super().__init__(namespace)
        self._turns: defaultdict[str, asyncio.Lock] = defaultdict(asyncio.Lock)

    async def connect(self, sid: str, auth: object) -> bool:
        """Let a client in, or not.

        Args:
            sid: the id of its connection.
            auth: what it says about itself, of any type, or None.

        Returns:
            Whether it may stay.
        """
        return True

    async def receive(self, sid: str, event: object, args: tuple[Any, ...]) -> object:
        """Take an event, and return its acknowledgement.

        It may return an awaitable acknowledgement instead: the client's next event doesn't wait for that.

        Args:
            sid: the id of the client's connection.
            event: the event's name; a client may send a number, too.
            args: its arguments, of any number and type.
        """
        raise NotImplementedError

    async def left(self, sid: str) -> None:
        """Note that a connection has ended."""

    def has(self, sid: str) -> bool:
        """Tell whether a connection is still in this namespace."""
        return bool(self.server.manager.is_connected(sid, self.namespace))

    async def trigger_event(self, event: object, *args: Any) -> object:  # noqa: ANN401
        """Tell python-socketio's own `connect` and `disconnect` apart from a client's events of these names."""
        sid, *rest = args
        if event == "connect" and rest and rest[0] is self.server.get_environ(sid, self.namespace):
            if not await self.connect(sid, rest[1] if len(rest) > 1 else None):
                await self.disconnect(sid)  # returning False would send a packet that the official client refuses
            return None
        if event == "disconnect" and not self.has(sid):
            self._turns.pop(sid, None)
            await self.left(sid)
            return None
        async with self._turns[sid]:
            answer = await self.receive(sid, event, tuple(rest))
        return await answer if inspect.isawaitable(answer) else answer
