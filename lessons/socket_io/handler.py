"""What stands between the network and python-socketio: who may come in, and what is a packet at all."""

from collections.abc import Iterable

import socketio
from engineio.async_socket import AsyncSocket

from lessons.protocols.engineio_packets import (
    EnginePacket,
    EngineType,
    PacketError,
    parse_engine_packet,
    parse_payload,
)
from lessons.protocols.socketio_packets import parse_socket_packet
from lessons.protocols.websocket_close import CloseCode
from lessons.protocols.websocket_handshake import UpgradeRefusedError
from lessons.serving.tornado_service import Handler
from lessons.socket_io.websocket_transport import Line, Outbox, take_over, upgrade_response

MAX_MESSAGE = 100_000
MAX_BACKLOG = 16 * 1024 * 1024


class PacketLine(Line):
    """A line on which only packets arrive; a client that sends anything else is told why, and closed."""

    _is_refused = False

    async def receive(self) -> list[str | bytes]:
        """Wait for packets, and return all that have come; none when there will be no more."""
        messages = await super().receive() if not self._is_refused else []
        for count, message in enumerate(messages):
            try:
                check_packets([parse_engine_packet(message)])
            except PacketError as error:
                self._is_refused = True
                self.close(CloseCode.PROTOCOL_ERROR, str(error)[:100])
                return messages[:count]
        return messages


class Door(Handler):
    """The handler of `/socket.io/`; its base judges origins.

    Attributes:
        line: the WebSocket that this request has become.
    """

    line: Line

    def initialize(self, sio: socketio.AsyncServer, lines: set[Line], outbox: Outbox) -> None:
        """Take python-socketio's server, the set of all open WebSockets (to close them), and what flushes them."""
        self.sio = sio
        self.lines = lines
        self.outbox = outbox

    async def get(self, *args: str, **kwargs: str) -> None:
        """Answer a poll, or take the connection over as a WebSocket and run it to its end."""
        if self.request.headers.get("Upgrade", "").lower() == "websocket":
            await self._upgrade()
        else:
            await self.sio.handle_request(self)

    async def post(self, *args: str, **kwargs: str) -> None:
        """Take packets by polling; release the parked GET of a client that goes or sends what is none."""
        try:
            check_packets(parse_payload(self.request.body.decode()))
        except ValueError as error:
            await self._end_session(str(error))
        else:
            await self.sio.handle_request(self)
        client = self._client()
        if client and client.closed:
            await client.queue.put(None)

    async def _upgrade(self) -> None:
        request = self.request
        fields = tuple(request.headers.get_all())
        try:
            response = upgrade_response(str(request.method), str(request.uri), fields)
        except UpgradeRefusedError as refused:
            self.refuse(refused.status, str(refused))
            return
        stream = self.detach()
        self.line = PacketLine(MAX_MESSAGE, MAX_BACKLOG, self.outbox)
        await take_over(stream.socket, response, self.line)
        stream.close()
        self.lines.add(self.line)
        try:
            await self.sio.handle_request(self)
        finally:
            self.lines.discard(self.line)
            self.line.close()

    async def _end_session(self, reason: str) -> None:
        self.refuse(400, reason)
        if client := self._client():
            await client.close(wait=False)

    def _client(self) -> AsyncSocket | None:
        return self.sio.eio.sockets.get(self.get_query_argument("sid", ""))


def check_packets(packets: Iterable[EnginePacket]) -> None:
    """Read with the lessons' own parser, which refuses what is no packet, what python-socketio is to read.

    Raises:
        PacketError: a message holds no Socket.IO packet.
    """
    for packet in packets:
        if packet.type is EngineType.MESSAGE and isinstance(packet.data, str):
            parse_socket_packet(packet.data)
