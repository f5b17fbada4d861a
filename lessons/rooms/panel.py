"""The panel of the rooms: several clients side by side, each way to address somebody, and who heard it."""

from __future__ import annotations

import json
from functools import partial
from pathlib import Path
from typing import Any

import ipywidgets as widgets

from lessons.errors import LessonError
from lessons.panel import Panel
from lessons.rooms.client import RoomsClient, take
from lessons.rooms.people import PEOPLE, People
from lessons.rooms.picture import rooms_html, rooms_text, who_heard, windows_html
from lessons.rooms.server import RoomsServer
from lessons.rooms.service import NAMESPACES
from lessons.serving import runtime
from lessons.wire.views.view import View


class RoomsPanel(Panel):
    """Four Socket.IO clients, live: Ann, Bob and Eve in the namespace `/`, and Dan in `/news`.

    Args:
        server: the server to connect to.
        upgrade: whether the clients upgrade to WebSocket; otherwise they stay with long polling.
        client: which clients it begins with: `python` or `page`.
        route: how the page reaches the server: `auto`, `direct` or `proxy`.

    Raises:
        LessonError: for what isn't a running server, or an unknown client or route.
    """

    title = "Rooms"
    page_client = Path(__file__).with_name("client.js")
    _server: RoomsServer

    def __init__(
        self, server: RoomsServer, *, upgrade: bool = True, client: str = "python", route: str = "auto"
    ) -> None:
        self.people = People(PEOPLE)
        self._upgrade = upgrade
        self._board = widgets.HTML().add_class("lessons-board")
        super().__init__(server, client=client, route=route)

    def stop(self) -> None:
        """Disconnect everybody."""
        super().stop()
        self.people.forget_connections()

    def make_client(self) -> RoomsClient:
        """Return the clients in Python."""
        return RoomsClient(self.tap.url, people=self.people, feed=self.feed, upgrade=self._upgrade)

    def page_options(self) -> dict[str, Any]:
        """Return what client.js takes as its options."""
        return {"people": PEOPLE, "upgrade": self._upgrade}

    @property
    def upgrade(self) -> bool:
        """Whether the clients upgrade to WebSocket; set it to switch."""
        return self._upgrade

    @upgrade.setter
    def upgrade(self, wanted: bool) -> None:
        if wanted == self._upgrade:
            return
        self._upgrade = wanted
        self._polling_button.value = not wanted
        self.restart()

    # --- what somebody can say, and to whom ---

    def to_one(self, who: str, other: str, text: str) -> None:
        """Let somebody say something to one other person."""
        self._ask(who, "to_one", self._person(other).id, text)

    def to_all(self, who: str, text: str) -> None:
        """Let somebody say something to everybody in the namespace, the speaker included."""
        self._ask(who, "to_all", text)

    def to_all_but_me(self, who: str, text: str) -> None:
        """Let somebody say something to everybody else in the namespace."""
        self._ask(who, "to_all_but_me", text)

    def to_room(self, who: str, room: str, text: str) -> None:
        """Let somebody say something to a room, the speaker included if that person is in it."""
        self._ask(who, "to_room", room, text)

    def to_room_but_me(self, who: str, room: str, text: str) -> None:
        """Let somebody say something to the others in a room."""
        self._ask(who, "to_room_but_me", room, text)

    def to_rooms(self, who: str, rooms: list[str], text: str) -> None:
        """Let somebody say something to several rooms; whoever is in more than one of them hears it once."""
        self._ask(who, "to_rooms", rooms, text)

    def to_namespace(self, who: str, namespace: str, room: str, text: str) -> None:
        """Let somebody say something to a room of another namespace."""
        self._ask(who, "to_namespace", namespace, room, text)

    def join(self, who: str, room: str) -> None:
        """Let somebody enter a room."""
        self._ask(who, "join", room)

    def leave(self, who: str, room: str) -> None:
        """Let somebody leave a room."""
        self._ask(who, "leave", room)

    def _ask(self, who: str, event: str, *arguments: Any) -> None:  # noqa: ANN401
        if not self._person(who).id:
            raise LessonError(f"{who} is not connected; start the clients first, or wait until they are back")
        if isinstance(self._python_client, RoomsClient):
            self._python_client.ask(who, event, *arguments)
            return
        call = self.people.ask(who, event, list(arguments))
        self._live.act("ask", who, call, event, json.dumps(arguments))

    def _person(self, name: str) -> Any:  # noqa: ANN401
        if name not in self.people.windows:
            raise LessonError(f"the people here are {', '.join(self.people.windows)}; {name!r} is none of them")
        return self.people.windows[name]

    # --- what there is to see ---

    def who_heard(self) -> View:
        """Return the table of what was said and who heard it."""
        return who_heard(self.people)

    def members(self) -> str:
        """Return the rooms of each namespace and who is in them, in words."""
        return rooms_text(self.people, self._server.members())

    def wait_for_answers(self, timeout: float = 10.0) -> None:
        """Wait until the server has acknowledged everything that was asked of it.

        Args:
            timeout: seconds to wait at most.

        Raises:
            LessonError: if it doesn't in time.
        """
        self.people.wait_for_answers(timeout)

    def figures(self) -> str:
        """Return nothing: the windows show it all."""
        return ""

    def _heard(self, report: dict[str, Any]) -> None:
        """Take what a person's client in the page reports."""
        if "person" not in report:
            super()._heard(report)
        elif self._client == "page" and self._started:
            take(self.people, self.feed, report["person"])

    def _show_state(self) -> None:
        super()._show_state()
        runtime.call_soon(self._show_board)

    def _show_board(self) -> None:
        """Draw the windows, the rooms and who heard what, on the loop where the server's rooms are."""
        rooms = rooms_html(self.people, self._server.members_on_loop())
        board = windows_html(self.people) + rooms + self.who_heard().html
        if self._board.value != board:
            self._board.value = board

    # --- widgets ---

    def controls(self) -> list[widgets.Widget]:
        """Return the fields, a button for each way of addressing, and the pictures."""
        names = list(self.people.windows)
        self._who = _choice("who", names)
        self._text = _text("says", "hello").add_class("lessons-words")
        self._other = _choice("one", names[1:] + names[:1])
        self._room = _text("room", "red")
        self._several = _text("rooms", "red, green").add_class("lessons-words")
        self._polling_button = self.toggle(
            "Polling only",
            "stay with long polling, as where WebSocket is blocked",
            lambda: not self._upgrade,
            lambda: setattr(self, "upgrade", False),
            lambda: setattr(self, "upgrade", True),
        )
        self._polling_button.value = not self._upgrade
        fields = _row(self._who, self._text, self._other, self._room, self._several)
        return [self._polling_button, fields, _row(*self._buttons()), self._board]

    def _buttons(self) -> list[widgets.Button]:
        """Return a button for each method by which somebody says or does something."""
        chosen = {
            "Join": (self.join, [self._room]),
            "Leave": (self.leave, [self._room]),
            "To one": (self.to_one, [self._other, self._text]),
            "To all": (self.to_all, [self._text]),
            "To all but me": (self.to_all_but_me, [self._text]),
            "To room": (self.to_room, [self._room, self._text]),
            "To room but me": (self.to_room_but_me, [self._room, self._text]),
        }
        buttons = [
            self.button(label, method.__doc__ or "", partial(self._press, method, fields))
            for label, (method, fields) in chosen.items()
        ]
        several = self.button("To rooms", self.to_rooms.__doc__ or "", self._say_to_rooms)
        elsewhere = self.button("To other namespace", self.to_namespace.__doc__ or "", self._say_elsewhere)
        return [*buttons, several, elsewhere]

    def _press(self, method: Any, fields: list[Any]) -> None:  # noqa: ANN401
        method(self._who.value, *(field.value for field in fields))

    def _say_to_rooms(self) -> None:
        rooms = [room.strip() for room in self._several.value.split(",") if room.strip()]
        self.to_rooms(self._who.value, rooms, self._text.value)

    def _say_elsewhere(self) -> None:
        here = self._person(self._who.value).namespace
        elsewhere = next(namespace for namespace in NAMESPACES if namespace != here)
        self.to_namespace(self._who.value, elsewhere, self._room.value, self._text.value)


def _choice(label: str, names: list[str]) -> Any:  # noqa: ANN401
    return widgets.Dropdown(options=names, description=label).add_class("lessons-field")


def _text(label: str, value: str) -> Any:  # noqa: ANN401
    return widgets.Text(value=value, description=label).add_class("lessons-field")


def _row(*parts: widgets.Widget) -> widgets.HBox:
    return widgets.HBox(parts).add_class("lessons-controls")
