"""The client on half a page, against both servers and against some that don't behave."""

import socket
import threading
from collections.abc import Callable

import pytest

from lessons import handshake, websocket
from lessons.frames.simple_client import converse
from lessons.protocols.websocket_events import Close, TextMessage
from lessons.protocols.websocket_handshake import HandshakeError
from lessons.serving.runtime import Server

SERVERS = pytest.mark.parametrize("make", [handshake.SimpleServer, websocket.Server, websocket.ReadyMadeServer])


@SERVERS
def test_says_and_hears_and_closes(make: Callable[[], Server]):
    texts = ["Hello", "Grüße 🌍", "a" * 70_000]
    with make() as server:
        heard = converse(f"ws://127.0.0.1:{server.port}/echo", texts)
    assert heard == [*map(TextMessage, texts), Close(1000)]


@pytest.mark.parametrize("answer", [b"", b"HTTP/1.1 101 Switching", b"HTTP/1.1 404 Not Found\r\n\r\n", b"x" * 100_000])
def test_an_answer_that_is_no_handshake_is_refused(answer: bytes):
    with socket.create_server(("127.0.0.1", 0)) as listener:
        server = threading.Thread(target=answer_once, args=(listener, answer))
        server.start()
        with pytest.raises(HandshakeError, match="RFC"):
            converse(f"ws://127.0.0.1:{listener.getsockname()[1]}/", ["Hello"])
        server.join()


def answer_once(listener: socket.socket, answer: bytes) -> None:
    client, _ = listener.accept()
    with client:
        client.recv(4096)
        client.sendall(answer)


def test_a_server_that_keeps_silent_is_given_up(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr("lessons.frames.simple_client.PATIENCE_SECONDS", 0.05)
    with socket.create_server(("127.0.0.1", 0)) as listener, pytest.raises(TimeoutError):
        converse(f"ws://127.0.0.1:{listener.getsockname()[1]}/", ["Hello"])
