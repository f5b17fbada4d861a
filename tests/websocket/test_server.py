"""The ready-made server from outside: who may connect, what it says, and what is left when a client has gone."""

import asyncio
import socket

import pytest
import requests

from lessons import websocket
from lessons.clients.websocket_client import connect
from lessons.protocols.websocket_events import BinaryMessage, Closed, TextMessage
from lessons.protocols.websocket_frames import Frame, Opcode, encode_frame
from lessons.protocols.websocket_handshake import HandshakeError
from lessons.serving import runtime
from lessons.serving.clock import ManualClock
from lessons.websocket import solution
from lessons.wire import Tap
from tests.waiting import wait_until

UPGRADE = (
    "GET {path} HTTP/1.1\r\nHost: 127.0.0.1:{port}\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
    "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Version: 13\r\n\r\n"
)


@pytest.fixture
def clock():
    return ManualClock()


@pytest.fixture
def server(clock):
    with websocket.ReadyMadeServer(clock) as server:
        yield server


def address(server, path):
    return f"{server.url.replace('http', 'ws')}{path}"


async def say(url, *messages, **options):
    """Say something, and return what is heard for each."""
    async with await connect(url, **options) as socket:
        heard = []
        for message in messages:
            await socket.send(message)
            heard.append(await socket.receive())
        return heard


def tasks():
    async def names():
        return [each.get_coro().__qualname__ for each in asyncio.all_tasks()]

    return [name for name in runtime.run(names()) if "tell_time" in name]


def test_it_echoes_text_as_text_and_bytes_as_bytes(server):
    messages = [TextMessage("Hello"), BinaryMessage(b"\x00\xff"), TextMessage("")]
    assert asyncio.run(say(address(server, "/echo"), *messages)) == messages


def test_the_six_steps_in_the_order_in_which_they_happen():
    steps = []
    with websocket.ReadyMadeServer(note=steps.append) as server, Tap(server) as tap:

        async def talk():
            async with await connect(address(tap, "/echo")) as socket:
                steps.append("the client is connected")
                steps.append("the client speaks")
                await socket.send(TextMessage("Hello"))
                await socket.receive()
                steps.append("the client receives")

        asyncio.run(talk())
        wait_until(lambda: len(steps) == 7)
    assert steps == [
        "the server notices the client",
        "the client is connected",
        "the client speaks",
        "the server receives",
        "the server answers",
        "the client receives",
        "the server notices the end",
    ]


def test_it_tells_the_time_unasked_whenever_it_has_moved_on(server, clock):
    with websocket.Client(server.url, path="/clock") as client:
        client.feed.wait(1)
        clock.advance(1)
        client.feed.wait(2)
        clock.advance(1)
        assert client.feed.wait(3) == ["12:00:00", "12:00:01", "12:00:02"]


def test_it_tells_the_time_when_asked(server):
    async def ask():
        async with await connect(address(server, "/clock")) as socket:
            await socket.receive()
            await socket.send(TextMessage("what time is it?"))
            return await socket.receive()

    assert asyncio.run(ask()) == TextMessage("12:00:00")


@pytest.mark.parametrize(
    ("asked", "agreed", "news"),
    [
        (["time.json"], "subprotocol time.json", '{"time": "12:00:00"}'),
        (["other", "time.json"], "subprotocol time.json", '{"time": "12:00:00"}'),
        (["other"], "", "12:00:00"),
    ],
)
def test_the_subprotocol_decides_how_it_speaks(server, asked, agreed, news):
    with websocket.Client(server.url, path="/clock", subprotocols=asked) as client:
        assert client.feed.wait(1) == [news]
        assert client.feed.reason == agreed


def test_page_and_websocket_are_on_one_port(server):
    assert "<script" in requests.get(f"{server.url}/", timeout=5).text
    assert "new WebSocket" in requests.get(f"{server.url}/client.js", timeout=5).text
    assert asyncio.run(say(address(server, "/echo"), TextMessage("Hello"))) == [TextMessage("Hello")]


# --- who may connect ---


@pytest.mark.parametrize("path", ["/echo", "/clock"])
def test_a_foreign_page_may_not(server, path):
    with pytest.raises(HandshakeError, match="403"):
        asyncio.run(connect(address(server, path), origin="https://evil.example"))
    assert server.sockets == set()


