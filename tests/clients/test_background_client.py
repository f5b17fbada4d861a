"""The client in the background: what it makes of a server that misbehaves, and how it says how a connection ended."""

import contextlib
import socket
import threading

import pytest

from lessons import websocket
from lessons.clients.background_client import closing_words
from lessons.protocols.http_head import parse_request
from lessons.protocols.websocket_frames import Frame, Opcode, encode_frame
from lessons.protocols.websocket_handshake import accept_request

PATIENCE = 10.0


@contextlib.contextmanager
def server_that_says(data: bytes):
    """Run a server that shakes hands with one client, says this, and waits for its end."""

    def serve(listener: socket.socket) -> None:
        client, _ = listener.accept()
        client.settimeout(PATIENCE)
        with client:
            head = b""
            while not head.endswith(b"\r\n\r\n"):
                head += client.recv(4096)
            client.sendall(accept_request(parse_request(head[:-4]), compression=False)[0] + data)
            while client.recv(4096):
                pass

    with socket.create_server(("127.0.0.1", 0)) as listener:
        thread = threading.Thread(target=serve, args=(listener,))
        thread.start()
        yield f"http://127.0.0.1:{listener.getsockname()[1]}"
        thread.join(PATIENCE)
        assert not thread.is_alive()


def test_a_rule_that_the_server_breaks_is_told():
    masked = encode_frame(Frame(Opcode.TEXT, b"Hello"), b"\x01\x02\x03\x04")
    with server_that_says(masked) as url, websocket.Client(url) as client:
        client.feed.wait_for_status("closed")
        assert client.feed.reason == "A server must not mask its frames. (RFC 6455, section 5.1)"


def test_what_the_server_says_with_its_answer_is_heard():
    hello = encode_frame(Frame(Opcode.TEXT, b"Hello")) + encode_frame(Frame(Opcode.BINARY, bytes(20)))
    with server_that_says(hello) as url, websocket.Client(url) as client:
        assert client.feed.wait(2) == ["Hello", "20 bytes: " + " ".join(["00"] * 16) + " …"]


def test_a_server_that_is_not_there():
    with socket.create_server(("127.0.0.1", 0)) as listener:
        url = f"http://127.0.0.1:{listener.getsockname()[1]}"
    with websocket.Client(url) as client:
        client.feed.wait_for_status("closed")
        assert "refused" in client.feed.reason.lower() or "connect" in client.feed.reason.lower()


def test_a_server_that_has_said_close_and_keeps_tcp_open_is_left(monkeypatch):
    monkeypatch.setattr("lessons.clients.background_client.CLOSE_SECONDS", 0.05)
    with server_that_says(encode_frame(Frame(Opcode.CLOSE, b"\x03\xe8bye"))) as url, websocket.Client(url) as client:
        client.feed.wait_for_status("closed")
        assert client.feed.reason == "1000, bye"


@pytest.mark.parametrize("path", ["/a b", "/ü", "/ж?正=😀"])
def test_a_path_may_hold_whatever_a_browser_takes(path):
    hello = encode_frame(Frame(Opcode.TEXT, b"Hello"))
    with server_that_says(hello) as url, websocket.Client(url, path=path) as client:
        assert client.feed.wait(1) == ["Hello"]


@pytest.mark.parametrize(("options", "words"), [({"path": "x"}, "is not the URL"), ({"subprotocols": ["ж"]}, "tokens")])
def test_what_can_not_be_asked_for_is_told(options, words):
    with websocket.Client("http://127.0.0.1:9", **options) as client:
        client.feed.wait_for_status("closed")
        assert words in client.feed.reason


@pytest.mark.parametrize(
    ("code", "reason", "words"),
    [
        (1000, "", "1000"),
        (4001, "enough", "4001, enough"),
        (1005, "", "1005: a Close frame without a code"),
        (1006, "", "1006: broken off, without a Close frame"),
    ],
)
def test_how_a_connection_ended(code, reason, words):
    assert closing_words(code, reason) == words
