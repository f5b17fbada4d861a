"""Specimens: clients that are often seen elsewhere and that go wrong, kept to be watched doing so."""

from __future__ import annotations

import asyncio

import httpx

from lessons.clients.base import Client
from lessons.clients.http_client import http_client


class FixedTimerClient(Client):
    """Asks whenever a timer fires, whether the last answer has come or not, and shows whatever comes in.

    On a slow line requests pile up, and an old answer that comes late replaces a newer one: time runs backwards.
    """

    interval = 0.2

    async def run(self) -> None:
        """Ask on the timer until cancelled."""
        async with http_client() as http, asyncio.TaskGroup() as requests:
            while True:
                requests.create_task(self._ask(http))
                await asyncio.sleep(self.interval)

    async def _ask(self, http: httpx.AsyncClient) -> None:
        text = (await http.get(f"{self.url}/clock")).text
        if text != self.feed.latest:
            self.feed.tell(text)
