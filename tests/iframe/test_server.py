"""The server of iframe streaming: what it writes, to whom, and that nothing is left when a client goes away."""

import contextlib
import socket

import httpx
import pytest

from lessons.errors import LessonError
from lessons.iframe import Server
from lessons.iframe import server as server_module
from lessons.iframe.specimens import LeftIntervalsServer
from lessons.protocols.script_blocks import ScriptBlockParser
from lessons.serving.clock import ManualClock
from tests.waiting import running_tasks, wait_until

PATIENCE = 10.0


@pytest.fixture
def clock():
    return ManualClock("12:00:00")


class Frame:
    """Reads a document as it grows."""

    def __init__(self, server, query="", headers=None):
        self._parser = ScriptBlockParser()
        self.calls = []
        self.text = ""
        self._stream = httpx.stream("GET", f"{server.url}/clock{query}", headers=headers, timeout=PATIENCE)

    def __enter__(self):
        self.response = self._stream.__enter__()
        self._pieces = self.response.iter_bytes()
        return self

    def __exit__(self, *error):
        self._stream.__exit__(*error)

    def read(self, calls=1):
        """Read until so many calls have come in all; return them."""
        while len(self.calls) < calls:
            piece = next(self._pieces)
            self.text += piece.decode()
            self.calls += self._parser.receive(piece)
        return [(call.function, *call.arguments) for call in self.calls]


def writing(server, count=1):
    wait_until(lambda: server.frames == count, f"{count} documents being written, not {server.frames}")


def test_each_piece_of_news_is_a_block_of_one_document(clock):
    server = Server(clock)
    with Frame(server) as frame:
        writing(server)
        clock.advance(1)
        frame.read(1)
        clock.advance(1)
        assert frame.read(2) == [("news", "12:00:01"), ("news", "12:00:02")]
        assert frame.response.headers["Content-Type"] == "text/html; charset=utf-8"
        assert frame.response.headers["Transfer-Encoding"] == "chunked"


def test_a_document_begins_at_once_with_a_kilobyte_for_browsers_that_want_it(clock):
    with Frame(Server(clock)) as frame:
        beginning = next(frame._pieces)
        assert beginning.startswith(b"<!doctype html>")
        assert len(beginning) > 1024


@pytest.mark.parametrize("text", ["</script><script>parent.hacked()</script>", "<!-- <script>", 'it\'s "noon"\n\u2028'])
def test_no_news_breaks_out_of_its_block(clock, text):
    server = Server(clock)
    with Frame(server) as frame:
        writing(server)
        server.publish(text)
        assert frame.read() == [("news", text)]
        assert text not in frame.text


def test_the_page_names_its_function(clock):
    server = Server(clock)
    with Frame(server, "?call=lessonsNews7") as frame:
        writing(server)
        server.publish("a")
        assert frame.read() == [("lessonsNews7", "a")]


def test_news_for_a_page_of_another_origin_is_posted_to_it(clock):
    server = Server(clock)
    server.allow("http://localhost:8888")
    with Frame(server, "?page=http://localhost:8888") as frame:
        writing(server)
        server.publish("a")
        assert frame.read() == [("postMessage", "a", "http://localhost:8888")]
        assert 'const page = "http://localhost:8888";' in frame.text


@pytest.mark.parametrize(
    ("query", "reason"),
    [
        ("?page=http://elsewhere.example", "may not have this server's news"),
        ("?page=*", "may not have this server's news"),
        ("?page=", "may not have this server's news"),
        ("?call=alert(1)", "can't name the parent's function"),
        ("?call=", "can't name the parent's function"),
    ],
)
def test_what_the_page_may_not_ask_for_gets_400_and_a_reason(clock, query, reason):
    server = Server(clock)
    answer = httpx.get(f"{server.url}/clock{query}")
    assert answer.status_code == 400
    assert reason in answer.text
    assert server.frames == 0


def test_a_block_is_written_once_for_all_frames(clock):
    server = Server(clock)
    with contextlib.ExitStack() as stack:
        frames = [stack.enter_context(Frame(server)) for _ in range(20)]
        writing(server, 20)
        server.publish("once for all")
        assert {frame.read()[0] for frame in frames} == {("news", "once for all")}
    before = server_module.block.cache_info().misses
    server_module.block("once for all", "news", None)
    assert server_module.block.cache_info().misses == before


def test_nothing_is_left_when_clients_go_away(clock):
    server = Server(clock)
    tasks = running_tasks()
    with contextlib.ExitStack() as stack:
        for _ in range(10):
            stack.enter_context(Frame(server))
        writing(server, 10)
    writing(server, 0)
    wait_until(lambda: running_tasks() <= tasks, "the tasks of the connections to end")


def test_nothing_is_left_when_the_server_closes(clock):
    tasks = running_tasks()
    server = Server(clock)
    with Frame(server):
        writing(server)
        server.close()
        writing(server, 0)
        wait_until(lambda: running_tasks() <= tasks, "the server's own timers to end")


def test_a_client_that_reads_may_have_any_number_of_blocks(clock):
    server = Server(clock)
    with Frame(server) as frame:
        writing(server)
        for number in range(1, 150):
            server.publish(str(number))
            frame.read(number)
        assert server.frames == 1


def test_a_client_that_does_not_read_is_given_up(clock):
    server = Server(clock)
    with socket.create_connection(("127.0.0.1", server.port)) as lazy:
        lazy.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
        lazy.sendall(b"GET /clock HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n")
        writing(server)
        large = "x" * 200_000
        for _ in range(200):
            server.publish(large)
            if server.frames == 0:
                break
        writing(server, 0)


def test_a_long_document_ends_in_order_so_that_no_frame_grows_for_ever(clock, monkeypatch):
    monkeypatch.setattr(server_module, "MOST_BLOCKS", 3)
    server = Server(clock)
    with Frame(server) as frame:
        writing(server)
        for text in "abc":
            server.publish(text)
        assert b"".join(frame._pieces).count(b"parent.news(") == 3
    writing(server, 0)


def test_heartbeats_come_while_there_is_no_news(clock, monkeypatch):
    monkeypatch.setattr(server_module, "HEARTBEAT_SECONDS", 0.02)
    with Frame(Server(clock)) as frame:
        while frame.text.count("<script>measure()</script>") < 3:
            frame.text += next(frame._pieces).decode()


def test_a_bad_interval_is_refused():
    with pytest.raises(LessonError, match="a number of seconds above 0"):
        Server(interval=0)


def test_specimen_intervals_are_left_when_clients_go_away():
    server = LeftIntervalsServer()
    for number in range(1, 4):
        with Frame(server) as frame:
            next(frame._pieces)
        assert server.intervals == number
    so_far = server.ticks
    wait_until(lambda: server.ticks > so_far + 5, "them to go on firing for nobody")
