"""Requests that are held, each with its timer, until they are answered or their clients have gone."""

from __future__ import annotations

import asyncio

from lessons.serving.http_service import Pending
from lessons.serving.response import Response


class Parking:
    """The requests that are parked at the moment.

    Args:
        limit: how long a request may be parked, in seconds.
    """

    def __init__(self, limit: float) -> None:
        self._limit = limit
        self._timers: dict[Pending, asyncio.TimerHandle] = {}

    def __len__(self) -> int:
        return len(self._timers)

    def park(self, no_news: Response) -> Pending:
        """Hold a request; return its answer to come.

        Args:
            no_news: the answer if its time runs out.
        """
        loop = asyncio.get_running_loop()
        pending: Pending = loop.create_future()
        self._timers[pending] = loop.call_later(self._limit, self._release, pending, no_news)
        pending.add_done_callback(self._leave)
        return pending

    def release_all(self, news: Response) -> None:
        """Give all requests the same answer."""
        for pending in self._timers:
            self._release(pending, news)

    def _release(self, pending: Pending, response: Response) -> None:
        if not pending.done():  # it may have been answered, or its client gone, a moment ago
            pending.set_result(response)

    def _leave(self, pending: Pending) -> None:
        """Forget a request that was answered or cancelled, and its timer."""
        self._timers.pop(pending).cancel()
