"""The load: raw sockets and requests made beforehand, so that asking costs less than answering."""

from __future__ import annotations

import select
import socket
import time
from collections.abc import Sequence
from typing import Protocol, TypeVar

from benchmarks.harness import BenchmarkError

Bytes = TypeVar("Bytes", bytes, int)
SECONDS_OF_SILENCE = 10.0
WAKE_ONCE_UP_TO = 1 << 16  # bytes of a reply for which the kernel wakes us only when it is whole
BUFFER = memoryview(bytearray(1 << 20))  # for what is counted but not looked at


def connect(port: int) -> socket.socket:
    """Open a connection on which small writes leave at once."""
    connection = socket.create_connection(("127.0.0.1", port), SECONDS_OF_SILENCE)
    connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    return connection


def receive_exactly(connection: socket.socket, length: int) -> bytes:
    """Wait until a number of bytes has come, and return them."""
    received = connection.recv(length)
    while len(received) < length:
        received += some(connection.recv(length - len(received)))
    return received


def some(received: Bytes) -> Bytes:
    """Return what was received, which is never nothing.

    Raises:
        BenchmarkError: The server closed the connection.
    """
    if not received:
        raise BenchmarkError("The server closed a connection in the middle of a measurement.")
    return received


class Exchange(Protocol):
    """A connection on which a request goes out, its reply comes in, and the next request follows."""

    connection: socket.socket
    unsent: memoryview

    def begin(self) -> None:
        """Send the next request, or as much of it as the socket takes."""

    def send(self) -> None:
        """Send more of what is still unsent."""

    def receive(self) -> bool:
        """Read what has come; tell whether that completes the reply."""


class FixedExchange:
    """An exchange whose reply has a length known beforehand, so that counting bytes is enough.

    Args:
        connection: An open connection.
        request: All bytes of a request.
        reply_length: The number of bytes of its reply.
    """

    def __init__(self, connection: socket.socket, request: bytes, reply_length: int) -> None:
        connection.setblocking(False)
        if reply_length <= WAKE_ONCE_UP_TO:
            connection.setsockopt(socket.SOL_SOCKET, socket.SO_RCVLOWAT, reply_length)
        self.connection = connection
        self.request = memoryview(request)
        self.reply_length = reply_length

    def begin(self) -> None:
        """Send the request, or as much of it as the socket takes."""
        self.missing = self.reply_length
        self.unsent = self.request
        self.send()

    def send(self) -> None:
        """Send more of what is still unsent."""
        self.unsent = self.unsent[self.connection.send(self.unsent) :]

    def receive(self) -> bool:
        """Read what has come; tell whether the reply is complete."""
        self.missing -= some(self.connection.recv_into(BUFFER))
        if self.missing < 0:
            raise BenchmarkError(f"A reply was {-self.missing} bytes longer than {self.reply_length}.")
        return not self.missing


def keep_busy(exchanges: Sequence[Exchange], seconds: float) -> int:
    """Keep one request out on every connection for some time, and return how many replies came in all."""
    by_descriptor = {exchange.connection.fileno(): exchange for exchange in exchanges}
    deadline = time.perf_counter() + seconds
    replies, pending = 0, len(exchanges)
    with select.epoll() as poll:
        for descriptor, exchange in by_descriptor.items():
            poll.register(descriptor, select.EPOLLIN)
            _begin(exchange, poll)
        while pending:
            for descriptor, event in wait(poll):
                exchange = by_descriptor[descriptor]
                if event & select.EPOLLOUT:
                    _send_more(exchange, poll)
                if event & ~select.EPOLLOUT and exchange.receive():
                    replies += 1
                    if time.perf_counter() < deadline:
                        _begin(exchange, poll)
                    else:
                        pending -= 1
    return replies


def wait(poll: select.epoll) -> list[tuple[int, int]]:
    """Return the sockets on which something can be done, with what it is.

    Raises:
        BenchmarkError: Nothing came for ten seconds.
    """
    ready = poll.poll(SECONDS_OF_SILENCE)
    if not ready:
        raise BenchmarkError(f"The server was silent for {SECONDS_OF_SILENCE:.0f} seconds.")
    return ready


def _begin(exchange: Exchange, poll: select.epoll) -> None:
    exchange.begin()
    if exchange.unsent:
        poll.modify(exchange.connection, select.EPOLLIN | select.EPOLLOUT)


def _send_more(exchange: Exchange, poll: select.epoll) -> None:
    exchange.send()
    if not exchange.unsent:
        poll.modify(exchange.connection, select.EPOLLIN)
