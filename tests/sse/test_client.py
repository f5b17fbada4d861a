"""The client in Python: against the real server over a line that breaks, and against one that says what we want."""

import random
import socket
import threading

import pytest

from lessons.serving.clock import ManualClock
from lessons.sse import Client, Server
from lessons.wire import Tap
from tests.waiting import wait_until

CUTS = 200


@pytest.fixture
def server():
    return Server(ManualClock("12:00:00"), retry=0.001)


@pytest.fixture
def no_jitter(monkeypatch):
    """Draw the shortest of all pauses."""
    monkeypatch.setattr("random.random", lambda: 0.0)


@pytest.mark.usefixtures("no_jitter")
def test_a_line_cut_two_hundred_times_at_any_byte_loses_and_doubles_nothing():
    server = Server(ManualClock("12:00:00"), retry=0.001, backlog=1000)
    tap = Tap(server)
    chance = random.Random(4)
    published = []
    with Client(tap.url) as client:
        wait_until(lambda: client.last_event_id)
        for _ in range(CUTS):
            tap.cut_after(chance.randrange(600))  # in the head of an answer, in a chunk, in what is sent once more
            while tap.faults != "clear":
                published.append(f"{len(published)}, a first line\nand a second")
                server.publish(published[-1])
                wait_until(lambda: tap.faults == "clear" or client.feed.count == len(published))
        assert client.feed.wait(len(published)) == published
    cuts = [each.title for each in tap.trace.messages("note")].count("the line: cut (FIN)")
    assert cuts == CUTS


def test_news_before_the_first_event_is_not_lost_either(server):
    """The first block of a stream has a cursor, so even a client that has seen no event knows where it stands."""
    tap = Tap(server)
    with Client(tap.url) as client:
        wait_until(lambda: client.last_event_id)
        tap.refuse()
        tap.cut()
        client.feed.wait_for_status("trying again")
        server.publish("meanwhile")
        tap.accept()
        assert client.feed.wait(1) == ["meanwhile"]


def test_stopping_ends_the_connection(server):
    with Client(server.url) as client:
        wait_until(lambda: server.subscribers == 1)
    wait_until(lambda: server.subscribers == 0)
    assert client.feed.status == "stopped"
    assert not client.running


def test_204_ends_it_for_good(server):
    tap = Tap(server)
    with Client(tap.url) as client:
        client.feed.wait_for_status("connected")
        server.finish()
        client.feed.wait_for_status("stopped")
        wait_until(lambda: not client.running)
        assert "204" in client.feed.reason
        assert len(tap.trace.messages("request")) == 2


def test_a_cursor_that_the_server_refuses_ends_it_with_the_servers_words(server):
    with Client(server.url, since="nonsense") as client:
        client.feed.wait_for_status("stopped")
        assert client.feed.reason == "400: 'nonsense' is no cursor: a run, a hyphen and a number, as in k3f9-41."


class ScriptedServer:
    """Answers each connection with the next bytes of its script and closes it; notes the requests."""

    def __init__(self, *answers):
        self.requests = []
        self._answers = answers
        self._listener = socket.create_server(("127.0.0.1", 0))
        self._listener.settimeout(10)
        self.url = f"http://127.0.0.1:{self._listener.getsockname()[1]}"
        self._thread = threading.Thread(target=self._serve)
        self._thread.start()

    def _serve(self):
        for answer in self._answers:
            connection, _ = self._listener.accept()
            with connection:
                self.requests.append(connection.recv(65536).decode().lower())
                connection.sendall(answer)

    def close(self):
        self._thread.join(10)
        self._listener.close()
        assert not self._thread.is_alive()


HEAD = b"HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nConnection: close\r\n\r\n"
NO_CONTENT = b"HTTP/1.1 204 No Content\r\n\r\n"


def serve_until_204(*answers):
    """Let a client live through these answers and a 204; return it and the requests that it sent."""
    server = ScriptedServer(*answers, NO_CONTENT)
    with Client(server.url) as client:
        client.feed.wait_for_status("stopped")
    server.close()
    return client, server.requests


@pytest.mark.usefixtures("no_jitter")
def test_an_event_cut_short_is_thrown_away_and_its_id_with_it():
    first = HEAD + b"retry: 1\nid: 1\ndata: a\n\nid: 2\ndata: b"
    client, requests = serve_until_204(first, HEAD + b"id: 2\ndata: b\n\n")
    assert client.feed.news == ["a", "b"]
    assert "last-event-id" not in requests[0]
    assert "\r\nlast-event-id: 1\r\n" in requests[1]
    assert "\r\nlast-event-id: 2\r\n" in requests[2]


@pytest.mark.usefixtures("no_jitter")
def test_a_servers_failure_is_no_reason_to_stay_away():
    failure = b"HTTP/1.1 503 Service Unavailable\r\nContent-Length: 4\r\nConnection: close\r\n\r\nbusy"
    client, requests = serve_until_204(HEAD + b"retry: 1\n\n", failure, HEAD + b"data: a\n\n")
    assert client.feed.news == ["a"]
    assert len(requests) == 4


@pytest.mark.parametrize(
    "broken", [b"", b"nonsense\r\n\r\n", b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nzz"]
)
@pytest.mark.usefixtures("no_jitter")
def test_what_is_no_http_is_a_broken_line(broken):
    client, _ = serve_until_204(HEAD + b"retry: 1\n\n", broken, HEAD + b"data: a\n\n")
    assert client.feed.news == ["a"]


def test_pauses_are_what_the_server_asked_for_and_more_with_each_failure(monkeypatch):
    monkeypatch.setattr("random.random", lambda: 1.0)
    client = Client("http://127.0.0.1:1")
    client._parser.receive(b"retry: 500\n")
    pauses = []
    for losses in range(1, 9):
        client.failures = losses
        pauses.append(client.pause())
    assert pauses == [1.0, 1.5, 2.5, 4.5, 8.5, 16.5, 30.5, 30.5]


def test_a_connection_that_was_made_ends_the_row_of_failures(server, monkeypatch):
    losses = []
    monkeypatch.setattr(Client, "pause", lambda client: losses.append(client.failures) or 0.0)
    tap = Tap(server)
    with Client(tap.url) as client:
        for times in (1, 2, 3):
            client.feed.wait_for_status("connected")
            tap.cut()
            wait_until(lambda times=times: len(losses) == times)
    assert losses == [1, 1, 1]


def test_without_jitter_the_pause_is_what_the_server_asked_for(monkeypatch):
    monkeypatch.setattr("random.random", lambda: 0.0)
    client = Client("http://127.0.0.1:1")
    client.failures = 5
    assert client.pause() == 1.0
    client._parser.receive(b"retry: 0\n")
    assert client.pause() == 0.0


def test_a_gap_is_told():
    server = Server(ManualClock(), backlog=2)
    ids = [server.publish(text) for text in "abcd"]
    with Client(server.url, since=ids[0]) as client:
        assert client.feed.wait(2) == ["c", "d"]
        assert client.feed.status == "connected"
        assert client.feed.reason == f"some news is lost: 3 items came after {ids[0]}, and the log keeps 2."
