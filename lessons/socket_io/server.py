"""python-socketio under tornado, with a page beside it, as one server that opens and closes cleanly."""

import asyncio
import socket
from collections.abc import Collection, Iterable, Mapping
from contextlib import suppress
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import socketio
from engineio.payload import Payload
from tornado.httpserver import HTTPServer
from tornado.web import Application, StaticFileHandler
from tornado.websocket import WebSocketHandler

from lessons.socket_io.door import Door

CLIENT_SCRIPT = Path(__file__).parent / "page"
CLOSE_SECONDS = 2.0
GOING_AWAY = 1001
MAX_MESSAGE = 100_000

# The official client puts all that it has to say into one POST; python-engineio would drop more than 16
# packets.
Payload.max_decode_packets = 1000

SECURITY_HEADERS = {
    "Content-Security-Policy": "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; "
    "connect-src 'self'; base-uri 'none'; form-action 'none'",
    "X-Content-Type-Options": "nosniff",
    "Cache-Control": "no-cache",
}


class Page(StaticFileHandler):
    """The files of a page, with headers by which only its own scripts run."""

    def set_extra_headers(self, path: str) -> None:
        """Add the security headers to each file."""
        for name, value in SECURITY_HEADERS.items():
            self.set_header(name, value)


class SocketIOServer:
    """A Socket.IO server at ``/socket.io/`` and a page at ``/``.

    Attributes:
        sio: python-socketio's server, on which a lesson registers its handlers.
    """

    def __init__(
        self,
        page: Path,
        *,
        origins: Iterable[str] = (),
        client_manager: socketio.AsyncManager | None = None,
        ping_interval: float = 25,
        ping_timeout: float = 20,
    ) -> None:
        """Prepare the server; nothing listens yet.

        Args:
            page: The folder with the page's files, ``index.html`` among them.
            origins: The origins, such as ``http://localhost:8888``, whose pages may connect beside our
                own.
            client_manager: python-socketio's manager, one for Redis if several processes share their
                rooms.
            ping_interval: Seconds between two pings.
            ping_timeout: Seconds after which a client that doesn't answer a ping is given up.
        """
        self._origins = frozenset(origins)
        self._page = page
        self._websockets: set[WebSocketHandler] = set()
        self._http: HTTPServer | None = None
        self.sio = socketio.AsyncServer(
            async_mode="tornado",
            client_manager=client_manager,
            always_connect=True,  # so that what is sent on connecting comes after the acceptance
            async_handlers=False,  # a client's events one after the other, in the order of sending
            cors_allowed_origins=self._is_allowed,
            max_http_buffer_size=MAX_MESSAGE,
            ping_interval=ping_interval,
            ping_timeout=ping_timeout,
        )
        base = socketio.get_tornado_handler(self.sio)
        self._handler = type("SocketIOHandler", (Door, base), {"sio": self.sio, "websockets": self._websockets})

    async def open(self, sockets: Collection[socket.socket]) -> None:
        """Accept connections on these sockets, which are bound and listen."""
        application = Application(
            [
                (r"/socket\.io/", self._handler),
                (r"/socket_io/(.*)", Page, {"path": CLIENT_SCRIPT}),
                (r"/(.*)", Page, {"path": self._page, "default_filename": "index.html"}),
            ],
            websocket_max_message_size=MAX_MESSAGE,
            log_function=lambda handler: None,
        )
        self._http = HTTPServer(application, max_body_size=MAX_MESSAGE)
        self._http.add_sockets(sockets)

    async def close(self) -> None:
        """Stop listening, tell the clients, and end all connections within ``CLOSE_SECONDS``."""
        if self._http is None:
            return
        self._http.stop()
        for client in list(self.sio.eio.sockets.values()):
            await client.close(wait=False)
        for websocket in list(self._websockets):
            websocket.close(GOING_AWAY, "the server stops")
        await self._wait_for_websockets()
        with suppress(TimeoutError):
            await asyncio.wait_for(self._http.close_all_connections(), CLOSE_SECONDS)
        await self.sio.shutdown()
        self._http = None

    def _is_allowed(self, origin: str, environ: Mapping[str, Any]) -> bool:
        return origin in self._origins or urlsplit(origin).netloc == environ["HTTP_HOST"]

    async def _wait_for_websockets(self) -> None:
        deadline = asyncio.get_running_loop().time() + CLOSE_SECONDS
        while self._websockets and asyncio.get_running_loop().time() < deadline:
            await asyncio.sleep(0.01)
        for websocket in list(self._websockets):
            websocket.ws_connection.stream.close()  # type: ignore[union-attr]
