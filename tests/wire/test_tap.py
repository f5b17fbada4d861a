"""The tap between a real client and a real server: what crosses, what is recorded, what breaks."""

import contextlib
import math
import random
import socket

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from lessons.errors import LessonError
from lessons.serving import runtime
from lessons.wire import Tap
from lessons.wire.tap import QUEUE_BYTES
from tests.waiting import wait_until
from tests.wire.line import a_line, in_background, receive, receive_all

BIG = random.Random(1).randbytes(1_500_000)


@pytest.fixture
def line():
    with a_line() as line:
        yield line


def kinds(line, connection=1):
    return [(record.direction, record.kind) for record in line.tap.trace.records() if record.connection == connection]


def recorded(line, direction):
    return b"".join(r.data for r in line.tap.trace.where(direction=direction).records() if r.kind == "data")


def drop(connection: socket.socket) -> None:
    """Close a socket with a reset, as a program that is killed does."""
    connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, b"\1\0\0\0\0\0\0\0")
    connection.close()


# --- what crosses ---


@pytest.mark.parametrize(
    "faults",
    [
        {},
        {"delay": 0.02},
        {"delay": 0.005, "jitter": 0.005},
        {"jitter": 0.01},
        {"bandwidth": 20_000_000},
        {"delay": 0.01, "jitter": 0.01, "bandwidth": 20_000_000},
    ],
    ids=lambda faults: "+".join(faults) or "clear",
)
def test_big_data_crosses_both_ways_byte_by_byte(line, faults):
    for name, value in faults.items():
        setattr(line.tap, name, value)
    both = line.connect()
    up, down = BIG, BIG[::-1]
    arrived: list[bytes] = []
    with (
        in_background(both.client.sendall, up),
        in_background(both.server.sendall, down),
        in_background(lambda: arrived.append(receive(both.client, len(down)))),
    ):
        assert receive(both.server, len(up)) == up
    assert arrived == [down]
    assert recorded(line, "up") == up
    assert recorded(line, "down") == down
    assert line.tap.trace.bytes == {"up": len(up), "down": len(down)}


def test_big_data_crosses_a_line_that_stalls_and_goes_on(line):
    both = line.connect()
    with in_background(both.client.sendall, BIG):
        first = receive(both.server, 1000)
        line.tap.stall()
        line.tap.resume()
        line.tap.delay = 0.01
        line.tap.mend()
        assert first + receive(both.server, len(BIG) - 1000) == BIG


@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    writes=st.lists(st.tuples(st.booleans(), st.binary(min_size=1, max_size=3000)), max_size=12),
    faults=st.fixed_dictionaries(
        {"delay": st.sampled_from([0, 0.001]), "jitter": st.sampled_from([0, 0.002]), "bandwidth": st.just(0)}
        | {"bandwidth": st.sampled_from([0, 5e6])}
    ),
)
def test_any_writes_cross_any_line_in_order(line, writes, faults):
    for name, value in faults.items():
        setattr(line.tap, name, value)
    both = line.connect()
    for upward, data in writes:
        (both.client if upward else both.server).sendall(data)
    both.client.shutdown(socket.SHUT_WR)
    both.server.shutdown(socket.SHUT_WR)
    assert receive_all(both.server) == b"".join(data for upward, data in writes if upward)
    assert receive_all(both.client) == b"".join(data for upward, data in writes if not upward)


def test_every_connection_has_its_number_and_its_bytes(line):
    first, second = line.connect(), line.connect()
    second.client.sendall(b"two")
    assert receive(second.server, 3) == b"two"
    first.client.sendall(b"one")
    assert receive(first.server, 3) == b"one"
    assert line.tap.trace.connections == 2
    sent = [(record.connection, record.data) for record in line.tap.trace.records() if record.kind == "data"]
    assert sent == [(2, b"two"), (1, b"one")]


def test_what_has_crossed_is_marked_as_delivered(line):
    both = line.connect()
    both.client.sendall(b"hello")
    receive(both.server, 5)
    (record,) = [record for record in line.tap.trace.records() if record.kind == "data"]
    assert record.delivered == record.time


def test_what_a_client_says_before_the_server_has_accepted_is_passed_on(line):
    client = line.dial()
    client.sendall(b"early")
    server, _ = line.listener.accept()
    with server:
        assert receive(server, 5) == b"early"


# --- back-pressure ---


def sent_until_full(connection: socket.socket) -> int:
    """Write until nobody takes more for a while; return how much was taken."""
    connection.settimeout(0.3)
    total = 0
    try:
        while True:
            total += connection.send(bytes(65536))
    except TimeoutError:
        return total


