"""The specimens go wrong as the notebook says, where the lesson's own server doesn't."""

import pytest

from lessons.protocols.event_stream import EventStreamParser, write_event
from lessons.serving.clock import ManualClock
from lessons.sse import Client, Server
from lessons.sse.specimens import FirstAttemptServer, OpenListener, paste_into_event
from tests.sse.listener import Listener
from tests.waiting import wait_until


@pytest.fixture
def clock():
    return ManualClock("12:00:00")


@pytest.fixture
def naive(clock):
    return FirstAttemptServer(clock)


def test_nothing_is_sent_before_the_first_event(naive, clock):
    with Client(naive.url) as client:
        wait_until(lambda: len(naive.timers) == 1)
        assert client.feed.status == "connecting"
        clock.advance(1)
        client.feed.wait(1)
        assert client.feed.status == "connected"


def test_each_of_two_clients_sees_gaps_in_the_ids(naive, clock):
    with Listener(naive) as one, Listener(naive) as other:
        wait_until(lambda: len(naive.timers) == 2)
        clock.advance(1)
        ids = {one.head() and one.events(1)[0][2], other.head() and other.events(1)[0][2]}
        assert ids == {"1", "2"}
        clock.advance(1)
        assert {one.events(1)[0][2], other.events(1)[0][2]} == {"3", "4"}


def test_timers_outlive_their_connections(naive, clock):
    for visitors in range(1, 4):
        with Client(naive.url):
            wait_until(lambda visitors=visitors: len(naive.timers) == visitors)
    with Listener(naive) as listener:
        wait_until(lambda: len(naive.timers) == 4)
        for second in (1, 2, 3):
            clock.advance(1)
            wait_until(lambda second=second: naive.count == 4 * second, "all four timers, though one client is left")
        listener.head()
        assert [int(id) for _, _, id in listener.events(3)] == [4, 8, 12]


def test_its_timers_end_with_the_server(naive, clock):
    with Client(naive.url):
        wait_until(lambda: len(naive.timers) == 1)
    naive.close()
    wait_until(lambda: all(timer.done() for timer in naive.timers))
    assert clock._sleepers == []


def test_pasted_text_injects_an_event_and_written_text_does_not():
    text = "hello\n\nevent: announcement\ndata: the shop is closed"
    assert [event.type for event in EventStreamParser().receive(paste_into_event(text))] == ["message", "announcement"]
    (event,) = EventStreamParser().receive(write_event(text))
    assert (event.type, event.data) == ("message", text)


def test_a_custom_event_named_open_is_mixed_up_with_the_connections_own():
    server = Server(ManualClock())
    with OpenListener(server.url) as client:
        assert client.feed.wait(1) == ["opened: None"]
        server.publish("the shop", event="open")
        assert client.feed.wait(2) == ["opened: None", "opened: the shop"]
