"""The server from outside, over real sockets."""

import asyncio
import contextlib
import socket
import struct

import pytest

from lessons.clients.websocket_client import connect
from lessons.protocols.http_head import Request
from lessons.protocols.origin import OriginPolicy
from lessons.protocols.websocket_events import BinaryMessage, Close, Closed, Ping, Pong, TextMessage
from lessons.protocols.websocket_frames import Frame, Opcode, decode_frame, encode_frame
from lessons.protocols.websocket_handshake import HandshakeError
from lessons.serving.http_service import HTTPConnection
from lessons.serving.response import Response
from tests.serving.websocket_support import (
    UPGRADE,
    in_loop,
    masked,
    masked_text,
    open_raw,
    open_upgraded,
    running,
    until,
    upgraded_socket,
)


def url(port: int, path: str = "/") -> str:
    return f"ws://127.0.0.1:{port}{path}"


# --- echo ------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("compression", [True, False])
@pytest.mark.parametrize("fragment_size", [None, 1000])
@in_loop
async def test_echo(compression: bool, fragment_size: int | None):
    messages = [
        TextMessage(""),
        TextMessage("Grüße 🌍"),
        BinaryMessage(bytes(range(256)) * 1000),
        TextMessage("x" * 300_000),
    ]
    async with running() as (_, port), await connect(url(port), compression=compression) as client:
        assert (client.agreement.deflate is not None) == compression
        for message in messages:
            await client.send(message, fragment_size)
        assert [await client.receive() for _ in messages] == messages


@in_loop
async def test_handshake_byte_by_byte_and_frames_right_behind_it():
    data = UPGRADE % (b"/", b"") + masked_text("at once") + masked(Frame(Opcode.PING, b"p"))
    async with running() as (_, port):
        for size in (1, len(data)):
            reader, writer = await open_raw(port)
            for start in range(0, len(data), size):
                writer.write(data[start : start + size])
                await asyncio.sleep(0)
            await reader.readuntil(b"\r\n\r\n")
            assert await reader.readexactly(9 + 3) == b"\x81\x07at once\x8a\x01p"
            writer.close()


@in_loop
async def test_answers_to_one_read_leave_in_the_order_of_the_questions():
    async with running() as (_, port):
        reader, writer = await open_upgraded(port)
        frames = [
            Frame(Opcode.TEXT, b"a"),
            Frame(Opcode.PING, b"b"),
            Frame(Opcode.BINARY, b"c"),
            Frame(Opcode.CLOSE, b""),
        ]
        writer.write(masked(*frames))
        expected = [
            Frame(Opcode.TEXT, b"a"),
            Frame(Opcode.PONG, b"b"),
            Frame(Opcode.BINARY, b"c"),
            Frame(Opcode.CLOSE, b""),
        ]
        assert await reader.read() == b"".join(map(encode_frame, expected))
        writer.close()


@in_loop
async def test_what_came_before_a_violation_is_answered_then_the_code_is_told_and_tcp_ends():
    async with running() as (_, port):
        reader, writer = await open_upgraded(port)
        writer.write(masked_text("good") + masked(Frame(3, b"")) + bytes(100_000))
        data = await reader.read()
        assert data.startswith(b"\x81\x04good\x88")
        decoded = decode_frame(data, 6)
        assert decoded is not None
        assert decoded.frame.payload == b"\x03\xeaOpcode 3 is reserved. (RFC 6455, section 5.2)"
        assert decoded.end == len(data)
        writer.close()


@in_loop
async def test_message_of_the_limit_is_taken_and_one_byte_more_is_not():
    async with running(max_message=100_000) as (_, port):
        for compression in (True, False):
            client = await connect(url(port), compression=compression)
            await client.send(BinaryMessage(bytes(100_000)))
            assert await client.receive() == BinaryMessage(bytes(100_000))
            await client.send(BinaryMessage(bytes(100_001)))
            close = await client.receive()
            assert isinstance(close, Close)
            assert close.code == 1009
            assert await client.receive() == Closed(1009, close.reason)


@in_loop
async def test_ping_and_close():
    async with running() as (_, port), await connect(url(port)) as client:
        await client.send(Ping(b"there?"))
        assert await client.receive() == Pong(b"there?")
        assert await client.close(4001, "enough") == Closed(4001)


@in_loop
async def test_subprotocol_is_agreed_on():
    async with running(subprotocols=["clock.v2", "clock.v1"]) as (_, port):
        client = await connect(url(port), subprotocols=["clock.v1", "clock.v2"])
        assert client.agreement.subprotocol == "clock.v2"
        await client.close()


# --- broadcast ---------------------------------------------------------------------------------------------


