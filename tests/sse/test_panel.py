"""What the panel of server-sent events adds to all panels."""

import pytest

from lessons.errors import LessonError
from lessons.serving.clock import ManualClock
from lessons.sse import Panel, Server
from tests.waiting import wait_until


@pytest.fixture
def panel():
    panel = Panel(Server(ManualClock(), retry=0.01))
    yield panel
    panel.close()


def buttons(panel):
    return {button.description: button for row in panel.children for button in getattr(row, "children", [])}


def test_what_is_published_comes_to_its_client(panel):
    panel.start()
    panel.feed.wait_for_status("connected")
    panel.publish("by a cell")
    field = buttons(panel)["publish"]
    field.value = "by hand"
    assert panel.wait(2) == ["by a cell", "by hand"]
    assert field.value == "", "ready for the next text"


def test_no_more_ends_the_client_and_start_begins_anew_when_the_server_is_open_again(panel):
    panel.start()
    panel.feed.wait_for_status("connected")
    panel.finish()
    panel.feed.wait_for_status("stopped")
    assert "204" in panel.feed.reason
    wait_until(lambda: not buttons(panel)["Start"].disabled, "the button to offer a new start")
    panel.reopen()
    panel.start()
    panel.feed.wait_for_status("connected")


def test_it_counts_the_listeners(panel):
    assert panel.figures() == "0 listening"
    panel.start()
    wait_until(lambda: panel.figures() == "1 listening")
    panel.stop()
    wait_until(lambda: panel.figures() == "0 listening")


def test_more_streams_are_for_the_page(panel, monkeypatch):
    with pytest.raises(LessonError, match="choose `this page` and Start first"):
        panel.open_more()
    sent = []
    monkeypatch.setattr(panel._live, "send", sent.append)
    panel.client = "page"
    panel.start()
    panel.open_more()
    assert {"type": "act", "action": "openMore", "arguments": [7]} in sent


def test_the_page_is_told_whether_to_send_credentials():
    panel = Panel(Server(ManualClock()), client="page", credentials=True)
    panel.start()
    assert panel._live.wanted["options"] == {"credentials": True}
    panel.close()


def test_no_more_and_reopen_act_and_the_button_follows_the_server(panel):
    server = panel._server
    server.finish()
    wait_until(lambda: panel._finish_button.value)
    panel.reopen()
    assert not server.finished
    assert not panel._finish_button.value
    panel._finish_button.value = True
    assert server.finished
    server.reopen()
    panel.finish()
    assert server.finished


def test_no_more_of_a_closed_server_is_an_error(panel):
    panel._server.close()
    for action in (panel.finish, panel.reopen):
        with pytest.raises(LessonError, match="is closed"):
            action()
