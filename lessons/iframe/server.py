"""The server of iframe streaming: `GET /clock` answers with a document that doesn't end.

Each piece of news is one more `<script>` block in it, which calls a function of the page around the frame. To go on
writing, a handler calls `write` and `flush`; as long as it doesn't return, nobody calls `finish`.
"""

from __future__ import annotations

import asyncio
import socket

from tornado.web import Application

from lessons import runtime
from lessons.client import check_interval
from lessons.clock import Clock, WallClock, clock_text
from lessons.iframe.document import HEARTBEAT, beginning, block
from lessons.page import page_routes
from lessons.response import connection
from lessons.runtime import Server
from lessons.tornado_service import Handler, TickingService, application

MOST_BEHIND = 100
"""How many blocks a client may leave unread before it is given up."""

MOST_BLOCKS = 1000
"""How many blocks a document has at the most; then it ends, and whoever still listens asks for another.

A browser keeps all that a document has brought, and some proxies go on reading when their clients have long gone.
"""
HEARTBEAT_SECONDS = 2.0
"""How long a document grows by nothing at the most."""


class FrameHandler(Handler):
    """`GET /clock`: the endless document; `call` names the page's function, `page` its origin if that is another."""

    _over: asyncio.Event | None = None

    async def get(self) -> None:
        """Begin the document, and leave it open until its client goes away or it has become long."""
        frames: Frames = self.settings["frames"]
        self._function = self.get_query_argument("call", "news")
        self._page = self.get_query_argument("page", None)
        if (problem := self._problem()) is not None:
            self.refuse(400, problem)
            return
        self._over = asyncio.Event()
        self._behind = self._blocks = 0
        self.set_header("Content-Type", "text/html; charset=utf-8")
        self.write(beginning(self._page))
        self.flush()
        frames.add(self)
        try:
            await self._over.wait()
        finally:
            frames.discard(self)

    def _problem(self) -> str | None:
        """Return what is wrong with the request, `None` if nothing is."""
        server: Server = self.settings["server"]
        if self._page is not None and server.refusal(self._page, self.request.host) is not None:
            return f"Pages of the origin {self._page!r} may not have this server's news."
        try:
            block("", self._function, self._page)
        except ValueError as error:
            return str(error)
        return None

    def tell(self, text: str) -> None:
        """Add a piece of news to the document."""
        self.send(block(text, self._function, self._page))

    def send(self, written: bytes) -> None:
        """Add a block to the document; a client that hasn't taken the last hundred is given up."""
        self._behind += 1
        if self._behind > MOST_BEHIND:
            connection(self.request).stream.close()
            return
        self.write(written)
        self.flush().add_done_callback(self._caught_up)
        self._blocks += 1
        if self._blocks == MOST_BLOCKS and self._over is not None:
            self._over.set()

    def _caught_up(self, flushed: asyncio.Future[None]) -> None:
        self._behind = 0

    def on_connection_close(self) -> None:
        """Let go of a client that has left."""
        if self._over is not None:
            self._over.set()


class Frames(set[FrameHandler]):
    """The documents that are being written at the moment."""

    def tell(self, text: str) -> None:
        """Add a piece of news to all of them."""
        for frame in list(self):
            frame.tell(text)

    async def beat(self) -> None:
        """Add a heartbeat to all of them now and then, until cancelled."""
        while True:
            await asyncio.sleep(HEARTBEAT_SECONDS)
            for frame in list(self):
                frame.send(HEARTBEAT)


class FrameService(TickingService):
    """Writes the time into all documents at each tick, and a heartbeat now and then: two timers for all clients.

    Args:
        application: the application to run.
        clock: what it tells the time by.
        interval: seconds between two pieces of news.
        frames: the documents.
    """

    def __init__(self, application: Application, clock: Clock, interval: float, frames: Frames) -> None:
        super().__init__(application, clock, interval, lambda moment: frames.tell(clock_text(moment)))
        self._frames = frames

    async def open(self, sockets: list[socket.socket]) -> None:
        """Begin to accept connections, to tick and to beat."""
        self._heart = asyncio.create_task(self._frames.beat())
        await super().open(sockets)

    async def close(self) -> None:
        """Stop the timers and end every document."""
        self._heart.cancel()
        await super().close()


class IframeServer(Server):
    """A server that writes the time into a document without end, for every frame that asks for it.

    Args:
        clock: what it tells the time by; the wall's by default.
        name: what it is called; a new server of the same name takes the place of the old one.
        host: the address to listen on.
        port: the port, 0 for a free one.
        interval: seconds between two pieces of news; there is one when the time of day is a multiple of it.

    Raises:
        LessonError: if the interval is no number above zero.
    """

    def __init__(
        self,
        clock: Clock | None = None,
        *,
        name: str = "iframe server",
        host: str = "127.0.0.1",
        port: int = 0,
        interval: float = 1.0,
    ) -> None:
        self._frames = Frames()
        routes = [("/clock", FrameHandler), *page_routes("Iframe streaming", __file__, {})]
        tornado = application(routes, self, frames=self._frames)
        service = FrameService(tornado, clock or WallClock(), check_interval(interval), self._frames)
        super().__init__(service, name=name, host=host, port=port)

    @property
    def frames(self) -> int:
        """How many documents are being written at the moment."""
        return len(self._frames)

    def publish(self, text: str) -> None:
        """Add a piece of news to every document; any thread may call it."""

        async def on_the_loop() -> None:
            self._frames.tell(text)

        runtime.run(on_the_loop())
