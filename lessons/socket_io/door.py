"""What stands between the network and python-socketio: who may come in, and what is a packet at all."""

from collections.abc import Iterable

import socketio
from engineio.async_socket import AsyncSocket
from tornado.websocket import WebSocketHandler

from lessons.protocols.engineio_packets import (
    EnginePacket,
    EngineType,
    PacketError,
    parse_engine_packet,
    parse_payload,
)
from lessons.protocols.socketio_packets import parse_socket_packet
from lessons.tornado_service import Handler

PROTOCOL_ERROR = 1002


class Door(Handler, WebSocketHandler):
    """Goes before python-socketio's tornado handler, as the first of two bases; its own first base judges origins.

    Attributes:
        sio: python-socketio's server.
        websockets: All WebSockets that are open, so that they can be closed.
    """

    sio: socketio.AsyncServer
    websockets: set[WebSocketHandler]

    def check_origin(self, origin: str) -> bool:
        """Let everybody upgrade who has come as far as this."""
        return True

    def get_compression_options(self) -> None:
        """Don't compress: what crosses the wire is to be read."""

    async def open(self, *args: str, **kwargs: str) -> None:
        """Begin a WebSocket."""
        self.websockets.add(self)
        self.set_nodelay(True)  # a notice and an answer are two small writes: neither waits for the other
        await super().open(*args, **kwargs)  # type: ignore[misc]

    async def on_message(self, message: str | bytes) -> None:
        """Take a packet; a client that sends what is none is disconnected."""
        try:
            _check([parse_engine_packet(message)])
        except PacketError as error:
            self.close(PROTOCOL_ERROR, str(error)[:100])
        else:
            await super().on_message(message)  # type: ignore[misc]

    def on_close(self) -> None:
        """End a WebSocket."""
        self.websockets.discard(self)
        super().on_close()

    async def post(self, *args: str, **kwargs: str) -> None:
        """Take packets by polling; release the parked GET of a client that goes or sends what is none."""
        try:
            _check(parse_payload(self.request.body.decode()))
        except ValueError as error:
            await self._refuse(str(error))
        else:
            await super().post(*args, **kwargs)  # type: ignore[misc]
        client = self._client()
        if client and client.closed:
            await client.queue.put(None)

    async def _refuse(self, reason: str) -> None:
        self.set_status(400)
        self.finish(reason)
        if client := self._client():
            await client.close(wait=False)

    def _client(self) -> AsyncSocket | None:
        return self.sio.eio.sockets.get(self.get_query_argument("sid", ""))


def _check(packets: Iterable[EnginePacket]) -> None:
    """Read with the lessons' own parser, which refuses what is no packet, what python-socketio is to read."""
    for packet in packets:
        if packet.type is EngineType.MESSAGE and isinstance(packet.data, str):
            parse_socket_packet(packet.data)
