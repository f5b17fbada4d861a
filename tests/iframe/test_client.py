"""The client of iframe streaming in Python, over a line that breaks."""

import pytest

from lessons.iframe import Client, Server
from lessons.serving.clock import ManualClock
from lessons.wire import Tap
from tests.waiting import wait_until


@pytest.fixture
def server():
    return Server(ManualClock("12:00:00"))


def writing(server, count=1):
    wait_until(lambda: server.frames == count, f"{count} documents being written, not {server.frames}")


def test_news_is_heard_as_it_comes_whatever_it_is(server):
    texts = ["a", "</script>", "<!--", "\u2028", "正午", "'\"\\"]
    with Client(server.url) as client:
        writing(server)
        for number, text in enumerate(texts, 1):
            server.publish(text)
            assert client.feed.wait(number)[-1] == text
        assert client.feed.news == texts
        wait_until(lambda: "6 scripts" in client.feed.figures)


def test_blocks_are_read_though_the_line_delivers_a_byte_at_a_time(server):
    tap = Tap(server)
    with Client(tap.url) as client:
        writing(server)
        tap.bandwidth = 20
        server.publish("a")
        tap.trace.wait("chunk", 2)
        tap.bandwidth = 10_000
        assert client.feed.wait(1) == ["a"]


def test_it_asks_for_another_document_when_the_line_breaks(server):
    tap = Tap(server)
    with Client(tap.url) as client:
        writing(server)
        server.publish("before")
        client.feed.wait(1)
        tap.cut()
        client.feed.wait_for_status("trying again")
        client.feed.wait_for_status("connected")
        writing(server)
        server.publish("after")
        assert client.feed.wait(2) == ["before", "after"]


def test_pauses_grow_while_the_server_is_down_and_begin_anew_after_news(server, monkeypatch):
    failures = []
    monkeypatch.setattr("lessons.iframe.client.delay", lambda count, chance: failures.append(count) or 0.0)
    tap = Tap(server)
    tap.refuse()
    with Client(tap.url) as client:
        wait_until(lambda: failures[:3] == [1, 2, 3])
        tap.accept()
        writing(server)
        server.publish("a")
        client.feed.wait(1)
        so_far = len(failures)
        tap.cut()
        wait_until(lambda: failures[so_far:] == [1])


def test_a_silent_line_is_taken_for_dead(server, monkeypatch):
    monkeypatch.setattr("lessons.iframe.client.SILENCE_SECONDS", 0.1)
    with Client(server.url) as client:
        client.feed.wait_for_status("trying again")
        assert client.feed.reason == "nothing has come for 0.1 s"


def test_the_servers_reason_is_shown():
    from lessons.long_polling import Server as LongPollingServer

    with Client(f"{LongPollingServer().url}/nowhere") as client:
        client.feed.wait_for_status("trying again")
        assert "404" in client.feed.reason


def test_it_leaves_nothing_at_the_server_when_it_stops(server):
    with Client(server.url):
        writing(server)
    writing(server, 0)
