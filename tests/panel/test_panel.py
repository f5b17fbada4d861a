"""The panel without a browser: what its methods do, what it sends to a page, and how it takes bad input."""

import threading

import pytest
import requests

from lessons import polling, sse, websocket
from lessons.errors import LessonError
from lessons.serving import runtime
from lessons.serving.clock import ManualClock
from tests.waiting import wait_until


@pytest.fixture
def clock():
    return ManualClock()


@pytest.fixture
def server(clock):
    with polling.Server(clock) as server:
        yield server


@pytest.fixture
def panel(server):
    panel = polling.Panel(server, interval=0.02)
    yield panel
    panel.close()


class Page:
    """Stands in for the page: notes what the live view sends to it."""

    def __init__(self, panel, monkeypatch):
        self.live = panel._live
        self.heard = []
        self.something = threading.Event()
        monkeypatch.setattr(self.live, "send", self._hear)

    def _hear(self, content):
        self.heard.append(content)
        self.something.set()

    def say(self, **content):
        self.live._receive(self.live, content, [])


def test_start_brings_news_and_stop_ends_it(panel, clock):
    panel.start()
    assert panel.wait(1) == ["12:00:00"]
    clock.advance(1)
    assert panel.wait(2) == ["12:00:00", "12:00:01"]
    panel.stop()
    assert panel.feed.status == "stopped"


def test_start_twice_starts_one_client(panel):
    panel.start()
    panel.start()
    panel.wait(1)
    panel.trace.wait("response", 5)
    assert panel.trace.connections == 1


def test_panel_made_again_replaces_the_first(server, panel):
    panel.start()
    again = polling.Panel(server, interval=0.02)
    assert not panel.tap.running
    assert len([each for each in runtime.running() if "panel" in each.name]) == 1
    again.close()


def test_recovers_from_a_cut(panel, clock):
    panel.start()
    panel.wait(1)
    assert panel.cut() == 1
    clock.advance(1)
    assert panel.wait(2)[-1] == "12:00:01"
    assert panel.trace.connections == 2


def test_refused_connections_are_told_and_got_over(panel):
    panel.refuse()
    panel.start()
    panel.feed.wait_for_status("trying again")
    assert "ConnectError" in panel.feed.reason
    panel.accept()
    panel.feed.wait_for_status("connected")


def test_stall_holds_back_and_resume_lets_through(panel):
    panel.start()
    panel.wait(1)
    panel.stall()
    assert panel.tap.faults == "stalled"
    panel.resume()
    before = len(panel.trace.messages("response"))
    panel.trace.wait("response", before + 2)


@pytest.mark.parametrize("interval", [0, -1, "abc", "", None, float("inf"), float("nan")])
def test_bad_interval_is_refused_and_changes_nothing(panel, interval):
    with pytest.raises(LessonError, match="a number of seconds above 0"):
        panel.interval = interval
    assert panel.interval == 0.02


def test_bad_interval_in_the_field_is_told_in_the_panel(panel):
    panel._interval_field.value = "abc"
    assert "a number of seconds above 0, such as 0.5, not &#x27;abc&#x27;" in panel._notices.value
    assert panel.interval == 0.02


def test_good_interval_in_the_field_is_taken(panel):
    panel._interval_field.value = "0.5"
    assert panel.interval == 0.5


@pytest.mark.parametrize(
    ("options", "message"),
    [({"client": "robot"}, "the client is one of python, page"), ({"route": "sea"}, "the route is one of")],
)
def test_bad_choice(server, options, message):
    with pytest.raises(LessonError, match=message):
        polling.Panel(server, **options)


def test_panel_of_no_server():
    with pytest.raises(LessonError, match="a panel is a client of a server"):
        polling.Panel("http://127.0.0.1:1")


def test_panel_of_a_closed_server():
    server = polling.Server(name="soon closed")
    server.close()
    with pytest.raises(LessonError, match="the soon closed is closed"):
        polling.Panel(server)


def test_text_form(panel):
    assert repr(panel) == "<Polling panel: a client in Python>"
    assert panel._repr_mimebundle_()["text/plain"] == repr(panel)


# --- what it says to a page -------------------------------------------------------------------------------------


def test_a_page_that_opens_late_gets_everything(panel, monkeypatch):
    panel.start()
    panel.trace.wait("response", 3)
    page = Page(panel, monkeypatch)
    page.live.refresh()
    page.heard.clear()
    page.say(type="ready")
    whole = page.heard[0]
    assert whole["all"]
    assert sum("GET /clock" in svg for _, svg, _, _ in whole["steps"]) >= 3
    assert "requests" in whole["cost"]


def test_a_page_is_welcome_at_the_server_once_it_has_said_who_it_is(panel, server, monkeypatch):
    origin = {"Origin": "http://localhost:8888"}
    assert requests.get(f"{panel.tap.url}/clock", headers=origin, timeout=5).status_code == 403
    Page(panel, monkeypatch).say(type="origin", origin="http://localhost:8888")
    assert requests.get(f"{panel.tap.url}/clock", headers=origin, timeout=5).status_code == 200


