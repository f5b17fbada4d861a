"""The WebSocket panel without a browser: what its methods say, what comes back, and what a page can't say."""

import pytest

from lessons import websocket
from lessons.errors import LessonError
from lessons.panel.bad_frames import BAD_FRAMES


@pytest.fixture
def server():
    with websocket.Server() as server:
        yield server


@pytest.fixture
def panel(server):
    panel = websocket.Panel(server)
    yield panel
    panel.close()


@pytest.fixture
def connected(panel):
    panel.start()
    panel.feed.wait_for_status("connected")
    return panel


@pytest.fixture
def in_page(panel, monkeypatch):
    """The panel with the client in the page, connected; what is sent to the page is noted."""
    panel.heard = []
    monkeypatch.setattr(panel._live, "send", panel.heard.append)
    panel.client = "page"
    panel.start()
    panel._live._receive(panel._live, {"type": "report", "items": [{"status": "connected"}]}, [])
    return panel


def sent(panel) -> list[str]:
    return [frame.title for frame in panel.trace.messages("frame") if frame.direction == "up"]


def actions(panel):
    return [(each["action"], *each["arguments"]) for each in panel.heard if each["type"] == "act"]


# --- the client in Python ---


def test_whatever_is_said_comes_back(connected):
    connected.send("Hello")
    connected.send_binary(b"\x00\x01\xff")
    connected.ping(b"there?")
    connected.send_in_fragments("Hello world", 4)
    assert connected.wait(4) == ["Hello", "3 bytes: 00 01 ff", "pong there?", "Hello world"]


def test_fragments_have_the_size_asked_for(server):
    panel = websocket.Panel(server, compression=False)
    panel.start()
    panel.feed.wait_for_status("connected")
    panel.send_in_fragments("Hello world", 4)
    panel.wait(1)
    assert sent(panel) == ["text fragment, 4 B", "continuation, 4 B", "last continuation, 3 B"]
    panel.close()


def test_compression_is_offered_as_a_browser_does_or_not(server):
    for compression in (True, False):
        panel = websocket.Panel(server, compression=compression)
        panel.start()
        panel.trace.wait("response")
        (request,) = panel.trace.messages("request")
        assert (b"permessage-deflate" in request.data) == compression
        panel.close()


def test_close_with_a_code_and_a_reason(connected):
    connected.close_with(4001, "enough")
    connected.feed.wait_for_status("closed")
    assert connected.feed.reason == "4001"
    assert sent(connected)[-1] == 'close 4001 "enough"'


@pytest.mark.parametrize("what", BAD_FRAMES)
def test_a_bad_frame_is_told_in_the_trace_and_refused_by_the_server(connected, what):
    connected.send_bad_frame(what)
    connected.feed.wait_for_status("closed")
    assert connected.feed.reason.startswith(("1002, ", "1007, "))
    assert any(title.startswith("✗ ") for title in sent(connected))


def test_a_websocket_that_is_closed_stays_so_until_it_is_started_again(connected):
    connected.cut()
    connected.feed.wait_for_status("closed")
    assert connected.feed.reason == "1006: broken off, without a Close frame"
    assert not connected.running
    with pytest.raises(LessonError, match=r"the WebSocket is closed \(1006.*not open; start the client first"):
        connected.send("Hello")
    connected.start()
    connected.feed.wait_for_status("connected")
    connected.send("Hello")
    assert connected.wait(1) == ["Hello"]
    assert connected.trace.connections == 2


def test_stop_says_goodbye(connected):
    connected.stop()
    connected.trace.wait("frame", 2)
    assert sent(connected) == ["close 1000"]
    assert connected.feed.status == "stopped"


def test_a_server_that_refuses_is_told(panel):
    panel.refuse()
    panel.start()
    panel.feed.wait_for_status("closed")
    assert panel.feed.reason


def test_a_server_that_has_no_such_subprotocol_goes_without(server):
    panel = websocket.Panel(server, subprotocols=["no.such"])
    panel.start()
    panel.feed.wait_for_status("connected")
    assert panel.feed.reason == ""
    panel.close()


