"""An HTTP server that has news at each tick of a clock: one timer for all its clients."""

from __future__ import annotations

import asyncio
import socket
from abc import abstractmethod
from collections.abc import Mapping
from datetime import datetime

from lessons.protocols.origin import OriginPolicy
from lessons.serving.clock import Clock, ticks
from lessons.serving.http_service import HTTPService, Respond


class TickingService(HTTPService):
    """Has news at each tick of a clock, besides answering requests.

    Args:
        routes: the function that answers requests, for each path.
        clock: the clock that it goes by.
        every: seconds between two ticks, which come when the time of day is a multiple of this.
    """

    def __init__(self, routes: Mapping[str, Respond], clock: Clock, every: float) -> None:
        super().__init__(routes)
        self._clock = clock
        self._every = every

    @abstractmethod
    def tick(self, moment: datetime) -> None:
        """Called at each tick with the time of day."""

    async def open(self, sockets: list[socket.socket], origins: OriginPolicy) -> None:
        """Begin to tick, and to accept connections."""
        self._ticker = asyncio.create_task(self._keep_ticking())
        await super().open(sockets, origins)
        await asyncio.sleep(0)  # lets the ticker begin to wait, so that no tick of a manual clock is lost

    async def _keep_ticking(self) -> None:
        async for moment in ticks(self._clock, self._every):
            self.tick(moment)

    async def close(self) -> None:
        """Stop ticking and listening, then end every connection."""
        self._ticker.cancel()
        await super().close()
