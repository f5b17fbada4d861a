"""Requests that are held back: each with its timer, until it is answered or its client has gone."""

from __future__ import annotations

import asyncio
from functools import partial

from tornado.httputil import HTTPServerRequest

from lessons.response import Response, connection, respond, write


class Parking:
    """The requests that are parked at the moment.

    Args:
        limit: how long a request is parked at the most, in seconds.
    """

    def __init__(self, limit: float) -> None:
        self._limit = limit
        self._timers: dict[HTTPServerRequest, asyncio.TimerHandle] = {}

    def __len__(self) -> int:
        return len(self._timers)

    def park(self, request: HTTPServerRequest, no_news: Response) -> None:
        """Hold a request back.

        Args:
            request: the request.
            no_news: what it is answered if its time runs out.
        """
        if connection(request).stream.closed():
            return  # its client had gone before the request was read, and nobody would tell us any more
        timer = asyncio.get_running_loop().call_later(self._limit, self._expire, request, no_news)
        self._timers[request] = timer
        connection(request).set_close_callback(partial(self._leave, request))

    def release_all(self, news: Response) -> None:
        """Answer all requests alike: every answer is on its way before the connections are made ready for more."""
        released = list(self._timers)
        for request in released:
            self._leave(request)
            write(request, news)
        for request in released:
            connection(request).finish()

    def _expire(self, request: HTTPServerRequest, no_news: Response) -> None:
        self._leave(request)
        respond(request, no_news)

    def _leave(self, request: HTTPServerRequest) -> None:
        """Forget a request, whatever the reason: nothing of it is left, its timer neither."""
        self._timers.pop(request).cancel()
        connection(request).set_close_callback(None)
