"""The careless server makes each of the mistakes that the notebook shows."""

import pytest

from lessons.chat.specimens import CarelessServer, PlainClient, careless_item


@pytest.fixture
def server():
    with CarelessServer() as server:
        yield server


@pytest.fixture
def enter(server):
    clients = []

    def enter_one(name):
        client = PlainClient(server.url).start()
        clients.append(client)
        client.feed.wait_for_status("connected")
        return client, client.ask("message", name)

    yield enter_one
    for client in clients:
        client.stop()


def test_a_name_stays_taken(enter):
    ann, answer = enter("Ann")
    assert answer == "you are Ann"
    ann.stop()
    assert enter("Ann")[1] == "the name Ann is taken"


def test_two_rooms_hear_twice(enter):
    ann, _ = enter("Ann")
    for room in ("red", "green"):
        ann.ask("join", room)
    ann.ask("message", "hello")
    assert ann.feed.wait(2) == ["Ann: hello", "Ann: hello"]


def test_mid_sentence_makes_private_and_the_sender_sees_nothing(enter):
    (ann, _), (bob, _), (eve, _) = enter("Ann"), enter("Bob"), enter("Eve")
    ann.ask("message", "ask @Bob about it")
    assert bob.feed.wait(1) == ["Ann: ask @Bob about it"]
    assert ann.feed.news == eve.feed.news == []


def test_a_private_message_is_in_everybodys_history(enter):
    (ann, _), (eve, _) = enter("Ann"), enter("Eve")
    ann.ask("message", "@Zoe a secret")
    eve.ask("getAllMessages")
    assert eve.feed.wait(1) == ["in the history: Ann: @Zoe a secret"]


def test_what_is_heard_may_not_be_stored(server, enter):
    (ann, _), (eve, _) = enter("Ann"), enter("Eve")
    server.store_works = False
    ann.ask("message", "hello")
    assert eve.feed.wait(1) == ["Ann: hello"]
    eve.ask("getAllMessages")
    assert eve.feed.news == ["Ann: hello"]


def test_markup_is_markup():
    assert "<i>hello</i>" in careless_item("Ann", "<i>hello</i>")
