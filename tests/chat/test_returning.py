"""A client of ours that lost its line takes its name and its rooms back, and gets what it missed, once."""

import pytest
from pymongo.errors import AutoReconnect

from lessons.chat.rules.limits import Limits
from lessons.chat.server import ChatServer
from tests.socket_io.clients import JavaScriptClient, PythonClient

TOKEN = "a token of sufficient length"


@pytest.fixture
def running(database):
    with ChatServer(database=database, limits=Limits(burst=10_000), ping_interval=60, ping_timeout=60) as running:
        yield running


@pytest.fixture
def enter(running):
    clients = []

    def enter_one(name=None, **auth):
        client = PythonClient(running.url, ["websocket"], auth=auth or None)
        clients.append(client)
        if name:
            assert client.call("message", name) == {"name": name}
        return client

    yield enter_one
    for client in clients:
        client.close()


def contents(client, event="message"):
    messages = client.inbox.all(event)
    flat = messages if event == "message" else [each for some in messages for each in some]
    return [message["content"] for message in flat if "id" in message]


def test_the_first_welcome_gives_a_token(enter):
    welcome = enter(token=None).inbox.wait_for("welcome")
    assert len(welcome["token"]) >= 16
    assert (welcome["name"], welcome["rooms"]) == (None, [])
    assert enter(token="short").inbox.wait_for("welcome")["token"] != "short"


def test_a_token_brings_name_and_rooms_back(enter):
    ann = enter("Ann", token=TOKEN)
    ann.call("join", "red")
    ann.close()
    ann.inbox.wait_for("disconnect")
    again = enter(token=TOKEN).inbox.wait_for("welcome")
    assert (again["name"], again["rooms"]) == ("Ann", ["red"])


def test_a_name_is_taken_back_from_a_line_that_the_server_thinks_alive(enter):
    enter("Ann", token=TOKEN)
    again = enter(token=TOKEN)
    assert again.inbox.wait_for("welcome")["name"] == "Ann"
    assert again.call("message", "me again")["id"]
    assert enter().call("message", "Ann")["error"] == "name-taken"


def test_a_name_that_somebody_took_meanwhile_is_lost(enter):
    ann = enter("Ann", token=TOKEN)
    bob = enter("Bob")
    ann.close()
    bob.inbox.wait_for("message", lambda m: m["content"] == "Ann left the chat.")
    enter("Ann")
    again = enter(token=TOKEN)
    assert again.inbox.wait_for("welcome")["name"] is None
    assert again.inbox.wait_for("message")["notice"] == "name-taken"


def test_what_was_missed_comes_once_and_in_order(enter):
    ann, bob, eve = enter("Ann", token=TOKEN), enter("Bob"), enter("Eve")
    ann.call("join", "red")
    seen = bob.call("message", "seen")["id"]
    ann.inbox.wait_for("message", lambda m: m["content"] == "seen")
    ann.close()
    bob.inbox.wait_for("message", lambda m: m["content"] == "Ann left the chat.")
    bob.call("message", "public")
    bob.call("join", "red")
    bob.call("message", "in red")
    eve.call("join", "green")
    eve.call("message", "in green")
    again = enter(token=TOKEN, since=seen)
    again.inbox.wait_for("missed")
    bob.call("message", "live")
    again.inbox.wait_for("message", lambda m: m["content"] == "live")
    assert contents(again, "missed") == ["public", "in red"]
    assert contents(again) == ["live"]


def test_a_private_message_is_waiting_for_its_addressee(enter):
    enter("Ann", token=TOKEN)
    bob = enter("Bob")
    bob.call("message", "@Ann psst")
    again = enter(token=TOKEN, since=0)
    again.inbox.wait_for("missed")
    assert contents(again, "missed") == ["psst"]


def test_a_private_message_sent_again_is_acknowledged_though_its_addressee_has_left(enter):
    ann, bob = enter("Ann"), enter("Bob")
    first = bob.call("message", "@Ann psst", "c1")
    ann.close()
    bob.inbox.wait_for("message", lambda m: m["content"] == "Ann left the chat.")
    assert bob.call("message", "@Ann psst", "c1") == first
    assert bob.call("message", "@Ann psst", "c2")["error"] == "nobody"


