"""The server seen from outside: by bare sockets, byte by byte."""

import re
import socket
import struct

import pytest
import requests

from lessons.errors import LessonError
from lessons.serving.clock import ManualClock
from lessons.sse import Client, Server
from tests.sse.listener import Listener
from tests.waiting import running_tasks, wait_until


@pytest.fixture
def clock():
    return ManualClock("12:00:00")


@pytest.fixture
def server(clock):
    return Server(clock)


def test_the_head_and_a_cursor_come_before_any_event(server):
    with Listener(server) as listener:
        head = listener.head()
        assert head.startswith("HTTP/1.1 200 OK\r\n")
        for field in (
            "Content-Type: text/event-stream",
            "Cache-Control: no-store, no-transform",
            "X-Accel-Buffering: no",
            "Transfer-Encoding: chunked",
            "Connection: close",
        ):
            assert f"\r\n{field}\r\n" in head
        assert listener.chunk() == f"retry: 1000\nid: {server.run}-0\n\n".encode()


def test_ticks_and_what_is_published_come_as_one_event_a_chunk(server, clock):
    with Listener(server) as listener:
        listener.head(), listener.chunk()
        clock.advance(1)
        assert listener.chunk() == f"event: tick\nid: {server.run}-1\ndata: 12:00:01\n\n".encode()
        assert server.publish("hello\nworld") == f"{server.run}-2"
        assert listener.chunk() == f"id: {server.run}-2\ndata: hello\ndata: world\n\n".encode()


def test_all_clients_share_one_numbering(server, clock):
    with Listener(server) as one, Listener(server) as other:
        one.head(), other.head()
        for second in range(1, 4):
            clock.advance(1)
            expected = [("tick", f"12:00:0{second}", f"{server.run}-{second}")]
            assert one.events(1) == other.events(1) == expected


def test_a_heartbeat_comes_when_there_is_no_news(clock):
    quiet = Server(clock, interval=3600, heartbeat=15)
    with Listener(quiet) as listener:
        listener.head(), listener.chunk()
        clock.advance(15)
        assert listener.chunk() == b": still here\n\n"


def test_a_client_of_http_1_0_gets_the_stream_without_chunks(server):
    with Listener(server, version="1.0") as listener:
        assert "chunked" not in listener.head()
        listener.until(b"-0\n\n")
        server.publish("a")
        assert listener.until(b"\n\n") == f"id: {server.run}-1\ndata: a\n\n".encode()


@pytest.mark.parametrize("way", ["header", "query"])
def test_who_says_what_it_has_seen_gets_the_rest(server, way):
    ids = [server.publish(text) for text in "abc"]
    headers, path = ([f"Last-Event-ID: {ids[0]}"], "/clock") if way == "header" else ([], f"/clock?since={ids[0]}")
    with Listener(server, *headers, path=path) as listener:
        listener.head()
        assert listener.events(2) == [("message", "b", ids[1]), ("message", "c", ids[2])]


def test_what_was_seen_since_the_address_was_written_counts(server):
    """A browser reconnects to the address that it was given, and says by the header how far it has come since."""
    ids = [server.publish(text) for text in "abc"]
    with Listener(server, f"Last-Event-ID: {ids[1]}", path=f"/clock?since={ids[0]}") as listener:
        listener.head()
        assert listener.events(1) == [("message", "c", ids[2])]


def test_who_was_away_for_too_long_hears_of_the_gap(clock):
    server = Server(clock, backlog=2)
    ids = [server.publish(text) for text in "abcd"]
    with Listener(server, f"Last-Event-ID: {ids[0]}") as listener:
        listener.head()
        gap, *rest = listener.events(3)
        assert gap[0] == "gap"
        assert gap[2] == ids[1]
        assert [data for _, data, _ in rest] == ["c", "d"]


@pytest.mark.parametrize("cursor", ["nonsense", "k3f9-1x", "x" * 5000])
def test_a_cursor_that_is_none_is_refused_with_a_reason(server, cursor):
    answer = requests.get(f"{server.url}/clock", headers={"Last-Event-ID": cursor})
    assert answer.status_code == 400
    assert "is no cursor" in answer.text
    assert len(answer.text) < 200
    assert server.subscribers == 0


