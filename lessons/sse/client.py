"""The client of server-sent events, in Python: what a browser's EventSource does, by hand. Its twin is client.js."""

from __future__ import annotations

import asyncio
import random

import httpx

from lessons.clients.base import Client
from lessons.clients.feed import Feed
from lessons.clients.http_client import http_client
from lessons.protocols.backoff import delay
from lessons.protocols.event_stream import EventStreamParser, MessageEvent

CONNECT_SECONDS = 5.0
"""How long the head of the response may take."""
SILENCE_SECONDS = 45.0
"""After how long without a byte, three heartbeats of the server, the line is taken for dead."""
RECONNECTION_MILLISECONDS = 1000
"""How long to wait before reconnecting, as long as no server has said (WHATWG HTML, section 9.2.2)."""


class EventClient(Client):
    """Listens to an event stream, and comes back to it by itself when it breaks off.

    Args:
        url: the server's address, such as `http://127.0.0.1:49152`.
        since: the ID of the last event seen in an earlier life; empty to hear only what is new.
        feed: where it writes what it hears.
    """

    def __init__(self, url: str, *, since: str = "", feed: Feed | None = None) -> None:
        super().__init__(url, feed)
        self._parser = EventStreamParser(since)
        self._losses = 0

    @property
    def last_event_id(self) -> str:
        """The ID of the last event that it has seen; empty if it has seen none."""
        return self._parser.last_event_id

    async def run(self) -> None:
        """Listen until cancelled, or until the server says that there is no more."""
        timeout = httpx.Timeout(CONNECT_SECONDS, read=SILENCE_SECONDS)
        async with http_client(timeout) as http:
            while not await self._listen(http):
                self._losses += 1
                await asyncio.sleep(self._pause())

    def _pause(self) -> float:
        """Return the seconds until the next attempt: what the server has asked for, and some more with each failure."""
        asked_for = self._parser.reconnection_time
        seconds = (RECONNECTION_MILLISECONDS if asked_for is None else asked_for) / 1000
        return seconds + delay(self._losses, random.random(), first=seconds or RECONNECTION_MILLISECONDS / 1000)

    async def _listen(self, http: httpx.AsyncClient) -> bool:
        """Listen to one response until it ends; return whether it was the last one."""
        headers = {"Accept": "text/event-stream", "Cache-Control": "no-store"}
        if self.last_event_id:
            headers["Last-Event-ID"] = self.last_event_id
        try:
            async with http.stream("GET", f"{self.url}/clock", headers=headers) as answer:
                if answer.status_code != httpx.codes.OK:
                    return await self._refused(answer)
                await self._read(answer)
        except httpx.HTTPError as error:
            self.feed.report("trying again", f"{type(error).__name__}: {error}".rstrip(": "))
            return False
        self.feed.report("trying again", "the server has ended the stream")
        return False

    async def _read(self, answer: httpx.Response) -> None:
        self._losses = 0
        self._parser.new_stream()
        self.feed.report("connected")
        async for data in answer.aiter_raw():
            for event in self._parser.receive(data):
                self._hear(event)

    def _hear(self, event: MessageEvent) -> None:
        if event.type == "gap":
            self.feed.report("connected", f"some news is lost: {event.data}")
        else:
            self.feed.tell(event.data)

    async def _refused(self, answer: httpx.Response) -> bool:
        """Tell what the server said instead of opening a stream; return whether to leave it at that."""
        words = (await answer.aread()).decode(errors="replace").strip()
        if answer.status_code == httpx.codes.NO_CONTENT:
            self.feed.report("stopped", "the server has no more events (204)")
        elif answer.is_client_error:
            self.feed.report("stopped", f"{answer.status_code}: {words}")
        else:
            self.feed.report("trying again", f"{answer.status_code}: {words}")
            return False
        return True
