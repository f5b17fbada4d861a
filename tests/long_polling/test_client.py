"""The client of long polling in Python, against the real server over a line that breaks."""

import random

import pytest

from lessons.long_polling import Client, Server
from lessons.serving.clock import ManualClock
from lessons.wire import Tap
from tests.waiting import wait_until

CUTS = 200
SHORTEST_ANSWER = 130  # bytes, head included; a line that is cut after fewer is cut in mid-answer


@pytest.fixture
def server():
    return Server(ManualClock("12:00:00"), limit=0.2)


@pytest.fixture
def no_pauses(monkeypatch):
    """Draw the shortest of all pauses after an error."""
    monkeypatch.setattr("random.random", lambda: 0.0)


def test_news_comes_in_order_over_one_connection(server):
    tap = Tap(server)
    with Client(tap.url) as client:
        for number in range(5):
            tap.trace.wait("request", number + 1)
            server.publish(str(number))
            assert client.feed.wait(number + 1)[-1] == str(number)
    assert tap.trace.connections == 1


def test_it_asks_again_with_the_cursor_that_it_has_after_204(server):
    tap = Tap(server)
    cursor = server.publish("a")
    with Client(tap.url, since=cursor) as client:
        wait_until(lambda: sum("204" in each.title for each in tap.trace.messages("response")) == 2)
        assert client.cursor == cursor
        assert client.feed.status == "connected"
        server.publish("b")
        assert client.feed.wait(1) == ["b"]


@pytest.mark.usefixtures("no_pauses")
def test_a_line_cut_two_hundred_times_in_mid_answer_loses_and_doubles_nothing(server):
    chance = random.Random(3)
    tap = Tap(server)
    with Client(tap.url) as client:
        wait_until(lambda: server.parked == 1)
        server.publish("0")
        client.feed.wait(1)
        for number in range(1, CUTS + 1):
            tap.cut_after(chance.randrange(SHORTEST_ANSWER))
            server.publish(str(number))
            client.feed.wait(number + 1)
    assert client.feed.news == [str(number) for number in range(CUTS + 1)]
    assert [each.title for each in tap.trace.messages("note")].count("the line: cut (FIN)") == CUTS


@pytest.mark.usefixtures("no_pauses")
def test_it_finds_a_server_that_was_started_anew_and_tells_that_news_is_lost(server):
    with Client(server.url) as client:
        wait_until(lambda: server.parked == 1)
        server.publish("before")
        client.feed.wait(1)
        again = Server(ManualClock("12:00:00"))
        wait_until(lambda: again.parked == 1)
        again.publish("after")
        assert client.feed.wait(2) == ["before", "after"]
        client.feed.wait_for_status("connected")
        assert "some news is lost: The cursor" in client.feed.reason


def test_what_a_client_missed_for_good_is_told_and_the_rest_comes():
    server = Server(ManualClock(), kept=2)
    cursor = server.publish("a")
    for text in "bcde":
        server.publish(text)
    with Client(server.url, since=cursor) as client:
        assert client.feed.wait(2) == ["d", "e"]
        wait_until(lambda: "4 items came after" in client.feed.reason)


def test_pauses_grow_while_the_server_is_down(server, monkeypatch):
    failures = []
    monkeypatch.setattr("lessons.long_polling.client.delay", lambda count, chance: failures.append(count) or 0.0)
    tap = Tap(server)
    tap.refuse()
    with Client(tap.url) as client:
        client.feed.wait_for_status("trying again")
        wait_until(lambda: failures[:5] == [1, 2, 3, 4, 5])
        tap.accept()
        wait_until(lambda: server.parked == 1)
        server.publish("a")
        client.feed.wait(1)
        so_far = len(failures)
        tap.cut(reset=True)
        wait_until(lambda: failures[so_far:] == [1])


def test_the_servers_reason_is_shown(server):
    with Client(server.url, since="nonsense") as client:
        client.feed.wait_for_status("trying again")
        assert "400: 'nonsense' is no cursor" in client.feed.reason


def test_another_kind_of_server_is_told_from_one_of_long_polling():
    from lessons.polling import Server as PollingServer

    with Client(PollingServer().url) as client:
        client.feed.wait_for_status("trying again")
        assert "there is no cursor in the answer" in client.feed.reason


def test_it_leaves_nothing_at_the_server_when_it_stops(server):
    with Client(server.url):
        wait_until(lambda: server.parked == 1)
    wait_until(lambda: server.parked == 0)
