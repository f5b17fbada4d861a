"""What was missed is sent in portions that every client takes."""

from datetime import UTC, datetime

import pytest

from lessons.chat.arrivals import portions
from lessons.chat.client import ChatClient
from lessons.chat.people.session import Session
from lessons.chat.rules.limits import MISSED_LIMIT
from lessons.chat.rules.message import Draft
from lessons.chat.server import ChatServer
from lessons.chat.storage.indexed_history import open_history
from lessons.chat.storage.store import open_database
from lessons.serving.waiting import wait_until
from tests.socket_io.clients import PythonClient


@pytest.mark.parametrize(
    ("lengths", "divided"),
    [
        ([], []),
        ([10], [[10]]),
        ([200], [[200]]),
        ([30, 30, 30], [[30, 30], [30]]),
        ([10, 200, 10], [[10], [200], [10]]),
    ],
)
def test_no_portion_is_too_long(lengths, divided):
    events = [{"content": "x" * length} for length in lengths]
    lists = list(portions(events, 100))
    assert [[len(event["content"]) for event in portion] for portion in lists] == divided


@pytest.fixture
def database():
    """A store with as much as anybody can miss, each message as long as one can be."""
    database = open_database()
    history = open_history(database["messages"])
    for number in range(MISSED_LIMIT):
        content = "\u4e2d" * 2000
        draft = Draft("ann", "Ann", content, f"c{number}", rooms=(), to=None, audience=("everyone",))
        history.append(draft, datetime.now(UTC))
    return database


def test_all_that_one_can_miss_is_heard_by_our_client(database):
    session = Session()
    session.hear([{"id": 0, "username": "Ann", "content": "seen before"}])
    with ChatServer(database=database) as server, ChatClient(server.url, session):
        wait_until(lambda: len(session.messages) == 1 + MISSED_LIMIT, "what was missed", 20)
    assert [message["id"] for message in session.messages] == list(range(MISSED_LIMIT + 1))


def test_all_that_one_can_miss_is_heard_over_polling(database):
    with ChatServer(database=database) as server:
        client = PythonClient(server.url, ["polling"], auth={"token": "a token of some length", "since": 0})
        wait_until(lambda: len(heard_by(client)) >= MISSED_LIMIT, "all that was missed")
        client.close()
    assert sorted(heard_by(client)) == list(range(1, MISSED_LIMIT + 1))


def heard_by(client: PythonClient) -> list[int]:
    """The numbers of what was missed; the client runs each handler on a thread, so portions may change places."""
    return [message["id"] for portion in client.inbox.all("missed") for message in portion]
