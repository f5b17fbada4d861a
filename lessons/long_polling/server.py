"""The server of long polling: it holds a request until there is news, or until its own time limit.

It keeps the latest news, and every answer with news brings a cursor. A client that asks with its last cursor misses
nothing that happens between two requests.
"""

from __future__ import annotations

import json
import secrets
from datetime import datetime
from pathlib import Path

from lessons.clients.base import check_interval
from lessons.long_polling.parking import Parking
from lessons.protocols.backlog import Backlog, BadCursorError, TooOld
from lessons.protocols.http_head import Request
from lessons.serving import runtime
from lessons.serving.clock import Clock, WallClock, clock_text
from lessons.serving.http_service import Pending
from lessons.serving.page import page_routes
from lessons.serving.response import Response, text_response
from lessons.serving.runtime import Server
from lessons.serving.ticking_service import TickingService
from lessons.serving.waiting import wait_until

LIMIT_SECONDS = 15.0
"""How long a request may be held. Proxies have limits of their own: nginx waits 60 seconds, unless told otherwise."""
KEPT_NEWS = 100
"""How many pieces of news a client may miss and still be told later."""


class NewsService(TickingService):
    """Tells its news to whoever waits for some.

    Args:
        clock: what it tells the time by.
        interval: seconds between two pieces of news.
        limit: how long a request may be held, in seconds.
        kept: how many pieces of news are kept for clients that have missed some.
    """

    def __init__(self, clock: Clock, interval: float, limit: float, kept: int) -> None:
        super().__init__(page_routes("Long polling", Path(__file__).with_name("client.js"), {}), clock, interval)
        self.routes["/clock"] = self.news_since
        self.parking = Parking(limit)
        self._backlog: Backlog[str] = Backlog(secrets.token_hex(4), kept)

    def tick(self, moment: datetime) -> None:
        """Publish the time."""
        self.publish(clock_text(moment))

    def publish(self, text: str) -> str:
        """Keep a piece of news, and tell all who wait; they have seen all before it, so one response fits all."""
        cursor = self._backlog.append(text)
        self.parking.release_all(news([text], cursor))
        return cursor

    def news_since(self, request: Request) -> Response | Pending:
        """Return what came after the cursor, or what is wrong with it; if nothing came, park the request."""
        cursor = request.query_value("since")
        seen = self._backlog.latest if cursor is None else cursor
        try:
            missed = self._backlog.since(seen)
        except BadCursorError as error:
            return text_response(400, str(error))
        if isinstance(missed, TooOld):
            return json_response(410, reason=missed.reason, oldest=missed.oldest, resume=missed.resume)
        if missed:
            return news([entry.item for entry in missed], self._backlog.latest)
        # A client without a cursor gets one if it waits in vain; the others keep theirs.
        return self.parking.park(news([], seen) if cursor is None else Response(204))


class LongPollingServer(Server):
    """A server that tells the time when the second is a multiple of five, to whoever waits for it.

    Args:
        clock: what it tells the time by; the wall clock by default.
        name: what it is called; a new server of the same name takes the place of the old one.
        host: the address to listen on.
        port: the port, 0 for a free one.
        interval: seconds between two pieces of news; there is one when the time of day is a multiple of it.
        limit: how long a request may be held, in seconds.
        kept: how many pieces of news are kept for clients that have missed some.

    Raises:
        LessonError: if the interval or the limit isn't a number above zero.
    """

    def __init__(
        self,
        clock: Clock | None = None,
        *,
        name: str = "long polling server",
        host: str = "127.0.0.1",
        port: int = 0,
        interval: float = 5.0,
        limit: float = LIMIT_SECONDS,
        kept: int = KEPT_NEWS,
    ) -> None:
        self._news = NewsService(clock or WallClock(), check_interval(interval), check_interval(limit), kept)
        super().__init__(self._news, name=name, host=host, port=port)

    @property
    def parked(self) -> int:
        """How many requests are held at the moment."""
        return len(self._news.parking)

    def wait_for_parked(self, count: int = 1, timeout: float = 10.0) -> None:
        """Wait until at least `count` requests are held.

        Args:
            count: how many; 0 waits until none is held.
            timeout: seconds to wait at most.

        Raises:
            LessonError: if that doesn't happen in time.
        """
        wait_until(lambda: self.parked >= count if count else not self.parked, f"{count} parked requests", timeout)

    def publish(self, text: str) -> str:
        """Publish a piece of news, whatever the clock says; return its cursor. Safe to call from any thread."""
        return runtime.call(self._news.publish, text)


def news(items: list[str], cursor: str) -> Response:
    """Return the answer that brings news, oldest first, and the cursor to ask with next time."""
    return json_response(200, items=items, cursor=cursor)


def json_response(status: int, **fields: object) -> Response:
    """Return a response whose content is a JSON object."""
    return Response(status, json.dumps(fields).encode(), {"Content-Type": "application/json"})
