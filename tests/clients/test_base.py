"""What the clients in Python share: begun, ended, failing."""

import asyncio
import threading

import pytest

from lessons.clients.base import Client, PeerError, check_interval, peer_errors
from lessons.clients.feed import Feed
from lessons.errors import LessonError
from lessons.serving import runtime
from tests.waiting import wait_until


class Counting(Client):
    """Counts until it is stopped."""

    runs = 0

    async def run(self):
        self.runs += 1
        while True:
            self.feed.report("connected")
            self.feed.tell("tick")
            await asyncio.sleep(0)


class Failing(Client):
    def __init__(self, error):
        super().__init__("http://127.0.0.1:9")
        self.error = error

    async def run(self):
        self.feed.report("connected")
        raise self.error


def test_a_client_runs_until_it_is_stopped():
    client = Counting("http://127.0.0.1:9")
    assert (client.running, client.feed.status) == (False, "stopped")
    assert client.start() is client
    assert client.running
    client.feed.wait(3)
    client.stop()
    assert (client.running, client.feed.status) == (False, "stopped")
    assert repr(client) == "<Counting, stopped>"


def test_a_client_stops_itself_behind_its_block():
    with Counting("http://127.0.0.1:9") as client:
        client.feed.wait(1)
    assert not client.running


def test_starting_twice_starts_once_and_stopping_twice_is_fine():
    client = Counting("http://127.0.0.1:9").start().start()
    client.feed.wait(1)
    assert client.runs == 1
    client.stop()
    client.stop()


def test_a_client_may_be_started_again_with_all_that_it_has_seen():
    client = Counting("http://127.0.0.1:9")
    for _ in range(2):
        client.start()
        client.feed.wait(client.feed.count + 2)
        client.stop()
    assert client.feed.count >= 4


def test_a_client_that_was_stopped_says_so_whatever_it_was_about_to_report():
    for _ in range(50):
        client = Counting("http://127.0.0.1:9").start()
        client.feed.wait(1)
        client.stop()
        settled = threading.Event()
        runtime.call_soon(settled.set)
        assert settled.wait(10)
        assert client.feed.status == "stopped"


def test_a_client_that_gives_up_says_why():
    client = Failing(LessonError("the server has said that this is all")).start()
    client.feed.wait_for_status("stopped")
    assert client.feed.reason == "the server has said that this is all"
    wait_until(lambda: not client.running)


def test_a_client_with_a_mistake_in_it_shows_it():
    before = runtime.notices.count
    client = Failing(ZeroDivisionError("a mistake")).start()
    client.feed.wait_for_status("stopped")
    assert client.feed.reason == "ZeroDivisionError: a mistake"
    wait_until(lambda: runtime.notices.count > before)
    text = runtime.notices.since(before)[0].text
    assert "in the client (Failing)" in text
    assert "raise self.error" in text


def test_clients_may_share_a_feed():
    feed = Feed()
    with Counting("http://127.0.0.1:9", feed) as one:
        one.feed.wait(1)
    assert feed.count >= 1


@pytest.mark.parametrize(("given", "seconds"), [(1, 1.0), (0.5, 0.5), ("0.5", 0.5), (" 2 ", 2.0)])
def test_an_interval_is_a_number_above_zero(given, seconds):
    assert check_interval(given) == seconds


@pytest.mark.parametrize("given", [0, -1, "0", "abc", "", "nan", "inf", float("nan"), float("inf"), None, True, [1]])
def test_what_is_no_interval_is_refused_in_words(given):
    with pytest.raises(LessonError) as error:
        check_interval(given)
    assert str(error.value) == f"an interval is a number of seconds above 0, such as 0.5, not {given!r}"


@pytest.mark.parametrize(
    ("error", "words"),
    [
        (KeyError("sid"), "KeyError: 'sid'"),
        (RecursionError(), "RecursionError"),
        (TimeoutError(), "no answer within 5 s"),
        (PeerError("said already"), "said already"),
    ],
)
def test_whatever_a_library_raises_is_the_peers_fault(error, words):
    with pytest.raises(PeerError) as caught, peer_errors("no answer within 5 s"):
        raise error
    assert str(caught.value) == words


def test_being_cancelled_is_nobodys_fault():
    with pytest.raises(asyncio.CancelledError), peer_errors():
        raise asyncio.CancelledError
