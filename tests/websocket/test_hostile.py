"""What a hostile client would try: the server's memory stays bounded, and other clients are served meanwhile."""

import asyncio
import contextlib
import resource
import socket
import zlib
from collections.abc import Iterator
from functools import partial

import pytest

from lessons.protocols.websocket_events import TextMessage
from lessons.protocols.websocket_frames import RSV1, Frame, Opcode, encode_frame
from lessons.websocket.client import connect
from tests.websocket.support import (
    UPGRADE,
    in_loop,
    masked,
    masked_text,
    open_raw,
    open_upgraded,
    running,
    server_process,
    upgraded_socket,
)

MIB = 1024 * 1024
CONNECTIONS = 10_000
SPARE_FILES = 200
DEFLATE = b"Sec-WebSocket-Extensions: permessage-deflate\r\n"


@contextlib.contextmanager
def many_files() -> Iterator[int]:
    """Raise the limit of open files as far as it goes, and yield how many connections fit under it."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))
    yield min(CONNECTIONS, hard - SPARE_FILES)
    resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard))


def connected_socket(port: int) -> socket.socket:
    return socket.create_connection(("127.0.0.1", port))


def assert_others_are_served(port: int) -> None:
    with upgraded_socket(port) as bystander:
        bystander.sendall(masked_text("hello"))
        assert bystander.recv(100) == b"\x81\x05hello"


def read_to_the_end(sock: socket.socket) -> bytes:
    data = b""
    with contextlib.suppress(ConnectionError):
        while part := sock.recv(65536):
            data += part
    return data


@pytest.mark.slow
@pytest.mark.parametrize("shake_hands", [False, True])
def test_ten_thousand_connections_that_say_nothing(shake_hands: bool):
    """They take a bounded amount of memory each, keep nobody out, and are given up on."""
    with many_files() as count, server_process(handshake_timeout=6, ping_interval=6, ping_timeout=1) as server:
        connect_one = partial(upgraded_socket, fields=DEFLATE) if shake_hands else connected_socket
        with server.grows_less_than(count * 8 * 1024):
            silent = [connect_one(server.port) for _ in range(count)]
            assert_others_are_served(server.port)
        for sock in silent:
            assert read_to_the_end(sock)[:1] == (b"\x89" if shake_hands else b"")
            sock.close()
        assert_others_are_served(server.port)


@in_loop
async def test_one_byte_now_and_then_does_not_hold_the_handshake_open():
    async with running(handshake_timeout=0.2) as (_, port):
        reader, writer = await open_raw(port)
        with contextlib.suppress(ConnectionError):
            for octet in UPGRADE % (b"/", b"X: " + b"x" * 10_000 + b"\r\n"):
                writer.write(bytes([octet]))
                await asyncio.sleep(0.01)
                if reader.at_eof():
                    break
            assert await reader.read() == b""
        writer.close()


def test_a_message_in_tiny_fragments_takes_little_more_than_its_size():
    """Two bytes a frame would be many small objects, if fragments were kept as they come."""
    fragment = masked(Frame(Opcode.CONTINUATION, b"xy", fin=False)) * 10_000
    with (
        server_process(max_message=8 * MIB) as server,
        upgraded_socket(server.port) as sock,
        server.grows_less_than(12 * MIB),
    ):
        sock.sendall(masked(Frame(Opcode.BINARY, b"", fin=False)))
        for _ in range(300):
            sock.sendall(fragment)
        assert_others_are_served(server.port)


def test_a_head_without_end_is_answered_after_16_kib():
    with (
        server_process() as server,
        socket.create_connection(("127.0.0.1", server.port)) as sock,
        server.grows_less_than(2 * MIB),
    ):
        with contextlib.suppress(ConnectionError):
            sock.sendall(b"GET / HTTP/1.1\r\n" + b"X: y\r\n" * 1_000_000)
        assert read_to_the_end(sock)[:13] == b"HTTP/1.1 431 "
        assert_others_are_served(server.port)


@pytest.mark.parametrize("size", [2**63 - 1, 2**32, 16 * MIB + 1])
def test_a_length_beyond_the_limit_is_refused_before_any_payload(size: int):
    with server_process() as server, upgraded_socket(server.port) as sock, server.grows_less_than(2 * MIB):
        sock.sendall(b"\x82\xff" + size.to_bytes(8, "big") + b"abcd")
        assert sock.recv(1000)[2:4] == (1009).to_bytes(2, "big")
        sock.close()
        assert_others_are_served(server.port)


def test_a_thousand_pings_in_one_write_are_a_thousand_pongs():
    with server_process() as server, upgraded_socket(server.port) as sock:
        pings = [Frame(Opcode.PING, bytes([n % 256]) * 125) for n in range(1000)]
        sock.sendall(masked(*pings))
        expected = b"".join(encode_frame(Frame(Opcode.PONG, ping.payload)) for ping in pings)
        pongs = b""
        while len(pongs) < len(expected):
            pongs += sock.recv(65536)
        assert pongs == expected


@pytest.mark.parametrize("opcode", [Opcode.PING, Opcode.TEXT])
def test_endless_questions_whose_answers_nobody_reads_stop_being_read(opcode: Opcode):
    with server_process() as server, upgraded_socket(server.port) as sock, server.grows_less_than(4 * MIB):
        sock.settimeout(1.0)
        questions = masked(Frame(opcode, b"x" * 125)) * 1000
        with pytest.raises(TimeoutError):
            for _ in range(1000):
                sock.sendall(questions)
        assert_others_are_served(server.port)


def test_compressed_bomb_is_inflated_no_further_than_the_limit():
    stream = zlib.compressobj(wbits=-15)
    zeros = bytes(MIB)
    bomb = b"".join(stream.compress(zeros) for _ in range(512)) + stream.flush(zlib.Z_SYNC_FLUSH)
    frame = masked(Frame(Opcode.BINARY, bomb[:-4], rsv=RSV1))
    assert len(frame) < MIB
    with (
        server_process() as server,
        upgraded_socket(server.port, fields=DEFLATE) as sock,
        server.grows_less_than(48 * MIB),
    ):
        sock.sendall(frame)
        assert sock.recv(1000)[2:4] == (1009).to_bytes(2, "big")
        assert_others_are_served(server.port)


def test_small_bombs_one_after_the_other_never_add_up():
    stream = zlib.compressobj(wbits=-15)
    small_bomb = (stream.compress(bytes(MIB)) + stream.flush(zlib.Z_SYNC_FLUSH))[:-4]
    frame = masked(Frame(Opcode.BINARY, small_bomb, rsv=RSV1))
    assert len(frame) < 1100
    fields = DEFLATE.replace(b"\r\n", b"; client_no_context_takeover\r\n")
    with (
        server_process() as server,
        upgraded_socket(server.port, fields=fields) as sock,
        server.grows_less_than(100 * MIB),
    ):
        sock.settimeout(10.0)
        for _ in range(10):
            sock.sendall(frame * 30)
        assert_others_are_served(server.port)


def test_half_a_close_in_every_phase_leaves_nothing_behind():
    with server_process() as server:
        for sent in (b"", b"GET / HTTP", UPGRADE % (b"/", b""), UPGRADE % (b"/", b"") + masked_text("x")[:5]):
            with socket.create_connection(("127.0.0.1", server.port), timeout=10) as sock:
                sock.sendall(sent)
                sock.shutdown(socket.SHUT_WR)
                answer = read_to_the_end(sock)
                assert answer == b"" or answer.startswith(b"HTTP/1.1 101 ")
        assert_others_are_served(server.port)


@in_loop
async def test_echo_goes_on_while_others_flood():
    async with running() as (_, port), await connect(f"ws://127.0.0.1:{port}/") as client:
        floods = [await open_upgraded(port) for _ in range(5)]
        for _, writer in floods:
            writer.write(masked(Frame(Opcode.BINARY, bytes(1000))) * 5000)
        for number in range(20):
            await client.send(TextMessage(str(number)))
            assert await client.receive() == TextMessage(str(number))
        for _, writer in floods:
            writer.close()
