"""The client of long polling, in Python: ask, and ask again the moment an answer has come. Its twin is client.js."""

from __future__ import annotations

import asyncio
import random
from typing import Any

import httpx

from lessons.clients.base import Client
from lessons.clients.feed import Feed
from lessons.clients.http_client import http_client
from lessons.protocols.backoff import delay

CONNECT_SECONDS = 5.0
"""How long it may take to reach the server."""
PATIENCE_SECONDS = 40.0
"""How long an answer may take: longer than any server here holds a request back."""


class LongPollingClient(Client):
    """Hears a server's news as soon as there is any.

    Each answer brings a cursor, and the next request says so what has been seen: nothing is lost between the two. After
    an error it waits before it asks again, longer and longer, and then goes on from where it was.

    Args:
        url: the server's address, such as `http://127.0.0.1:49152`.
        since: the cursor to begin at; empty to hear only what is new.
        feed: where it writes what it sees.
    """

    def __init__(self, url: str, *, since: str = "", feed: Feed | None = None) -> None:
        super().__init__(url, feed)
        self.cursor = since
        self._gap = ""

    async def run(self) -> None:
        """Ask until cancelled."""
        failures = 0
        timeout = httpx.Timeout(CONNECT_SECONDS, read=PATIENCE_SECONDS)
        async with http_client(timeout) as http:
            while True:
                try:
                    await self._ask(http)
                    failures = 0
                    self.feed.report("connected", self._gap)
                except (httpx.HTTPError, AnswerError) as error:
                    failures += 1
                    self.feed.report("trying again", f"{type(error).__name__}: {error}".rstrip(": "))
                    await asyncio.sleep(delay(failures, random.random()))

    async def _ask(self, http: httpx.AsyncClient) -> None:
        answer = await http.get(f"{self.url}/clock", params={"since": self.cursor} if self.cursor else {})
        if answer.status_code == httpx.codes.NO_CONTENT:
            return
        if answer.status_code not in (httpx.codes.OK, httpx.codes.GONE):
            raise AnswerError(f"{answer.status_code}: {answer.text.strip()}")
        self._take(_fields(answer))

    def _take(self, fields: dict[str, Any]) -> None:
        """Take news and the cursor behind it; or the reason why some is lost, and the cursor to go on from."""
        for text in fields.get("items", []):
            self.feed.tell(text)
        self.cursor = fields.get("cursor") or fields["resume"]
        if "reason" in fields:
            self._gap = f"some news is lost: {fields['reason']}"


class AnswerError(Exception):
    """An answer that a server of long polling doesn't give."""


def _fields(answer: httpx.Response) -> dict[str, Any]:
    """Return the fields of an answer."""
    try:
        fields: dict[str, Any] = answer.json()
    except ValueError:
        fields = {}
    if not fields.keys() & {"cursor", "resume"}:
        raise AnswerError(f"there is no cursor in the answer {answer.text[:80]!r}; is it another server's?")
    return fields
