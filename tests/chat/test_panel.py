"""The chat's panel without a browser: its people by methods and by what is pressed, and a line that breaks."""

from unittest.mock import patch

import pytest
from mongomock import Collection
from pymongo.errors import AutoReconnect

from lessons import chat
from lessons.chat.people.session import line_of
from lessons.chat.people.window import KEPT_MESSAGES
from lessons.errors import LessonError
from lessons.serving import runtime
from lessons.serving.waiting import wait_until


@pytest.fixture
def panel(server):
    panel = chat.Panel(server)
    panel.start()
    for chatter in panel.chatters:
        chatter.wait_until_connected()
    yield panel
    panel.close()


@pytest.fixture
def ann(panel):
    panel.chatters[0].send("Ann")
    return panel.chatters[0]


@pytest.fixture
def bob(panel, ann):
    panel.chatters[1].send("Bob")
    return panel.chatters[1]


def press(chatter, button, words=""):
    chatter.window._receive(chatter.window, {"type": button, "words": words}, [])


def stored(server, content):
    return server.service._database["messages"].count_documents({"content": content})


def test_the_first_message_is_the_name(ann, bob):
    assert (ann.name, bob.name) == ("Ann", "Bob")
    assert bob.wait_for("joined") == "system: Ann joined the chat."
    wait_until(lambda: ann.people == ["Ann", "Bob"], "the list of people")


def test_a_taken_name_is_refused_and_stays_in_the_box(panel, ann):
    answer = panel.chatters[1].send("ann")
    assert answer["error"] == "name-taken"
    assert panel.chatters[1].name is None
    assert panel.chatters[1].window.draft == "ann"


def test_what_is_said_is_heard_and_leaves_the_box(ann, bob):
    assert ann.send("hello")["id"] == 1
    assert bob.wait_for("hello") == "Ann: hello"
    assert ann.window.draft == ""


def test_an_empty_message_is_refused(ann):
    assert ann.send("  ")["error"] == "empty"
    assert ann.wait_for("empty").startswith("system:")


def test_the_box_is_sent_where_no_text_is_given(ann, bob):
    ann.address("Bob")
    ann.window.draft += "psst"
    ann.send()
    assert bob.wait_for("psst") == "Ann, privately to Bob: psst"


def test_rooms_are_joined_and_left(ann, bob):
    assert ann.join("red") == {"rooms": ["red"]}
    ann.send("to the red room")
    assert ann.wait_for("to the red room") == "Ann, in red: to the red room"
    assert ann.leave("red") == {"rooms": []}
    ann.send("to all")
    bob.wait_for("to all")
    assert not [line for line in bob.heard if "red room" in line]
    wait_until(lambda: ann.rooms == [], "the rooms")


def test_buttons_do_what_methods_do(ann, bob):
    press(ann, "join", "green")
    wait_until(lambda: ann.rooms == ["green"], "the green room")
    press(ann, "leave", "green")
    wait_until(lambda: not ann.rooms, "no room")
    press(ann, "address", "Bob")
    assert ann.window.draft == "@Bob "
    press(ann, "send", "@Bob psst")
    bob.wait_for("psst")
    press(bob, "disconnect")
    assert ann.wait_for("Bob left")
    press(bob, "connect")
    bob.wait_until_connected()
    wait_until(lambda: bob.name == "Bob", "his name")


def test_what_goes_wrong_with_a_button_is_shown(panel, ann):
    press(ann, "disconnect")
    wait_until(lambda: ann.client._sio is None, "the end of the line")
    press(ann, "join", "red")
    wait_until(lambda: "not connected" in panel._notices.value, "the notice")


def test_who_arrives_reads_the_last_ten_messages(panel, ann):
    for number in range(12):
        ann.send(f"message {number}")
    third = panel.add()
    third.wait_for("message 11")
    assert third.heard == [f"Ann: message {number}" for number in range(2, 12)]


def test_who_lost_the_line_returns_with_name_room_and_what_was_missed(panel, ann, bob):
    ann.join("red")
    ann.send("before")
    ann.disconnect()
    bob.wait_for("Ann left")
    bob.join("red")
    bob.send("missed")
    ann.connect()
    ann.wait_for("missed")
    assert (ann.name, ann.rooms) == ("Ann", ["red"])
    assert ann.heard.count("Bob, in red: missed") == 1
    assert ann.heard.count("Ann, in red: before") == 1


def test_a_message_whose_answer_was_lost_is_sent_again_and_stored_once(server, panel, ann):
    panel.tap.delay = 0.3
    press(ann, "send", "once")
    wait_until(lambda: stored(server, "once"), "the message in the store")
    assert ann.session.unanswered.text == "once"
    panel.cut()
    panel.tap.delay = 0
    wait_until(lambda: ann.session.unanswered is None, "the answer")
    assert stored(server, "once") == 1
    assert ann.wait_for("once")
    assert ann.heard.count("Ann: once") == 1


