"""A line to test the tap with: a client's socket, the tap, and the socket of a server behind it."""

import contextlib
import socket
import threading
from collections.abc import Iterator
from dataclasses import dataclass

from lessons.wire import Tap
from tests.waiting import wait_until

PATIENCE = 10.0  # seconds that a test's socket waits before it gives up


@dataclass
class Connection:
    """Both ends of a connection through the tap."""

    client: socket.socket
    server: socket.socket


class Line:
    """A listening socket with a tap before it; the test itself is the client and the server."""

    def __init__(self) -> None:
        self.listener = socket.create_server(("127.0.0.1", 0))
        self.listener.settimeout(PATIENCE)
        self.tap = Tap(f"http://127.0.0.1:{self.listener.getsockname()[1]}")
        self._sockets: list[socket.socket] = []

    def connect(self) -> Connection:
        """Open a connection through the tap."""
        client = self.dial()
        server, _ = self.listener.accept()
        server.settimeout(PATIENCE)
        self._sockets.append(server)
        wait_until(lambda: all(pair.client.other for pair in list(self.tap._relay.pairs)), "the tap to join the two")
        return Connection(client, server)

    def dial(self) -> socket.socket:
        """Open a client's connection to the tap, whatever is behind it."""
        client = socket.create_connection(("127.0.0.1", self.tap.port), timeout=PATIENCE)
        self._sockets.append(client)
        return client

    def close(self) -> None:
        for each in [*self._sockets, self.listener]:
            each.close()
        if self.tap.running:
            self.tap.close()


@contextlib.contextmanager
def a_line() -> Iterator[Line]:
    """Return a line that is taken down at the end."""
    line = Line()
    try:
        yield line
    finally:
        line.close()


def receive(connection: socket.socket, count: int) -> bytes:
    """Read exactly `count` bytes, fewer only if they end before."""
    data = bytearray()
    while len(data) < count and (piece := connection.recv(min(65536, count - len(data)))):
        data += piece
    return bytes(data)


def receive_all(connection: socket.socket) -> bytes:
    """Read to the end."""
    data = bytearray()
    while piece := connection.recv(65536):
        data += piece
    return bytes(data)


@contextlib.contextmanager
def in_background(work, *arguments) -> Iterator[None]:
    """Do some work in a thread meanwhile; what it raises is ignored, its effect is what the test looks at."""

    def quietly() -> None:
        with contextlib.suppress(OSError):
            work(*arguments)

    thread = threading.Thread(target=quietly)
    thread.start()
    try:
        yield
    finally:
        thread.join(PATIENCE)
        assert not thread.is_alive()
