"""The panel of the chat: several people side by side, and a link by which classmates come in."""

from __future__ import annotations

from html import escape
from pathlib import Path
from typing import Any

import ipywidgets as widgets

from lessons.chat.client import ChatClient
from lessons.chat.people.chatter import Chatter
from lessons.chat.people.page_client import PageClient, PageClients
from lessons.chat.people.session import Session
from lessons.chat.people.speaker import Speaker
from lessons.chat.server import ChatServer
from lessons.panel import Panel
from lessons.serving import runtime

WORST_FIRST = ("trying again", "connecting", "connected", "stopped")
"""How people's lines can be; the panel shows the worst of them."""


class ChatPanel(Panel):
    """A few people who chat, live, over one line.

    Args:
        server: the chat's server.
        people: how many windows there are at first.
        client: who their clients are at first: `python` or `page`.
        route: how the page reaches the server: `auto`, `direct` or `proxy`.
        title: what the panel is called; one of each title is open at a time.

    Raises:
        LessonError: for a closed server, an unknown client or route.

    Attributes:
        chatters: the people in the windows, in the order of the windows.
    """

    title = "Chat"
    page_client = Path(__file__).with_name("client.js")

    def __init__(
        self,
        server: ChatServer,
        *,
        people: int = 2,
        client: str = "python",
        route: str = "auto",
        title: str = "Chat",
    ) -> None:
        self.chatters: list[Chatter] = []
        self._page = PageClients(self._show_wish, lambda *action: self._live.act(*action))
        super().__init__(server, client=client, route=route, title=title)
        for _ in range(people):
            self.add()

    def add(self) -> Chatter:
        """Open one more window, for one more person; return who it is."""
        chatter = Chatter(self._new_client, self._show_notice)
        self.chatters.append(chatter)
        self._windows.children = [each.window for each in self.chatters]
        if self._started:
            chatter.connect()
        return chatter

    def start(self) -> None:
        """Connect everybody who isn't connected."""
        self.tap.check_running()
        self._started = True
        for chatter in self.chatters:
            chatter.connect()

    def stop(self) -> None:
        """Disconnect everybody."""
        self._started = False
        for chatter in self.chatters:
            chatter.disconnect()

    def restart(self) -> None:
        """Connect anew, by the client and route that are chosen now, whoever is connected; all stay who they are."""
        for chatter in self.chatters:
            chatter.reconnect()

    def _new_client(self, session: Session) -> Speaker:
        if self._client == "page":
            return PageClient(self.tap.url, self._page, session)
        return ChatClient(self.tap.url, session)

    @property
    def running(self) -> bool:
        """Whether anybody is, or wants to be, connected."""
        return any(chatter.client.running for chatter in self.chatters)

    def controls(self) -> list[widgets.Widget]:
        """Return the button for one more person, and the link to the chat's own page."""
        self._link = widgets.HTML()
        self._show_link(f"{self.tap.url}/")
        return [self.button("One more person", "open one more window", self.add), self._link]

    def figures(self) -> str:
        """Return how many people are there."""
        statuses = [chatter.session.feed.status for chatter in self.chatters]
        return f"{statuses.count('connected')} of {len(statuses)} connected"

    # --- widgets ---

    def _rows(self) -> list[widgets.Widget]:
        self._windows = widgets.Box().add_class("lessons-chatters")
        head, top, *rest = super()._rows()
        return [head, top, self._windows, *rest]

    def _heard(self, report: dict[str, Any]) -> None:
        if "address" in report:
            self._show_link(str(report["address"]))
        else:
            runtime.call_soon(self._page.take, report)

    def _show_wish(self) -> None:
        """Tell the page which clients to run; without any it finds out the address of the chat's own page."""
        self._live.wanted = {"port": self.tap.port, "route": self._route, "options": self._page.wish}

    def _show_link(self, address: str) -> None:
        text = "the chat's own page, for a tab of your own or a classmate's"
        self._link.value = f'<a href="{escape(address)}" target="_blank" rel="noopener">{text}</a>'

    def _show_state(self) -> None:
        statuses = [chatter.session.feed.status for chatter in self.chatters]
        self.feed.report(min(statuses, key=WORST_FIRST.index, default="stopped"))
        self._show_wish()
        for chatter in self.chatters:
            chatter.window.refresh()
        super()._show_state()

    def __repr__(self) -> str:
        whose = "Python" if self._client == "python" else "the page"
        people = "1 person" if len(self.chatters) == 1 else f"{len(self.chatters)} people"
        title = f"<{self.title} panel: {people}, each a client in {whose}>"
        return "\n\n".join([title, *map(repr, self.chatters)])
