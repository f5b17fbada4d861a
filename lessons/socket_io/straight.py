"""The way from python-engineio to the hand-written WebSocket: its driver, and a queue that a message can pass by.

python-engineio puts each packet for a client into a queue, from which a task of the client's takes it
to the driver. That costs more than all the rest of a broadcast. Here a message goes straight to the
client's line once the session runs on WebSocket and the queue is empty, as frames that were encoded
once for all who get it. python-engineio stays in charge of everything else: sessions, heartbeat,
upgrade, polling.
"""

import asyncio
from typing import Any

import socketio
from engineio.async_socket import AsyncSocket
from engineio.packet import MESSAGE, Packet

from lessons.protocols.websocket_connection import encode_message
from lessons.protocols.websocket_events import BinaryMessage, TextMessage
from lessons.socket_io.line import Line


def install(sio: socketio.AsyncServer) -> None:
    """Have a server's sessions run on hand-written WebSockets.

    Of the two places, `create_queue` is meant to be replaced; for the driver python-engineio has no public hook.
    """
    sio.eio.create_queue = StraightQueue
    sio.eio._async = {**sio.eio._async, "websocket": Driver}


class StraightQueue(asyncio.Queue[Packet | None]):
    """A session's queue of packets."""

    def __init__(self) -> None:
        super().__init__()
        self._session: AsyncSocket | None = None
        self._line: Line | None = None
        self._is_straight = False

    def lead_to(self, line: Line, session: AsyncSocket) -> None:
        """Let messages go straight to a line as soon as the session has upgraded to it."""
        self._line = line
        self._session = session

    async def get(self) -> Packet | None:
        """Give the writer the next packet. That it asks for one means that it has sent all those before."""
        if self._session is not None and self._session.upgraded and self.empty():
            self._is_straight = True
        return await super().get()

    async def put(self, packet: Packet | None) -> None:
        """Send a message straight on; what isn't a message goes to the writer, and keeps it awake."""
        if packet is None or packet.packet_type != MESSAGE or not self.write(packet):
            await super().put(packet)

    def write(self, message: Packet) -> bool:
        """Send a message straight on, if that overtakes none; tell whether it was sent."""
        if self._is_straight and self._line is not None:
            self._line.write(frame_of(message))
        return self._is_straight


def frame_of(packet: Packet) -> bytes:
    """Encode a packet as a frame, once, however many get it."""
    if not hasattr(packet, "frame"):
        packet.frame = encode(packet.encode())
    frame: bytes = packet.frame
    return frame


def encode(message: str | bytes) -> bytes:
    """Encode a message as a frame."""
    return encode_message(TextMessage(message) if isinstance(message, str) else BinaryMessage(message))


class Driver:
    """What python-engineio sees of a WebSocket."""

    def __init__(self, handler: Any, server: Any) -> None:  # noqa: ANN401
        """Take the session's method that runs a WebSocket."""
        self._run = handler

    async def __call__(self, environ: dict[str, Any]) -> None:
        """Run the WebSocket that the door has taken over."""
        self._line: Line = environ["tornado.handler"].line
        session: AsyncSocket = self._run.__self__
        session.queue.lead_to(self._line, session)
        await self._run(self)

    async def wait(self) -> str | bytes:
        """Wait for the next message.

        Raises:
            OSError: There will be no more.
        """
        message = await self._line.receive()
        if message is None:
            raise OSError("the WebSocket is closed")
        return message

    async def send(self, message: str | bytes) -> None:
        """Send a message."""
        self._line.write(encode(message))

    async def close(self) -> None:
        """Close the WebSocket."""
        self._line.close()
