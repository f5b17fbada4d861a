"""The client of server-sent events, in Python: what a browser's EventSource does, by hand. Its twin is client.js."""

from __future__ import annotations

import random

import httpx

from lessons.clients.base import PeerError
from lessons.clients.feed import Feed
from lessons.clients.http_client import CONNECT_SECONDS, MAX_CONTENT, Answer, HTTPClient, get
from lessons.errors import LessonError
from lessons.protocols.backoff import delay
from lessons.protocols.event_stream import EventStreamParser, MessageEvent
from lessons.protocols.http_head import FIELD_VALUE

SILENCE_SECONDS = 45.0
"""How long without a byte until the line counts as dead: three of the server's heartbeats."""
RECONNECTION_MILLISECONDS = 1000
"""How long to wait before reconnecting, unless the server says otherwise (WHATWG HTML, section 9.2.2)."""
LONGEST_RECONNECTION_SECONDS = 45.0
"""The longest wait that `retry` can ask for. The standard sets no limit, and in Chromium an absurdly large `retry` ends
the stream for good; the lesson's page then begins anew after 45 s of silence, and so does this client."""


class EventClient(HTTPClient):
    """Listens to an event stream, and comes back to it by itself when it breaks off (WHATWG HTML, section 9.2.3).

    It follows redirects. 204 ends it for good, and so does a refusal of its request (4xx). EventSource ends at
    whatever else is no event stream, too, such as a proxy's 502 or a login page. This client, like the page's, tries
    again: what stands between it and the server may go away.

    Args:
        url: the server's address, such as `http://127.0.0.1:49152`.
        since: the ID of the last event that an earlier client saw; empty to hear only what is new.
        feed: where it writes what it hears.
    """

    def __init__(self, url: str, *, since: str = "", feed: Feed | None = None) -> None:
        super().__init__(url, feed)
        self._parser = EventStreamParser(since)

    @property
    def last_event_id(self) -> str:
        """The ID of the last event that it has seen; empty if it has seen none."""
        return self._parser.last_event_id

    async def ask(self, http: httpx.AsyncClient) -> None:
        """Ask for the stream, and listen until it ends."""
        async with get(http, f"{self.url}/clock", CONNECT_SECONDS, headers=self._headers()) as answer:
            if answer.status == httpx.codes.NO_CONTENT:
                raise LessonError("the server has no more events (204)")
            if httpx.codes.is_client_error(answer.status):
                raise LessonError(await answer.refusal())
            if answer.status != httpx.codes.OK:
                raise PeerError(await answer.refusal())
            if answer.media_type != "text/event-stream":
                raise PeerError(f"the answer is no event stream, but {answer.media_type[:80] or 'of no media type'}")
            self.opened()
            await self._read(answer)
        raise PeerError("the server has ended the stream")

    def _headers(self) -> dict[str, bytes]:
        """Return the header fields of a request. As with fetch, the ID goes out in UTF-8, without blanks around it.

        An ID that no field can hold (RFC 9110, section 5.5) isn't sent.
        """
        headers = {"Accept": b"text/event-stream", "Cache-Control": b"no-store"}
        last_event_id = self.last_event_id.strip(" \t")
        if last_event_id and FIELD_VALUE.fullmatch(last_event_id):
            headers["Last-Event-ID"] = last_event_id.encode(errors="replace")
        return headers

    def opened(self) -> None:
        """Take note that the stream is open."""
        self.failures = 0
        self._parser.new_stream()
        self.feed.report("connected")

    async def _read(self, answer: Answer) -> None:
        since_event = 0
        async for data in answer.pieces(SILENCE_SECONDS):
            self.feed.hear()
            since_event += len(data)
            for event in self._parser.receive(data):
                since_event = 0
                self.take(event)
            if since_event > MAX_CONTENT:
                raise PeerError(f"the stream has {MAX_CONTENT:,} bytes without an event")

    def take(self, event: MessageEvent) -> None:
        """Tell an event's data, whatever its type; one of type `gap` says what is lost, and is no news."""
        if event.type == "gap":
            self.feed.report("connected", f"some news is lost: {event.data}")
        else:
            self.feed.tell(event.data)

    def pause(self) -> float:
        """Return the wait that the server has asked for, in seconds, and some more with each failure."""
        asked_for = self._parser.reconnection_time
        milliseconds = RECONNECTION_MILLISECONDS if asked_for is None else asked_for
        seconds = min(milliseconds / 1000, LONGEST_RECONNECTION_SECONDS)
        return seconds + delay(self.failures, random.random(), first=seconds or RECONNECTION_MILLISECONDS / 1000)