@pytest.mark.parametrize("stalled", [False, True], ids=["reader doesn't read", "line stalls"])
def test_a_sender_has_to_wait_when_nobody_reads(line, stalled):
    both = line.connect()
    both.client.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, 65536)
    both.server.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 65536)
    if stalled:
        line.tap.stall()
    sent_until_full(both.client)
    in_the_tap = sum(len(record.data) for record in line.tap.trace.records() if record.delivered is None)
    assert in_the_tap <= QUEUE_BYTES + 256 * 1024
    crossed = line.tap.trace.bytes["up"]
    assert crossed < 20_000_000, "the tap reads on though nobody takes the bytes"


def test_a_reader_that_wakes_up_gets_every_byte(line):
    both = line.connect()
    total = sent_until_full(both.client)
    both.client.shutdown(socket.SHUT_WR)
    assert len(receive_all(both.server)) == total


# --- ends ---


def test_half_closed_connections_go_on_the_other_way(line):
    both = line.connect()
    both.client.sendall(b"question")
    both.client.shutdown(socket.SHUT_WR)
    assert receive_all(both.server) == b"question"
    both.server.sendall(b"answer")
    both.server.close()
    assert receive_all(both.client) == b"answer"
    assert kinds(line) == [("up", "open"), ("up", "data"), ("up", "end"), ("down", "data"), ("down", "end")]


def test_an_end_is_told_once_however_slowly_the_other_side_reads(line, monkeypatch):
    """The tap reads on when the server does; behind the client's end there is nothing to read on for."""
    monkeypatch.setattr("lessons.wire.tap.QUEUE_BYTES", 100_000_000)
    line.tap.stall()
    both = line.connect()
    question = BIG * 10
    both.client.sendall(question)
    both.client.shutdown(socket.SHUT_WR)
    wait_until(lambda: ("up", "end") in kinds(line))
    line.tap.resume()
    assert receive_all(both.server) == question
    both.server.sendall(b"answer")
    assert receive(both.client, 6) == b"answer"
    assert kinds(line).count(("up", "end")) == 1


def test_a_server_that_closes_first_ends_the_clients_connection(line):
    both = line.connect()
    both.server.sendall(b"bye")
    both.server.close()
    assert receive_all(both.client) == b"bye"
    both.client.close()
    wait_until(lambda: not line.tap._relay.pairs, "the tap to forget the connection")


def test_the_end_keeps_behind_the_bytes_before_it(line):
    line.tap.delay = 0.02
    both = line.connect()
    both.server.sendall(BIG[:100_000])
    both.server.close()
    assert receive_all(both.client) == BIG[:100_000]


def test_an_end_that_is_late_for_a_client_that_has_gone_is_no_error(line):
    both = line.connect()
    line.tap.delay = 0.2
    count = runtime.notices.count
    both.client.close()
    assert receive_all(both.server) == b""
    both.server.sendall(b"too late")
    both.server.close()
    wait_until(lambda: not line.tap._relay.pairs, "the tap to forget the two")
    assert runtime.notices.since(count) == []


def test_a_client_that_vanishes_releases_the_servers_connection(line):
    both = line.connect()
    drop(both.client)
    with pytest.raises(ConnectionResetError):
        both.server.recv(1)
    assert kinds(line) == [("up", "open"), ("up", "reset")]


def test_a_server_that_vanishes_resets_the_clients_connection(line):
    both = line.connect()
    drop(both.server)
    with pytest.raises(ConnectionResetError):
        both.client.recv(1)
    assert kinds(line) == [("up", "open"), ("down", "reset")]


def test_a_client_that_vanishes_before_the_server_accepts_leaves_nothing_behind(line):
    client = line.dial()
    wait_until(lambda: kinds(line))
    drop(client)
    wait_until(lambda: ("up", "reset") in kinds(line))
    wait_until(lambda: not line.tap._relay.pairs)


def test_a_server_that_refuses_resets_the_client(line):
    line.listener.close()
    with pytest.raises(ConnectionResetError):
        line.dial().recv(1)
    assert kinds(line) == [("up", "open"), ("down", "reset")]


# --- faults ---


def test_a_stalled_line_holds_back_and_tells_nobody(line):
    both = line.connect()
    line.tap.stall()
    both.client.sendall(b"held")
    wait_until(lambda: recorded(line, "up") == b"held")
    both.server.setblocking(False)
    with pytest.raises(BlockingIOError):
        both.server.recv(1)
    assert [record.delivered for record in line.tap.trace.records() if record.kind == "data"] == [None]
    both.server.settimeout(10)
    line.tap.resume()
    assert receive(both.server, 4) == b"held"
    (record,) = [record for record in line.tap.trace.records() if record.kind == "data"]
    assert record.delivered > record.time


