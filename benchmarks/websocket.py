"""How fast WebSocket messages pass the hand-written server and others: `python -m benchmarks.websocket`."""

from __future__ import annotations

import sys
import time
from collections.abc import Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from socket import socket

from benchmarks.frames import BINARY, MASK, TEXT, frame
from benchmarks.harness import (
    OURS,
    BenchmarkError,
    Measure,
    Peer,
    Sample,
    Server,
    all_running,
    chosen,
    measure_in_turn,
    parse_arguments,
    sample,
    take_load_core,
)
from benchmarks.load import FixedExchange, connect, keep_busy, receive_exactly
from benchmarks.node import node_peer
from benchmarks.on_loop import LOOPS
from benchmarks.report import describe_machine, publish, rate_tables, with_version

WARM_UP = 0.2

BARE = "bare echo, no WebSocket"


def peers() -> list[Peer]:
    """Return all servers of the comparison, ours first and the ceiling of the load last."""
    return [
        *on_each_loop(OURS, "lessons", "serve", "websocket"),
        node_peer("ws", "websocket_ws.js", "--port", "{port}"),
        *on_each_loop(with_version("websockets"), "benchmarks.peers.websocket_websockets"),
        *on_each_loop(with_version("tornado"), "benchmarks.peers.websocket_tornado"),
        *on_each_loop(with_version("aiohttp"), "benchmarks.peers.websocket_aiohttp"),
        *on_each_loop(with_version("picows") + " (Cython)", "benchmarks.peers.websocket_picows"),
        Peer(BARE, [sys.executable, "-m", "benchmarks.peers.websocket_bare", "--port", "{port}"]),
    ]


def on_each_loop(name: str, *module: str) -> list[Peer]:
    """Return a module in Python as a peer on asyncio's own loop, and on uvloop where it is installed."""
    start = [sys.executable, "-m", "benchmarks.on_loop"]
    return [
        Peer(name if loop == "asyncio" else f"{name}, {loop}", [*start, loop, *module, "--port", "{port}"])
        for loop in LOOPS
    ]


# -- Connections ------------------------------------------------------------------------------------


def open_websocket(server: Server, path: str) -> socket:
    """Open a connection and shake hands."""
    connection = connect(server.port)
    connection.sendall(
        f"GET {path} HTTP/1.1\r\nHost: 127.0.0.1:{server.port}\r\n"
        "Upgrade: websocket\r\nConnection: Upgrade\r\n"
        "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Version: 13\r\n\r\n".encode()
    )
    answer = b""
    while b"\r\n\r\n" not in answer:
        answer += connection.recv(4096) or b"(end)\r\n\r\n"
    if not answer.startswith(b"HTTP/1.1 101 "):
        raise BenchmarkError(f"{server.name} refused the handshake: {answer.decode()}")
    return connection


# -- What is measured ------------------------------------------------------------------------------


@dataclass(frozen=True)
class Echo:
    """Every connection sends messages, waits for all of them to come back, and sends again."""

    title: str
    connections: int
    first_byte: int
    size: int
    messages_a_write: int = 1

    def __call__(self, server: Server, seconds: float) -> Sample:
        """Measure a server for some seconds."""
        payload = b"x" * self.size
        message = frame(self.first_byte, payload, MASK)
        reply = message if server.name == BARE else frame(self.first_byte, payload)
        with ExitStack() as stack:
            sockets = [stack.enter_context(open_websocket(server, "/echo")) for _ in range(self.connections)]
            check_echo(sockets[0], message, reply)
            count = self.messages_a_write
            exchanges = [FixedExchange(socket, message * count, len(reply) * count) for socket in sockets]
            keep_busy(exchanges, WARM_UP)
            return sample(server, lambda: keep_busy(exchanges, seconds) * count)


@dataclass(frozen=True)
class Broadcast:
    """One connection says something, and says more as soon as it hears itself."""

    title: str
    connections: int
    size: int

    def __call__(self, server: Server, seconds: float) -> Sample:
        """Measure a server for some seconds; a message counts once for each connection that hears it."""
        payload = b"x" * self.size
        message = frame(TEXT, payload, MASK)
        length = len(message) if server.name == BARE else len(frame(TEXT, payload))
        with ExitStack() as stack:
            sockets = join_all(server, self.connections, message, length, stack)
            speak(sockets, message, length, WARM_UP)
            return sample(server, lambda: speak(sockets, message, length, seconds))


def check_echo(connection: socket, message: bytes, reply: bytes) -> None:
    """See that a server does its work, before only bytes are counted."""
    connection.sendall(message)
    if receive_exactly(connection, len(reply)) != reply:
        raise BenchmarkError("The server's reply is not the message that was sent.")


def join_all(server: Server, count: int, message: bytes, length: int, stack: ExitStack) -> list[socket]:
    """Open connections one after the other; each says something, and has joined once it hears itself."""
    sockets = []
    for _ in range(count):
        sockets.append(stack.enter_context(open_websocket(server, "/broadcast")))
        sockets[-1].sendall(message)
        receive_exactly(sockets[-1], length)
    for place, connection in enumerate(sockets):
        receive_exactly(connection, length * (count - 1 - place))  # what those who came later said
    return sockets


def speak(sockets: Sequence[socket], message: bytes, length: int, seconds: float) -> int:
    """Broadcast one message after the other for some seconds, and return how many were heard.

    The speaker reads every message; the others read ten at once, so that reading isn't the limit.
    """
    speaker, *listeners = sockets
    deadline = time.perf_counter() + seconds
    heard = 0
    while time.perf_counter() < deadline:
        for _ in range(10):
            speaker.sendall(message)
            receive_exactly(speaker, length)
        for listener in listeners:
            receive_exactly(listener, length * 10)
        heard += 10 * len(sockets)
    return heard


MEASURES: list[Measure] = [
    Echo("1 connection, 64 B", connections=1, first_byte=TEXT, size=64),
    Echo("50 connections, 64 B", connections=50, first_byte=TEXT, size=64),
    Echo("100 × 64 B a write", connections=10, first_byte=TEXT, size=64, messages_a_write=100),
    Echo("64 KiB", connections=4, first_byte=BINARY, size=1 << 16),
    Echo("1 MiB", connections=2, first_byte=BINARY, size=1 << 20),
    Broadcast("broadcast to 200, 64 B", connections=200, size=64),
]


def main() -> None:
    """Measure, print the tables, and put them into README.md if all servers were measured."""
    arguments = parse_arguments(__doc__)
    take_load_core()
    with all_running(chosen(peers(), arguments)) as servers:
        results = measure_in_turn(MEASURES, servers, arguments.rounds, arguments.seconds)
    text = f"{describe_machine()}\n\n{rate_tables('Messages', results)}"
    print(text)
    if arguments.complete:
        publish("websocket", text)


if __name__ == "__main__":
    main()
