"""python-socketio's manager of clients and rooms, with a broadcast that is encoded once and written to all at once."""

from collections.abc import Callable
from typing import Any

import socketio
from engineio.packet import MESSAGE
from engineio.packet import Packet as EnginePacket
from socketio.packet import EVENT

from lessons.socket_io.engineio_driver import frame_of


class BroadcastManager(socketio.AsyncManager):  # type: ignore[misc]
    """Emits without the task that its base makes for each client."""

    async def emit(
        self,
        event: str,
        data: Any,  # noqa: ANN401
        namespace: str,
        room: str | list[str] | None = None,
        skip_sid: str | list[str] | None = None,
        callback: Callable[..., Any] | None = None,
        to: str | list[str] | None = None,
        **options: Any,  # noqa: ANN401
    ) -> None:
        """Send an event to the clients in a room, in any of several rooms, or in the namespace.

        Args:
            event: the event's name.
            data: its argument, or several in a tuple.
            namespace: the namespace.
            room: the room or rooms; None for all clients.
            skip_sid: the client or clients that are not to get it.
            callback: what to call with the acknowledgement.
            to: another name for `room`.
            options: what only managers for several processes use.
        """
        room = to or room
        if callback is not None:
            await super().emit(event, data, namespace, room, skip_sid, callback)
            return
        packets = self._encode(event, data, namespace)
        frames = b"".join(map(frame_of, packets))
        skipped = skip_sid if isinstance(skip_sid, list) else [skip_sid]
        sessions = self.server.eio.sockets
        for sid, eio_sid in self.get_participants(namespace, room):
            session = sessions.get(eio_sid)
            if session is None or sid in skipped:
                continue
            if session.queue.transport is not None:
                session.queue.transport.write(frames)
                continue
            for packet in packets:
                await self.server._send_eio_packet(eio_sid, packet)

    def _encode(self, event: str, data: Any, namespace: str) -> list[EnginePacket]:  # noqa: ANN401
        arguments = list(data) if isinstance(data, tuple) else [] if data is None else [data]
        encoded = self.server.packet_class(EVENT, namespace=namespace, data=[event, *arguments]).encode()
        parts = encoded if isinstance(encoded, list) else [encoded]
        return [EnginePacket(MESSAGE, part) for part in parts]
