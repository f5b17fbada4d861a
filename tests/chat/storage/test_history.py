"""The history: numbered without a gap, each message once, and each reader his own."""

import itertools
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import UTC, datetime

import pytest
from pymongo import MongoClient

from lessons.chat.rules.message import Draft
from lessons.chat.storage.history import History
from lessons.chat.storage.indexed_history import open_history

NOW = datetime(2026, 11, 23, 12, 0, 5, 123456, tzinfo=UTC)
HELLO = Draft("p1", "Ann", "hello", "c1", (), None, ("everyone",))


@pytest.fixture(params=[History, open_history], ids=["plain", "opened"])
def new_history(request):
    """What makes a history of a collection: the plain one works on mongomock too, slowly."""
    return request.param


@pytest.fixture
def history(database, new_history):
    return new_history(database["messages"])


def draft(n, *audience, sender="p1"):
    return replace(HELLO, sender=sender, content=f"said {n}", client_id=f"c{n}", audience=audience or ("everyone",))


def contents(messages):
    return [message.draft.content for message in messages]


def test_a_message_is_stored_as_it_was(history, database):
    message = history.append(replace(HELLO, content="你好 \x00 <b>", rooms=("red",), to="Bob"), NOW)
    assert history.newest(["everyone"], 10) == [message]
    assert message.number == 1
    assert message.create_at == datetime(2026, 11, 23, 12, 0, 5, 123000, tzinfo=UTC)
    stored = database["messages"].find_one()
    assert (stored["username"], stored["content"]) == ("Ann", "你好 \x00 <b>")
    assert isinstance(stored["createAt"], datetime)


def test_numbers_follow_one_another(history):
    assert [history.append(draft(n), NOW).number for n in range(3)] == [1, 2, 3]
    assert history.last_number() == 3


def test_a_message_is_stored_once(history):
    first = history.append(HELLO, NOW)
    assert history.append(replace(HELLO, content="hello again"), NOW) == first
    assert history.last_number() == 1


def test_two_senders_may_choose_the_same_id(history):
    assert history.append(HELLO, NOW).number == 1
    assert history.append(replace(HELLO, sender="p2"), NOW).number == 2


def test_messages_without_an_id_are_all_stored(history):
    anonymous = replace(HELLO, client_id="")
    assert [history.append(anonymous, NOW).number for _ in range(3)] == [1, 2, 3]


def test_the_newest_come_oldest_first(history):
    for n in range(12):
        history.append(draft(n), NOW)
    assert contents(history.newest(["everyone"], 10)) == [f"said {n}" for n in range(2, 12)]


def test_a_reader_gets_what_is_said_on_his_channels_once(history):
    history.append(draft(1, "everyone"), NOW)
    history.append(draft(2, "room:red", "room:green", "person:p1"), NOW)
    history.append(draft(3, "person:p1", "person:p2"), NOW)
    assert contents(history.newest(["everyone"], 10)) == ["said 1"]
    assert contents(history.newest(["everyone", "room:red", "room:green"], 10)) == ["said 1", "said 2"]
    assert contents(history.newest(["everyone", "person:p2"], 10)) == ["said 1", "said 3"]


def test_what_was_missed(history):
    for n in range(1, 7):
        history.append(draft(n, "everyone" if n % 2 else "room:red"), NOW)
    assert contents(history.missed(["everyone"], after=1, upto=5, limit=10)) == ["said 3", "said 5"]
    everything = ["everyone", "room:red"]
    assert contents(history.missed(everything, after=1, upto=6, limit=2)) == ["said 5", "said 6"]
    assert contents(history.missed(everything, after=1, upto=3, limit=10)) == ["said 2", "said 3"]
    assert contents(history.between(1, 3)) == ["said 2", "said 3"]


def test_processes_that_write_at_once_leave_no_gap(wire_url):
    """Each writer has a driver of its own, as each process has."""

    def write(writer):
        with MongoClient(wire_url) as client:
            history = History(client["at-once"]["messages"])
            return [history.append(draft(n, sender=f"p{writer}"), NOW).number for n in range(25)]

    with ThreadPoolExecutor(4) as writers:
        numbers = list(writers.map(write, range(4)))
    assert sorted(itertools.chain(*numbers)) == list(range(1, 101))
    assert all(mine == sorted(mine) for mine in numbers)


def test_a_message_sent_again_by_another_process_is_stored_once(database, new_history):
    first = new_history(database["messages"]).append(HELLO, NOW)
    assert new_history(database["messages"]).append(HELLO, NOW) == first


def test_two_histories_of_one_collection_agree(database, new_history):
    one, other = (new_history(database["messages"]) for _ in range(2))
    assert one.append(draft(1), NOW).number == 1
    assert other.append(draft(2), NOW).number == 2
    assert one.append(draft(2), NOW).number == 2
    assert one.append(draft(3, "room:red"), NOW).number == 3
    assert other.last_number() == 3
    for each in (one, other):
        assert contents(each.newest(["everyone"], 10)) == ["said 1", "said 2"]
        assert contents(each.between(1, 3)) == ["said 2", "said 3"]
        assert each.find("p1", "c1").number == 1


def test_a_history_that_opens_finds_what_is_there(database, new_history):
    before = new_history(database["messages"])
    for n in range(1, 4):
        before.append(draft(n, "everyone" if n % 2 else "room:red"), NOW)
    after = new_history(database["messages"])
    assert contents(after.newest(["everyone"], 10)) == ["said 1", "said 3"]
    assert after.append(draft(4), NOW).number == 4


def test_nobody_has_said_anything_on_a_channel(history):
    history.append(draft(1), NOW)
    assert history.newest(["room:red"], 10) == []
    assert history.find("p1", "never sent") is None
