"""What stands between HTTP and python-socketio: who may come in, and how a request becomes a WebSocket."""

import json

import socketio
from engineio.async_socket import AsyncSocket

from lessons.protocols.engineio_packets import PacketError, parse_payload
from lessons.protocols.websocket_handshake import UpgradeRefusedError
from lessons.serving.tornado_service import Handler
from lessons.socket_io.limits import MAX_MESSAGE, MAX_PACKETS, MAX_SESSIONS
from lessons.socket_io.websocket_transport import WebSocketTransport, WebSocketTransports, upgrade_response

VERSION = "4"
UNKNOWN_TRANSPORT = 0, "Transport unknown"
UNKNOWN_SESSION = 1, "Session ID unknown"
BAD_METHOD = 2, "Bad handshake method"
BAD_REQUEST = 3, "Bad request"
BAD_VERSION = 5, "Unsupported protocol version"
"""Refusals by code and message, as Node's server sends them: the official clients know these."""


class SocketIOHandler(Handler):
    """The handler of `/socket.io/`; its base judges origins.

    Whatever can be refused is refused here, before an upgrade, so that a client is told why; python-engineio would
    accept the WebSocket first and close it without a word.

    Attributes:
        transport: the WebSocket that this request has become.
    """

    transport: WebSocketTransport

    def initialize(self, sio: socketio.AsyncServer, websockets: WebSocketTransports) -> None:
        """Take python-socketio's server, and what runs its WebSockets."""
        self.sio = sio
        self.websockets = websockets

    async def get(self, *args: str, **kwargs: str) -> None:
        """Answer a poll, or take the connection over as a WebSocket and run it to its end."""
        asked = self.request.headers.get("Upgrade", "").lower()
        is_websocket = "websocket" in map(str.strip, asked.split(","))
        if self.get_query_argument("sid", None) is None and len(self.sio.eio.sockets) >= MAX_SESSIONS:
            self.refuse(503, f"There are {MAX_SESSIONS:,} sessions already.")
        elif refusal := self._refusal_of_session(is_websocket=is_websocket):
            self._refuse(*refusal)
        elif is_websocket:
            await self._upgrade()
        else:
            await self._poll()

    async def post(self, *args: str, **kwargs: str) -> None:
        """Take posted packets; release the parked GET of a client that leaves, or sends what isn't a packet."""
        client = self._client()
        if refusal := self._refusal_of_session(is_websocket=False):
            self._refuse(*refusal)
            return
        if client is None:
            self._refuse(*BAD_METHOD)
            return
        try:
            self._check_packets(client)
        except ValueError as error:
            self.refuse(413 if len(self.request.body) > MAX_MESSAGE else 400, str(error))
            await client.close(wait=False)
        else:
            await self.sio.handle_request(self)
        if client.closed:
            await client.queue.put(None)

    def on_connection_close(self) -> None:
        """End the session of a client that drops its poll: what comes next would be written to nobody."""
        client = self._client()
        if client is not None and client.queue.poll is self:
            self.sio.start_background_task(client.close, wait=False)

    def _refusal_of_session(self, *, is_websocket: bool) -> tuple[int, str] | None:
        """Return why a request is refused; None if it is welcome (Engine.IO protocol, "Handshake" and "Upgrade")."""
        transport, sid = self.get_query_argument("transport", ""), self.get_query_argument("sid", None)
        if transport not in ("polling", "websocket"):
            return UNKNOWN_TRANSPORT
        if is_websocket != (transport == "websocket"):
            return BAD_REQUEST
        if sid is None:
            return None if self.get_query_argument("EIO", "") == VERSION else BAD_VERSION
        client = self._client()
        if client is not None and client.queue.is_lossy:
            self.sio.start_background_task(client.close, wait=False)
        if client is None or client.closed or client.queue.is_lossy:
            return UNKNOWN_SESSION
        if client.upgraded or not client.connected or (is_websocket and client.upgrading):
            return BAD_REQUEST
        return None

    async def _poll(self) -> None:
        client = self._client()
        if client is None:
            await self.sio.handle_request(self)
            return
        if client.queue.poll is not None:  # two requests at once would split the packets between them
            self._refuse(*BAD_REQUEST)
            await client.close(wait=False)
            return
        client.queue.poll = self
        try:
            await self.sio.handle_request(self)
        finally:
            client.queue.poll = None

    async def _upgrade(self) -> None:
        request = self.request
        fields = tuple(request.headers.get_all())
        try:
            response = upgrade_response(str(request.method), str(request.uri), fields)
        except UpgradeRefusedError as refused:
            for name, value in refused.fields:
                self.set_header(name, value)
            if refused.status == 426:
                self.set_header("Connection", "Upgrade")
            self.refuse(refused.status, str(refused))
            return
        request.headers["Upgrade"] = "websocket"  # python-engineio can't read a list of protocols here
        client = self._client()
        stream = self.detach()
        self.transport = await self.websockets.take_over(stream.socket, response)
        stream.close()
        try:
            if not self._refusal_of_session(is_websocket=True):  # the session may have ended meanwhile
                await self.sio.handle_request(self)
        finally:
            self.transport.close()
            if client is not None:
                client.upgrading = False  # else a session whose upgrade failed would get no more by polling

    def _check_packets(self, client: AsyncSocket) -> None:
        """Read what was posted with the lessons' own parser, which refuses what isn't a packet.

        Raises:
            ValueError: if it isn't packets, or is too much.
        """
        body = self.request.body
        if len(body) > MAX_MESSAGE:
            raise PacketError(f"a POST has at most {MAX_MESSAGE} bytes")
        packets = parse_payload(body.decode())
        if len(packets) > MAX_PACKETS:
            raise PacketError(f"a POST has at most {MAX_PACKETS} packets")
        for packet in packets:
            client.queue.reader.receive(packet)

    def _refuse(self, code: int, message: str) -> None:
        self.set_status(400)
        self.set_header("Content-Type", "application/json")
        self.finish(json.dumps({"code": code, "message": message}))

    def _client(self) -> AsyncSocket | None:
        return self.sio.eio.sockets.get(self.get_query_argument("sid", ""))
