"""The server on one page, from outside: what it claims to get right."""

import socket
import threading
from collections.abc import Iterator
from functools import partial

import pytest

from lessons.clients.websocket_client import connect
from lessons.handshake import simple_server
from lessons.handshake.simple_server import serve
from lessons.protocols.origin import check_origin
from lessons.protocols.websocket_close import parse_close
from lessons.protocols.websocket_events import BinaryMessage, Closed, Ping, Pong, TextMessage
from lessons.protocols.websocket_frames import Frame, Opcode, decode_frame, encode_frame
from tests.serving.websocket_support import UPGRADE, in_loop, masked, masked_text, upgraded_socket


@pytest.fixture
def port() -> Iterator[int]:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        server = threading.Thread(target=serve, args=(listener, partial(check_origin, allowed=["http://lab.example"])))
        server.start()
        yield listener.getsockname()[1]
        listener.shutdown(socket.SHUT_RDWR)
        server.join()


@in_loop
async def test_echo_with_our_client(port: int):
    async with await connect(f"ws://127.0.0.1:{port}/", origin="http://lab.example") as client:
        for message in (TextMessage(""), TextMessage("Grüße 🌍" * 1000), BinaryMessage(bytes(range(256)) * 300)):
            for fragment_size in (None, 100):
                await client.send(message, fragment_size)
                await client.send(Ping(b"there?"))
                assert [await client.receive(), await client.receive()] == [message, Pong(b"there?")]
        assert await client.close(4001, "enough") == Closed(4001, "enough")


def test_bytes_in_any_cut(port: int):
    data = UPGRADE % (b"/", b"") + masked_text("hello") + masked(Frame(Opcode.CLOSE, b""))
    for size in (1, 3, len(data)):
        with socket.create_connection(("127.0.0.1", port), timeout=10) as sock:
            for start in range(0, len(data), size):
                sock.sendall(data[start : start + size])
            assert read_to_the_end(sock).partition(b"\r\n\r\n")[2] == b"\x81\x05hello\x88\x00"


@pytest.mark.parametrize(
    ("request_bytes", "status"),
    [
        (b"GET / HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n", b"426"),
        (b"PUT / HTTP/1.1\r\nUpgrade: websocket\r\n\r\n", b"405"),
        (b"no HTTP at all\r\n\r\n", b"400"),
        ((UPGRADE % (b"/", b"")).replace(b"Key: dGhl", b"Key: "), b"400"),
        ((UPGRADE % (b"/", b"")).replace(b": 13", b": 12"), b"426"),
        (UPGRADE % (b"/", b"Origin: http://evil.example\r\n"), b"403"),
        (UPGRADE % (b"/", b"X: y\r\n" * 1_000_000), b"431"),
    ],
)
def test_refused(port: int, request_bytes: bytes, status: bytes):
    with socket.create_connection(("127.0.0.1", port), timeout=10) as sock:
        sock.sendall(request_bytes)
        sock.shutdown(socket.SHUT_WR)
        assert read_to_the_end(sock)[:13] == b"HTTP/1.1 %b " % status


@pytest.mark.parametrize(
    ("data", "code"),
    [
        (b"\x81\x00", 1002),
        (masked(Frame(3, b"")), 1002),
        (masked(Frame(1, b"", rsv=0x40)), 1002),
        (masked(Frame(0, b"x")), 1002),
        (masked(Frame(1, b"a", fin=False), Frame(1, b"b")), 1002),
        (masked(Frame(9, b"", fin=False)), 1002),
        (masked(Frame(9, bytes(126))), 1002),
        (masked(Frame(1, b"\xff")), 1007),
        (b"\x81\xfe\x00\x05", 1002),
        (b"\x81\xff" + (65535).to_bytes(8, "big"), 1002),
        (b"\x81\xff" + (2**63).to_bytes(8, "big"), 1002),
        (b"\x82\xff" + (2**63 - 1).to_bytes(8, "big"), 1009),
        (masked(Frame(8, b"\x03\xed")), 1002),
    ],
)
def test_violation_is_answered_by_its_code(port: int, data: bytes, code: int):
    with upgraded_socket(port) as sock:
        sock.sendall(data)
        assert closing_code(read_to_the_end(sock)) == code


def test_limit_holds_for_the_message_and_not_for_control_frames(port: int, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(simple_server, "MAX_MESSAGE", 10)
    six = Frame(Opcode.TEXT, b"abcdef", fin=False)
    with upgraded_socket(port) as sock:
        sock.sendall(masked(six, Frame(Opcode.PING, bytes(20)), Frame(0, b"ghij"), six, Frame(0, b"ghijk")))
        answers = [Frame(Opcode.PONG, bytes(20)), Frame(Opcode.TEXT, b"abcdefghij")]
        answered, echoes, closed = read_to_the_end(sock).partition(b"".join(map(encode_frame, answers)))
        assert (answered, echoes != b"", closing_code(closed)) == (b"", True, 1009)


def test_one_client_that_goes_away_harms_nobody(port: int):
    with upgraded_socket(port) as bystander:
        with upgraded_socket(port) as sock:
            sock.sendall(masked_text("half")[:-1])
        bystander.sendall(masked_text("hello"))
        assert bystander.recv(100) == b"\x81\x05hello"


def closing_code(data: bytes) -> int | None:
    """The code of the Close frame that data is, whole and alone."""
    decoded = decode_frame(data)
    assert decoded is not None
    assert decoded.frame.opcode == Opcode.CLOSE
    assert decoded.end == len(data)
    return parse_close(decoded.frame.payload)[0]


def read_to_the_end(sock: socket.socket) -> bytes:
    data = b""
    while part := sock.recv(65536):
        data += part
    return data
