"""python-socketio under tornado, with a page beside it, as one service that opens and closes cleanly."""

import asyncio
import socket
from pathlib import Path
from typing import Any

import socketio
from engineio.payload import Payload
from tornado.web import StaticFileHandler

from lessons.protocols.origin import OriginPolicy
from lessons.serving.tornado_service import Handler, TornadoService, application
from lessons.socket_io import engineio_driver
from lessons.socket_io.broadcast import BroadcastManager
from lessons.socket_io.handler import SocketIOHandler
from lessons.socket_io.limits import CONNECT_SECONDS, MAX_MESSAGE, MAX_PACKETS
from lessons.socket_io.websocket_transport import WebSocketTransports

CLIENT_SCRIPTS = Path(__file__).parent / "page"

Payload.max_decode_packets = MAX_PACKETS  # python-engineio would refuse a POST of more than 16

FILE = r"\w[\w.-]*"
"""The name of a page's file; what else may stand in a path has no business in a file system."""

CONTENT_SECURITY_POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src data:; connect-src 'self'; "
    "base-uri 'none'; form-action 'none'"
)


class Page(Handler, StaticFileHandler):
    """The files of a page, with header fields that let only its own scripts run."""

    def set_extra_headers(self, path: str) -> None:
        """Add the security fields to each file's head."""
        self.set_header("Content-Security-Policy", CONTENT_SECURITY_POLICY)
        self.set_header("X-Content-Type-Options", "nosniff")


class Packet(socketio.packet.Packet):  # type: ignore[misc]
    """A packet of python-socketio's, whose refusals the official clients can read: an object with a `message`."""

    data: Any

    def encode(self) -> str | list[str | bytes]:
        """Encode it; the bare sentence that python-socketio has for an unknown namespace becomes an object."""
        if self.packet_type == socketio.packet.CONNECT_ERROR and isinstance(self.data, str):
            self.data = {"message": self.data}
        encoded: str | list[str | bytes] = super().encode()
        return encoded


class SocketIOService(TornadoService):
    """Socket.IO at `/socket.io/`, and a page at `/`.

    Args:
        page: the folder with the page's files, `index.html` among them.
        client_manager: python-socketio's manager, one for Redis if several processes share their rooms.
        ping_interval: seconds between two pings.
        ping_timeout: seconds after which a client that doesn't answer a ping counts as gone.

    Attributes:
        sio: python-socketio's server, on which a lesson registers its namespaces.
    """

    def __init__(
        self,
        page: Path,
        *,
        client_manager: BroadcastManager | None = None,
        ping_interval: float = 25,
        ping_timeout: float = 20,
    ) -> None:
        self.sio = socketio.AsyncServer(
            async_mode="tornado",
            serializer=Packet,
            client_manager=client_manager or BroadcastManager(),
            always_connect=True,  # so that what is sent on connecting comes after the CONNECT packet
            async_handlers=False,  # a client's events one after the other, in the order of sending
            cors_allowed_origins="*",  # the handler has checked the origin already
            max_http_buffer_size=MAX_MESSAGE,
            ping_interval=ping_interval,
            ping_timeout=ping_timeout,
        )
        engineio_driver.install(self.sio)
        self.sio.eio.on("connect", self._session_opened)
        self._websockets = WebSocketTransports()
        routes = [
            (r"/socket\.io/", SocketIOHandler, {"sio": self.sio, "websockets": self._websockets}),
            (rf"/socket_io/({FILE})", Page, {"path": CLIENT_SCRIPTS}),
            (rf"/({FILE}|)", Page, {"path": page, "default_filename": "index.html"}),
        ]
        super().__init__(application(routes))

    async def open(self, sockets: list[socket.socket], origins: OriginPolicy) -> None:
        """Begin to accept connections."""
        await self._websockets.open([], origins)  # tornado listens for it
        await super().open(sockets, origins)

    async def close(self) -> None:
        """Stop listening, tell the clients, and end all connections."""
        if self._server is None:
            return
        self._server.stop()
        for client in list(self.sio.eio.sockets.values()):
            await client.close(wait=False)
        await self._websockets.close()
        await super().close()
        await self.sio.shutdown()

    async def _session_opened(self, session: str, environ: dict[str, Any]) -> None:
        await self.sio._handle_eio_connect(session, environ)
        asyncio.get_running_loop().call_later(CONNECT_SECONDS, self._end_idler, session)

    def _end_idler(self, session: str) -> None:
        """End a session whose client is in no namespace: it only takes up room."""
        client = self.sio.eio.sockets.get(session)
        namespaces = self.sio.manager.get_namespaces()
        if client is not None and not any(self.sio.manager.sid_from_eio_sid(session, each) for each in namespaces):
            self.sio.start_background_task(client.close, wait=False)