@in_loop
async def test_broadcast_reaches_all_who_are_there_and_nobody_else():
    async with running() as (_, port):
        first, second = (
            await connect(url(port, "/broadcast")),
            await connect(url(port, "/broadcast?x"), compression=False),
        )
        other = await connect(url(port, "/"))
        await first.send(TextMessage("news"))
        await second.send(BinaryMessage(b"more"))
        for client in (first, second):
            heard = [await client.receive(), await client.receive()]
            assert sorted(heard, key=repr) == [BinaryMessage(b"more"), TextMessage("news")]
        await other.send(TextMessage("only me"))
        assert await other.receive() == TextMessage("only me")
        await first.close()
        await second.send(TextMessage("alone"))
        assert await second.receive() == TextMessage("alone")
        await asyncio.gather(second.close(), other.close())


@in_loop
async def test_member_that_does_not_read_is_cut_off_and_the_others_hear_all():
    async with running(max_message=200_000) as (service, port):
        slow = await asyncio.to_thread(upgraded_socket, port, b"/broadcast")
        speaker = await connect(url(port, "/broadcast"), compression=False)
        await until(lambda: len(service.broadcast.members) == 2)
        for number in range(100):
            await speaker.send(BinaryMessage(bytes([number]) * 100_000))
            assert await speaker.receive() == BinaryMessage(bytes([number]) * 100_000)
            unread = [line.transport.get_write_buffer_size() for line in service.connections]
            assert max(unread) <= 200_000 + 100_014
        await until(lambda: len(service.broadcast.members) == 1)
        slow.close()
        await speaker.close()


# --- back-pressure -----------------------------------------------------------------------------------------


@in_loop
async def test_client_that_does_not_read_is_read_no_further_until_it_does():
    message, count = masked(Frame(Opcode.BINARY, bytes(10_000))), 3000
    echo = encode_frame(Frame(Opcode.BINARY, bytes(10_000)))
    async with running() as (service, port):
        reader, writer = await open_upgraded(port)
        writer.transport.pause_reading()
        (line,) = service.connections
        for _ in range(count):
            writer.write(message)
        await until(lambda: not line.transport.is_reading())
        for _ in range(50):
            await asyncio.sleep(0.002)
            assert line.transport.get_write_buffer_size() < 500_000
        assert writer.transport.get_write_buffer_size() > 10_000_000, "the rest must wait on the client's side"
        writer.transport.resume_reading()
        for _ in range(count):
            assert await reader.readexactly(len(echo)) == echo
        writer.close()


# --- refusals ----------------------------------------------------------------------------------------------

REQUEST = UPGRADE % (b"/", b"")


@pytest.mark.parametrize(
    ("request_bytes", "status"),
    [
        (b"GET / HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n", 426),
        (b"POST / HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n", 405),
        (b"\x16\x03\x01\x02\x00\x01\r\n\r\n", 400),
        (REQUEST.replace(b"13\r\n", b"12\r\n"), 426),
        (REQUEST.replace(b"Host: 127.0.0.1", b"Host: evil.example"), 403),
        (UPGRADE % (b"/", b"Origin: http://evil.example\r\n"), 403),
        (UPGRADE % (b"/", b"X: " + b"x" * 20_000 + b"\r\n"), 431),
    ],
)
@in_loop
async def test_refusal_is_an_answer_and_then_the_end(request_bytes: bytes, status: int):
    async with running() as (service, port):
        reader, writer = await open_raw(port)
        writer.write(request_bytes + masked_text("ignored") * 1000)
        assert (await reader.read()).startswith(b"HTTP/1.1 %d " % status)
        writer.close()
        await until(lambda: not service.connections)


@in_loop
async def test_what_comes_behind_a_refusal_is_ignored():
    faults = []
    asyncio.get_running_loop().set_exception_handler(lambda loop, context: faults.append(context))
    async with running() as (_, port):
        reader, writer = await open_raw(port)
        writer.write(b"GET / HTTP/1.1\r\n\r\n")
        answer = await reader.read()
        writer.write(REQUEST)
        await writer.drain()
        await (await connect(url(port))).close()
        assert answer.startswith(b"HTTP/1.1 400 ")
        assert await reader.read() == b""
        writer.close()
    assert faults == []


@in_loop
async def test_a_foreign_origin_is_refused_and_one_allowed_is_not():
    async with running(OriginPolicy({"http://anywhere.example"})) as (_, port):
        await (await connect(url(port), origin="http://anywhere.example")).close()
    async with running() as (_, port):
        await (await connect(url(port), origin=f"http://127.0.0.1:{port}")).close()
        with pytest.raises(HandshakeError, match="403"):
            await connect(url(port), origin="http://evil.example")


@in_loop
async def test_plain_get_is_answered_by_whoever_is_asked_to():
    def respond(request: Request) -> Response:
        return Response(200, f"page {request.target}".encode())

    async with running(routes={"/x": respond}) as (_, port):
        reader, writer = await open_raw(port)
        writer.write(b"GET /x HTTP/1.1\r\nHost: 127.0.0.1\r\nConnection: close\r\n\r\n")
        assert (await reader.read()).endswith(b"\r\n\r\npage /x")
        writer.close()
        await (await connect(url(port))).close()


# --- time --------------------------------------------------------------------------------------------------