def test_selecting_a_message_sends_its_bytes(panel, monkeypatch):
    panel.start()
    panel.trace.wait("response")
    page = Page(panel, monkeypatch)
    page.live.refresh()
    request = next(each for each in panel._live.messages if each.kind == "request")
    page.heard.clear()
    page.say(type="select", number=request.number)
    shown = next(each for each in page.heard if each["type"] == "bytes")
    assert shown["title"] == "GET /clock"
    assert "what the client wants done" in shown["html"]


@pytest.mark.parametrize("number", [-1, 10_000, "1", None])
def test_selecting_what_is_not_there_is_ignored(panel, monkeypatch, number):
    page = Page(panel, monkeypatch)
    page.say(type="select", number=number)
    assert [each for each in page.heard if each["type"] == "bytes"] == []


def test_client_in_the_page_is_told_where_to_connect_and_heard(panel, monkeypatch):
    page = Page(panel, monkeypatch)
    panel.client = "page"
    panel.start()
    assert panel._live.wanted == {"port": panel.tap.port, "route": "auto", "options": {"interval": 0.02}}
    page.say(type="report", items=[{"status": "connected"}, {"news": "12:00:00"}])
    assert (panel.news, panel.feed.status) == (["12:00:00"], "connected")
    panel.stop()
    assert panel._live.wanted == {}


def test_reports_of_the_page_are_ignored_while_python_is_the_client(panel, monkeypatch):
    Page(panel, monkeypatch).say(type="report", items=[{"news": "late"}])
    assert panel.news == []


def test_a_handlers_error_is_shown_in_the_panel(panel, server, monkeypatch, capsys):
    def broken(moment):
        raise ValueError("the clock has stopped")

    monkeypatch.setattr("lessons.polling.server.clock_text", broken)
    assert requests.get(f"{server.url}/clock", timeout=5).status_code == 500
    panel._show_new_notices()
    assert "ValueError: the clock has stopped" in panel._notices.value


# --- methods act, buttons show ---

LINE = [("stall", "resume", "stalled", "_stall_button"), ("refuse", "accept", "refusing", "_refuse_button")]
each_switch = pytest.mark.parametrize(("on", "off", "state", "button"), LINE, ids=[each[0] for each in LINE])


@each_switch
def test_a_method_acts_whoever_acted_before_and_the_button_follows(panel, on, off, state, button):
    getattr(panel.tap, on)()
    wait_until(lambda: getattr(panel, button).value, "the button to follow the tap")
    getattr(panel, off)()
    assert not getattr(panel.tap, state)
    assert not getattr(panel, button).value
    getattr(panel, on)()
    getattr(panel.tap, off)()
    getattr(panel, on)()
    assert getattr(panel.tap, state)
    assert getattr(panel, button).value


@each_switch
def test_a_button_acts_too(panel, on, off, state, button):
    getattr(panel, button).value = True
    assert getattr(panel.tap, state)
    getattr(panel, button).value = False
    assert not getattr(panel.tap, state)


@each_switch
def test_what_cannot_be_done_raises_and_a_button_that_cannot_comes_up_again(panel, on, off, state, button):
    panel.tap.close()
    for name in (on, off, "cut"):
        with pytest.raises(LessonError, match="is closed"):
            getattr(panel, name)()
    getattr(panel, button).value = True
    assert not getattr(panel, button).value
    assert "is closed" in panel._notices.value


def test_a_choice_follows_the_tap_and_acts(panel):
    panel.tap.delay = 0.05
    wait_until(lambda: panel._delay.value == 0.05, "the choice to follow the tap")
    panel._delay.value = 0.2
    assert panel.tap.delay == 0.2


def test_a_panel_is_called_as_it_was_told(server):
    first, second = polling.Panel(server), websocket.Panel(server, title="Mine")
    assert (first.title, second.title) == ("Polling", "Mine")
    assert first.tap.running, "one panel of each title is open at a time, and these are two"
    third = websocket.Panel(server)
    assert third.title == "WebSocket"
    for each in (first, second, third):
        each.close()


def test_a_line_that_is_silent_for_long_is_not_just_connected(monkeypatch):
    """A stall tells nobody: a client that waits for news can't know, and a person who looks ought to."""
    monkeypatch.setattr("lessons.panel.panel.QUIET_SECONDS", 0.5)
    with sse.Server(ManualClock()) as server:
        panel = sse.Panel(server)
        panel.start()
        panel.feed.wait_for_status("connected")
        panel.stall()
        wait_until(lambda: "nothing heard for " in panel._status.value)
        assert "connected" in panel._status.value
        monkeypatch.setattr("lessons.panel.panel.QUIET_SECONDS", 1000.0)
        wait_until(lambda: "nothing heard" not in panel._status.value)
        panel.close()
