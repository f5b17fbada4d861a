"""What stands between HTTP and python-socketio: who may come in, and how a request becomes a WebSocket."""

import socketio
from engineio.async_socket import AsyncSocket

from lessons.protocols.engineio_packets import parse_payload
from lessons.protocols.websocket_handshake import UpgradeRefusedError
from lessons.serving.tornado_service import Handler
from lessons.socket_io.engineio_driver import check_packets
from lessons.socket_io.limits import MAX_MESSAGE, MAX_UNSENT
from lessons.socket_io.websocket_transport import Outbox, WebSocketTransport, take_over, upgrade_response


class SocketIOHandler(Handler):
    """The handler of `/socket.io/`; its base judges origins.

    Attributes:
        transport: the WebSocket that this request has become.
    """

    transport: WebSocketTransport

    def initialize(self, sio: socketio.AsyncServer, transports: set[WebSocketTransport], outbox: Outbox) -> None:
        """Take python-socketio's server, the set of all open WebSockets (to close them), and what flushes them."""
        self.sio = sio
        self.transports = transports
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
        self.transport = WebSocketTransport(MAX_MESSAGE, MAX_UNSENT, self.outbox)
        await take_over(stream.socket, response, self.transport)
        stream.close()
        self.transports.add(self.transport)
        try:
            await self.sio.handle_request(self)
        finally:
            self.transports.discard(self.transport)
            self.transport.close()

    async def _end_session(self, reason: str) -> None:
        self.refuse(400, reason)
        if client := self._client():
            await client.close(wait=False)

    def _client(self) -> AsyncSocket | None:
        return self.sio.eio.sockets.get(self.get_query_argument("sid", ""))
