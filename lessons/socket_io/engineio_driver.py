"""Between python-engineio and the hand-written WebSocket: a driver, and a queue that messages can bypass.

python-engineio puts each packet for a client into a queue, from which a task of the client's takes it to the driver.
That costs more than all the rest of a broadcast. Here a message goes straight to the client's WebSocket once the
session has upgraded to it and the queue is empty, as frames that were encoded once for all who get it. On the way in,
events go straight to the session. python-engineio stays in charge of everything else: sessions, heartbeat, upgrade,
polling.
"""

import asyncio
import time
from collections import deque
from itertools import takewhile
from typing import Any

import engineio.async_socket
import engineio.base_socket
import socketio
from engineio.async_socket import AsyncSocket
from engineio.packet import MESSAGE, Packet

from lessons.protocols.engineio_packets import PacketError, parse_engine_packet
from lessons.protocols.socketio_packets import PacketReader
from lessons.protocols.websocket_close import CloseCode
from lessons.protocols.websocket_connection import encode_message
from lessons.protocols.websocket_events import BinaryMessage, TextMessage
from lessons.socket_io.limits import MAX_ATTACHMENTS, MAX_MESSAGE, MAX_UNSENT, UPGRADE_SECONDS
from lessons.socket_io.websocket_transport import WebSocketTransport

EVENT_PREFIX = "42"
"""An Engine.IO message (4) that is a Socket.IO event (2)."""


class _Timer:
    """Stands in for the module `time` in python-engineio's sessions: a clock that nobody sets."""

    time = staticmethod(time.monotonic)


def install(sio: socketio.AsyncServer) -> None:
    """Have a server's sessions run on hand-written WebSockets, and measure time by a clock that nobody sets.

    `create_queue` is meant to be replaced; for the rest python-engineio has no public hook. It sees by
    the time of day which clients answer its pings: if that were set forward, it would give up on those just asked.
    """
    engineio.base_socket.time = engineio.async_socket.time = _Timer
    sio.eio.create_queue = StraightQueue
    sio.eio._async = {**sio.eio._async, "websocket": Driver}


class StraightQueue(asyncio.Queue[Packet | None]):
    """A session's queue of packets, all that python-engineio lets us make of a session, and what else we keep for it.

    Attributes:
        reader: reads what the session's client sends, over either transport.
        poll: the request that waits for packets now, or None.
        transport: where messages can be written directly without overtaking others; None while they can't.
        is_lossy: whether packets were dropped, because too many bytes waited for a client that doesn't poll.
    """

    def __init__(self) -> None:
        super().__init__()
        self.reader = PacketReader(MAX_ATTACHMENTS, MAX_MESSAGE)
        self.poll: object = None
        self.transport: WebSocketTransport | None = None
        self.is_lossy = False
        self._unsent = 0
        self._session: AsyncSocket | None = None
        self._next_transport: WebSocketTransport | None = None

    def lead_to(self, transport: WebSocketTransport, session: AsyncSocket) -> None:
        """Let messages go straight to a WebSocket as soon as the session has upgraded to it."""
        self._next_transport = transport
        self._session = session

    async def get(self) -> Packet | None:
        """Give the writer the next packet. When it asks for one, it has sent all those before."""
        if self._session is not None and self._session.upgraded and self.empty():
            self.transport = self._next_transport
        return await super().get()

    async def put(self, packet: Packet | None) -> None:
        """Send a message straight on; what isn't a message goes to the writer, and keeps it awake."""
        if packet is not None and packet.packet_type == MESSAGE and self.transport is not None:
            self.transport.write(frame_of(packet))
        elif self._unsent > MAX_UNSENT:
            self.is_lossy = True
        else:
            await super().put(packet)

    def _put(self, item: Packet | None) -> None:
        self._unsent += _size(item)
        super()._put(item)

    def _get(self) -> Packet | None:
        item = super()._get()
        self._unsent -= _size(item)
        return item


def _size(packet: Packet | None) -> int:
    """Return the length of a packet's data; a ping has none."""
    return len(packet.data) if packet is not None and isinstance(packet.data, str | bytes) else 0


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

    Only packets come through it; a client that sends anything else is told why, and its WebSocket is closed.
    python-engineio starts a task and a timer for each message that it waits for. Events are nearly all that comes; they
    are handed to the session right here instead, all those of one read together. The namespace keeps them in order.

    Args:
        handler: the session's method that runs it on a WebSocket.
        server: python-engineio's server, which isn't needed here.
    """

    def __init__(self, handler: Any, server: Any) -> None:  # noqa: ANN401
        self._run = handler
        self._session: AsyncSocket = handler.__self__
        self._received: deque[str | bytes] = deque()
        self._is_refused = False

    async def __call__(self, environ: dict[str, Any]) -> None:
        """Run the WebSocket that the handler has taken over."""
        self._transport: WebSocketTransport = environ["tornado.handler"].transport
        self._session.queue.lead_to(self._transport, self._session)
        await self._run(self)

    async def wait(self) -> str | bytes:
        """Handle events until something else comes, and return that.

        Raises:
            OSError: if there will be no more.
        """
        while not self._session.closed:  # it may have said goodbye
            if not self._received:
                self._received.extend(await self._receive_packets())
            if not self._received:
                raise OSError("the WebSocket is closed")
            events = self._take_events()
            if not events:
                return self._received.popleft()
            await self._handle(events)
        raise OSError("the session is closed")

    async def send(self, message: str | bytes) -> None:
        """Send a message."""
        self._transport.write(encode(message))

    async def close(self) -> None:
        """Close the WebSocket."""
        self._transport.close()

    async def _receive_packets(self) -> list[str | bytes]:
        """Wait for packets, and return all that have come; none when there will be no more."""
        if self._is_refused:
            return []
        try:
            async with asyncio.timeout(UPGRADE_SECONDS if self._session.upgrading else None):
                messages = await self._transport.next_messages()
        except TimeoutError:
            raise OSError("the upgrade didn't go on") from None
        for count, message in enumerate(messages):
            try:
                self._session.queue.reader.receive(parse_engine_packet(message))
            except PacketError as error:
                self._is_refused = True
                self._transport.close(CloseCode.PROTOCOL_ERROR, str(error)[:100])
                return messages[:count]
        return messages

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