@in_loop
async def test_client_that_never_asks_is_given_up():
    async with running(handshake_timeout=0.1) as (service, port):
        reader, writer = await open_raw(port)
        writer.write(b"GET / HTTP/1.1\r\n")
        assert (await reader.read()).startswith(b"HTTP/1.1 408 ")
        await until(lambda: not service.connections)
        writer.close()


@in_loop
async def test_client_that_falls_silent_is_asked_told_and_given_up():
    async with running(ping_interval=0.1, ping_timeout=0.1) as (service, port):
        reader, writer = await open_upgraded(port)
        assert await reader.readexactly(2) == b"\x89\x00"
        assert (await reader.readexactly(4))[2:] == (1011).to_bytes(2, "big")
        await until(lambda: not service.connections)
        writer.close()


@in_loop
async def test_client_that_answers_pings_is_kept():
    async with running(ping_interval=0.03, ping_timeout=5) as (service, port), await connect(url(port)) as client:
        assert [await client.receive() for _ in range(5)] == [Ping()] * 5
        assert len(service.connections) == 1


# --- the end -----------------------------------------------------------------------------------------------


@in_loop
async def test_shutdown_closes_all_with_1001_and_frees_the_port():
    async with running() as (service, port):
        clients = [await connect(url(port, path)) for path in ("/", "/broadcast", "/")]
        closing = asyncio.create_task(service.close())
        for client in clients:
            assert await client.receive() == Close(1001, "The server is shutting down.")
            assert await client.receive() == Closed(1001, "The server is shutting down.")
        await closing
        socket.create_server(("127.0.0.1", port)).close()


@pytest.mark.parametrize("close_timeout", [0.1, 60.0], ids=["own limit", "the caller's limit"])
@in_loop
async def test_shutdown_does_not_wait_for_clients_that_do_not_react(close_timeout: float):
    async with running(close_timeout=close_timeout) as (service, port):
        deaf, silent = await asyncio.to_thread(upgraded_socket, port), socket.create_connection(("127.0.0.1", port))
        await until(lambda: len(service.connections) == 2)
        with contextlib.suppress(TimeoutError):
            await asyncio.wait_for(service.close(), 0.2)
        await until(lambda: not service.connections)
        assert deaf.recv(100)[:1] == b"\x88"
        silent.close()
        deaf.close()


@in_loop
async def test_a_service_without_clients_closes_at_once():
    async with running(close_timeout=60):
        pass


@in_loop
async def test_reset_by_a_client_is_its_own_affair():
    async with running() as (service, port), await connect(url(port)) as bystander:
        sock = await asyncio.to_thread(upgraded_socket, port)
        await until(lambda: len(service.connections) == 2)
        sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        sock.send(masked_text("x" * 100))
        sock.close()
        await until(lambda: len(service.connections) == 1)
        await bystander.send(TextMessage("still here"))
        assert await bystander.receive() == TextMessage("still here")


@in_loop
async def test_half_a_close_is_answered_by_the_other_half():
    async with running() as (service, port):
        reader, writer = await open_upgraded(port)
        writer.write(masked_text("last words"))
        writer.write_eof()
        assert await reader.read() == b"\x81\x0alast words"
        await until(lambda: not service.connections)
        writer.close()


# --- functions of the student's own --------------------------------------------------------------------------


def own_decode(data: bytes) -> tuple[Frame, int] | None:
    decoded = decode_frame(data)
    return None if decoded is None else (Frame(decoded.frame.opcode, decoded.frame.payload.upper()), decoded.end)


@in_loop
async def test_own_decoder_is_the_one_that_reads():
    async with running(decode=own_decode, compression=False) as (_, port), await connect(url(port)) as client:
        await client.send(TextMessage("hello"))
        await client.send(TextMessage("x" * 100_000))
        assert await client.receive() == TextMessage("HELLO")
        assert await client.receive() == TextMessage("X" * 100_000)


def own_handshake(received: bytes) -> tuple[bytes, int] | None:
    end = received.find(b"\r\n\r\n") + 4
    if end < 4:
        return None
    if b"GET /no " in received:
        return b"HTTP/1.1 418 I'm a teapot\r\n\r\n", end
    accept = b"Sec-WebSocket-Accept: s3pPLMBiTxaQ9kYGzzhZRbK+xOo=\r\n"
    return b"HTTP/1.1 101 My Own\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n" + accept + b"\r\n", end


@in_loop
async def test_own_handshake_is_the_one_that_answers():
    async with running(handshake=own_handshake) as (_, port):
        reader, writer = await open_upgraded(port)
        writer.write(masked_text("hello"))
        assert await reader.readexactly(7) == b"\x81\x05hello"
        writer.close()
        with pytest.raises(HandshakeError, match="418"):
            await connect(url(port, "/no"))


class TransportToAbort(asyncio.Transport):
    aborted = False

    def abort(self) -> None:
        self.aborted = True


@in_loop
async def test_connection_that_comes_while_the_server_closes_is_not_taken():
    async with running() as (service, _):
        await service.close()
        line, transport = HTTPConnection(service), TransportToAbort()
        line.connection_made(transport)
        assert transport.aborted
        line.connection_lost(None)
