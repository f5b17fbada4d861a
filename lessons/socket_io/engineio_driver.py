"""The way from python-engineio to the hand-written WebSocket and back: its driver, and a queue to pass by.

python-engineio puts each packet for a client into a queue, from which a task of the client's takes it
to the driver. That costs more than all the rest of a broadcast. Here a message goes straight to the
client's line once the session runs on WebSocket and the queue is empty, as frames that were encoded
once for all who get it. On the way in, events go straight to the session. python-engineio stays in charge
of everything else: sessions, heartbeat, upgrade, polling.
"""

import asyncio
from collections import deque
from itertools import takewhile
from typing import Any

import socketio
from engineio.async_socket import AsyncSocket
from engineio.packet import MESSAGE, Packet

from lessons.protocols.websocket_connection import encode_message
from lessons.protocols.websocket_events import BinaryMessage, TextMessage
from lessons.socket_io.websocket_transport import Line

EVENT_PREFIX = "42"
"""A message of Engine.IO's (4) that is an event of Socket.IO's (2)."""


def install(sio: socketio.AsyncServer) -> None:
    """Have a server's sessions run on hand-written WebSockets.

    Of the two places, `create_queue` is meant to be replaced; for the driver python-engineio has no public hook.
    """
    sio.eio.create_queue = StraightQueue
    sio.eio._async = {**sio.eio._async, "websocket": Driver}


class StraightQueue(asyncio.Queue[Packet | None]):
    """A session's queue of packets.

    Attributes:
        line: where messages can be written to straight, overtaking none; None while they can't.
    """

    def __init__(self) -> None:
        super().__init__()
        self.line: Line | None = None
        self._session: AsyncSocket | None = None
        self._next_line: Line | None = None

    def lead_to(self, line: Line, session: AsyncSocket) -> None:
        """Let messages go straight to a line as soon as the session has upgraded to it."""
        self._next_line = line
        self._session = session

    async def get(self) -> Packet | None:
        """Give the writer the next packet. That it asks for one means that it has sent all those before."""
        if self._session is not None and self._session.upgraded and self.empty():
            self.line = self._next_line
        return await super().get()

    async def put(self, packet: Packet | None) -> None:
        """Send a message straight on; what isn't a message goes to the writer, and keeps it awake."""
        if packet is not None and packet.packet_type == MESSAGE and self.line is not None:
            self.line.write(frame_of(packet))
        else:
            await super().put(packet)


def frame_of(packet: Packet) -> bytes:
    """Encode a packet as a frame."""
    return encode(packet.encode())


def encode(message: str | bytes) -> bytes:
    """Encode a message as a frame."""
    return encode_message(TextMessage(message) if isinstance(message, str) else BinaryMessage(message))


def is_event(message: str | bytes) -> bool:
    """Tell whether a message is an event without attachments: such events can be handled side by side."""
    return isinstance(message, str) and message.startswith(EVENT_PREFIX)


class Driver:
    """What python-engineio sees of a WebSocket.

    python-engineio starts a task and a timer for each message that it waits for. Events, which are nearly all that
    comes, are handed to its session right here instead, those of one read together; the session's namespace keeps
    them in order.
    """

    def __init__(self, handler: Any, server: Any) -> None:  # noqa: ANN401
        self._run = handler
        self._session: AsyncSocket = handler.__self__
        self._received: deque[str | bytes] = deque()

    async def __call__(self, environ: dict[str, Any]) -> None:
        """Run the WebSocket that the door has taken over."""
        self._line: Line = environ["tornado.handler"].line
        self._session.queue.lead_to(self._line, self._session)
        await self._run(self)

    async def wait(self) -> str | bytes:
        """Handle events until something else comes, and return that.

        Raises:
            OSError: there will be no more.
        """
        while True:
            if not self._received:
                self._received.extend(await self._line.receive())
            if not self._received:
                raise OSError("the WebSocket is closed")
            events = self._take_events()
            if not events:
                return self._received.popleft()
            await self._handle(events)

    async def send(self, message: str | bytes) -> None:
        """Send a message."""
        self._line.write(encode(message))

    async def close(self) -> None:
        """Close the WebSocket."""
        self._line.close()

    def _take_events(self) -> list[Packet]:
        if not self._session.upgraded:
            return []
        events = [Packet(encoded_packet=message) for message in takewhile(is_event, self._received)]
        for _ in events:
            self._received.popleft()
        return events

    async def _handle(self, events: list[Packet]) -> None:
        if len(events) == 1:
            await self._session.receive(events[0])
        else:
            await asyncio.gather(*map(self._session.receive, events))
