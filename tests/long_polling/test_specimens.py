"""The specimens go wrong as the notebook says, and the lesson's own client and server don't where they do."""

import httpx
import pytest

from lessons.long_polling import Client, Server
from lessons.long_polling.specimens import ForgetfulClient, HammeringClient, LeftTimersServer, OnlyAfterNewsClient
from lessons.serving.clock import ManualClock
from lessons.wire import Tap
from tests.waiting import wait_until


@pytest.fixture
def clock():
    return ManualClock("12:00:01")


@pytest.mark.parametrize(("client_class", "goes_on"), [(OnlyAfterNewsClient, False), (Client, True)])
def test_asking_only_after_news_ends_at_the_first_204(clock, client_class, goes_on):
    server = Server(clock, limit=0.05)
    tap = Tap(server)
    with client_class(tap.url, since=server.publish("a")) as client:
        tap.trace.wait("response")
        if goes_on:
            tap.trace.wait("request", 3)
        else:
            wait_until(lambda: not client.running)
    assert "204" in tap.trace.messages("response")[0].title


@pytest.mark.parametrize(("client_class", "heard"), [(ForgetfulClient, ["a", "c"]), (Client, ["a", "b", "c"])])
def test_without_a_cursor_news_is_lost_between_two_requests(clock, client_class, heard):
    server = Server(clock)
    tap = Tap(server)
    with client_class(tap.url) as client:
        wait_until(lambda: server.parked == 1)
        tap.stall()
        server.publish("a")
        server.publish("b")
        tap.resume()
        wait_until(lambda: server.parked == 1)
        server.publish("c")
        assert client.feed.wait(len(heard)) == heard


def test_a_client_without_pauses_hammers(clock):
    tap = Tap(Server(clock))
    tap.refuse()
    with HammeringClient(tap.url) as hammering, Client(tap.url) as patient:
        wait_until(lambda: hammering.attempts > 100)
        assert patient.feed.status == "trying again"


def test_timers_are_left_when_clients_go_away(clock):
    server = LeftTimersServer(clock)
    for number in range(1, 4):
        with pytest.raises(httpx.ReadTimeout):
            httpx.get(f"{server.url}/clock", timeout=0.1)
        wait_until(lambda number=number: server.timers == number, "the timer of a client that has gone")


def test_timers_stop_when_there_is_news(clock):
    server = LeftTimersServer(clock)
    clock.advance(4)
    assert httpx.get(f"{server.url}/clock").json()["items"] == ["12:00:05"]
    assert server.timers == 0
