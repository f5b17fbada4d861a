"""The client from outside, with servers that behave and servers that don't."""

import asyncio
import contextlib
import re
from collections.abc import AsyncIterator, Callable

import pytest

from lessons.clients.websocket_client import connect, split_url
from lessons.protocols.websocket_connection import NotAllowedError, State
from lessons.protocols.websocket_events import BinaryMessage, Close, Closed, Ping, TextMessage, Violation
from lessons.protocols.websocket_handshake import HandshakeError, accept_token
from tests.serving.websocket_support import in_loop, running, until


@contextlib.asynccontextmanager
async def scripted_server(
    after_handshake: Callable[[asyncio.StreamReader, asyncio.StreamWriter], object],
) -> AsyncIterator[str]:
    """Run a server that shakes hands rightly and then does what the test says; yield its URL."""

    async def answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        head = await reader.readuntil(b"\r\n\r\n")
        key = re.search(rb"Sec-WebSocket-Key: (.*)\r\n", head)
        assert key is not None
        accept = accept_token(key[1].decode())
        fields = f"Upgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Accept: {accept}\r\n\r\n"
        writer.write(b"HTTP/1.1 101 Switching Protocols\r\n" + fields.encode())
        await after_handshake(reader, writer)
        writer.close()

    async with await asyncio.start_server(answer, "127.0.0.1", 0) as server:
        yield f"ws://127.0.0.1:{server.sockets[0].getsockname()[1]}/"


@pytest.mark.parametrize(
    ("url", "parts"),
    [
        ("ws://a.example", ("a.example", 80, "a.example", "/")),
        ("ws://a.example:81/x?y=1", ("a.example", 81, "a.example:81", "/x?y=1")),
        ("ws://[::1]:82/", ("::1", 82, "[::1]:82", "/")),
        ("ws://ann:secret@a.example/", ("a.example", 80, "a.example", "/")),
        ("ws://a.example:0/", ("a.example", 0, "a.example:0", "/")),
        ("ws://a.example/a b?c d", ("a.example", 80, "a.example", "/a%20b?c%20d")),
        ("ws://a.example/ü/ж?ü=正", ("a.example", 80, "a.example", "/%C3%BC/%D0%B6?%C3%BC=%E6%AD%A3")),
        ("ws://a.example/%20%zz+&=;,'()!$*~[]|", ("a.example", 80, "a.example", "/%20%zz+&=;,'()!$*~[]|")),
        ('ws://a.example/"<>{}\\\x01\x7f', ("a.example", 80, "a.example", "/%22%3C%3E%7B%7D%5C%01%7F")),
        ("ws://a.example/a\r\nX: y", ("a.example", 80, "a.example", "/aX:%20y")),
        ("ws://Bücher.example:81/", ("xn--bcher-kva.example", 81, "xn--bcher-kva.example:81", "/")),
    ],
)
def test_url(url: str, parts: tuple[str, int, str, str]):
    assert split_url(url) == parts


@pytest.mark.parametrize(
    "url",
    [
        *(
            "http://a/",
            "wss://a/",
            "ws:///x",
            "ws://a/#b",
            "a",
            "",
            "ws://a:x/",
            "ws://a:99999/",
            "ws://[::1/",
            "ws://a b/",
        ),
        *("ws://" + "a" * 64 + "/", "ws://a..b/", "ws://\ud800/", "ws://a/\ud800", "ws://a\x00b/"),
    ],
)
def test_url_that_is_none_of_a_websocket_is_refused(url: str):
    with pytest.raises(ValueError, match=r"ws://host:port/path"):
        split_url(url)


