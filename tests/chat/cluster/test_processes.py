"""Several servers that share a store and a Redis are one chat."""

import asyncio
import uuid

import pytest
import socketio
from pymongo import MongoClient

from lessons.chat.rules.limits import Limits
from lessons.chat.server import ChatServer
from tests.chat.redis_server import redis_server
from tests.socket_io.clients import PythonClient

TOKEN = "a token of sufficient length"


@pytest.fixture(scope="module")
def redis_url():
    with redis_server() as url:
        yield url


@pytest.fixture
def new_server(wire_url, redis_url):
    """A function that makes one more server of the same chat, each with a driver of its own."""
    name = uuid.uuid4().hex
    drivers = []

    def new(**options):
        drivers.append(MongoClient(wire_url))
        options = {"redis": redis_url, "name": f"chat server {len(drivers)}", **options}
        return ChatServer(database=drivers[-1][name], limits=Limits(burst=10_000), **options)

    yield new
    for driver in drivers:
        driver.close()


@pytest.fixture
def enter():
    clients = []

    def enter_one(running, name=None, **auth):
        client = PythonClient(running.url, ["websocket"], auth=auth or None)
        clients.append(client)
        if name:
            assert client.call("message", name) == {"name": name}
        return client

    yield enter_one
    for client in clients:
        client.close()


@pytest.fixture
def two(new_server):
    with new_server() as a, new_server() as b:
        yield a, b


def said(content):
    return lambda message: message["content"] == content


def test_what_is_said_at_one_is_heard_at_the_other_once(two, enter):
    ann, bob = enter(two[0], "Ann"), enter(two[1], "Bob")
    ids = [(ann if n % 2 else bob).call("message", f"said {n}")["id"] for n in range(20)]
    for hearer in (ann, bob):
        hearer.inbox.wait_for("message", said("said 19"))
        heard = [message["id"] for message in hearer.inbox.all("message") if "id" in message]
        assert sorted(heard) == ids == list(range(1, 21))


def test_a_name_is_taken_in_all(two, enter):
    bob = enter(two[1], "Bob")
    ann = enter(two[0], "Ann")
    bob.inbox.wait_for("message", said("Ann joined the chat."))
    assert enter(two[1]).call("message", "ann")["error"] == "name-taken"
    ann.close()
    bob.inbox.wait_for("message", said("Ann left the chat."))
    enter(two[1], "Ann")


def test_rooms_and_private_messages_cross(two, enter):
    ann, bob, eve = enter(two[0], "Ann"), enter(two[1], "Bob"), enter(two[1], "Eve")
    for client in (ann, bob):
        client.call("join", "red")
    ann.call("message", "in red")
    ann.call("message", "@Bob psst")
    enter(two[0], "Dan").call("message", "to all")
    for content in ("in red", "psst", "to all"):
        bob.inbox.wait_for("message", said(content))
    eve.inbox.wait_for("message", said("to all"))
    assert [m["content"] for m in eve.inbox.all("message") if "id" in m] == ["to all"]


def test_people_are_listed_across(two, enter):
    watcher = enter(two[0], token=TOKEN)
    enter(two[1], "Bob")
    watcher.inbox.wait_for("people", lambda people: people == ["Bob"])


def test_an_identity_moves_from_one_to_the_other(two, enter):
    ann = enter(two[0], "Ann", token=TOKEN)
    ann.call("join", "red")
    moved = enter(two[1], token=TOKEN)
    assert moved.inbox.wait_for("welcome")["name"] == "Ann"
    bob = enter(two[0], "Bob")
    bob.call("join", "red")
    bob.call("message", "in red")
    moved.inbox.wait_for("message", said("in red"))
    ann.close()
    bob.call("message", "@Ann psst")
    moved.inbox.wait_for("message", said("psst"))


def test_a_message_sent_again_at_the_other_is_stored_once(two, enter):
    ann = enter(two[0], "Ann", token=TOKEN)
    first = ann.call("message", "hello", "c1")
    again = enter(two[1], token=TOKEN)
    again.inbox.wait_for("welcome")
    assert again.call("message", "hello", "c1") == first


def test_without_redis_messages_come_from_the_store(new_server, enter):
    with new_server(redis=None) as a, new_server(redis=None) as b:
        ann, bob = enter(a, "Ann"), enter(b, "Bob")
        ann.call("message", "hello")
        bob.inbox.wait_for("message", said("hello"))


def test_nobody_waits_for_a_redis_that_does_not_answer(new_server, enter, monkeypatch):
    async def wait_for_ever(manager, data):
        await asyncio.Event().wait()

    monkeypatch.setattr(socketio.AsyncRedisManager, "_publish", wait_for_ever)
    with new_server() as running, new_server() as other:
        ann, bob, eve = enter(running, "Ann"), enter(running, "Bob"), enter(other, "Eve")
        assert ann.call("message", "hello")["id"] == 1
        assert ann.call("join", "red") == {"rooms": ["red"]}
        for each in (bob, eve):
            assert each.inbox.wait_for("message", lambda m: m["content"] == "hello")


def test_one_person_in_two_processes_has_one_name(new_server, enter):
    with new_server() as one, new_server() as other:
        here, there = enter(one, token=TOKEN), enter(other, token=TOKEN)
        assert here.call("message", "Ann") == {"name": "Ann"}
        here.call("join", "red")
        answer = there.call("message", "hello")
        assert (answer["name"], answer["id"]) == ("Ann", 1)
        assert there.inbox.wait_for("joined") == "red"
        heard = here.inbox.wait_for("message", lambda m: m["content"] == "hello")
        assert (heard["username"], heard["rooms"]) == ("Ann", ["red"])
        assert there.call("message", "hello again").keys() == {"id", "createAt"}
        here.close()
        assert there.call("message", "still Ann")["id"] == 3