def test_a_stalled_line_holds_back_the_end_too(line):
    both = line.connect()
    line.tap.stall()
    both.client.shutdown(socket.SHUT_WR)
    wait_until(lambda: ("up", "end") in kinds(line))
    both.server.setblocking(False)
    with pytest.raises(BlockingIOError):
        both.server.recv(1)
    both.server.settimeout(10)
    line.tap.resume()
    assert both.server.recv(1) == b""


def test_a_delay_holds_for_both_directions(line):
    line.tap.delay = 0.03
    both = line.connect()
    both.client.sendall(b"ask")
    receive(both.server, 3)
    both.server.sendall(b"answer")
    receive(both.client, 6)
    slow = [record for record in line.tap.trace.records() if record.kind == "data"]
    assert len(slow) == 2
    assert all(record.delivered - record.time >= 0.03 for record in slow)


def test_jitter_keeps_the_order_of_bytes(line):
    line.tap.jitter = 0.02
    both = line.connect()
    numbers = [b"%04d" % number for number in range(50)]
    for number in numbers:
        both.client.sendall(number)
        wait_until(lambda sent=number: recorded(line, "up").endswith(sent))
    assert receive(both.server, 200) == b"".join(numbers)


def test_a_large_write_trickles_through_a_narrow_line_and_arrives_with_its_last_byte(line):
    line.tap.bandwidth = 1000
    both = line.connect()
    both.client.sendall(bytes(5000))
    assert len(receive(both.server, 100)) == 100
    (record,) = [record for record in line.tap.trace.records() if record.kind == "data"]
    assert record.delivered is None, "it is under way until all of it has crossed"
    line.tap.bandwidth = 0
    assert len(receive(both.server, 4900)) == 4900
    wait_until(lambda: record.delivered is not None)


@pytest.mark.parametrize("fault", [{"delay": 3600}, {"bandwidth": 1}, {"delay": 3600, "bandwidth": 0.01}])
def test_mending_the_line_frees_what_is_under_way(line, fault):
    both = line.connect()
    for name, value in fault.items():
        setattr(line.tap, name, value)
    both.client.sendall(BIG[:10_000])
    wait_until(lambda: recorded(line, "up") == BIG[:10_000])
    line.tap.mend()
    assert receive(both.server, 10_000) == BIG[:10_000]
    both.client.sendall(b"more")
    assert receive(both.server, 4) == b"more"
    assert line.tap.faults == "clear"


def test_a_wider_line_frees_what_waited_for_a_narrow_one(line):
    both = line.connect()
    line.tap.bandwidth = 1
    both.client.sendall(BIG[:10_000])
    wait_until(lambda: recorded(line, "up") == BIG[:10_000])
    line.tap.bandwidth = 10_000_000
    assert receive(both.server, 10_000) == BIG[:10_000]


def test_mending_lets_through_what_is_under_way_in_its_old_order(line):
    both = line.connect()
    line.tap.delay = 3600
    for number in range(10):
        both.client.sendall(b"%d" % number)
        wait_until(lambda count=number + 1: len(recorded(line, "up")) == count)
    line.tap.mend()
    assert receive(both.server, 10) == b"0123456789"


def test_a_shorter_delay_holds_for_the_bytes_that_come_from_then_on(line):
    """So what comes later, on another connection, overtakes what is under way."""
    slow, quick = line.connect(), line.connect()
    line.tap.delay = 3600
    slow.client.sendall(b"old")
    wait_until(lambda: recorded(line, "up") == b"old")
    line.tap.delay = 0
    quick.client.sendall(b"new")
    assert receive(quick.server, 3) == b"new"
    old = next(each for each in line.tap.trace.records() if each.data == b"old")
    assert old.delivered is None


def test_the_line_says_what_is_wrong_with_it_and_notes_it_in_the_trace(line):
    line.tap.delay, line.tap.bandwidth = 0.1, 1000
    line.tap.jitter = 0.05
    line.tap.jitter = 0.05
    line.tap.stall()
    assert line.tap.faults == "delay 100 ms, jitter 50 ms, bandwidth 1000 B/s, stalled"
    assert (line.tap.delay, line.tap.jitter, line.tap.bandwidth) == (0.1, 0.05, 1000)
    line.tap.mend()
    notes = [record.data.decode() for record in line.tap.trace.records() if record.kind == "note"]
    assert notes == [
        "delay 100 ms",
        "delay 100 ms, bandwidth 1000 B/s",
        "delay 100 ms, jitter 50 ms, bandwidth 1000 B/s",
        "delay 100 ms, jitter 50 ms, bandwidth 1000 B/s, stalled",
        "clear",
    ]