@in_loop
async def test_violation_of_the_server_is_named_answered_and_the_end():
    received = []

    async def send_a_masked_frame(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(b"\x81\x81abcdx")
        received.append(await reader.read())

    async with scripted_server(send_a_masked_frame) as url:
        client = await connect(url)
        event = await client.receive()
        assert isinstance(event, Violation)
        assert (event.code, event.sentence) == (1002, "A server must not mask its frames.")
        assert await client.receive() == Closed(1006)
        assert await client.receive() == Closed(1006)
        assert client.state is State.CLOSED
    assert received[0][0] == 0x88


@in_loop
async def test_message_longer_than_allowed_is_refused():
    async with running() as (_, port), await connect(f"ws://127.0.0.1:{port}/", max_message=10) as client:
        await client.send(TextMessage("x" * 10))
        assert await client.receive() == TextMessage("x" * 10)
        await client.send(TextMessage("x" * 11))
        event = await client.receive()
        assert isinstance(event, Violation)
        assert event.code == 1009


@in_loop
async def test_server_that_never_answers_a_close_is_given_up():
    async def never(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.read()

    async with scripted_server(never) as url:
        client = await connect(url, close_timeout=0.05)
        assert await client.close() == Closed(1006)
        assert await client.close() == Closed(1006)
        with pytest.raises(NotAllowedError, match="closed"):
            await client.send(TextMessage("too late"))


@in_loop
async def test_server_that_closes_first_is_answered():
    received = []

    async def close(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(b"\x89\x01p\x88\x05\x0f\xa1bye")
        received.append(len(await reader.readexactly(7 + 8)))

    async with scripted_server(close) as url:
        client = await connect(url)
        assert [await client.receive() for _ in range(3)] == [Ping(b"p"), Close(4001, "bye"), Closed(4001, "bye")]
    assert received == [15]


@in_loop
async def test_end_without_a_close_is_abnormal():
    async def vanish(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.transport.abort()

    async with scripted_server(vanish) as url:
        assert await (await connect(url)).receive() == Closed(1006)


@pytest.mark.parametrize(
    ("answer", "words"),
    [
        (b"", "before its answer was complete"),
        (b"HTTP/1.1 101 x\r\n", "before its answer was complete"),
        (b"HTTP/1.1 101 x\r\n\r\n", "Upgrade header"),
        (b"HTTP/1.1 403 Forbidden\r\n\r\n", "403 Forbidden"),
        (b"X: " + b"x" * 100_000, "longer than 64 KiB"),
    ],
)
@in_loop
async def test_bad_answer_is_a_handshake_error(answer: bytes, words: str):
    async def reply(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readuntil(b"\r\n\r\n")
        writer.write(answer)
        writer.close()

    async with await asyncio.start_server(reply, "127.0.0.1", 0) as server:
        with pytest.raises(HandshakeError, match=words):
            await connect(f"ws://127.0.0.1:{server.sockets[0].getsockname()[1]}/")


@pytest.mark.parametrize("first", [b"\x88\x02\x03\xe8", b"\x88\x00", b"\x81\x82abcdhi", b"\x83\x00"])
@in_loop
async def test_server_that_has_said_its_last_and_keeps_tcp_open_is_given_up(first: bytes):
    """Whether it closes rightly or breaks a rule, and whatever it goes on to say."""
    ended = asyncio.Event()

    async def stay(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(first)
        with contextlib.suppress(ConnectionError):
            while await reader.read(100):
                writer.write(b"\x81\x01x")
            while True:  # our end of sending is no reason for this server to end
                writer.write(b"\x81\x01x")
                await writer.drain()
                await asyncio.sleep(0.01)
        ended.set()

    async with scripted_server(stay) as url:
        client = await connect(url, close_timeout=0.05)
        while not isinstance(event := await client.receive(), Closed):
            pass
        assert event.code in (1000, 1005, 1006)
        await ended.wait()


@in_loop
async def test_server_that_goes_on_speaking_behind_our_close_is_given_up():
    async def speak(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with contextlib.suppress(ConnectionError):
            while True:
                writer.write(b"\x81\x01x")
                await writer.drain()
                await asyncio.sleep(0.001)

    async with scripted_server(speak) as url:
        client = await connect(url, close_timeout=0.05)
        await client.send(Close(1000))
        while not isinstance(event := await client.receive(), Closed):
            assert event == TextMessage("x")
        assert event == Closed(1006)


@pytest.mark.parametrize(
    "head",
    [
        b"HTTP/1.1 101 Switching Protocols\r\n",
        b"HTTP/1.1 101\r\n",
        b"HTTP/1.1 101 Switching Protocols\r\nX: a\r\n b\r\n\tc\r\n",
        b"HTTP/1.1 103 Early Hints\r\nLink: </x>\r\n\r\nHTTP/1.1 100\r\n\r\nHTTP/1.1 101 Switching Protocols\r\n",
    ],
    ids=["as always", "without a reason", "with a folded field", "behind interim answers"],
)
@in_loop
async def test_answer_of_an_unusual_form_is_taken(head: bytes):
    """A client reads a folded field as one with blanks, which it MUST (RFC 9112, section 5.2)."""

    async def reply(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        key = re.search(rb"Sec-WebSocket-Key: (.*)\r\n", await reader.readuntil(b"\r\n\r\n"))
        fields = f"Upgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Accept: {accept_token(key[1].decode())}"
        writer.write(head + fields.encode() + b"\r\n\r\n\x81\x05Hello")
        writer.close()

    async with await asyncio.start_server(reply, "127.0.0.1", 0) as server:
        client = await connect(f"ws://127.0.0.1:{server.sockets[0].getsockname()[1]}/")
        assert await client.receive() == TextMessage("Hello")
        await client.close()


@pytest.mark.parametrize("subprotocols", [["a", "a"], ["ж"], ["a\r\nX: y"], [""], ["a b"]])
@in_loop
async def test_subprotocols_that_are_none_are_refused_before_connecting(subprotocols: list[str]):
    with pytest.raises(ValueError, match="distinct tokens"):
        await connect("ws://127.0.0.1:9/", subprotocols=subprotocols)


@in_loop
async def test_silent_server_is_given_up():
    async def silence(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.read()
        writer.close()

    async with await asyncio.start_server(silence, "127.0.0.1", 0) as server:
        with pytest.raises(TimeoutError):
            await connect(f"ws://127.0.0.1:{server.sockets[0].getsockname()[1]}/", open_timeout=0.05)


@in_loop
async def test_what_is_not_asked_for_waits_in_the_network():
    sent = []

    async def flood(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        for number in range(1000):
            writer.write(b"\x82\x7f" + (100_000).to_bytes(8, "big") + bytes(100_000))
            await writer.drain()
            sent.append(number)

    async with scripted_server(flood) as url:
        client = await connect(url)
        await until(lambda: len(sent) > 1)
        previous = -1
        while len(sent) > previous:
            previous = len(sent)
            await asyncio.sleep(0.05)
        assert len(sent) < 500, "the server must be held back"
        for _ in range(1000):
            assert await client.receive() == BinaryMessage(bytes(100_000))
        assert await client.receive() == Closed(1006)


@in_loop
async def test_send_waits_while_the_server_does_not_read():
    release = asyncio.Event()

    async def read_late(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await release.wait()
        await reader.read()

    async with scripted_server(read_late) as url:
        client = await connect(url, compression=False, close_timeout=0.05)
        with pytest.raises(TimeoutError):
            async with asyncio.timeout(1):
                for _ in range(1000):
                    await client.send(BinaryMessage(bytes(100_000)))
        release.set()
        await client.close()
