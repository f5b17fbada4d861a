"""The specimens go wrong as the notebook says, where the lesson's own server doesn't."""

import pytest

from lessons.rooms import Client, Server
from lessons.rooms.specimens import FirstAttemptServer, heard_when_refused
from lessons.serving import runtime


@pytest.fixture(params=[Server, FirstAttemptServer])
def server(request):
    with request.param() as server:
        yield server


@pytest.fixture
def client(server):
    with Client(server.url) as client:
        client.feed.wait_for_status("connected")
        yield client


def test_who_speaks_in_news_is_heard_in_the_default_namespace(server, client):
    client.ask("Dan", "to_all", "hello")
    naive = isinstance(server, FirstAttemptServer)
    heard = client.feed.wait(3 if naive else 1)
    client.people.wait_for_answers(10)
    assert sorted(line.partition(" ")[0] for line in heard) == (["Ann", "Bob", "Eve"] if naive else ["Dan"])


def test_rooms_differ_by_case(server, client):
    client.ask("Ann", "join", "Red")
    client.ask("Bob", "join", "red")
    client.people.wait_for_answers(10)
    naive = isinstance(server, FirstAttemptServer)
    assert sorted(server.members()["/"]) == (["Red", "red"] if naive else ["red"])


def test_a_clients_error_event_never_fires():
    with Server() as server:
        assert runtime.run(heard_when_refused(server.url)) == ["connect_error"]
