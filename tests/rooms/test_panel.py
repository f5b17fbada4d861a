"""The panel of the rooms: each way of addressing, who heard it, and what it does when the line breaks."""

import asyncio

import pytest

from lessons.errors import LessonError
from lessons.rooms import Panel, Server
from lessons.rooms.people import People
from lessons.rooms.picture import rooms_text, who_heard
from lessons.serving import runtime
from tests.waiting import wait_until


@pytest.fixture
def panel():
    panel = Panel(Server())
    yield panel
    panel.close()


@pytest.fixture
def connected(panel):
    """A panel with Ann in red and green, Bob in green, Eve in no room, and Dan in red of the other namespace."""
    panel.start()
    panel.feed.wait_for_status("connected")
    for who, room in [("Ann", "red"), ("Ann", "green"), ("Bob", "green"), ("Dan", "red")]:
        panel.join(who, room)
    panel.wait_for_answers()
    return panel


def buttons(panel):
    rows = [*panel.children, *(each for row in panel.children for each in getattr(row, "children", []))]
    return {
        each.description: each for row in rows for each in getattr(row, "children", []) if hasattr(each, "description")
    }


def hearers(panel):
    """Wait until all have heard what was said to them, and return who heard the newest of it."""
    panel.wait_for_answers()
    said = panel.people.utterances[-1]
    for who in panel.people.windows:  # whatever was sent to somebody before this answer has come before it
        panel.leave(who, "no room of his")
    panel.wait_for_answers()
    return dict(said.heard)


WAYS = {
    "To one": (lambda panel: panel.to_one("Ann", "Bob", "hi"), "Bob"),
    "To all": (lambda panel: panel.to_all("Ann", "hi"), "Ann Bob Eve"),
    "To all but me": (lambda panel: panel.to_all_but_me("Ann", "hi"), "Bob Eve"),
    "To room": (lambda panel: panel.to_room("Ann", "red", "hi"), "Ann"),
    "To room but me": (lambda panel: panel.to_room_but_me("Ann", "green", "hi"), "Bob"),
    "To rooms": (lambda panel: panel.to_rooms("Ann", ["red", "green"], "hi"), "Ann Bob"),
    "To other namespace": (lambda panel: panel.to_namespace("Ann", "/news", "red", "hi"), "Dan"),
}


@pytest.mark.parametrize("way", WAYS)
def test_a_method_addresses_and_the_picture_says_who_heard_it(connected, way):
    say, expected = WAYS[way]
    say(connected)
    assert hearers(connected) == dict.fromkeys(expected.split(), 1)
    names, row = repr(connected.who_heard()).splitlines()
    marks = row.split("hi")[1].split()
    assert [name for name, mark in zip(names.split(), marks, strict=True) if mark == "●"] == expected.split()


def test_every_button_calls_its_method(connected):
    for way in WAYS:
        buttons(connected)[way].click()
        assert connected._notices.value == ""
    assert [each.title for each in connected.people.utterances] == [
        "Ann to Bob: hello",
        "Ann to all: hello",
        "Ann to all but me: hello",
        "Ann to room red: hello",
        "Ann to room red but me: hello",
        "Ann to rooms red, green: hello",
        "Ann to /news room red: hello",
    ]


def test_rooms_are_listed_live_and_answers_are_told(connected):
    assert connected.members() == "/: green (Ann, Bob), red (Ann) · /news: red (Dan)"
    buttons(connected)["Leave"].click()
    connected.wait_for_answers()
    assert connected.people.windows["Ann"].lines[-1] == "✓ leave: in green"
    wait_until(lambda: "green (Ann, Bob) · /news" in connected._board.value, "the board to follow")


def test_what_the_server_refuses_is_told_in_the_window(connected):
    connected.join("Eve", "")
    connected.to_rooms("Eve", [], "hi")
    connected.wait_for_answers()
    assert connected.people.windows["Eve"].lines[0].startswith("✓ join: A room's name has")
    assert "error" in connected.people.utterances[-1].answer


def test_names_and_texts_are_shown_as_text(connected):
    connected.to_all("Ann", "<b>hi</b>")
    hearers(connected)
    wait_until(lambda: "&lt;b&gt;hi" in connected._board.value)
    assert "<b>hi" not in connected._board.value


