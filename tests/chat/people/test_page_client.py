"""The panel's people by clients in the page: what the page is asked for, and what its reports do in Python."""

from concurrent.futures import ThreadPoolExecutor

import pytest

from lessons import chat
from lessons.errors import LessonError
from lessons.serving.waiting import wait_until

TOKEN = "a token of sufficient length"
HELLO = {"id": 7, "username": "Bob", "content": "hello"}


class Page:
    """Stands in for the page: notes what it is asked to do, and reports what a test wants it to."""

    def __init__(self, panel, monkeypatch):
        self.live = panel._live
        self.acts = []
        monkeypatch.setattr(self.live, "send", self._hear)

    def _hear(self, content):
        if content["type"] == "act":
            self.acts.append((content["action"], *content["arguments"]))

    @property
    def people(self):
        return self.live.wanted["options"]["people"]

    def wait_for_people(self, count):
        wait_until(lambda: len(self.people) == count, f"{count} people to be wanted")
        return list(self.people)

    def wait_for_act(self):
        wait_until(lambda: self.acts, "the page to be asked for something")
        return self.acts.pop(0)

    def report(self, key, **what):
        self.live._receive(self.live, {"type": "report", "items": [{"key": key, **what}]}, [])

    def welcome(self, key, name=None, rooms=()):
        fields = {"status": "connected", "reason": "", "token": TOKEN, "name": name, "rooms": list(rooms), "people": []}
        self.report(key, changed=fields)


@pytest.fixture
def panel(server):
    panel = chat.Panel(server, people=1, client="page")
    yield panel
    panel.close()


@pytest.fixture
def page(panel, monkeypatch):
    return Page(panel, monkeypatch)


@pytest.fixture
def key(panel, page):
    """The key of the one person in the panel, who has been let in."""
    panel.start()
    (key,) = page.wait_for_people(1)
    page.welcome(key)
    panel.chatters[0].wait_until_connected()
    return key


@pytest.fixture
def ann(panel, key):
    return panel.chatters[0]


@pytest.fixture
def background():
    with ThreadPoolExecutor() as pool:
        yield pool.submit


def test_nobody_is_wanted_before_the_start_and_after_the_stop(panel, page):
    assert page.people == {}
    panel.start()
    (key,) = page.wait_for_people(1)
    assert page.people[key] == {"token": None, "since": None, "unanswered": None}
    panel.stop()
    page.wait_for_people(0)


def test_what_the_page_tells_is_in_python(ann, page, key):
    page.welcome(key, "Ann", ["red"])
    page.report(key, messages=[HELLO, HELLO])
    page.report(key, messages=[HELLO])
    page.report(key, changed={"people": ["Ann", "Bob"]})
    wait_until(lambda: ann.people == ["Ann", "Bob"], "the list of people")
    assert (ann.name, ann.rooms, ann.heard) == ("Ann", ["red"], ["Bob: hello"])
    page.report(key, changed={"status": "trying again", "reason": "the line was lost"})
    ann.session.feed.wait_for_status("trying again")


def test_a_page_that_is_loaded_again_is_given_token_and_last_message(ann, page, key):
    page.report(key, messages=[HELLO])
    returning = {"token": TOKEN, "since": 7, "unanswered": None}
    wait_until(lambda: page.people[key] == returning, "the page to be told")


def test_what_is_said_is_wanted_until_it_has_its_answer(ann, page, key, background):
    sending = background(ann.send, "Ann")
    wait_until(lambda: page.people[key]["unanswered"], "the page to be asked")
    said = page.people[key]["unanswered"]
    assert said["text"] == "Ann"
    with pytest.raises(LessonError, match="no answer yet"):
        ann.send("too early")
    page.report(key, answer={"name": "somebody else"}, id="another")
    page.report(key, answer={"name": "Ann"}, id=said["id"])
    assert sending.result(10) == {"name": "Ann"}
    assert (ann.name, ann.window.draft) == ("Ann", "")
    wait_until(lambda: page.people[key]["unanswered"] is None, "the page to be told")


def test_rooms_are_asked_for_once(ann, page, key, background):
    joining = background(ann.join, "red")
    action, who, number, *event = page.wait_for_act()
    assert (action, who, event) == ("call", key, ["join", "red"])
    page.report(key, call=number, result={"rooms": ["red"]})
    assert joining.result(10) == {"rooms": ["red"]}


def test_an_answer_that_never_comes_is_told(ann, page, key, background):
    leaving = background(ann.leave, "red")
    number = page.wait_for_act()[2]
    page.report(key, call=number, failed="the WebSocket was closed")
    with pytest.raises(LessonError, match="the WebSocket was closed"):
        leaving.result(10)


def test_who_has_no_line_cannot_enter_a_room(panel, page):
    with pytest.raises(LessonError, match="not connected"):
        panel.chatters[0].join("red")


def test_who_goes_is_heard_no_more_and_returns_under_a_new_key(ann, page, key):
    ann.disconnect()
    page.wait_for_people(0)
    page.report(key, messages=[HELLO])
    ann.connect()
    (new,) = page.wait_for_people(1)
    assert new != key
    assert page.people[new]["token"] == TOKEN
    page.report(new, messages=[{**HELLO, "id": 8, "content": "welcome back"}])
    ann.wait_for("welcome back")
    assert ann.heard == ["Bob: welcome back"]


def test_the_same_person_goes_on_by_the_other_client(server, monkeypatch, background):
    panel = chat.Panel(server)
    page = Page(panel, monkeypatch)
    panel.start()
    ann, bob = panel.chatters
    ann.send("Ann"), bob.send("Bob")
    ann.send("by Python")
    ann.wait_for("by Python")
    bob.disconnect()
    panel.client = "page"
    (key,) = page.wait_for_people(1)  # who was away stays away
    token = ann.session.token
    assert page.people[key] == {"token": token, "since": 1, "unanswered": None}
    assert ann.name == "Ann"
    sending = background(ann.send, "said to the page, heard by Python")
    wait_until(lambda: page.people[key]["unanswered"], "the page to be asked")
    panel.client = "python"
    assert sending.result(10)["id"] == 2
    assert ann.wait_for("said to the page") == "Ann: said to the page, heard by Python"
    assert ann.heard.count("Ann: by Python") == 1
    panel.close()


def test_another_route_is_told_to_the_page(panel, page, key):
    panel.route = "proxy"
    wait_until(lambda: page.live.wanted["route"] == "proxy" and key not in page.people, "the page to be told")
    page.wait_for_people(1)


@pytest.mark.parametrize("client", ["robot", ""])
def test_an_unknown_client_is_refused(panel, client):
    with pytest.raises(LessonError, match="the client is one of python, page"):
        panel.client = client


def test_text_form(panel):
    assert repr(panel).startswith("<Chat panel: 1 person, each a client in the page>")
