"""What a hostile client would try: the server's memory stays bounded, and other clients are served meanwhile.

Each attack prints what it has cost (`pytest -s`); nothing here is judged by the clock.
"""

import contextlib
import resource
import socket
import time
import zlib
from collections.abc import Iterator
from functools import partial

import pytest

from lessons.clients.websocket_client import connect
from lessons.protocols.websocket_events import TextMessage
from lessons.protocols.websocket_frames import RSV1, Frame, Opcode, encode_frame
from tests.serving.websocket_support import (
    MIB,
    UPGRADE,
    in_loop,
    masked,
    masked_text,
    open_upgraded,
    running,
    server_process,
    upgraded_socket,
)
from tests.waiting import wait_until

CONNECTIONS = 10_000
SPARE_FILES = 200
DEFLATE = b"Sec-WebSocket-Extensions: permessage-deflate\r\n"
HANDSHAKE = UPGRADE % (b"/", b"")


@contextlib.contextmanager
def many_files() -> Iterator[int]:
    """Raise the limit of open files as far as is allowed, and yield how many connections fit under it."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    with contextlib.suppress(ValueError):  # root alone may raise the hard limit
        resource.setrlimit(resource.RLIMIT_NOFILE, (hard, max(hard, CONNECTIONS + SPARE_FILES)))
    allowed = resource.getrlimit(resource.RLIMIT_NOFILE)[1]
    resource.setrlimit(resource.RLIMIT_NOFILE, (allowed, allowed))
    yield min(CONNECTIONS, allowed - SPARE_FILES)
    resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard))


def connected_socket(port: int) -> socket.socket:
    return socket.create_connection(("127.0.0.1", port), timeout=30)


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
    connect_one = partial(upgraded_socket, fields=DEFLATE) if shake_hands else connected_socket
    with (
        many_files() as count,
        server_process(handshake_timeout=6, ping_interval=6, ping_timeout=1) as server,
        server.bears(f"{count:,} that say nothing{' behind the handshake' * shake_hands}", count * 8 * 1024),
    ):
        silent = [connect_one(server.port) for _ in range(count)]
        for sock in silent:
            assert read_to_the_end(sock)[:1] == (b"\x89" if shake_hands else b"")
            sock.close()


@pytest.mark.slow
def test_a_byte_a_second_does_not_hold_the_handshake_open():
    with (
        server_process(handshake_timeout=3) as server,
        server.bears("1,000 that send their request a byte a second", 12 * MIB),
    ):
        slow = [connected_socket(server.port) for _ in range(1000)]
        for octet in HANDSHAKE:
            slow = [sock for sock in slow if takes(sock, octet)]
            if not slow:
                break
            time.sleep(1)
        assert not slow


def takes(sock: socket.socket, octet: int) -> bool:
    """Send a byte; close the socket and return False if the server has ended the connection, or said that it does."""
    sock.setblocking(False)
    try:
        sock.send(bytes([octet]))
        answer = sock.recv(4096)
        ended = answer == b"" or answer.startswith(b"HTTP/1.1 408 ")
    except BlockingIOError:
        return True
    except ConnectionError:
        ended = True
    assert ended
    sock.close()
    return False


@pytest.mark.slow
def test_a_byte_a_second_is_waited_for_behind_the_handshake_and_costs_nobody_else():
    frame = masked_text("hello")
    with server_process(ping_interval=300) as server, server.bears("1,000 that send a frame a byte a second", 16 * MIB):
        slow = [upgraded_socket(server.port) for _ in range(1000)]
        for octet in frame[:3]:
            assert all(takes(sock, octet) for sock in slow)
            time.sleep(1)
        for sock in slow:
            sock.setblocking(True)
            sock.sendall(frame[3:])
            assert sock.recv(100) == b"\x81\x05hello"
            sock.close()


def test_a_message_in_tiny_fragments_takes_little_more_than_its_size():
    """Two bytes a frame would be many small objects, if fragments were kept as they come."""
    fragment = masked(Frame(Opcode.CONTINUATION, b"xy", fin=False)) * 10_000
    with (
        server_process(max_message=8 * MIB) as server,
        upgraded_socket(server.port) as sock,
        server.bears("a million fragments of two bytes", 12 * MIB),
    ):
        sock.sendall(masked(Frame(Opcode.BINARY, b"", fin=False)))
        for _ in range(100):
            sock.sendall(fragment)
        sock.sendall(masked(Frame(Opcode.PING, b"all read?")))
        assert sock.recv(100) == encode_frame(Frame(Opcode.PONG, b"all read?"))


def test_a_head_without_end_is_answered_after_16_kib():
    with (
        server_process() as server,
        connected_socket(server.port) as sock,
        server.bears("a head of 6 MB without end", 2 * MIB),
    ):
        with contextlib.suppress(ConnectionError):
            sock.sendall(b"GET / HTTP/1.1\r\n" + b"X: y\r\n" * 1_000_000)
        assert read_to_the_end(sock)[:13] == b"HTTP/1.1 431 "


@pytest.mark.parametrize("size", [2**63 - 1, 2**32, 16 * MIB + 1])
def test_a_length_beyond_the_limit_is_refused_before_any_payload(size: int):
    with (
        server_process() as server,
        upgraded_socket(server.port) as sock,
        server.bears(f"a length of {size:,}", 2 * MIB),
    ):
        sock.sendall(b"\x82\xff" + size.to_bytes(8, "big") + b"abcd")
        assert sock.recv(1000)[2:4] == (1009).to_bytes(2, "big")


def test_a_thousand_pings_in_one_write_are_a_thousand_pongs():
    with (
        server_process() as server,
        upgraded_socket(server.port) as sock,
        server.bears("a thousand pings in one write", 4 * MIB),
    ):
        pings = [Frame(Opcode.PING, bytes([n % 256]) * 125) for n in range(1000)]
        sock.sendall(masked(*pings))
        expected = b"".join(encode_frame(Frame(Opcode.PONG, ping.payload)) for ping in pings)
        pongs = b""
        while len(pongs) < len(expected):
            pongs += sock.recv(65536)
        assert pongs == expected


@pytest.mark.parametrize("opcode", [Opcode.PING, Opcode.TEXT])
def test_endless_questions_whose_answers_nobody_reads_stop_being_read(opcode: Opcode):
    with (
        server_process() as server,
        upgraded_socket(server.port) as sock,
        server.bears(f"endless {opcode.name} frames whose answers nobody reads", 4 * MIB),
    ):
        sock.settimeout(1.0)
        questions = masked(Frame(opcode, b"x" * 125)) * 1000
        with pytest.raises(TimeoutError):
            for _ in range(1000):
                sock.sendall(questions)


def test_compressed_bomb_is_inflated_no_further_than_the_limit():
    stream = zlib.compressobj(wbits=-15)
    zeros = bytes(MIB)
    bomb = b"".join(stream.compress(zeros) for _ in range(512)) + stream.flush(zlib.Z_SYNC_FLUSH)
    frame = masked(Frame(Opcode.BINARY, bomb[:-4], rsv=RSV1))
    assert len(frame) < MIB
    with (
        server_process() as server,
        upgraded_socket(server.port, fields=DEFLATE) as sock,
        server.bears("a bomb that inflates to 512 MiB", 48 * MIB),
    ):
        sock.sendall(frame)
        assert sock.recv(1000)[2:4] == (1009).to_bytes(2, "big")


def test_small_bombs_one_after_the_other_never_add_up():
    stream = zlib.compressobj(wbits=-15)
    small_bomb = (stream.compress(bytes(MIB)) + stream.flush(zlib.Z_SYNC_FLUSH))[:-4]
    frame = masked(Frame(Opcode.BINARY, small_bomb, rsv=RSV1))
    assert len(frame) < 1100
    fields = DEFLATE.replace(b"\r\n", b"; client_no_context_takeover\r\n")
    with (
        server_process() as server,
        upgraded_socket(server.port, fields=fields) as sock,
        server.bears("300 bombs that inflate to 1 MiB each", 100 * MIB),
    ):
        sock.settimeout(10.0)
        for _ in range(10):
            sock.sendall(frame * 30)


HALF_CLOSED = {
    "nothing": b"",
    "half a request": HANDSHAKE[:10],
    "the handshake": HANDSHAKE,
    "half a frame": HANDSHAKE + masked_text("x")[:5],
    "half a Close": HANDSHAKE + masked(Frame(Opcode.CLOSE, b"\x03\xe8"))[:-1],
    "half a close code": HANDSHAKE + masked(Frame(Opcode.CLOSE, b"\x03")),
}


def test_half_a_close_in_every_phase_leaves_nothing_behind():
    """A thousand clients end their half of TCP, each in the midst of something, and read to the end of the other."""
    with server_process() as server:
        files = server.open_files()
        with server.bears("1,200 halves of a close", 4 * MIB):
            for sent in list(HALF_CLOSED.values()) * 200:
                with connected_socket(server.port) as sock:
                    sock.sendall(sent)
                    sock.shutdown(socket.SHUT_WR)
                    answer = read_to_the_end(sock)
                    assert answer == b"" or answer.startswith(b"HTTP/1.1 101 ")
        wait_until(lambda: server.open_files() == files, "the server to close its half of all connections")


def test_a_client_that_never_ends_its_half_is_given_up_on():
    """It says goodbye, is told goodbye, and holds TCP open all the same."""
    with server_process(ping_timeout=0.5) as server:
        files = server.open_files()
        lingering = [upgraded_socket(server.port) for _ in range(100)]
        for sock in lingering:
            sock.sendall(masked(Frame(Opcode.CLOSE, b"\x03\xe8")))
        wait_until(lambda: server.open_files() == files, "the server to give them up")
        for sock in lingering:
            assert read_to_the_end(sock) == b"\x88\x02\x03\xe8"
            sock.close()


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
