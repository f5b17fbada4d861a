"""The server of polling: `GET /clock` answers with the time, and that is all it can do.

Nothing here keeps track of clients: between two requests the server has nobody to speak to.
"""

from __future__ import annotations

from functools import partial
from pathlib import Path

from lessons.clients.base import check_interval
from lessons.protocols.http_head import Request
from lessons.serving.clock import Clock, WallClock, clock_text
from lessons.serving.http_service import HTTPService
from lessons.serving.page import page_routes
from lessons.serving.response import PLAIN_TEXT, Response
from lessons.serving.runtime import Server


class PollingServer(Server):
    """A server that tells the time to whoever asks.

    Args:
        clock: what it tells the time by; the wall clock by default.
        name: what it is called; a new server of the same name takes the place of the old one.
        host: the address to listen on.
        port: the port, 0 for a free one.
        interval: how often its own page asks, in seconds.

    Raises:
        LessonError: for a port in use, a bad port or host, an interval that isn't a number above zero.
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
        page = page_routes("Polling", Path(__file__).with_name("client.js"), {"interval": check_interval(interval)})
        service = HTTPService({"/clock": partial(time_of_day, clock or WallClock()), **page})
        super().__init__(service, name=name, host=host, port=port)


def time_of_day(clock: Clock, request: Request) -> Response:
    """Return the response with the time, or 304 if it is still what the client has seen.

    The client names what it has seen by the ETag of an earlier response (`If-None-Match`, RFC 9110, section 13.1.2).

    Args:
        clock: what to tell the time by.
        request: the request to answer.
    """
    text = clock_text(clock.now())
    # no-cache: a browser may keep the answer, but asks each time whether it has changed.
    headers = {"ETag": f'"{text}"', "Cache-Control": "no-cache"}
    if request.headers.has_tag("If-None-Match", headers["ETag"]):
        return Response(304, headers=headers)
    return Response(200, text.encode(), {**headers, **PLAIN_TEXT})
