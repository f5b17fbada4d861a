"""Specimens: iframe streaming as it is often seen elsewhere, and that goes wrong, kept to be watched doing so."""

from __future__ import annotations

import asyncio

from tornado.ioloop import PeriodicCallback

from lessons.serving.runtime import Server
from lessons.serving.tornado_service import Handler, TornadoService, application

INTERVAL_MILLISECONDS = 20


class LeftIntervalHandler(Handler):
    """`GET /clock`: adds a block now and then, by an interval of its own, and forgets that its client may leave."""

    async def get(self) -> None:
        """Begin the document, and leave it open."""
        self.set_header("Content-Type", "text/html; charset=utf-8")
        interval = PeriodicCallback(self._add_block, INTERVAL_MILLISECONDS)
        self.settings["intervals"].append(interval)
        interval.start()
        await asyncio.Event().wait()

    def _add_block(self) -> None:
        self.settings["ticks"].append(1)
        self.write("<script>parent.news('tick')</script>\n")
        self.flush()


class LeftIntervalsServer(Server):
    """A server whose intervals go on for clients that have long gone."""

    def __init__(self) -> None:
        self._intervals: list[PeriodicCallback] = []
        self._ticks: list[int] = []
        routes = [("/clock", LeftIntervalHandler)]
        tornado = application(routes, intervals=self._intervals, ticks=self._ticks)
        super().__init__(TornadoService(tornado), name="server that leaves intervals running")

    @property
    def intervals(self) -> int:
        """How many intervals run at the moment."""
        return sum(interval.is_running() for interval in self._intervals)

    @property
    def ticks(self) -> int:
        """How often they have fired, all together."""
        return len(self._ticks)

    def close(self) -> None:
        """Stop the intervals, which would outlive the server, too; then close as any other server."""
        for interval in self._intervals:
            interval.stop()
        super().close()


def unescaped_block(text: str) -> str:
    """Write a script block as it is often done: the news between two quotes, whatever it is."""
    return f"<script>parent.news('{text}')</script>\n"
