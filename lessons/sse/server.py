"""The server of server-sent events: `GET /clock` is answered by a response that doesn't end."""

from __future__ import annotations

import asyncio
import secrets
import socket
from datetime import datetime
from functools import partial
from pathlib import Path

from lessons.protocols.backlog import BadCursorError
from lessons.protocols.http_head import Request
from lessons.protocols.origin import OriginPolicy
from lessons.serving import runtime
from lessons.serving.clock import Clock, WallClock, clock_text, ticks
from lessons.serving.page import page_routes
from lessons.serving.response import Response, Stream, text_response
from lessons.serving.runtime import Server
from lessons.serving.ticking_service import TickingService
from lessons.sse.broadcast import Broadcast

STREAM_FIELDS = {
    "Content-Type": "text/event-stream",
    "Cache-Control": "no-store, no-transform",
    "X-Accel-Buffering": "no",
    "Connection": "close",
}
"""What a stream's head says, to browsers and to the proxies in between, which are to pass on each event at once."""


class EventService(TickingService):
    """Publishes the time at each tick, and a heartbeat at intervals: two timers for all clients together.

    Args:
        broadcast: what all clients share.
        clock: what it tells the time by.
        interval: seconds between two events with the time.
        heartbeat: seconds between two comments that show that the line is alive.

    Attributes:
        finished: whether there are no more events; every request is then answered with 204.
    """

    def __init__(self, broadcast: Broadcast, clock: Clock, interval: float, heartbeat: float) -> None:
        super().__init__(page_routes("Server-sent events", Path(__file__).with_name("client.js"), {}), clock, interval)
        self.routes["/clock"] = self.open_stream
        self.finished = False
        self._broadcast = broadcast
        self._heartbeat = heartbeat

    async def open(self, sockets: list[socket.socket], origins: OriginPolicy) -> None:
        """Begin to accept connections, to tick and to send heartbeats."""
        self._heart = asyncio.create_task(self._beat())
        await super().open(sockets, origins)

    async def close(self) -> None:
        """Stop the timers and end all streams."""
        self._heart.cancel()
        self._broadcast.end()
        await super().close()

    def tick(self, moment: datetime) -> None:
        """Publish the time."""
        self._broadcast.publish(clock_text(moment), event="tick")

    async def _beat(self) -> None:
        async for _ in ticks(self._clock, self._heartbeat):
            self._broadcast.heartbeat()

    def open_stream(self, request: Request) -> Response:
        """Open the stream: the head at once, then what was missed, then whatever comes.

        A client that was here before says what it saw last: in `Last-Event-ID`, as browsers do by themselves when they
        reconnect, or in `?since=`.
        """
        if self.finished:
            return Response(204)
        cursor = request.headers.get("Last-Event-ID") or request.query_value("since") or ""
        try:
            opening = self._broadcast.opening(cursor)
        except BadCursorError as error:
            return text_response(400, str(error))
        fields = dict(STREAM_FIELDS)
        if request.headers.get("Origin") is not None:
            fields["Access-Control-Allow-Credentials"] = "true"
        return Response(200, headers=fields, begin=partial(self._subscribe, opening))

    def _subscribe(self, opening: list[bytes], stream: Stream) -> None:
        """Send what was missed, and everything from now on: in one step of the loop, so nothing comes in between."""
        for piece in opening:
            stream.send(piece)
        stream.on_gone = partial(self._broadcast.leave, stream)
        self._broadcast.join(stream)


class EventServer(Server):
    """A server that tells the time, and whatever else is published, to all who listen.

    Args:
        clock: what it tells the time by; the wall clock by default.
        name: what it is called; a new server of the same name takes the place of the old one.
        host: the address to listen on.
        port: the port, 0 for a free one.
        interval: seconds between two events with the time.
        retry: how long a client is to wait before it reconnects, in seconds.
        heartbeat: seconds between two comments that show that the line is alive.
        backlog: how many events are kept for clients that were away.

    Attributes:
        run: the name of this run of the server, with which its IDs begin.
        finished: whether it answers 204, so that nobody comes back.
    """

    def __init__(
        self,
        clock: Clock | None = None,
        *,
        name: str = "event server",
        host: str = "127.0.0.1",
        port: int = 0,
        interval: float = 1.0,
        retry: float = 1.0,
        heartbeat: float = 15.0,
        backlog: int = 100,
    ) -> None:
        self.run = secrets.token_hex(4)
        self._broadcast = Broadcast(self.run, backlog, round(retry * 1000))
        self._events = EventService(self._broadcast, clock or WallClock(), interval, heartbeat)
        super().__init__(self._events, name=name, host=host, port=port)

    @property
    def subscribers(self) -> int:
        """How many clients are listening."""
        return len(self._broadcast)

    def publish(self, data: str, event: str = "") -> str:
        """Send an event to all who listen, and keep it for those who are away; safe to call from any thread.

        Args:
            data: any text, of one line or more.
            event: its type; without one the page's `message` listeners hear it.

        Returns:
            Its ID.

        Raises:
            LessonError: if it is too large, or its type has a line end, or the server is closed.
        """
        self.check_running()
        return runtime.call(self._broadcast.publish, data, event)

    @property
    def finished(self) -> bool:
        """Whether `finish` has been called, and not taken back since."""
        return self._events.finished

    def finish(self) -> None:
        """End all streams, and answer 204 from now on: it tells browsers not to come back."""
        self.check_running()
        self._events.finished = True
        runtime.call_soon(self._broadcast.end)

    def reopen(self) -> None:
        """Undo `finish`: whoever asks gets a stream again."""
        self.check_running()
        self._events.finished = False