def test_its_own_page_and_an_allowed_one_may(server):
    server.allow("http://localhost:8888")
    for origin in (server.url, "http://localhost:8888", None):
        assert asyncio.run(say(address(server, "/echo"), TextMessage("Hello"), origin=origin))


def test_a_function_of_ones_own_decides_by_origin_host_and_what_is_allowed():
    asked = []

    def may_connect(origin, host, allowed):
        asked.append((origin, host, set(allowed)))
        return origin == "https://friend.example"

    with websocket.ReadyMadeServer(may_connect=may_connect) as server:
        server.allow("http://localhost:8888")
        assert asyncio.run(say(address(server, "/echo"), TextMessage("Hi"), origin="https://friend.example"))
        with pytest.raises(HandshakeError, match="403"):
            asyncio.run(connect(address(server, "/echo"), origin=server.url))
        assert {each[0] for each in asked} == {"https://friend.example", server.url}
        assert {(host, frozenset(allowed)) for _, host, allowed in asked} == {
            (f"127.0.0.1:{server.port}", frozenset({"http://localhost:8888"}))
        }


@pytest.mark.parametrize("may_connect", [None, solution.may_connect], ids=["the server", "the exercise's solution"])
def test_a_page_whose_name_was_pointed_at_this_machine_may_not(may_connect):
    with websocket.ReadyMadeServer(may_connect=may_connect) as server:
        name = f"evil.example:{server.port}"
        fields = {"Host": name, "Origin": f"http://{name}", "Upgrade": "websocket", "Connection": "Upgrade"}
        fields |= {"Sec-WebSocket-Key": "dGhlIHNhbXBsZSBub25jZQ==", "Sec-WebSocket-Version": "13"}
        assert requests.get(f"{server.url}/clock", headers=fields, timeout=5).status_code == 403


def test_the_exercises_solution_lets_in_its_own_page_and_an_allowed_one():
    with websocket.ReadyMadeServer(may_connect=solution.may_connect) as server:
        server.allow("https://hub.example")
        for origin in (server.url, "https://hub.example"):
            assert asyncio.run(say(address(server, "/echo"), TextMessage("Hello"), origin=origin))
        with pytest.raises(HandshakeError, match="403"):
            asyncio.run(connect(address(server, "/echo"), origin=server.url.replace("http", "https")))


# --- what is left ---


def test_a_client_that_goes_leaves_nothing(server):
    with websocket.Client(server.url, path="/clock") as client:
        client.feed.wait(1)
        assert (len(server.sockets), len(tasks())) == (1, 1)
    wait_until(lambda: not server.sockets and not tasks(), "the client to be forgotten")


def test_a_client_that_is_cut_off_leaves_nothing(server):
    with Tap(server) as tap, websocket.Client(tap.url, path="/clock") as client:
        client.feed.wait(1)
        tap.cut(reset=True)
        client.feed.wait_for_status("closed")
        wait_until(lambda: not server.sockets and not tasks(), "the client to be forgotten")


@pytest.mark.parametrize(("path", "message"), [("/echo", b"x" * 60_000), ("/clock", b"")])
def test_a_client_that_does_not_read_is_read_no_more_and_its_end_is_no_error(server, path, message, capsys):
    sent = 0
    frames = encode_frame(Frame(Opcode.BINARY, message), b"\0\0\0\0") * (1 if message else 10_000)
    with socket.create_connection(("127.0.0.1", server.port), timeout=10) as client:
        client.sendall(UPGRADE.format(path=path, port=server.port).encode())
        client.settimeout(1)
        with pytest.raises(TimeoutError):
            while sent < 64_000_000:
                client.sendall(frames)
                sent += len(frames)
    wait_until(lambda: not server.sockets, "the client to be forgotten")
    assert capsys.readouterr().err == ""


def test_a_server_that_closes_says_so_to_its_clients():
    async def listen(url, close):
        async with await connect(url) as socket:
            await socket.receive()
            closing = asyncio.create_task(asyncio.to_thread(close))
            while not isinstance(event := await socket.receive(), Closed):
                pass
            await closing
            return event

    server = websocket.ReadyMadeServer(ManualClock(), name="soon closed")
    event = asyncio.run(listen(address(server, "/clock"), server.close))
    assert (event.code, event.reason) == (1001, "The server is shutting down.")
    assert tasks() == []
