"""The panel: a view of one client, its server and the line between them; a lesson adds its own top row.

It owns no protocol state. Whatever a button does, a cell can do with the method of the same name.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from concurrent.futures import Future
from html import escape
from pathlib import Path
from typing import Any, ClassVar, Literal

import ipywidgets as widgets

from lessons.clients.base import Client
from lessons.clients.feed import Feed
from lessons.errors import LessonError
from lessons.notebook.keyboard import OwnKeys
from lessons.notebook.text_form import TextForm
from lessons.panel.live_view import LiveView
from lessons.serving import runtime
from lessons.serving.page import bundle
from lessons.wire.tap import Tap
from lessons.wire.trace import Trace

REFRESH_SECONDS = 0.1
"""How often the panel looks for something new; it sends nothing if there is nothing."""
QUIET_SECONDS = 10.0
"""After how long a silence the panel mentions it beside `connected`: a line may be dead long before anybody is told."""
DELAYS = {"none": 0.0, "50 ms": 0.05, "200 ms": 0.2, "1 s": 1.0}
BANDWIDTHS = {"unlimited": 0.0, "100 kB/s": 100_000.0, "10 kB/s": 10_000.0, "1 kB/s": 1_000.0, "100 B/s": 100.0}
ROUTES = ("auto", "direct", "proxy")
ENDED = ("stopped", "closed")
"""The states from which a client doesn't come back by itself."""

_MARKS = {"connected": "well", "stopped": "off", "closed": "off"}

_open_panels: dict[str, Panel] = {}


