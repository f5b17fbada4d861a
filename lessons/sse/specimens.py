"""Specimens: what is often seen elsewhere and goes wrong, kept to be watched doing so."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass, field

from tornado.web import Application

from lessons.protocols.event_stream import MessageEvent
from lessons.serving.clock import Clock, WallClock, clock_text, ticks
from lessons.serving.runtime import Server
from lessons.serving.tornado_service import Handler, TornadoService, application
from lessons.sse.client import EventClient


class FirstAttemptHandler(Handler):
    """`GET /clock` as it is first written: with each client begins a timer that sends and counts."""

    async def get(self) -> None:
        """Send the time again and again. The head goes out with the first event, and nobody stops the timer."""
        self.set_header("Content-Type", "text/event-stream")
        self._gone = asyncio.Event()
        timer = asyncio.create_task(self._tick())
        await asyncio.sleep(0)  # it has begun to wait
        self.settings["shared"].timers.append(timer)
        await self._gone.wait()

    async def _tick(self) -> None:
        shared = self.settings["shared"]
        async for moment in ticks(self.settings["clock"], every=1):
            shared.count += 1
            if not self._gone.is_set():
                self.write(f"id: {shared.count}\ndata: {clock_text(moment)}\n\n")
                self.flush()

    def on_connection_close(self) -> None:
        """Let the request end; the timer goes on."""
        self._gone.set()


@dataclass
class Shared:
    """What all handlers share.

    Attributes:
        timers: the tasks that send the time; none of them ends before the server does.
        count: the last ID that was given out.
    """

    timers: list[asyncio.Task[None]] = field(default_factory=list)
    count: int = 0


class _Leaking(TornadoService):
    """Stops the leaked timers when the server is closed, so that a specimen harms nobody else."""

    def __init__(self, application: Application, timers: list[asyncio.Task[None]]) -> None:
        super().__init__(application)
        self._timers = timers

    async def close(self) -> None:
        for timer in self._timers:
            timer.cancel()
        await super().close()


class FirstAttemptServer(Server):
    """A server whose clients each bring a timer, and share one counter for the IDs.

    So one event has another ID for each client, and no log could tell anybody what they missed; a timer goes on when
    its client has left, and each reload of a page adds one; and a page isn't told that it is connected until the first
    event.

    Args:
        clock: what it tells the time by.
        name: what it is called.
    """

    def __init__(self, clock: Clock | None = None, *, name: str = "first attempt") -> None:
        self._shared = Shared()
        routes = application([("/clock", FirstAttemptHandler)], clock=clock or WallClock(), shared=self._shared)
        super().__init__(_Leaking(routes, self._shared.timers), name=name)

    @property
    def timers(self) -> list[asyncio.Task[None]]:
        """The tasks that send the time; none of them ends before the server does."""
        return self._shared.timers

    @property
    def count(self) -> int:
        """The last ID that was given out."""
        return self._shared.count


def paste_into_event(text: str) -> bytes:
    """Write an event by pasting text behind `data:`; a newline in the text begins a field of its own."""
    return f"data: {text}\n\n".encode()


class OpenListener(EventClient):
    """Hears `open` twice, as a page does: once from the connection itself, without data, and once from the server.

    The browser gives its own `open` and `error` and the events of the stream to the same listeners, by name.
    """

    def opened(self) -> None:
        """Hear it once from the connection."""
        super().opened()
        self._on_open(None)

    def take(self, event: MessageEvent) -> None:
        """Hear it once more from the server."""
        if event.type == "open":
            self._on_open(event.data)

    def _on_open(self, data: str | None) -> None:
        self.feed.tell(f"opened: {data}")
