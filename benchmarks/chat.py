"""How fast the chat delivers, beside Node's socket.io running the same chat: `python -m benchmarks.chat`."""

from __future__ import annotations

import time
from collections.abc import Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from statistics import quantiles
from typing import Self

from benchmarks.frames import MASK, TEXT, frame
from benchmarks.harness import (
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
from benchmarks.load import connect, some
from benchmarks.node import node_peer
from benchmarks.report import describe_machine, markdown, publish, rate_tables
from benchmarks.websocket import on_each_loop

PEOPLE = 200
MARK = b"this-is-what-was-said"
WARM_UP = 0.3
HANDSHAKE = (
    b"GET /socket.io/?EIO=4&transport=websocket HTTP/1.1\r\nHost: 127.0.0.1\r\nUpgrade: websocket\r\n"
    b"Connection: Upgrade\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Version: 13\r\n\r\n"
)
TIMED_MESSAGES = 300


def peers() -> list[Peer]:
    """Return the servers of the comparison, ours first."""
    return [
        *on_each_loop("lessons", "benchmarks.peers.chat_lessons"),
        node_peer("socket.io", "chat_socketio.js", "--port", "{port}"),
    ]


class Person:
    """Somebody in the chat, over WebSocket; what he hears is counted by the mark in it."""

    def __init__(self, server: Server, name: str) -> None:
        self.socket = connect(server.port)
        self._tail = b""
        self._unread = 0
        self.socket.sendall(HANDSHAKE)
        self._until(b"pingInterval")
        self._send("40")
        self._until(b"40{")
        self._send(f'42["message","{name}"]')
        self._until(b"joined the chat")

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *error: object) -> None:
        self.socket.close()

    def say(self, count: int) -> None:
        """Send messages that bear the mark, in one write."""
        self.socket.sendall(frame(TEXT, b'42["message","' + MARK + b'"]', MASK) * count)

    def hear(self, count: int) -> None:
        """Wait until that many more messages with the mark have come."""
        self._unread += count
        while self._unread > 0:
            data = self._tail + some(self.socket.recv(1 << 16))
            self._unread -= data.count(MARK)
            self._tail = data[1 - len(MARK) :]

    def _send(self, packet: str) -> None:
        self.socket.sendall(frame(TEXT, packet.encode(), MASK))

    def _until(self, words: bytes) -> None:
        data = b""
        while words not in data:
            data += some(self.socket.recv(1 << 16))


def join_all(server: Server, stack: ExitStack) -> list[Person]:
    """Let everybody in; all have heard the last one's first words when it returns."""
    names = (f"person{time.monotonic_ns()}" for _ in range(PEOPLE))
    people = [stack.enter_context(Person(server, name)) for name in names]
    people[0].say(1)
    for person in people:
        person.hear(1)
    return people


@dataclass(frozen=True)
class Speaking:
    """Some say something, as many messages at once, and say more as soon as everybody has heard it."""

    title: str
    speakers: int
    at_once: int

    def __call__(self, server: Server, seconds: float) -> Sample:
        """Measure a server for some seconds; a message counts once for each who hears it."""
        with ExitStack() as stack:
            people = join_all(server, stack)
            self._speak(people, WARM_UP)
            return sample(server, lambda: self._speak(people, seconds))

    def _speak(self, people: Sequence[Person], seconds: float) -> int:
        deadline = time.perf_counter() + seconds
        heard = 0
        while time.perf_counter() < deadline:
            for speaker in people[: self.speakers]:
                speaker.say(self.at_once)
            for person in people:
                person.hear(self.speakers * self.at_once)
            heard += self.speakers * self.at_once * len(people)
        return heard


def slowest_percent(server: Server) -> float:
    """Return how long, in milliseconds, 99 of 100 messages of one speaker's take until the last has heard them."""
    with ExitStack() as stack:
        people = join_all(server, stack)
        times = []
        for _ in range(TIMED_MESSAGES):
            begin = time.perf_counter()
            people[0].say(1)
            for person in people:
                person.hear(1)
            times.append(time.perf_counter() - begin)
    return quantiles(times, n=100)[98] * 1000


def memory_a_client(server: Server) -> float:
    """Return by how many KiB a server grows for each person who comes in."""
    before = server.resident_bytes()
    with ExitStack() as stack:
        join_all(server, stack)
        return (server.resident_bytes() - before) / PEOPLE / 1024


MEASURES: list[Measure] = [
    Speaking("one speaker, one at a time", speakers=1, at_once=1),
    Speaking("one speaker, eight under way", speakers=1, at_once=8),
    Speaking("50 speakers at once", speakers=50, at_once=1),
]


def main() -> None:
    """Measure, print the tables, and put them into README.md if all servers were measured."""
    arguments = parse_arguments(__doc__ or "")
    take_load_core()
    with all_running(chosen(peers(), arguments)) as servers:
        memory = {server.name: memory_a_client(server) for server in servers}  # before anything else makes them grow
        results = measure_in_turn(MEASURES, servers, arguments.rounds, arguments.seconds)
        slowest = {server.name: slowest_percent(server) for server in servers}
    rows = [[name, f"{slowest[name]:.1f} ms", f"{memory[name]:.0f} KiB"] for name in slowest]
    others = markdown(["", "99 of 100 messages heard by all within", "memory a client"], rows)
    text = f"{describe_machine()}\n\n{rate_tables('Deliveries', results)}\n\n{others}"
    print(text)
    if arguments.complete:
        publish("chat", text)


if __name__ == "__main__":
    main()
