"""Specimens: long polling as it is often seen elsewhere, and that goes wrong, kept to be watched doing so."""

from __future__ import annotations

import asyncio

import httpx
from tornado.ioloop import PeriodicCallback

from lessons.clients.base import Client
from lessons.clients.http_client import http_client
from lessons.serving.clock import Clock, clock_text
from lessons.serving.runtime import Server
from lessons.serving.tornado_service import Handler, TornadoService, application

LOOK_MILLISECONDS = 20


class OnlyAfterNewsClient(Client):
    """Asks again only after a 200, and doesn't expect an error.

    The first answer without news ends it, and so does a server that is started anew. The page stands still, and nobody
    is told.

    Args:
        url: the server's address.
        since: the cursor to begin at.
    """

    def __init__(self, url: str, since: str) -> None:
        super().__init__(url)
        self._cursor = since

    async def run(self) -> None:
        """Ask as long as the answer is 200."""
        async with http_client() as http:
            while (answer := await self._ask(http)).status_code == httpx.codes.OK:
                self._cursor = answer.json()["cursor"]
                for text in answer.json()["items"]:
                    self.feed.tell(text)

    async def _ask(self, http: httpx.AsyncClient) -> httpx.Response:
        return await http.get(f"{self.url}/clock", params={"since": self._cursor})


class HammeringClient(Client):
    """Asks again at once after an error. A server that is down gets as many questions as this machine can send.

    Args:
        url: the server's address.

    Attributes:
        attempts: how often it has asked.
    """

    def __init__(self, url: str) -> None:
        super().__init__(url)
        self.attempts = 0

    async def run(self) -> None:
        """Ask until cancelled."""
        async with http_client() as http:
            while True:
                self.attempts += 1
                try:
                    await http.get(f"{self.url}/clock")
                except httpx.HTTPError as error:
                    self.feed.report("trying again", type(error).__name__)


class ForgetfulClient(Client):
    """Asks without a cursor: "what is new?", never "what is new since then?".

    What occurs while an answer, or the next request, is on its way is lost: nobody was waiting at that moment.
    """

    async def run(self) -> None:
        """Ask until cancelled."""
        async with http_client() as http:
            while True:
                for text in (await http.get(f"{self.url}/clock")).json()["items"]:
                    self.feed.tell(text)


class TimerHandler(Handler):
    """`GET /clock`: looks at the clock again and again, by a timer of its own, until the second is a multiple of five.

    Nothing stops the timer if the client goes away first.
    """

    async def get(self) -> None:
        """Answer when there is news."""
        ready = asyncio.Event()
        timer = PeriodicCallback(lambda: self._look(ready), LOOK_MILLISECONDS)
        self.settings["timers"].append(timer)
        timer.start()
        await ready.wait()
        timer.stop()
        self.settings["timers"].remove(timer)
        self.finish({"items": [clock_text(self.settings["clock"].now())], "cursor": ""})

    def _look(self, ready: asyncio.Event) -> None:
        if self.settings["clock"].now().second % 5 == 0:
            ready.set()


class LeftTimersServer(Server):
    """A server that goes on working for clients that have long gone.

    Args:
        clock: what it tells the time by.
    """

    def __init__(self, clock: Clock) -> None:
        self._timers: list[PeriodicCallback] = []
        routes = application([("/clock", TimerHandler)], clock=clock, timers=self._timers)
        super().__init__(TornadoService(routes), name="server that leaves timers running")

    @property
    def timers(self) -> int:
        """How many timers run at the moment."""
        return len(self._timers)
