"""The clients in Python: a python-socketio client for each person, on the lessons' loop."""

from __future__ import annotations

import asyncio
import contextlib
import random
from collections.abc import Callable
from functools import partial
from typing import Any

import socketio

from lessons.clients.base import Client
from lessons.clients.feed import Feed
from lessons.clients.socketio_client import SocketIOClient
from lessons.protocols.backoff import delay
from lessons.rooms.people import PEOPLE, People, Report
from lessons.serving import runtime

FIRST_PAUSE = 0.2
LONGEST_PAUSE = 2.0
"""Seconds to wait before connecting again."""
ANSWER_SECONDS = 10
LEAVE_SECONDS = 2.0


class PersonClient:
    """One Socket.IO client, in one namespace; it comes back by itself when its line is lost.

    Args:
        name: whose it is.
        namespace: where that person is.
        report: takes what the client has to tell.
    """

    def __init__(self, name: str, namespace: str, report: Callable[[Report], None]) -> None:
        self._name = name
        self._namespace = namespace
        self._report = report
        self._sio = SocketIOClient(
            handle_sigint=False, reconnection_delay=FIRST_PAUSE, reconnection_delay_max=LONGEST_PAUSE
        )
        self._sio.on("connect", self._connected, namespace=namespace)
        self._sio.on("disconnect", self._lost, namespace=namespace)
        self._sio.on("message", self._heard, namespace=namespace)

    async def connect(self, url: str, *, upgrade: bool) -> None:
        """Connect, and try again until that succeeds.

        Args:
            url: the server's address.
            upgrade: whether to upgrade to WebSocket, instead of staying with long polling.
        """
        transports = None if upgrade else ["polling"]
        failures = 0
        while True:
            try:
                await self._sio.connect(url, namespaces=[self._namespace], transports=transports)
                return
            except socketio.exceptions.ConnectionError as error:
                failures += 1
                self._tell(lost=f"{error}")
                await asyncio.sleep(delay(failures, random.random(), FIRST_PAUSE, LONGEST_PAUSE))

    async def ask(self, call: int, event: str, arguments: list[Any]) -> None:
        """Send an event, and report the server's acknowledgement."""
        try:
            answer = await self._sio.call(event, tuple(arguments), self._namespace, timeout=ANSWER_SECONDS)
        except socketio.exceptions.SocketIOError as error:
            answer = {"error": f"no answer came ({type(error).__name__})"}
        self._tell(event=event, call=call, answer=answer)

    async def leave(self) -> None:
        """Disconnect for good, and report nothing about it."""
        self._report = lambda report: None
        with contextlib.suppress(TimeoutError):
            await asyncio.wait_for(self._sio.shutdown(), LEAVE_SECONDS)

    async def _connected(self) -> None:
        self._tell(connected=self._sio.get_sid(self._namespace))

    async def _lost(self, reason: str) -> None:
        self._tell(lost=reason)

    async def _heard(self, message: object) -> None:
        if isinstance(message, dict) and message.keys() >= {"from", "text"}:
            self._tell(heard=message)

    def _tell(self, **what: object) -> None:
        self._report({"who": self._name, "transport": self._sio.transport(), **what})


class RoomsClient(Client):
    """The clients of all people, together.

    Args:
        url: the server's address.
        people: whose clients they are, and where they write what they hear.
        feed: where the news goes, and the state of the connections.
        upgrade: whether they upgrade to WebSocket; otherwise they stay with long polling.
    """

    def __init__(
        self, url: str, *, people: People | None = None, feed: Feed | None = None, upgrade: bool = True
    ) -> None:
        super().__init__(url, feed)
        self.people = people or People(PEOPLE)
        self._upgrade = upgrade
        self._clients = {
            name: PersonClient(name, window.namespace, partial(take, self.people, self.feed))
            for name, window in self.people.windows.items()
        }

    async def run(self) -> None:
        """Connect everybody, and stay until cancelled."""
        try:
            for client in self._clients.values():
                await client.connect(self.url, upgrade=self._upgrade)
            await asyncio.Event().wait()
        finally:
            await asyncio.gather(*(client.leave() for client in self._clients.values()))

    def ask(self, who: str, event: str, *arguments: object) -> None:
        """Let somebody send an event; the answer goes to that person's window.

        Args:
            who: the person's name.
            event: the event's name.
            arguments: its arguments, plain data.
        """
        call = self.people.ask(who, event, list(arguments))
        asking = self._clients[who].ask(call, event, list(arguments))
        asyncio.run_coroutine_threadsafe(asking, runtime.loop())


def take(people: People, feed: Feed, report: Report) -> None:
    """Take a report from a person's client, into the window and to the feed."""
    news = people.take(report)
    if news:
        feed.tell(news)
    if "lost" in report:
        feed.report("trying again", f"{report['who']}: {report['lost']}")
    elif "connected" in report and people.are_connected:
        feed.report("connected")