def test_the_path_may_be_changed_while_it_runs(connected):
    connected.path = "/broadcast"
    connected.feed.wait_for_status("connected")
    requests = connected.trace.wait("request", 2)
    assert [each.title for each in requests] == ["GET /", "GET /broadcast"]


@pytest.mark.parametrize(
    ("say", "message"),
    [
        (lambda panel: panel.close_with(1005), "may not carry 1005"),
        (lambda panel: panel.close_with(1000, "x" * 124), "at most 123 fit"),
        (lambda panel: panel.ping(bytes(126)), "at most 125 bytes"),
        (lambda panel: panel.send_in_fragments("Hello", 0), "1 byte or more, not 0"),
        (lambda panel: panel.send_bad_frame("nonsense"), "'nonsense' is none of them"),
        (lambda panel: setattr(panel, "path", "echo"), "begins with a slash"),
    ],
)
def test_bad_input_is_refused_and_loses_nothing(connected, say, message):
    with pytest.raises(LessonError, match=message):
        say(connected)
    connected.send("still here")
    assert connected.wait(1) == ["still here"]


def test_nothing_can_be_said_before_the_start(panel):
    with pytest.raises(LessonError, match="the WebSocket is stopped, not open"):
        panel.send("Hello")


# --- the client in the page ---


def test_the_page_says_text_bytes_and_a_close_code(in_page):
    in_page.send("Hello")
    in_page.send_binary(b"\x00\xff")
    in_page.close_with(4001, "enough")
    assert actions(in_page) == [("send", "Hello"), ("sendBinary", "00ff"), ("close", 4001, "enough")]


@pytest.mark.parametrize(
    "say",
    [
        lambda panel: panel.ping(),
        lambda panel: panel.send_in_fragments("x"),
        lambda panel: panel.send_bad_frame("not masked"),
    ],
)
def test_what_a_page_cannot_say_is_said_to_be_so(in_page, say):
    with pytest.raises(LessonError, match="the browser makes the frames"):
        say(in_page)
    assert actions(in_page) == []


def test_the_page_is_told_where_to_connect(in_page):
    assert in_page._live.wanted["options"] == {"path": "/", "subprotocols": []}


def test_buttons_for_what_a_page_cannot_say_are_disabled(panel):
    assert not any(each.disabled for each in panel._python_only)
    panel.client = "page"
    assert all(each.disabled for each in panel._python_only)
    assert "the browser makes the frames" in panel._hint.value
    assert panel._hint.layout.display == ""
    panel.client = "python"
    assert not any(each.disabled for each in panel._python_only)
    assert panel._hint.layout.display == "none"


# --- buttons ---


def buttons(widget):
    found = {} if not hasattr(widget, "on_click") else {widget.description: widget}
    for child in getattr(widget, "children", ()):
        found |= buttons(child)
    return found


def test_each_button_says_what_stands_in_the_field(connected):
    connected._text.value = "abc"
    for number, (label, news) in enumerate(
        [("Text", "abc"), ("Binary", "3 bytes: 61 62 63"), ("Ping", "pong abc"), ("Fragments", "abc")], 1
    ):
        buttons(connected)[label].click()
        assert connected.wait(number)[-1] == news
    connected._code.value = "3000"
    buttons(connected)["Close"].click()
    connected.feed.wait_for_status("closed")
    assert connected.feed.reason == "3000"


def test_a_code_that_is_no_number_is_told_in_the_panel(connected):
    connected._code.value = "bye"
    buttons(connected)["Close"].click()
    assert "a close code is a number such as 1000, not &#x27;bye&#x27;" in connected._notices.value


def test_the_bad_frame_chosen_is_sent(connected):
    connected._bad_frame.value = "reserved opcode 3"
    buttons(connected)["Send it"].click()
    connected.feed.wait_for_status("closed")
    assert "Opcode 3 is reserved" in connected.feed.reason


def test_the_path_field_changes_over(connected):
    connected._path_field.value = "/broadcast"
    connected.trace.wait("request", 2)
    assert connected.path == "/broadcast"
