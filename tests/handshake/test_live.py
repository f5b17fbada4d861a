"""The server on one page, and handshakes of the student's own in the running server: over real sockets."""

import contextlib
import socket
import threading

import pytest

from lessons import handshake, websocket
from lessons.clients.talk import talk
from lessons.handshake.requests import KEY, OTHER_KEY, REQUEST, request
from lessons.handshake.solution import answer_handshake
from lessons.handshake.specimens import FIRST_FRAME
from lessons.protocols.websocket_events import TextMessage
from lessons.serving import runtime
from lessons.serving.limits import MAX_UPGRADE_HEAD
from tests.waiting import wait_until


@pytest.fixture
def simple_server():
    with handshake.SimpleServer() as server:
        yield server


@pytest.fixture
def own_server():
    with websocket.Server(handshake=answer_handshake) as server:
        yield server


def connected(server):
    return socket.create_connection(("127.0.0.1", server.port), timeout=10)


def everything(sock):
    """What comes until the other side ends the connection."""
    data = b""
    with contextlib.suppress(ConnectionResetError):
        while piece := sock.recv(4096):
            data += piece
    return data


@pytest.mark.parametrize("make", [handshake.SimpleServer, lambda: websocket.Server(handshake=answer_handshake)])
@pytest.mark.parametrize("cut", [1, 17, len(REQUEST) - 1, len(REQUEST), len(REQUEST) + 3])
def test_a_request_in_two_pieces_with_a_frame_behind(make, cut):
    data = REQUEST + FIRST_FRAME
    with make() as server:
        answer = talk(server, data[:cut], data[cut:])
    assert answer.startswith(b"HTTP/1.1 101 ")
    assert answer.partition(b"\r\n\r\n")[2].startswith(b"\x81\x05Hello")


@pytest.mark.parametrize(
    ("asked", "status"),
    [(request("POST"), b"405"), (request(Upgrade="h2c"), b"400"), (request(key=None), b"400")],
    ids=["another method", "another protocol", "no key"],
)
def test_own_refusals_reach_the_client(own_server, asked, status):
    assert talk(own_server, asked).startswith(b"HTTP/1.1 " + status)


def test_foreign_pages_and_long_heads_are_refused_by_the_server_itself(own_server):
    assert b" 403 " in talk(own_server, request(Origin="https://elsewhere.example")).partition(b"\r\n")[0]
    assert b" 431 " in talk(own_server, b"GET / HTTP/1.1\r\nX: ".ljust(MAX_UPGRADE_HEAD, b"a")).partition(b"\r\n")[0]


def test_simple_server_refuses_a_foreign_page_until_it_is_allowed(simple_server):
    asked = request(Origin="https://friend.example")
    assert b" 403 " in talk(simple_server, asked).partition(b"\r\n")[0]
    simple_server.allow("https://friend.example")
    assert b" 101 " in talk(simple_server, asked).partition(b"\r\n")[0]


def threads():
    """The threads of the server on one page, by what they do."""
    names = (each.name.partition(" ")[2] for each in threading.enumerate())
    return sorted(name for name in names if name in ("(serve)", "(talk)"))


def test_simple_server_leaves_nothing_behind():
    wait_until(lambda: threads() == [])
    with handshake.SimpleServer() as server, connected(server) as sock:
        sock.sendall(REQUEST)
        assert sock.recv(4096).startswith(b"HTTP/1.1 101 ")
        assert threads() == ["(serve)", "(talk)"]
        server.close()
        assert everything(sock) == b""
    wait_until(lambda: threads() == [])


@pytest.mark.parametrize("make", [handshake.SimpleServer, lambda: websocket.Server(handshake=answer_handshake)])
def test_the_lessons_client_chats(make):
    with make() as server, websocket.Client(server.url) as client:
        client.feed.wait_for_status("connected")
        client.send(TextMessage("hello"))
        assert client.feed.wait(1) == ["hello"]


@pytest.mark.parametrize("size", [0, -1, 10_000])
def test_a_size_that_cannot_be_ends_the_connection_and_is_told(size):
    count = runtime.notices.count
    with websocket.Server(handshake=lambda received: (b"HTTP/1.1 400 Bad Request\r\n\r\n", size)) as server:
        assert talk(server, REQUEST) == b""
    wait_until(lambda: runtime.notices.count > count)
    assert f"your handshake says it took {size} bytes" in runtime.notices.since(count)[0].text


@pytest.mark.parametrize(
    ("returned", "told"),
    [
        (b"HTTP/1.1 400 Bad Request\r\n\r\n", "your handshake returned type bytes; return a pair"),
        (("HTTP/1.1 400 Bad Request\r\n\r\n", 5), "a pair of type str and type int; return one of type bytes and int"),
        ((b"HTTP/1.1 400 Bad Request\r\n\r\n", "5"), "a pair of type bytes and type str"),
    ],
)
def test_what_is_no_pair_ends_the_connection_and_is_told(returned, told):
    count = runtime.notices.count
    with websocket.Server(handshake=lambda received: returned) as server:
        assert talk(server, REQUEST) == b""
    wait_until(lambda: runtime.notices.count > count)
    assert told in runtime.notices.since(count)[0].text


def test_an_unsolved_handshake_is_told_and_harms_nobody_else():
    count = runtime.notices.count
    with websocket.Server(handshake=handshake.exercise.answer_handshake) as server:
        assert talk(server, REQUEST) == b""
        assert talk(server, request(key=OTHER_KEY)) == b""
    wait_until(lambda: runtime.notices.count > count)
    assert "NotImplementedError" in runtime.notices.since(count)[0].text


def test_the_requests_carry_the_keys_they_say():
    assert KEY.encode() in REQUEST
    assert OTHER_KEY.encode() in request(key=OTHER_KEY)


def test_an_error_in_a_cells_function_is_told_by_the_lines_of_the_cell_alone():
    cell = {}
    exec(compile("def mine(received):\n    return received.nothing", "/ipykernel_7/1.py", "exec"), cell)
    count = runtime.notices.count
    with websocket.Server(handshake=cell["mine"]) as server:
        assert talk(server, REQUEST) == b""
    wait_until(lambda: runtime.notices.count > count)
    text = runtime.notices.since(count)[0].text
    assert "/ipykernel_7/1.py" in text
    assert "service.py" not in text
