"""The client of polling, in Python: ask, wait, ask again. Its twin in the page is client.js."""

from __future__ import annotations

import httpx

from lessons.clients.base import PeerError, check_interval
from lessons.clients.feed import Feed
from lessons.clients.http_client import HTTPClient, get

ANSWER_SECONDS = 5.0
"""How long an answer may take before the client gives up on it."""


class PollingClient(HTTPClient):
    """Asks for the time again and again, over one connection that is kept alive.

    It asks again only when the last answer has come or failed, so requests never pile up and an old answer can't
    overtake a new one. It asks for the content only if that has changed (`If-None-Match`). It waits for the interval
    after a failure, too: a client that polls never asks more often than that.

    Args:
        url: the server's address, such as `http://127.0.0.1:49152`.
        interval: seconds from an answer to the next request.
        feed: where it writes what it sees.

    Raises:
        LessonError: if the interval isn't a number above zero.
    """

    def __init__(self, url: str, *, interval: float = 1.0, feed: Feed | None = None) -> None:
        super().__init__(url, feed)
        self.interval = check_interval(interval)
        self._etag = b""

    async def ask(self, http: httpx.AsyncClient) -> None:
        """Ask for the time, and tell it if it is new."""
        headers = {"If-None-Match": self._etag} if self._etag else {}
        async with get(http, f"{self.url}/clock", ANSWER_SECONDS, headers=headers) as answer:
            if answer.status != httpx.codes.NOT_MODIFIED and not httpx.codes.is_success(answer.status):
                raise PeerError(await answer.refusal())
            text = await answer.text()
            # A tag may hold any byte from 80 to FF (RFC 9110, section 8.8.3), and goes back as it came.
            self._etag = answer.headers.get("ETag", "").encode(answer.headers.encoding)
        self.failures = 0
        self.feed.report("connected")
        if text and text != self.feed.latest:
            self.feed.tell(text)

    def pause(self) -> float:
        """Return the interval, in seconds."""
        return self.interval
