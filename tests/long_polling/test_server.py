"""The server of long polling, by what it answers: to a raw socket, to many, and to those who go away."""

import asyncio
import json
import socket
from contextlib import ExitStack

import pytest

from lessons.errors import LessonError
from lessons.long_polling import Server
from lessons.serving import runtime
from lessons.serving.clock import ManualClock
from tests.waiting import running_tasks, wait_until

PATIENCE = 10.0


class Asker:
    """A client that asks by hand over one connection."""

    def __init__(self, server):
        self.socket = socket.create_connection(("127.0.0.1", server.port), timeout=PATIENCE)
        self._received = b""

    def ask(self, query="", method="GET", headers=""):
        self.socket.sendall(f"{method} /clock{query} HTTP/1.1\r\nHost: 127.0.0.1\r\n{headers}\r\n".encode())

    def answer(self):
        """Return the status, the header block and the content of the next answer."""
        head = self._read_until(b"\r\n\r\n")
        status = int(head.split()[1])
        length = next((int(line[15:]) for line in head.lower().splitlines() if line.startswith(b"content-length:")), 0)
        while len(self._received) < length:
            self._receive()
        content, self._received = self._received[:length], self._received[length:]
        return status, head.decode(), content.decode()

    def _read_until(self, end):
        while end not in self._received:
            self._receive()
        head, _, self._received = self._received.partition(end)
        return head

    def _receive(self):
        data = self.socket.recv(65536)
        assert data, "the server closed the connection"
        self._received += data


@pytest.fixture
def asker():
    with ExitStack() as stack:

        def make(server):
            asker = Asker(server)
            stack.enter_context(asker.socket)
            return asker

        yield make


@pytest.fixture
def clock():
    return ManualClock("12:00:00")


def parked(server, count=1):
    wait_until(lambda: server.parked == count, f"{count} parked requests, not {server.parked}")


def test_a_request_is_held_back_until_the_second_is_a_multiple_of_five(clock, asker):
    server = Server(clock)
    client = asker(server)
    client.ask()
    parked(server)
    for _ in range(4):
        clock.advance(1)
    assert server.parked == 1
    clock.advance(1)
    status, head, content = client.answer()
    assert status == 200
    assert "Content-Type: application/json" in head
    assert "Cache-Control: no-store" in head
    assert json.loads(content)["items"] == ["12:00:05"]
    assert server.parked == 0


def test_who_comes_back_with_the_cursor_gets_what_occurred_meanwhile(clock, asker):
    server = Server(clock)
    client = asker(server)
    cursor = server.publish("a")
    for text in "bcd":
        server.publish(text)
    client.ask(f"?since={cursor}")
    content = json.loads(client.answer()[2])
    assert content["items"] == ["b", "c", "d"]
    client.ask(f"?since={content['cursor']}")
    parked(server)
    assert server.publish("e") == json.loads(client.answer()[2])["cursor"]


def test_the_limit_answers_204_and_the_cursor_stays_good(clock, asker):
    server = Server(clock, limit=0.01)
    client = asker(server)
    cursor = server.publish("a")
    client.ask(f"?since={cursor}")
    status, head, _ = client.answer()
    assert status == 204
    assert "Content-Length" not in head
    server.publish("b")
    client.ask(f"?since={cursor}")
    assert json.loads(client.answer()[2])["items"] == ["b"]


def test_who_has_no_cursor_yet_is_given_one_at_the_limit(clock, asker):
    server = Server(clock, limit=0.01)
    client = asker(server)
    client.ask()
    status, _, content = client.answer()
    assert (status, json.loads(content)["items"]) == (200, [])
    server.publish("a")
    client.ask(f"?since={json.loads(content)['cursor']}")
    assert json.loads(client.answer()[2])["items"] == ["a"]


def test_a_cursor_behind_which_news_is_gone_gets_410_and_where_to_go_on(clock, asker):
    server = Server(clock, kept=2)
    client = asker(server)
    cursor = server.publish("a")
    for text in "bcd":
        server.publish(text)
    client.ask(f"?since={cursor}")
    status, _, content = client.answer()
    gap = json.loads(content)
    assert status == 410
    assert gap["reason"] == f"3 items came after {cursor}, and the log keeps 2."
    client.ask(f"?since={gap['resume']}")
    assert json.loads(client.answer()[2])["items"] == ["c", "d"]


def test_a_cursor_from_before_a_restart_is_told_so(clock, asker):
    cursor = Server(clock).publish("a")
    client = asker(Server(clock))
    client.ask(f"?since={cursor}")
    status, _, content = client.answer()
    assert status == 410
    assert "another run of the server" in json.loads(content)["reason"]


