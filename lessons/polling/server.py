"""The server of polling: `GET /clock` answers the time, and that is all it can do.

Nothing here knows of clients: between two requests the server has nobody to speak to.
"""

from __future__ import annotations

from pathlib import Path

from lessons.clients.base import check_interval
from lessons.protocols.http_head import Request
from lessons.serving.clock import Clock, WallClock, clock_text
from lessons.serving.http_service import HTTPService
from lessons.serving.page import page_answers
from lessons.serving.response import PLAIN_TEXT, Response
from lessons.serving.runtime import Server


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
        self._clock = clock or WallClock()
        page = page_answers("Polling", Path(__file__).with_name("client.js"), {"interval": check_interval(interval)})
        service = HTTPService(self, {"/clock": self._answer, **page})
        super().__init__(service, name=name, host=host, port=port)

    def _answer(self, request: Request) -> Response:
        return time_of_day(self._clock, request.headers.get("If-None-Match"))


def time_of_day(clock: Clock, seen: str | None) -> Response:
    """Return the answer that tells the time, or that it is the one that the client has seen.

    Args:
        clock: what to tell the time by.
        seen: the tag that the client has from an earlier answer (`If-None-Match`, RFC 9110, section 13.1.2).
    """
    text = clock_text(clock.now())
    # no-cache: a browser may keep the answer, but asks each time whether it has changed.
    headers = {"ETag": f'"{text}"', "Cache-Control": "no-cache"}
    if seen == headers["ETag"]:
        return Response(304, headers=headers)
    return Response(200, text.encode(), {**headers, **PLAIN_TEXT})