def test_what_may_be_stored_is_sent_again_under_the_same_id_and_stored_once(server, panel, ann, bob):
    store, insert_one = Collection, Collection.insert_one

    def write_and_lose_the_answer(*args, **options):
        insert_one(*args, **options)
        raise AutoReconnect("the connection broke")

    with patch.object(store, "insert_one", write_and_lose_the_answer):
        assert ann.send("Is this on?")["error"] == "store-down"
    assert ann.window.draft == "Is this on?"
    assert "id" in ann.send()
    assert bob.wait_for("Is this on?") == "Ann: Is this on?"
    assert stored(server, "Is this on?") == 1
    assert ann.send("Is this on?")["id"] == 2


def test_one_message_at_a_time(panel, ann):
    panel.stall()
    press(ann, "send", "first")
    wait_until(lambda: ann.session.unanswered, "the first to be on its way")
    with pytest.raises(LessonError, match="no answer yet"):
        ann.send("second")
    panel.resume()
    ann.wait_for("first")


def test_a_server_that_starts_again_is_found(server, panel, ann):
    with chat.Server(database=server.service._database):
        wait_until(lambda: ann.session.feed.status == "trying again", "the lost line")
        ann.wait_until_connected(timeout=15)
        wait_until(lambda: ann.name == "Ann", "her name")


def test_a_server_that_has_forgotten_everything_is_told_who_people_are(server, panel, ann, bob):
    for text in ("one", "two", "three"):
        ann.send(text)
        bob.wait_for(text)
    ann.join("red")
    port = server.port
    server.close()
    wait_until(lambda: ann.session.feed.status == "trying again", "the lost line")
    with chat.Server(name="without a memory", port=port):
        wait_until(lambda: {ann.session.feed.status, bob.session.feed.status} == {"connected"}, "the new line")
        assert (ann.session.name, ann.session.rooms, bob.session.name) == ("Ann", ["red"], "Bob")
        assert bob.send("four")["id"] == 1
        ann.wait_for("four")
        said = [message["content"] for message in ann.session.messages if not message.get("notice")]
        assert said == ["one", "two", "three", "four"]


def test_a_page_that_opens_later_gets_the_newest_messages(ann, monkeypatch):
    sent = []
    monkeypatch.setattr(ann.window, "send", sent.append)
    ann.session.messages[:] = [{"username": "Ann", "content": str(number)} for number in range(KEPT_MESSAGES + 5)]
    ann.window.refresh()
    press(ann, "ready")
    assert sent[-1]["again"]
    assert [each["content"] for each in sent[-1]["messages"]] == [str(n) for n in range(5, KEPT_MESSAGES + 5)]


def test_the_window_shows_where_a_person_is(panel, ann):
    ann.join("red")
    wait_until(lambda: ann.window.rooms == ["red"] and ann.window.name == "Ann", "the window")
    assert (ann.window.status, ann.window.is_waiting) == ("connected", False)


def test_the_link_leads_to_the_page_as_this_browser_reaches_it(panel):
    assert f'href="{panel.tap.url}/"' in panel._link.value
    panel._heard({"address": "http://hub/proxy/4711/"})
    assert 'href="http://hub/proxy/4711/"' in panel._link.value


def test_another_route_is_asked_of_the_page(panel):
    panel.route = "proxy"
    wait_until(lambda: panel._live.wanted["route"] == "proxy", "the page to be told")
    assert panel.running


def test_the_panel_shows_the_worst_line(panel, ann):
    panel.feed.wait_for_status("connected")
    panel.refuse()
    panel.cut()
    panel.feed.wait_for_status("trying again")
    panel.accept()
    panel.feed.wait_for_status("connected")
    panel.stop()
    panel.feed.wait_for_status("stopped")


def test_stop_and_close_leave_nobody_behind(server, panel, ann):
    panel.close()
    wait_until(lambda: not server.service.sio.eio.sockets, "all to be gone")
    assert not [each for each in runtime.running() if "panel" in each.name]


def test_the_text_form_is_what_everybody_heard(ann, bob, panel):
    ann.send("hello")
    bob.wait_for("hello")
    text = repr(panel)
    assert text.startswith("<Chat panel: 2 people, each a client in Python>\n\nAnn, connected\n")
    assert text.count("Ann: hello") == 2


@pytest.mark.parametrize(
    ("message", "line"),
    [
        ({"username": "Ann", "content": "hello"}, "Ann: hello"),
        ({"username": "Ann", "content": "hello", "rooms": ["red", "green"]}, "Ann, in red and green: hello"),
        ({"username": "Ann", "content": "hello", "rooms": [], "to": "Bob"}, "Ann, privately to Bob: hello"),
    ],
)
def test_a_message_as_a_line(message, line):
    assert line_of(message) == line


@pytest.mark.parametrize("end", ["\n", "\r", "\r\n", "\v", "\f", "\x1c", "\x85", "\u2028", "\u2029"])
def test_a_message_is_one_line_whatever_is_in_it(end):
    message = {"username": "Eve", "content": f"good morning{end}Bob: my password is 1234", "rooms": ["red"]}
    assert line_of(message).splitlines() == ["Eve, in red: good morning ⏎ Bob: my password is 1234"]


def test_two_panels_of_different_titles_are_open_at_once(server, panel):
    other = chat.Panel(server, title="Chat, another")
    try:
        assert repr(other).startswith("<Chat, another panel: 2 people")
        assert panel.chatters[0].send("Ann") == {"name": "Ann"}
    finally:
        other.close()
