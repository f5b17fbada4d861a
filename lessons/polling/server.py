"""The server of polling: `GET /clock` answers the time, and that is all it can do.

Nothing here knows of clients: between two requests the server has nobody to speak to.
"""

from __future__ import annotations

from lessons.client import check_interval
from lessons.clock import Clock, WallClock, clock_text
from lessons.page import page_routes
from lessons.runtime import Server
from lessons.tornado_service import Handler, TornadoService, application


class ClockHandler(Handler):
    """`GET /clock`: the time of day as plain text."""

    def get(self) -> None:
        """Answer the time.

        The answer carries an `ETag`; to a request that has seen it already (`If-None-Match`) tornado answers
        304 without content (RFC 9110, section 13.1.2). `no-cache` lets browsers keep an answer, to ask like that.
        """
        self.set_header("Content-Type", "text/plain; charset=utf-8")
        self.set_header("Cache-Control", "no-cache")
        self.finish(clock_text(self.settings["clock"].now()))


class PollingServer(Server):
    """A server that tells the time to whoever asks.

    Args:
        clock: what it tells the time by; the wall's by default.
        name: what it is called; a new server of the same name takes the place of the old one.
        host: the address to listen on.
        port: the port, 0 for a free one.
        interval: how often its own page asks, in seconds.

    Raises:
        LessonError: for a port in use, a bad port or host, an interval that is no number above zero.
    """

    def __init__(
        self,
        clock: Clock | None = None,
        *,
        name: str = "polling server",
        host: str = "127.0.0.1",
        port: int = 0,
        interval: float = 1.0,
    ) -> None:
        options = {"interval": check_interval(interval)}
        routes = [("/clock", ClockHandler), *page_routes("Polling", __file__, options)]
        service = TornadoService(application(routes, self, clock=clock or WallClock()))
        super().__init__(service, name=name, host=host, port=port)