@pytest.mark.parametrize("cursor", ["", "41", "x-x", "%ff", "%00", "a" * 5000])
def test_what_is_no_cursor_gets_400_and_a_reason(clock, asker, cursor):
    client = asker(Server(clock))
    client.ask(f"?since={cursor}")
    status, _, content = client.answer()
    assert status == 400
    assert "is no cursor" in content


def test_a_cursor_ahead_of_the_news_gets_400(clock, asker):
    server = Server(clock)
    client = asker(server)
    client.ask(f"?since={server.publish('a')}0")
    status, _, content = client.answer()
    assert (status, "ahead of the newest" in content) == (400, True)


def test_all_parked_requests_get_the_same_answer(clock, asker):
    server = Server(clock)
    clients = [asker(server) for _ in range(50)]
    for client in clients:
        client.ask()
    parked(server, 50)
    server.publish("news")
    assert len({client.answer() for client in clients}) == 1


def test_one_client_that_wants_its_connection_closed_changes_no_other_answer(clock, asker):
    server = Server(clock)
    leaving, staying = asker(server), asker(server)
    leaving.ask(headers="Connection: close\r\n")
    parked(server)
    staying.ask()
    parked(server, 2)
    server.publish("news")
    assert "Connection: close" in leaving.answer()[1]
    assert "Connection" not in staying.answer()[1]


@pytest.mark.parametrize("reset", [False, True])
def test_a_request_is_freed_when_its_client_goes_away(clock, asker, reset):
    server = Server(clock)
    tasks = running_tasks()
    clients = [asker(server) for _ in range(20)]
    for client in clients:
        client.ask()
    parked(server, 20)
    for client in clients:
        if reset:
            client.socket.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, b"\1\0\0\0\0\0\0\0")
        client.socket.close()
    parked(server, 0)
    wait_until(lambda: running_tasks() <= tasks, "the tasks of the connections to end")
    assert pending_timers(server) == 0


def test_a_request_is_freed_when_the_server_closes(clock, asker):
    server = Server(clock)
    asker(server).ask()
    parked(server)
    server.close()
    assert server.parked == 0
    assert pending_timers(server) == 0


def test_the_timer_stops_when_news_comes(clock, asker):
    server = Server(clock)
    client = asker(server)
    for text in "abc":
        client.ask()
        parked(server)
        assert pending_timers(server) == 1
        server.publish(text)
        client.answer()
    assert pending_timers(server) == 0


def test_two_requests_on_one_connection_are_answered_in_turn(clock, asker):
    server = Server(clock)
    client = asker(server)
    client.ask()
    client.ask()
    for text in "ab":
        parked(server)
        server.publish(text)
        assert json.loads(client.answer()[2])["items"] == [text]


def test_a_page_of_another_origin_is_refused_unless_allowed(clock, asker):
    server = Server(clock, limit=0.01)
    client = asker(server)
    client.ask(headers="Origin: http://elsewhere.example\r\n")
    status, head, _ = client.answer()
    assert (status, "Access-Control-Allow-Origin" in head) == (403, False)
    server.allow("http://elsewhere.example")
    client.ask(headers="Origin: http://elsewhere.example\r\n")
    status, head, _ = client.answer()
    assert (status, "Access-Control-Allow-Origin: http://elsewhere.example" in head) == (200, True)
    assert "Vary: Origin" in head


def test_only_get_is_served(clock, asker):
    client = asker(Server(clock))
    client.ask(method="DELETE")
    status, head, _ = client.answer()
    assert (status, "Allow: GET" in head) == (405, True)
    client.ask(method="OPTIONS", headers="Origin: http://127.0.0.1\r\n")
    status, head, _ = client.answer()
    assert (status, "Access-Control-Allow-Methods: GET" in head) == (204, True)


@pytest.mark.parametrize("setting", ["interval", "limit"])
def test_a_bad_setting_is_refused(setting):
    with pytest.raises(LessonError, match="a number of seconds above 0"):
        Server(**{setting: 0})


def pending_timers(server):
    """Count the timers of parked requests that the loop still has; uvloop shows nobody its own."""

    async def count():
        scheduled = getattr(asyncio.get_running_loop(), "_scheduled", None)
        if scheduled is None:
            return server.parked
        return sum("Parking" in repr(timer) and not timer.cancelled() for timer in scheduled)

    return runtime.run(count())
