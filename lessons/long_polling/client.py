"""The client of long polling, in Python: ask, and ask again as soon as an answer has come. Its twin is client.js."""

from __future__ import annotations

import asyncio
import random
from collections.abc import Mapping

import httpx

from lessons.clients.base import PeerError
from lessons.clients.feed import Feed
from lessons.clients.http_client import HTTPClient, get
from lessons.protocols.backoff import delay

LONGEST_CURSOR = 1000
"""The most characters that a cursor may have: it has to fit in an address."""
PATIENCE_SECONDS = 40.0
"""How long an answer may take: longer than any server here holds a request."""
SHORTEST_WAIT_SECONDS = 1.0
"""How soon to ask again after an answer without news, counted from the request: a server that holds no request would
otherwise get hundreds of them a second."""


class LongPollingClient(HTTPClient):
    """Hears a server's news as soon as there is any.

    Each answer brings a cursor, with which the next request says what has been seen: nothing is lost between the two.
    After an error it waits before it asks again, longer each time, and then goes on from where it was.

    Args:
        url: the server's address, such as `http://127.0.0.1:49152`.
        since: the cursor to begin at; empty to hear only what is new.
        feed: where it writes what it sees.
    """

    def __init__(self, url: str, *, since: str = "", feed: Feed | None = None) -> None:
        super().__init__(url, feed)
        self.cursor = since
        self._gap = ""
        self._rest = 0.0

    async def ask(self, http: httpx.AsyncClient) -> None:
        """Ask for what came after the cursor, and tell it."""
        clock = asyncio.get_running_loop().time
        asked = clock()
        params = {"since": self.cursor} if self.cursor else {}
        async with get(http, f"{self.url}/clock", PATIENCE_SECONDS, params=params) as answer:
            if answer.status not in (httpx.codes.OK, httpx.codes.NO_CONTENT, httpx.codes.GONE):
                raise PeerError(await answer.refusal())
            is_news = answer.status != httpx.codes.NO_CONTENT and self._take(await answer.fields())
        self.failures = 0
        self._rest = 0.0 if is_news else max(0.0, SHORTEST_WAIT_SECONDS - (clock() - asked))
        self.feed.report("connected", self._gap)

    def _take(self, fields: Mapping[str, object]) -> bool:
        """Take news and the cursor after it, or the reason why some is lost; return whether there was news."""
        cursor = fields.get("cursor") or fields.get("resume")
        items = fields.get("items", [])
        if not isinstance(cursor, str) or not cursor.isprintable() or len(cursor) > LONGEST_CURSOR:
            raise PeerError("there is no cursor in the answer; is it another server's?")
        if not isinstance(items, list) or not all(isinstance(each, str) for each in items):
            raise PeerError("the news in the answer is no list of texts; is it another server's?")
        is_news = bool(items) and cursor != self.cursor
        for text in items:
            self.feed.tell(text)
        self.cursor = cursor
        if "reason" in fields:
            self._gap = f"some news is lost: {fields['reason']}"
        return is_news

    def pause(self) -> float:
        """Return, in seconds, the back-off after an error, the rest of the shortest wait after no news, or else 0."""
        return delay(self.failures, random.random()) if self.failures else self._rest