def test_a_page_of_a_foreign_origin_is_refused_until_it_is_allowed(server):
    origin = "https://elsewhere.example"
    assert requests.get(f"{server.url}/clock", headers={"Origin": origin}).status_code == 403
    server.allow(origin)
    with Listener(server, f"Origin: {origin}") as listener:
        head = listener.head()
        assert f"\r\nAccess-Control-Allow-Origin: {origin}\r\n" in head
        assert "\r\nAccess-Control-Allow-Credentials: true\r\n" in head
        assert "\r\nVary: Origin\r\n" in head


def test_finish_ends_all_streams_properly_and_tells_browsers_to_stay_away(server):
    with Listener(server) as listener:
        listener.head(), listener.chunk()
        server.finish()
        assert listener.rest() == b"0\r\n\r\n"
    assert requests.get(f"{server.url}/clock").status_code == 204
    server.reopen()
    with Listener(server) as listener:
        assert " 200 " in listener.head()


def test_closing_the_server_ends_the_streams_at_once(server):
    with Listener(server) as listener:
        listener.head(), listener.chunk()
        server.close()
        assert listener.rest() == b"0\r\n\r\n"


def leave_in_order(listener):
    listener.close()


def leave_with_a_reset(listener):
    listener.socket.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    listener.close()


def leave_after_speaking(listener):
    listener.socket.sendall(b"GET / HTTP/1.1\r\n\r\n")
    listener.close()


@pytest.mark.parametrize("leave", [leave_in_order, leave_with_a_reset, leave_after_speaking])
def test_a_client_is_forgotten_the_moment_its_connection_ends(server, leave):
    """Not at the next event: no clock moves here."""
    before = running_tasks()
    listeners = [Listener(server) for _ in range(20)]
    for each in listeners:
        each.head()
    wait_until(lambda: server.subscribers == 20)
    wait_until(lambda: running_tasks() <= before, "tasks to end: a stream needs no task and no timer of its own")
    for left, each in enumerate(listeners[:-1], 1):
        leave(each)
        wait_until(lambda left=left: server.subscribers == 20 - left, "the server to forget a client")
    wait_until(lambda: running_tasks() <= before, "the tasks of those who left to end")
    server.publish("to the last one")
    assert listeners[-1].events(1)[0][1] == "to the last one"
    for each in listeners:
        each.close()


def test_a_closed_server_leaves_nothing_behind(clock):
    before = running_tasks()
    server = Server(clock)
    assert running_tasks() - before
    listeners = [Listener(server) for _ in range(5)]
    for each in listeners:
        each.head()
    wait_until(lambda: server.subscribers == 5)
    server.close()
    wait_until(lambda: running_tasks() <= before, "timers and connections to end")
    assert server.subscribers == 0
    assert clock._sleepers == []


def test_a_client_that_reads_nothing_is_cut_off_and_can_resume(clock):
    server = Server(clock, backlog=10)
    with Listener(server, buffer=4096) as sleeper, Listener(server) as reader:
        sleeper.head(), reader.head()
        wait_until(lambda: server.subscribers == 2)
        published = 0
        while server.subscribers == 2:
            server.publish("x" * 16_000)
            published += 1
            reader.events(1)
            assert published < 1500, "24 MB wait for a client that reads nothing"
        assert server.subscribers == 1


def test_a_client_that_falls_behind_and_catches_up_gets_everything_in_order(server):
    with Listener(server, buffer=4096) as listener:
        listener.head()
        ids = [server.publish("x" * 16_000) for _ in range(350)]  # more than the system takes, less than is borne
        assert [id for _, _, id in listener.events(350)] == ids
        server.publish("up to date")
        assert listener.events(1)[0][1] == "up to date"


def test_a_server_started_anew_tells_those_who_come_back_that_there_is_a_gap(server, clock):
    with Client(server.url) as client:
        client.feed.wait_for_status("connected")
        server.publish("before")
        client.feed.wait(1)
        again = Server(clock, retry=0.01)
        wait_until(lambda: again.subscribers == 1)
        again.publish("after")
        assert client.feed.wait(2) == ["before", "after"]
        assert re.match("some news is lost: The cursor .* is from another run", client.feed.reason)


def test_its_own_page_listens_without_jupyter(server):
    assert "EventSource" in requests.get(f"{server.url}/client.js").text
    assert "Server-sent events" in requests.get(server.url).text


def test_publishing_to_a_closed_server_is_refused(server):
    server.close()
    with pytest.raises(LessonError, match="closed"):
        server.publish("a")
