"""An HTTP server that has news of its own, by a clock: one timer for all its clients."""

from __future__ import annotations

import asyncio
import socket
from collections.abc import Callable, Mapping
from datetime import datetime

from lessons.serving.clock import Clock, ticks
from lessons.serving.http_service import Answer, HTTPService
from lessons.serving.runtime import Server


class TickingService(HTTPService):
    """Has news of its own at each tick of a clock, besides answering requests.

    Args:
        server: the handle that it runs behind; it decides who is welcome.
        answers: what answers a request, by its path.
        clock: what it tells the time by.
        every: seconds between two ticks, which come when the time of day is a multiple of it.
        on_tick: called at each tick with the time of day.
    """

    def __init__(
        self,
        server: Server,
        answers: Mapping[str, Answer],
        clock: Clock,
        every: float,
        on_tick: Callable[[datetime], object],
    ) -> None:
        super().__init__(server, answers)
        self._clock = clock
        self._every = every
        self._on_tick = on_tick

    async def open(self, sockets: list[socket.socket]) -> None:
        """Begin to accept connections, and to tick."""
        self._ticker = asyncio.create_task(self._tick())
        await super().open(sockets)
        await asyncio.sleep(0)  # now the ticker waits, and no tick of a clock that is set by hand gets lost

    async def _tick(self) -> None:
        async for moment in ticks(self._clock, self._every):
            self._on_tick(moment)

    async def close(self) -> None:
        """Stop ticking and listening, then end every connection."""
        self._ticker.cancel()
        await super().close()