def test_the_next_owner_of_a_name_reads_none_of_the_lasts_messages(enter):
    ann, bob = enter("Ann"), enter("Bob")
    bob.call("message", "@Ann psst")
    ann.close()
    bob.inbox.wait_for("message", lambda m: m["content"] == "Ann left the chat.")
    other = enter("Ann")
    other.call("getAllMessages")
    assert other.inbox.wait_for("allMessages") == []


def test_more_than_is_remembered_is_read_from_the_store(enter, monkeypatch):
    monkeypatch.setattr(
        "lessons.chat.delivery_order.DeliveryOrder.remembers", lambda order, number: number >= order.number
    )
    bob = enter("Bob")
    numbers = [bob.call("message", f"said {n}")["id"] for n in range(5)]
    again = enter(token=TOKEN, since=numbers[1])
    again.inbox.wait_for("missed")
    assert contents(again, "missed") == ["said 2", "said 3", "said 4"]


def test_who_was_away_for_long_gets_the_newest_and_a_notice(enter, monkeypatch):
    monkeypatch.setattr(
        "lessons.chat.delivery_order.DeliveryOrder.remembers", lambda order, number: number >= order.number
    )
    monkeypatch.setattr("lessons.chat.arrivals.MISSED_LIMIT", 2)
    bob = enter("Bob")
    for n in range(4):
        bob.call("message", f"said {n}")
    again = enter(token=TOKEN, since=0)
    again.inbox.wait_for("missed")
    assert contents(again, "missed") == ["said 2", "said 3"]
    assert again.inbox.wait_for("message")["notice"] == "history-cut"


@pytest.mark.parametrize("since", [10**9, -1, "7", 1.5, None, True])
def test_an_odd_last_message_does_no_harm(enter, since):
    bob = enter("Bob")
    again = enter(token=TOKEN, since=since)
    assert again.call("getAllMessages") == {"count": 0}
    bob.call("message", "live")
    again.inbox.wait_for("message", lambda m: m["content"] == "live")


def test_a_store_that_is_down_gives_the_sender_an_error_and_nobody_a_message(running, enter, monkeypatch):
    def fail(*args):
        raise AutoReconnect("the store is down")

    ann, bob = enter("Ann"), enter("Bob")
    with monkeypatch.context() as broken:
        broken.setattr(running.service._store.history, "append", fail)
        assert ann.call("message", "lost", "c1")["error"] == "store-down"
    assert ann.inbox.wait_for("message", lambda m: m.get("notice") == "store-down")
    assert ann.call("message", "found", "c1")["id"]
    bob.inbox.wait_for("message", lambda m: m["content"] == "found")
    assert contents(bob) == ["found"]


def test_who_comes_back_while_the_store_is_down_is_sent_away(running, official, monkeypatch):
    def fail(*args):
        raise AutoReconnect("the store is down")

    monkeypatch.setattr(running.service._store.identities, "recall", fail)
    client = JavaScriptClient(official, running.url, ["websocket"], auth={"token": TOKEN})
    assert client.inbox.wait_for("disconnect") == "io server disconnect"


def test_people_are_listed_to_clients_of_ours(enter):
    watcher = enter(token=TOKEN)
    ann = enter("Ann")
    watcher.inbox.wait_for("people", lambda people: people == ["Ann"])
    ann.close()
    watcher.inbox.wait_for("people", lambda people: people == [])
    assert ann.inbox.all("people") == []


def test_a_server_that_closes_frees_all_names(database):
    with ChatServer(database=database) as running:
        ann = PythonClient(running.url, ["websocket"])
        ann.call("message", "Ann")
    assert ann.inbox.wait_for("disconnect")
    with ChatServer(database=database) as running:
        bob = PythonClient(running.url, ["websocket"])
        assert bob.call("message", "Ann") == {"name": "Ann"}