# --- cut ---


def test_a_cut_line_ends_in_order_for_both_sides(line):
    both = line.connect()
    assert line.tap.cut() == 1
    assert both.client.recv(1) == b""
    assert both.server.recv(1) == b""
    assert kinds(line) == [("up", "open"), ("up", "end"), ("down", "end")]


def test_a_cut_with_reset_is_seen_as_one_by_both_sides(line):
    both = line.connect()
    assert line.tap.cut(reset=True) == 1
    with pytest.raises(ConnectionResetError):
        both.client.recv(1)
    with pytest.raises(ConnectionResetError):
        both.server.recv(1)
    assert kinds(line) == [("up", "open"), ("down", "reset")]


def test_a_cut_ends_in_order_though_the_tap_has_unread_bytes(line):
    both = line.connect()
    line.tap.stall()
    sent_until_full(both.client)
    line.tap.cut()
    both.client.settimeout(10)
    assert both.client.recv(1) == b""


@pytest.mark.parametrize("reset", [False, True])
def test_a_cut_doesnt_wait_for_a_client_that_doesnt_read(line, reset):
    both = line.connect()
    sent_until_full(both.server)
    line.tap.cut(reset=reset)
    wait_until(lambda: not line.tap._relay.pairs, "the tap to be rid of the connection")
    both.server.settimeout(10)
    with pytest.raises(ConnectionResetError) if reset else pytest.raises((ConnectionResetError, BrokenPipeError)):
        while True:
            both.server.send(bytes(65536))


def test_what_a_cut_line_held_is_lost_and_never_marked_as_delivered(line):
    both = line.connect()
    line.tap.bandwidth = 1000
    both.client.sendall(bytes(20_000))
    receive(both.server, 50)
    line.tap.cut()
    assert len(receive_all(both.server)) < 19_950
    (record,) = [record for record in line.tap.trace.records() if record.kind == "data"]
    assert record.delivered is None


def test_a_connection_that_was_cut_before_the_server_took_it_is_ended_there_too(line, monkeypatch):
    relay, waiting = line.tap._relay, []
    monkeypatch.setattr(relay, "connect", waiting.append)
    client = line.dial()
    wait_until(lambda: waiting)
    assert line.tap.cut() == 1
    assert client.recv(1) == b""
    monkeypatch.undo()
    runtime.call_soon(relay.connect, waiting[0])
    server, _ = line.listener.accept()
    with server, pytest.raises(ConnectionResetError):
        server.recv(1)


def test_what_waited_in_the_tap_for_its_reader_is_lost_with_a_cut_too(line):
    both = line.connect()
    sent_until_full(both.server)
    line.tap.cut()
    arrived = len(receive_all(both.client))
    records = [record for record in line.tap.trace.records() if record.kind == "data"]
    delivered = sum(len(record.data) for record in records if record.delivered is not None)
    assert delivered <= arrived
    whole = [record.delivered is not None for record in records]
    assert whole == sorted(whole, reverse=True), "what is lost is the end"
    first_lost = next(record for record in records if record.delivered is None)
    assert arrived < delivered + len(first_lost.data)


def test_all_connections_are_cut_and_new_ones_may_be_made(line):
    old = [line.connect() for _ in range(3)]
    assert line.tap.cut() == 3
    assert [each.client.recv(1) for each in old] == [b""] * 3
    both = line.connect()
    both.client.sendall(b"again")
    assert receive(both.server, 5) == b"again"
    assert line.tap.cut() == 1


def test_the_last_bytes_before_a_cut_arrive(line):
    both = line.connect()
    both.server.sendall(b"last words")
    wait_until(lambda: recorded(line, "down") == b"last words")
    line.tap.cut()
    assert receive_all(both.client) == b"last words"


# --- refuse ---


def test_a_line_that_refuses_leaves_open_connections_alone(line):
    both = line.connect()
    line.tap.refuse()
    with pytest.raises(ConnectionRefusedError):
        line.dial()
    both.client.sendall(b"still here")
    assert receive(both.server, 10) == b"still here"


def test_a_line_accepts_again_on_the_same_port(line):
    port = line.tap.port
    line.tap.refuse()
    line.tap.refuse()
    line.tap.accept()
    line.tap.accept()
    assert line.tap.port == port
    both = line.connect()
    both.client.sendall(b"back")
    assert receive(both.server, 4) == b"back"


