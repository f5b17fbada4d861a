"""The chat's wire contract, kept with two clients that aren't ours over each transport."""

import re

import pytest

from lessons.chat.rules.limits import Limits
from lessons.chat.server import ChatServer

ISO_8601 = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z")


@pytest.fixture
def url():
    with ChatServer(limits=Limits(burst=10_000)) as running:
        yield running.url


@pytest.fixture
def chat(url, connect):
    """A function that lets somebody in, under a name if one is given, and returns his client."""

    def enter(name=None, **options):
        client = connect(url, **options)
        if name:
            client.emit("message", name)
            client.inbox.wait_for("message", said(f"{name} joined the chat."))
        return client

    return enter


def said(content):
    return lambda message: message["content"] == content


def test_a_message_is_heard_by_all_with_its_sender_and_time(chat):
    ann, bob, unnamed = chat("Ann"), chat("Bob"), chat()
    ann.emit("message", "hello")
    for hearer in (ann, bob, unnamed):
        message = hearer.inbox.wait_for("message", said("hello"))
        assert message["username"] == "Ann"
        assert ISO_8601.fullmatch(message["createAt"])
    ann.emit("message", "hello again")
    bob.inbox.wait_for("message", said("hello again"))
    assert len(list(filter(said("hello"), bob.inbox.all("message")))) == 1


def test_a_taken_name_is_refused_with_a_notice_of_the_systems(chat):
    chat("Ann")
    second = chat()
    second.emit("message", "ANN")
    notice = second.inbox.wait_for("message", lambda m: "taken" in m["content"])
    assert notice["username"] == "system"
    assert ISO_8601.fullmatch(notice["createAt"])


def test_a_name_is_free_when_its_owner_has_left(chat):
    ann, bob = chat("Ann"), chat("Bob")
    ann.close()
    bob.inbox.wait_for("message", said("Ann left the chat."))
    chat("Ann")


def test_joined_and_leaved_answer_join_and_leave(chat):
    ann = chat("Ann")
    ann.emit("join", "red")
    assert ann.inbox.wait_for("joined") == "red"
    ann.emit("leave", "red")
    assert ann.inbox.wait_for("leaved") == "red"


def test_what_is_said_in_rooms_is_heard_there_once(chat):
    ann, bob, eve = chat("Ann"), chat("Bob"), chat("Eve")
    for client in (ann, bob):
        client.call("join", "red")
        client.call("join", "green")
    ann.call("message", "in two rooms")
    eve.emit("message", "to all")
    bob.inbox.wait_for("message", said("to all"))
    eve.inbox.wait_for("message", said("to all"))
    assert len(list(filter(said("in two rooms"), bob.inbox.all("message")))) == 1
    assert not list(filter(said("in two rooms"), eve.inbox.all("message")))


def test_a_private_message_is_heard_by_two(chat):
    ann, bob, eve = chat("Ann"), chat("Bob"), chat("Eve")
    ann.emit("message", "@Bob psst")
    for hearer in (ann, bob):
        assert hearer.inbox.wait_for("message", said("psst"))["username"] == "Ann"
    assert eve.call("message", "to all")["id"]
    ann.inbox.wait_for("message", said("to all"))
    eve.inbox.wait_for("message", said("to all"))
    assert not list(filter(said("psst"), eve.inbox.all("message")))


def test_the_history_is_what_the_asker_could_have_heard(chat):
    ann, bob, eve = chat("Ann"), chat("Bob"), chat("Eve")
    for n in range(12):
        ann.call("message", f"public {n}")
    ann.call("message", "@Bob psst")
    for asker, expected in [
        (ann, [*(f"public {n}" for n in range(3, 12)), "psst"]),
        (bob, [*(f"public {n}" for n in range(3, 12)), "psst"]),
        (eve, [f"public {n}" for n in range(2, 12)]),
    ]:
        asker.emit("getAllMessages")
        history = asker.inbox.wait_for("allMessages")
        assert [message["content"] for message in history] == expected
        assert history[0].keys() >= {"username", "content", "createAt"}


def test_an_acknowledgement_carries_id_and_time(chat):
    ann = chat("Ann")
    answer = ann.call("message", "hello")
    heard = ann.inbox.wait_for("message", said("hello"))
    assert answer == {"id": heard["id"], "createAt": heard["createAt"]}


def test_a_message_sent_again_is_stored_once(chat):
    ann = chat("Ann")
    first = ann.call("message", "hello", "my-id")
    assert ann.call("message", "hello", "my-id") == first
    ann.call("message", "after it")
    ann.inbox.wait_for("message", said("after it"))
    assert len(list(filter(said("hello"), ann.inbox.all("message")))) == 1


@pytest.mark.parametrize(
    ("event", "args"),
    [
        ("message", []),
        ("message", [None]),
        ("message", [{"content": "hello"}]),
        ("message", ["  "]),
        ("join", []),
        ("join", [["red"]]),
        ("leave", [7]),
        ("shout", ["hello"]),
        ("*", ["x", "hello"]),
        ("", []),
    ],
)
def test_any_event_is_answered_and_changes_nobody(chat, event, args):
    ann = chat("Ann")
    assert "error" in ann.call(event, *args)
    assert ann.inbox.wait_for("message", lambda m: m["username"] == "system" and "joined" not in m["content"])
    ann.emit("message", "still here")
    assert ann.inbox.wait_for("message", said("still here"))["username"] == "Ann"