class Panel(TextForm, widgets.VBox):  # type: ignore[misc]
    """A live client of a server, with every byte between them in view.

    It closes an open panel of the same title, such as its cell has left when it runs again.

    Args:
        server: the server to be a client of; a tap is put before it.
        client: which client it begins with: `python`, in this kernel, or `page`, the browser itself.
        route: how the page reaches the server: `direct` to 127.0.0.1, through JupyterLab's `proxy`, or `auto`, which
            is direct where JupyterLab's page itself comes from this machine.
        title: what the panel is called; by default what its class is.

    Attributes:
        title: what it is called; one panel of each title is open at a time.

    Raises:
        LessonError: for what isn't a running server, or an unknown client or route.
    """

    title: str
    page_client: ClassVar[Path]
    _ticker: Future[None] | None = None

    def __init__(self, server: runtime.Server, *, client: str = "python", route: str = "auto", title: str = "") -> None:
        if not isinstance(server, runtime.Server):
            raise LessonError(f"a panel is a client of a server, not of {server!r}; make one in the cell above first")
        _check_choice("client", client, ("python", "page"))
        _check_choice("route", route, ROUTES)
        self.title = title or type(self).title
        former = _open_panels.pop(self.title, None)
        if former is not None:
            former.close()
        self._server = server
        self.tap = Tap(server, name=f"tap of the panel {self.title}")
        self.feed = Feed()
        self._client = client
        self._route = route
        self._python_client: Client | None = None
        self._seen_notices = runtime.notices.count
        self._started = False
        self._followers: list[tuple[widgets.ValueWidget, Callable[[], Any]]] = []
        self._make_widgets()
        super().__init__([*self._rows(), OwnKeys()])
        self.add_class("lessons").add_class("lessons-panel").add_class("lessons-own-keys")
        self._ticker = asyncio.run_coroutine_threadsafe(self._tick(), runtime.loop())
        _open_panels[self.title] = self

    # --- what a lesson says of itself ---

    def make_client(self) -> Client:
        """Return the client in Python, writing to `self.feed` and talking to `self.tap.url`."""
        raise NotImplementedError

    def page_options(self) -> dict[str, Any]:
        """Return the options for the client in the page, plain data."""
        return {}

    def controls(self) -> list[widgets.Widget]:
        """Return the lesson's own controls, for the top row, after Start and Stop."""
        return []

    def figures(self) -> str:
        """Return what else there is to see of this transport, in a few words; called at every refresh."""
        return self.feed.figures

    # --- the client ---

    def start(self) -> None:
        """Start the client, again if it has ended by itself."""
        if self.running:
            return
        self.stop()
        self.tap.check_running()
        self._started = True
        self.feed.figures = ""
        self.feed.report("connecting")
        self._show_state()  # at once: what it says of the former client is no longer true
        if self._client == "python":
            self._python_client = self.make_client().start()
        else:
            self._live.wanted = {"port": self.tap.port, "route": self._route, "options": self.page_options()}

    def stop(self) -> None:
        """Stop the client."""
        self._started = False
        self._live.wanted = {}
        if self._python_client is not None:
            self._python_client.stop()
            self._python_client = None
        self.feed.report("stopped")

    @property
    def running(self) -> bool:
        """Whether the client has been started, and has neither been stopped nor ended by itself since."""
        return self._started and self.feed.status not in ENDED

    @property
    def client(self) -> str:
        """Which client runs: `python` or `page`; set it to switch."""
        return self._client

    @client.setter
    def client(self, name: Literal["python", "page"]) -> None:
        _check_choice("client", name, ("python", "page"))
        self._client = name
        self._client_buttons.value = name
        self.restart()

    @property
    def route(self) -> str:
        """How the page reaches the server: `auto`, `direct` or `proxy`; set it to switch."""
        return self._route

    @route.setter
    def route(self, name: str) -> None:
        _check_choice("route", name, ROUTES)
        self._route = name
        self.restart()

    def restart(self) -> None:
        """Restart a running client with the settings of now; one that is stopped, or has ended, stays so."""
        if self.running:
            self.stop()
            self.start()

    @property
    def news(self) -> list[str]:
        """The news that the client has seen, oldest first."""
        return self.feed.news

    def wait(self, count: int = 1, timeout: float = 10.0) -> list[str]:
        """Wait until `count` pieces of news have come in all, and return the news.

        Args:
            count: how many, including those that came before.
            timeout: seconds to wait at most.

        Raises:
            LessonError: if they don't come in time.
        """
        return self.feed.wait(count, timeout)

    # --- the line ---

    @property
    def trace(self) -> Trace:
        """What crossed the line."""
        return self.tap.trace

    def cut(self, *, reset: bool = False) -> int:
        """Break off all connections; return how many there were.

        Args:
            reset: by a reset (RST), as a crash does, instead of an orderly end (FIN).
        """
        return self.tap.cut(reset=reset)

    def stall(self) -> None:
        """Hold back every byte until `resume`."""
        self.tap.stall()
        self._follow_states()

    def resume(self) -> None:
        """Let the bytes through that `stall` held back."""
        self.tap.resume()
        self._follow_states()

    def refuse(self) -> None:
        """Refuse new connections until `accept`."""
        self.tap.refuse()
        self._follow_states()

    def accept(self) -> None:
        """Accept connections again."""
        self.tap.accept()
        self._follow_states()

    def close(self) -> None:
        """Stop the client, take the tap away and remove the panel from the page."""
        if self._ticker is not None:  # else there was no server, and it was never made
            self._ticker.cancel()
            self._ticker = None
            self._end()
        super().close()

    def _end(self) -> None:
        if _open_panels.get(self.title) is self:
            del _open_panels[self.title]
        self.stop()
        if self.tap.running:
            self.tap.close()

    # --- widgets ---

    def _make_widgets(self) -> None:
        self._live = LiveView(self.trace, bundle(self.page_client), self._heard, self.tap.allow)
        self._status = widgets.HTML(layout={"flex": "1 1 auto"})
        self._latest = widgets.HTML(layout={"flex": "1 1 auto"})
        self._figures = widgets.HTML()
        self._notices = widgets.HTML()
        self._client_buttons = widgets.ToggleButtons(
            options=[("Python", "python"), ("this page", "page")],
            value=self._client,
            tooltips=["a client in this kernel", "the browser itself"],
        )
        self._client_buttons.observe(self.guarded(self._choose_client), "value")
        self._start_button = self.button("Start", "start the client", self.start)
        self._stop_button = self.button("Stop", "stop the client", self.stop)
        self._stall_button = self.toggle(
            "Stall", "hold back every byte", lambda: self.tap.stalled, self.stall, self.resume
        )
        self._refuse_button = self.toggle(
            "Refuse", "refuse new connections", lambda: self.tap.refusing, self.refuse, self.accept
        )
        self._delay = self._fault_choice("delay", DELAYS)
        self._bandwidth = self._fault_choice("bandwidth", BANDWIDTHS)
        self._show_state()

    def _rows(self) -> list[widgets.Widget]:
        head = widgets.HBox([self._status, widgets.HTML("client:"), self._client_buttons])
        top = widgets.HBox(
            [
                self._latest,
                self._start_button,
                self._stop_button,
                *self.controls(),
                self._figures,
            ]
        )
        line = widgets.HBox(
            [
                widgets.HTML("the line:"),
                self.button("Cut", "break off all connections in order (FIN)", self.cut),
                self.button("Reset", "break off all connections abruptly (RST)", lambda: self.cut(reset=True)),
                self._stall_button,
                self._refuse_button,
                self._delay,
                self._bandwidth,
            ]
        )
        for row, name in ((head, "head"), (top, "top"), (line, "line")):
            row.add_class(f"lessons-{name}")
        return [head, top, self._live, self._notices, line]

    def button(self, label: str, tooltip: str, action: Callable[[], object]) -> widgets.Button:
        """Return a button that calls `action`; an error that it raises is shown in the panel."""
        button = widgets.Button(description=label, tooltip=tooltip, layout={"width": "auto"})
        button.on_click(self.guarded(action))
        return button

    def text_field(self, label: str, value: object, action: Callable[[str], object]) -> widgets.Text:
        """Return a small text field that calls `action` with its text when it changes."""
        field = widgets.Text(value=str(value), description=label, continuous_update=False)
        field.observe(self.guarded(lambda: action(field.value)), "value")
        return field.add_class("lessons-field")

    def guarded(self, action: Callable[[], object]) -> Callable[[object], None]:
        """Return a callback for a widget that runs `action`, and shows a `LessonError` under the diagram."""

        def callback(_: object) -> None:
            try:
                action()
            except LessonError as error:
                self._show_notice(str(error))
            else:
                self._notices.value = ""

        return callback

    def toggle(
        self,
        label: str,
        tooltip: str,
        state: Callable[[], bool],
        on: Callable[[], object],
        off: Callable[[], object],
    ) -> widgets.ToggleButton:
        """Return a button that shows a state, whoever has changed it: down when it is on, up when it is off.

        Args:
            label: what the button says.
            tooltip: what it does.
            state: tells the state.
            on: called when the button is pressed down.
            off: called when it is released.
        """
        toggle = widgets.ToggleButton(description=label, tooltip=tooltip, layout={"width": "auto"})
        self._follow(toggle, state, lambda wanted: on() if wanted else off())
        return toggle

    def _follow(self, widget: widgets.ValueWidget, state: Callable[[], Any], change: Callable[[Any], object]) -> None:
        """Let a widget show a state, and change it: a choice is carried out first, and shown once it has effect."""

        def chosen(event: dict[str, Any]) -> None:
            if event["new"] != state():  # else the widget only follows
                self.guarded(lambda: change(event["new"]))(event)
                self._follow_states()

        widget.observe(chosen, "value")
        self._followers.append((widget, state))

    def _follow_states(self) -> None:
        """Let each widget that shows a state show it as it is now."""
        for widget, state in self._followers:
            value = state()
            if widget.value != value and (
                not isinstance(widget, widgets.Dropdown) or value in dict(widget.options).values()
            ):
                widget.value = value

    def _fault_choice(self, name: str, choices: dict[str, float]) -> widgets.Dropdown:
        choice = widgets.Dropdown(options=list(choices.items()), value=0.0, description=name)
        self._follow(choice, lambda: getattr(self.tap, name), lambda wanted: setattr(self.tap, name, wanted))
        return choice.add_class("lessons-field")

    def _choose_client(self) -> None:
        if self._client_buttons.value != self._client:
            self.client = self._client_buttons.value

    # --- what the page reports, and what it is shown ---

    def _heard(self, report: dict[str, str]) -> None:
        """Take what the client in the page reports."""
        if self._client != "page":
            return
        if "news" in report:
            self.feed.tell(str(report["news"]))
        if "figures" in report:
            self.feed.figures = str(report["figures"])
        if "status" in report and self._started:
            self.feed.report(str(report["status"]), str(report.get("reason", "")))

    async def _tick(self) -> None:
        while True:
            self._live.refresh()
            self._show_state()
            self._follow_states()
            self._show_new_notices()
            await asyncio.sleep(REFRESH_SECONDS)

    def _show_state(self) -> None:
        feed = self.feed
        address = self.tap.url if self.tap.running else "closed"
        words = feed.reason
        if feed.status == "connected" and feed.silence >= QUIET_SECONDS:
            words = f"nothing heard for {feed.silence:.0f} s"
        reason = f'<span class="reason">{escape(words)}</span>' if words else ""
        mark = _MARKS.get(feed.status, "ill")
        _set(
            self._status,
            f'<b>{escape(self.title)}</b> <span role="status" class="state {mark}">{escape(feed.status)}</span> '
            f"<code>{escape(address)}</code> {reason}",
        )
        self._start_button.disabled = self.running
        self._stop_button.disabled = not self.running
        _set(self._latest, f'<span class="latest">{escape(feed.latest) or "&nbsp;"}</span>')
        _set(self._figures, f'<span class="figures">{escape(self.figures())}</span>')

    def _show_new_notices(self) -> None:
        fresh = [each for each in runtime.notices.since(self._seen_notices) if each.server in ("", self._server.name)]
        self._seen_notices = runtime.notices.count
        if fresh:
            self._show_notice(fresh[-1].text)

    def _show_notice(self, text: str) -> None:
        self._notices.value = f'<pre class="notice" role="alert">{escape(text)}</pre>'

    def __repr__(self) -> str:
        return f"<{self.title} panel: a client in {'Python' if self._client == 'python' else 'the page'}>"


def _set(widget: widgets.HTML, value: str) -> None:
    """Change what a widget shows, unless it shows that already: every change is a message to the page."""
    if widget.value != value:
        widget.value = value


def _check_choice(what: str, value: object, choices: tuple[str, ...]) -> None:
    if value not in choices:
        raise LessonError(f"the {what} is one of {', '.join(choices)}, not {value!r}")