def test_who_is_not_connected_or_not_here_is_an_error(panel):
    with pytest.raises(LessonError, match="Ann is not connected"):
        panel.to_all("Ann", "hi")
    with pytest.raises(LessonError, match="the people here are Ann, Bob, Eve, Dan"):
        panel.to_all("Joe", "hi")


def test_all_come_back_after_a_cut_and_are_in_no_room(connected):
    before = connected.people.windows["Ann"].id
    connected.cut()
    wait_until(lambda: connected.people.are_connected and connected.people.windows["Ann"].id != before)
    connected.feed.wait_for_status("connected")
    wait_until(lambda: connected.members() == "/: none · /news: none")


def test_they_go_over_to_websocket_or_stay_with_polling(connected):
    titles = [message.title for message in connected.trace.messages()]
    assert titles.index("200 OK: Engine.IO open") < titles.index("Engine.IO ping probe")
    assert titles.count("Engine.IO upgrade") == 4
    connected.trace.clear()
    buttons(connected)["Polling only"].value = True
    connected.feed.wait_for_status("connected")
    wait_until(lambda: connected.people.are_connected)
    connected.to_all("Ann", "hi")
    assert hearers(connected) == {"Ann": 1, "Bob": 1, "Eve": 1}
    assert {window.transport for window in connected.people.windows.values()} == {"polling"}
    assert not any("upgrade" in message.title for message in connected.trace.messages("frame"))


def test_stop_leaves_no_client_and_no_task(connected):
    async def tasks():
        return [str(task.get_coro()) for task in asyncio.all_tasks() if "Client" in str(task.get_coro())]

    assert runtime.run(tasks())
    connected.stop()
    wait_until(lambda: not runtime.run(tasks()), "the clients' tasks to end")
    assert connected.members() == "/: none · /news: none"


def test_the_page_gets_what_is_asked_and_its_reports_are_taken(panel, monkeypatch):
    sent = []
    monkeypatch.setattr(panel._live, "send", sent.append)
    panel.client = "page"
    panel.start()
    assert panel._live.wanted["options"]["people"]["Dan"] == "/news"
    for who in panel.people.windows:
        panel._heard({"person": {"who": who, "transport": "websocket", "connected": f"id of {who}"}})
    assert panel.feed.status == "connected"
    panel.to_one("Ann", "Bob", "hi")
    asked = next(each for each in sent if each["type"] == "act")
    assert asked["arguments"] == ("Ann", 1, "to_one", '["id of Bob", "hi"]')
    panel._heard({"person": {"who": "Bob", "transport": "websocket", "heard": {"from": "id of Ann", "text": "hi"}}})
    assert panel.wait(1) == ["Bob heard Ann: hi"]
    panel._heard({"person": {"who": "Ann", "transport": "polling", "call": 1, "event": "to_one", "answer": {}}})
    panel.wait_for_answers()


def test_the_clients_in_the_page_are_one_module(panel):
    source = panel._live.page_client
    assert "export function connect(" in source
    assert "class Polling" in source
    assert "import {" not in source


@pytest.mark.parametrize("end", ["\n", "\r", "\u2028"])
def test_a_line_break_forges_no_line(end):
    people = People({"Ann": "/", "Eve": "/"})
    for who in ("Ann", "Eve"):
        people.take({"who": who, "connected": f"id-{who}"})
    call = people.ask("Eve", "to_room", [f"red{end}Ann: hello", f"hello{end}Ann: goodbye"])
    told = people.take({"who": "Ann", "heard": {"from": "id-Eve", "text": f"hello{end}Ann: goodbye"}})
    people.take({"who": "Eve", "event": "to_room", "call": call, "answer": {"error": f"no{end}Ann: yes"}})
    lines = [told, people.utterances[0].title, *people.windows["Ann"].lines, *people.windows["Eve"].lines]
    lines.append(rooms_text(people, {"/": {f"red{end}/: green": ["id-Ann"]}}))
    assert [len(line.splitlines()) for line in lines] == [1] * 5
    assert len(who_heard(people).text.splitlines()) == 2
