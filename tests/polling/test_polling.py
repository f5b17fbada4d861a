"""Polling from outside: the server by raw requests and by httpx, the client against it, and its page."""

import json
import re
from html import unescape

import httpx
import pytest

from lessons.errors import LessonError
from lessons.polling import Client, Server
from lessons.serving.clock import ManualClock
from lessons.wire import Tap


@pytest.fixture
def clock():
    return ManualClock()


@pytest.fixture
def server(clock):
    with Server(clock) as server:
        yield server


@pytest.fixture
def tap(server):
    with Tap(server) as tap:
        yield tap


def polling(tap, **options) -> Client:
    return Client(tap.url, interval=0.01, **options)


# --- the server ---


def test_the_server_tells_the_time(server, clock):
    answer = httpx.get(f"{server.url}/clock")
    assert (answer.status_code, answer.text) == (200, "12:00:00")
    assert answer.headers["Content-Type"] == "text/plain; charset=utf-8"
    assert answer.headers["Cache-Control"] == "no-cache"
    clock.advance(61)
    assert httpx.get(f"{server.url}/clock").text == "12:01:01"


def test_a_time_that_was_seen_is_not_sent_again(server, clock):
    tag = {"If-None-Match": httpx.get(f"{server.url}/clock").headers["ETag"]}
    unchanged = httpx.get(f"{server.url}/clock", headers=tag)
    assert (unchanged.status_code, unchanged.content) == (304, b"")
    clock.advance()
    assert httpx.get(f"{server.url}/clock", headers=tag).text == "12:00:01"


def test_its_page_runs_the_lessons_client(server):
    page = httpx.get(server.url)
    assert page.headers["Content-Type"] == "text/html; charset=utf-8"
    assert "default-src 'self'" in page.headers["Content-Security-Policy"]
    assert "{title}" not in page.text
    assert "{options}" not in page.text
    assert json.loads(unescape(re.search(r'data-options="([^"]*)"', page.text)[1])) == {"interval": 1.0}
    for script in ("/page.js", "/client.js"):
        answer = httpx.get(server.url + script)
        assert answer.headers["Content-Type"] == "text/javascript; charset=utf-8"
        assert "export" in answer.text or "import" in answer.text


@pytest.mark.parametrize("interval", [0, -1, "abc", None, True])
def test_a_bad_interval_is_refused_in_words(interval):
    for make in (lambda: Server(interval=interval), lambda: Client("http://127.0.0.1:9", interval=interval)):
        with pytest.raises(LessonError, match="an interval is a number of seconds above 0"):
            make()


# --- the client ---


def test_the_client_tells_each_time_once(tap, clock):
    with polling(tap) as client:
        assert client.feed.wait(1) == ["12:00:00"]
        tap.trace.wait("response", 4)
        clock.advance()
        assert client.feed.wait(2) == ["12:00:00", "12:00:01"]
        assert client.feed.status == "connected"
    assert tap.trace.connections == 1, "the connection is kept alive"


def test_the_client_asks_only_for_what_is_new(tap):
    with polling(tap):
        titles = [message.title for message in tap.trace.wait("response", 4)]
    assert titles[:2] == ["200 OK", "304 Not Modified"]
    assert "200 OK" not in titles[1:]


def test_requests_never_pile_up(tap):
    """However slow the line, there is no second request before the first is answered."""
    tap.delay = 0.03
    with polling(tap):
        tap.trace.wait("response", 4)
    kinds = [message.kind for message in tap.trace.messages() if message.kind in ("request", "response")]
    assert kinds[:8] == ["request", "response"] * 4


@pytest.mark.parametrize("reset", [False, True])
def test_the_client_gets_over_a_cut(tap, clock, reset):
    with polling(tap) as client:
        client.feed.wait(1)
        tap.cut(reset=reset)
        clock.advance()
        assert client.feed.wait(2)[-1] == "12:00:01"
        client.feed.wait_for_status("connected")
    assert tap.trace.connections >= 2


def test_the_client_gets_over_a_server_that_refuses_and_says_so_meanwhile(tap, clock):
    with polling(tap) as client:
        client.feed.wait(1)
        tap.refuse()
        tap.cut()
        client.feed.wait_for_status("trying again")
        assert client.feed.reason.startswith("ConnectError: ")
        tap.accept()
        clock.advance()
        assert client.feed.wait(2)[-1] == "12:00:01"


def test_the_client_gives_up_on_an_answer_that_does_not_come(tap, monkeypatch):
    monkeypatch.setattr("lessons.polling.client.ANSWER_SECONDS", 0.05)
    tap.stall()
    with polling(tap) as client:
        client.feed.wait_for_status("trying again")
        assert client.feed.reason == "no answer within 0.05 s"
        tap.mend()
        client.feed.wait_for_status("connected")


def test_an_answer_that_is_an_error_is_no_news(server):
    with Client(f"{server.url}/nowhere", interval=0.01) as client:
        client.feed.wait_for_status("trying again")
        assert "404" in client.feed.reason
    assert client.feed.news == []


def test_an_address_that_is_none_is_told(server):
    with Client("nonsense", interval=0.01) as client:
        client.feed.wait_for_status("trying again")
        assert "UnsupportedProtocol" in client.feed.reason
