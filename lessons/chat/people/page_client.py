"""The chat's clients in the page, as Python sees them: what each is to do, and what each has reported."""

from __future__ import annotations

import asyncio
import itertools
from collections.abc import Callable, Mapping
from typing import Any

from lessons.chat.people.session import Session
from lessons.chat.people.speaker import Speaker
from lessons.errors import LessonError


class PageClients:
    """The clients that the page is to run: who they are, and whose report is whose. Use it on the lessons' loop.

    Args:
        on_wish: called when `wish` has changed.
        act: called as `act(action, *arguments)`, lets the page's client.js do something once.
    """

    def __init__(self, on_wish: Callable[[], None], act: Callable[..., None]) -> None:
        self.on_wish = on_wish
        self._act = act
        self._clients: dict[str, PageClient] = {}
        self._calls: dict[int, asyncio.Future[dict[str, Any]]] = {}
        self._numbers = itertools.count(1)

    @property
    def wish(self) -> dict[str, Any]:
        """What client.js takes as its options."""
        return {"people": {key: client.wish for key, client in self._clients.items()}}

    def add(self, client: PageClient) -> str:
        """Have the page run a client; return its key, a new one each time."""
        key = str(next(self._numbers))
        self._clients[key] = client
        self.on_wish()
        return key

    def remove(self, key: str) -> None:
        """Have the page end a client."""
        del self._clients[key]
        self.on_wish()

    async def call(self, key: str, event: str, *arguments: str) -> dict[str, Any]:
        """Have a client send an event, and return the server's answer.

        Args:
            key: the client's key.
            event: the event's name.
            arguments: its arguments.

        Raises:
            LessonError: if none comes.
        """
        number = next(self._numbers)
        answer: asyncio.Future[dict[str, Any]] = asyncio.get_running_loop().create_future()
        self._calls[number] = answer
        self._act("call", key, number, event, *arguments)
        try:
            return await answer
        finally:
            del self._calls[number]

    def take(self, report: Mapping[str, Any]) -> None:
        """Take what a client in the page reports; from a client that has been removed only answers count."""
        client = self._clients.get(str(report.get("key")))
        if "call" in report:
            self._answered(report)
        elif client is not None:
            client.take(report)

    def _answered(self, report: Mapping[str, Any]) -> None:
        answer = self._calls.get(report["call"])
        if answer is None or answer.done():
            return
        if "result" in report:
            answer.set_result(report["result"])
        else:
            answer.set_exception(LessonError(f"the page got no answer ({report.get('failed')}); try again"))


class PageClient(Speaker):
    """One person in the chat, whose client is the browser. Its twin in Python is `ChatClient`.

    Args:
        url: the server's address as this kernel sees it.
        page: the page's clients, which this one joins.
        session: who the person is.
    """

    def __init__(self, url: str, page: PageClients, session: Session) -> None:
        super().__init__(url, session)
        self._page = page
        self._key = ""

    async def run(self) -> None:
        """Be one of the clients that the page runs, until cancelled."""
        self._key = self._page.add(self)
        try:
            await asyncio.Event().wait()
        finally:
            self._page.remove(self._key)

    @property
    def wish(self) -> dict[str, Any]:
        """What the page needs to be this person, even after a reload."""
        session = self.session
        said = session.unanswered
        unanswered = None if said is None else {"text": said.text, "id": said.id}
        return {"token": session.token, "since": session.since, "unanswered": unanswered}

    async def call(self, event: str, *arguments: str) -> dict[str, Any]:
        """Send an event, and return the server's answer.

        Raises:
            LessonError: if the line is lost.
        """
        if self.feed.status != "connected":
            raise LessonError(f"the chat client is {self.feed.status}, not connected; connect it first")
        return await self._page.call(self._key, event, *arguments)

    async def _deliver(self) -> None:
        self._page.on_wish()

    def take(self, report: Mapping[str, Any]) -> None:
        """Take what the page reports about this person."""
        if "changed" in report:
            self._change(report["changed"])
        if "messages" in report:
            self.session.hear(report["messages"])
        if "answer" in report:
            self.session.settle(str(report["id"]), report["answer"])

    def _change(self, fields: Mapping[str, Any]) -> None:
        self.session.change(fields)
        if "status" in fields:
            self.feed.report(str(fields["status"]), str(fields.get("reason", "")))
