"""The server of iframe streaming: `GET /clock` answers with a document that doesn't end.

Each piece of news is one more `<script>` block in it, which calls a function of the page around the frame. `send` adds
a block and keeps the response open; only `end` closes it.
"""

from __future__ import annotations

import asyncio
import socket
from datetime import datetime
from functools import partial
from pathlib import Path

from lessons.clients.base import check_interval
from lessons.iframe.document import HEARTBEAT, beginning, block
from lessons.protocols.http_head import Request
from lessons.protocols.origin import OriginPolicy
from lessons.serving import runtime
from lessons.serving.clock import Clock, WallClock, clock_text
from lessons.serving.page import page_routes
from lessons.serving.response import Response, Stream, text_response
from lessons.serving.runtime import Server
from lessons.serving.ticking_service import TickingService

MOST_BLOCKS = 1000
"""How many blocks a document may have; then it ends, and whoever still listens asks for another.

A browser keeps every block of a document, and some proxies go on reading long after their clients have gone.
"""
HEARTBEAT_SECONDS = 2.0
"""Seconds between two heartbeats: a document without news shows by them that its line is alive."""


class Document:
    """A document that is being written.

    Args:
        stream: what it is written to.
        function: the function of the page to call, if the page is of the frame's own origin.
        page: the origin of the page, if it is another.
    """

    def __init__(self, stream: Stream, function: str, page: str | None) -> None:
        self._stream = stream
        self._function = function
        self._page = page
        self._blocks = 0

    @property
    def is_long(self) -> bool:
        """Whether it has as many blocks as a document may have."""
        return self._blocks >= MOST_BLOCKS

    def tell(self, text: str) -> None:
        """Add a piece of news to the document."""
        self.send(block(text, self._function, self._page))

    def send(self, written: bytes) -> None:
        """Add a block to the document."""
        self._stream.send(written)
        self._blocks += 1

    def end(self) -> None:
        """Close the document."""
        self._stream.end()


class Documents(set[Document]):
    """The documents that are being written at the moment."""

    def open(self, function: str, page: str | None, stream: Stream) -> None:
        """Begin a document, and keep it until its client goes away or it has become long."""
        document = Document(stream, function, page)
        stream.on_gone = partial(self.discard, document)
        stream.send(beginning(page))
        self.add(document)

    def tell(self, text: str) -> None:
        """Add a piece of news to all of them."""
        for document in list(self):
            document.tell(text)
        self._end_long_ones()

    async def beat(self) -> None:
        """Add a heartbeat to all of them every `HEARTBEAT_SECONDS`, until cancelled."""
        while True:
            await asyncio.sleep(HEARTBEAT_SECONDS)
            for document in list(self):
                document.send(HEARTBEAT)
            self._end_long_ones()

    def _end_long_ones(self) -> None:
        for document in [each for each in self if each.is_long]:
            self.discard(document)
            document.end()


class DocumentService(TickingService):
    """Writes the time into all documents at each tick, and a heartbeat now and then: two timers for all clients.

    Args:
        clock: what it tells the time by.
        interval: seconds between two pieces of news.

    Attributes:
        documents: those that are being written.
    """

    def __init__(self, clock: Clock, interval: float) -> None:
        super().__init__(page_routes("Iframe streaming", Path(__file__).with_name("client.js"), {}), clock, interval)
        self.routes["/clock"] = self.begin_document
        self.documents = Documents()

    async def open(self, sockets: list[socket.socket], origins: OriginPolicy) -> None:
        """Begin to accept connections, to tick and to send heartbeats."""
        self._heart = asyncio.create_task(self.documents.beat())
        await super().open(sockets, origins)

    async def close(self) -> None:
        """Stop the timers and end every document."""
        self._heart.cancel()
        await super().close()

    def tick(self, moment: datetime) -> None:
        """Write the time into all documents."""
        self.documents.tell(clock_text(moment))

    def begin_document(self, request: Request) -> Response:
        """Begin a document; `call` names the page's function, `page` its origin if that is another."""
        function = request.query_value("call")
        function = "news" if function is None else function
        page = request.query_value("page")
        host = request.headers.get("Host") or ""
        if page is not None and self.origins.refusal(page, host) is not None:
            return text_response(400, f"Pages of the origin {page!r} may not have this server's news.")
        try:
            block("", function, page)
        except ValueError as error:
            return text_response(400, str(error))
        html = {"Content-Type": "text/html; charset=utf-8"}
        return Response(200, headers=html, begin=partial(self.documents.open, function, page))


class IframeServer(Server):
    """A server that writes the time into a document without end, for every frame that asks for it.

    Args:
        clock: what it tells the time by; the wall clock by default.
        name: what it is called; a new server of the same name takes the place of the old one.
        host: the address to listen on.
        port: the port, 0 for a free one.
        interval: seconds between two pieces of news; there is one when the time of day is a multiple of it.

    Raises:
        LessonError: if the interval isn't a number above zero.
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
        service = DocumentService(clock or WallClock(), check_interval(interval))
        self._documents = service.documents
        super().__init__(service, name=name, host=host, port=port)

    @property
    def frames(self) -> int:
        """How many frames are being told the news at the moment, each by a document of its own."""
        return len(self._documents)

    def publish(self, text: str) -> None:
        """Add a piece of news to every document; safe to call from any thread."""
        runtime.call(self._documents.tell, text)
