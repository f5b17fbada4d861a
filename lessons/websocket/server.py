"""The server of lesson 5, ready-made: tornado's WebSocketHandler tells the time at `/clock`, and echoes at `/echo`.

The page at `/` and both WebSockets are on one port: a WebSocket begins as an HTTP request like any other.
"""

from __future__ import annotations

import asyncio
import json
from collections.abc import Callable, Collection
from contextlib import suppress
from datetime import timedelta

from tornado.web import Application
from tornado.websocket import WebSocketClosedError, WebSocketHandler

from lessons.protocols.origin import OriginPolicy
from lessons.protocols.websocket_close import CloseCode
from lessons.serving.clock import Clock, WallClock, clock_text
from lessons.serving.runtime import Server
from lessons.serving.tornado_service import TornadoService, application, page_handlers
from lessons.serving.websocket_server import CLIENT

MayConnect = Callable[[str, str, Collection[str]], bool]
"""`may_connect(origin, host, allowed)` decides by the fields `Origin` and `Host`, and the other origins allowed."""


class SocketHandler(WebSocketHandler):
    """What both WebSockets share: who may connect, and who is connected."""

    def set_default_headers(self) -> None:
        """Leave out the name of the program: every header field shown in a lesson has a reason."""
        self.clear_header("Server")

    def prepare(self) -> None:
        """Refuse a page that may not connect: tornado itself asks only if the request looks cross-origin."""
        origin = self.request.headers.get("Origin")
        if origin is not None and not self.check_origin(origin):
            self.set_status(403)
            self.finish("Pages of this origin may not connect (RFC 6455, section 10.2).\n")

    def check_origin(self, origin: str) -> bool:
        """Say whether a page of this origin may connect."""
        origins: OriginPolicy = self.settings["origins"]
        may_connect: MayConnect | None = self.settings["may_connect"]
        if may_connect is None:
            return origins.refusal(origin, self.request.host) is None
        return bool(may_connect(origin, self.request.host, origins.allowed))

    def open(self) -> None:
        """Notice that a client has connected."""
        self.settings["sockets"].add(self)
        self.settings["note"]("the server notices the client")

    async def say(self, message: str | bytes) -> None:
        """Send a message, and wait while the client doesn't read; nobody hears it if the client has gone."""
        with suppress(WebSocketClosedError):
            await self.write_message(message, binary=isinstance(message, bytes))

    def on_close(self) -> None:
        """Notice that it has gone, however it went."""
        self.settings["sockets"].discard(self)
        self.settings["note"]("the server notices the end")


class EchoSocket(SocketHandler):
    """`/echo`: repeats whatever it hears."""

    async def on_message(self, message: str | bytes) -> None:
        """Answer text with the same text, and bytes with the same bytes."""
        self.settings["note"]("the server receives")
        self.settings["note"]("the server answers")
        await self.say(message)


class ClockSocket(SocketHandler):
    """`/clock`: tells the time at every interval, unasked: as text, or in JSON if the subprotocol says so."""

    def select_subprotocol(self, subprotocols: list[str]) -> str | None:
        """Choose a subprotocol from those that the client offers; None for plain text."""
        return "time.json" if "time.json" in subprotocols else None

    def open(self) -> None:
        """Begin to tell the time."""
        super().open()
        self._telling = asyncio.create_task(self._tell_time())

    def on_close(self) -> None:
        """Stop telling the time: what is begun for a client ends with it."""
        self._telling.cancel()
        super().on_close()

    async def on_message(self, message: str | bytes) -> None:
        """Tell the time at once, whatever the client says."""
        await self.say(self._time())

    def _time(self) -> str:
        text = clock_text(self.settings["clock"].now())
        return json.dumps({"time": text}) if self.selected_subprotocol == "time.json" else text

    async def _tell_time(self) -> None:
        clock, interval = self.settings["clock"], timedelta(seconds=self.settings["interval"])
        try:
            while True:
                due = clock.now() + interval
                await self.write_message(self._time())
                await clock.sleep((due - clock.now()).total_seconds())
        except WebSocketClosedError:
            pass  # the client has gone while the time was being told


class SocketService(TornadoService):
    """Runs an application that has WebSockets.

    Args:
        application: the application to run; its setting `sockets` holds those that are open.
    """

    def __init__(self, application: Application) -> None:
        super().__init__(application)
        self._sockets: set[SocketHandler] = application.settings["sockets"]

    async def close(self) -> None:
        """Say goodbye to every client, then end every connection; the runtime limits how long this may take."""
        for each in list(self._sockets):
            each.close(CloseCode.GOING_AWAY, "The server is shutting down.")
        while self._sockets:
            await asyncio.sleep(0.01)
        await super().close()


class ReadyMadeServer(Server):
    """A server with tornado's WebSockets, and a page, on one port.

    Args:
        clock: what it tells the time by; the wall clock by default.
        name: what it is called; a new server of the same name takes the place of the old one.
        host: the address to listen on.
        port: the port, 0 for a free one.
        interval: seconds from one message with the time to the next.
        may_connect: decides which page may connect; by default its own pages, and those of the origins allowed.
        note: called with a line for each thing that happens at the server.
    """

    def __init__(
        self,
        clock: Clock | None = None,
        *,
        name: str = "ready-made server",
        host: str = "127.0.0.1",
        port: int = 0,
        interval: float = 1.0,
        may_connect: MayConnect | None = None,
        note: Callable[[str], object] = bool,
    ) -> None:
        self.sockets: set[SocketHandler] = set()
        routes = [
            ("/echo", EchoSocket),
            ("/clock", ClockSocket),
            *page_handlers("WebSocket", CLIENT, {"path": "/clock"}),
        ]
        settings = {
            "clock": clock or WallClock(),
            "interval": interval,
            "may_connect": may_connect,
            "note": note,
            "sockets": self.sockets,
            "websocket_ping_interval": 25,
        }
        super().__init__(SocketService(application(routes, **settings)), name=name, host=host, port=port)