def test_mending_the_line_accepts_again(line):
    line.tap.refuse()
    line.tap.mend()
    line.connect()


def test_a_port_taken_meanwhile_is_told_and_can_be_tried_again(line):
    line.tap.refuse()
    with socket.create_server(("127.0.0.1", line.tap.port)), pytest.raises(LessonError, match="in use"):
        line.tap.accept()
    line.tap.accept()
    line.connect()


def test_every_address_of_a_name_accepts_again(line):
    """`localhost` is two addresses where there is IPv6."""
    with Tap(line.tap.url, host="localhost") as tap:
        addresses = set(tap._relay._addresses)
        tap.refuse()
        tap.accept()
        assert set(tap._relay._addresses) == addresses
        for address in addresses:
            socket.create_connection(address, timeout=10).close()


# --- bad input ---


@pytest.mark.parametrize("name", ["delay", "jitter", "bandwidth"])
@pytest.mark.parametrize("value", ["abc", -1, math.nan, math.inf, True, None])
def test_bad_amounts_are_refused_and_change_nothing(line, name, value):
    setattr(line.tap, name, 0.5)
    with pytest.raises(LessonError, match=f"the {name} is a number of"):
        setattr(line.tap, name, value)
    assert getattr(line.tap, name) == 0.5


@pytest.mark.parametrize(
    "target",
    ["", "abc", "127.0.0.1:80", "http://127.0.0.1", "https://x:1", "http://x:99999", "http://[::1:80", "http://:80", 5],
)
def test_what_is_no_target_is_refused_in_words(target):
    with pytest.raises(LessonError, match="a tap needs a server, or a URL such as"):
        Tap(target)


def test_a_closed_tap_says_so(line):
    line.tap.close()
    for action in (line.tap.cut, line.tap.stall, line.tap.mend, lambda: setattr(line.tap, "delay", 1)):
        with pytest.raises(LessonError, match="is closed; run the cell that starts it once more"):
            action()
    with pytest.raises(LessonError, match="closed already"):
        line.tap.close()


def test_closing_the_tap_ends_connections_that_nobody_reads_from(line):
    both = line.connect()
    sent_until_full(both.server)
    idle = line.connect()
    line.tap.close()
    assert idle.client.recv(1) == b""
    assert idle.server.recv(1) == b""
    with pytest.raises(ConnectionRefusedError):
        line.dial()


def test_closing_the_tap_ends_a_connection_that_waits_for_its_last_bytes_to_be_read(line):
    """Both sides have said their last, but one of them reads nothing."""
    both = line.connect()
    sent_until_full(both.server)
    both.server.close()
    both.client.shutdown(socket.SHUT_WR)
    wait_until(lambda: ("up", "end") in kinds(line))
    relay = line.tap._relay
    line.tap.close()
    wait_until(lambda: not relay.pairs)


def test_a_tap_before_a_closed_server_says_so():
    service = Tap("http://127.0.0.1:9")
    service.close()
    with pytest.raises(LessonError, match="is closed"):
        Tap(service)


def test_a_tap_made_again_replaces_the_former_one_on_its_port(line):
    first = line.tap
    port = first.port
    line.tap = Tap(first.target)
    assert not first.running
    assert line.tap.port == port
    assert runtime.running().count(line.tap) == 1


def test_taps_of_different_names_stand_before_one_server(line):
    with Tap(line.tap.target, name="another") as other:
        assert line.tap.running
        assert repr(other) == f"<another, running at {other.url}>"


def test_pages_that_a_tap_allows_may_use_the_server_behind_it():
    with Tap("http://127.0.0.1:9") as behind, Tap(behind) as tap:
        tap.allow("http://localhost:8888")
        assert behind.origins.allowed == {"http://localhost:8888"}


@pytest.mark.parametrize("count", [0, 1, 4, 5, 9])
def test_the_line_is_cut_behind_a_byte(line, count):
    both = line.connect()
    line.tap.cut_after(count)
    both.client.sendall(b"what goes up doesn't count")
    both.server.sendall(b"12345")
    assert receive(both.client, min(count, 5)) == b"12345"[:count]
    with contextlib.suppress(OSError):
        both.server.sendall(b"67890")
    assert receive_all(both.client) == b"1234567890"[min(count, 5) : count]
    assert line.tap.faults == "clear"


def test_a_cut_that_waits_for_its_byte_is_seen_and_can_be_taken_back(line):
    both = line.connect()
    line.tap.cut_after(3)
    assert line.tap.faults == "cut after 3 B more"
    line.tap.mend()
    both.server.sendall(b"12345")
    assert receive(both.client, 5) == b"12345"
