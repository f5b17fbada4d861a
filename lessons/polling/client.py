"""The client of polling, in Python: ask, wait, ask again. Its twin in the page is client.js."""

from __future__ import annotations

import asyncio

import httpx

from lessons.clients.base import Client, check_interval
from lessons.clients.feed import Feed
from lessons.clients.http_client import http_client

ANSWER_SECONDS = 5.0
"""How long an answer may take before the client gives up on it."""


class PollingClient(Client):
    """Asks for the time again and again over one connection that is kept alive.

    It asks again only when the last answer has come or failed, so requests never pile up and an old answer can't
    overtake a new one.

    Args:
        url: the server's address, such as `http://127.0.0.1:49152`.
        interval: seconds from an answer to the next request.
        conditional: whether it asks for the content only if that has changed (`If-None-Match`).
        feed: where it writes what it sees.

    Raises:
        LessonError: if the interval is no number above zero.
    """

    def __init__(self, url: str, *, interval: float = 1.0, conditional: bool = True, feed: Feed | None = None) -> None:
        super().__init__(url, feed)
        self.interval = check_interval(interval)
        self.conditional = conditional
        self._etag = ""

    async def run(self) -> None:
        """Ask until cancelled."""
        async with http_client(ANSWER_SECONDS) as http:
            while True:
                await self._ask(http)
                await asyncio.sleep(self.interval)

    async def _ask(self, http: httpx.AsyncClient) -> None:
        headers = {"If-None-Match": self._etag} if self.conditional and self._etag else {}
        try:
            answer = await http.get(f"{self.url}/clock", headers=headers)
            if answer.status_code != httpx.codes.NOT_MODIFIED:
                answer.raise_for_status()
        except httpx.HTTPError as error:
            self.feed.report("trying again", _why(error))
            return
        self.feed.report("connected")
        self._etag = answer.headers.get("ETag", "")
        if answer.content and answer.text != self.feed.latest:
            self.feed.tell(answer.text)


def _why(error: httpx.HTTPError) -> str:
    """Say in a few words why there was no answer."""
    if isinstance(error, httpx.TimeoutException):
        return f"no answer within {ANSWER_SECONDS:g} s"
    return f"{type(error).__name__}: {error}".rstrip(": ")
