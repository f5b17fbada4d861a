"""How the lessons' HTTP servers bear many clients, beside others: `python -m benchmarks.http`."""

from __future__ import annotations

import re
import select
import sys
import time
from argparse import Namespace
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from statistics import median
from typing import TypeVar

from benchmarks.harness import (
    OURS,
    BenchmarkError,
    Measure,
    Peer,
    Results,
    Sample,
    Server,
    all_running,
    chosen,
    measure_in_turn,
    parse_arguments,
    running,
    sample,
    show_progress,
    take_load_core,
)
from benchmarks.load import connect, keep_busy, some, wait
from benchmarks.node import node_peer
from benchmarks.report import (
    compare_efficiency,
    describe_machine,
    markdown,
    publish,
    rate_tables,
    table,
    with_version,
)

CONTENT_LENGTH = re.compile(rb"(?i)\r\ncontent-length: *(\d+)")

NEWS_EVERY_SECOND = 1.0
NEWS_WITHOUT_PAUSE = 0.001  # seconds; no server here tells 500 subscribers something in less

WARM_UP = 0.2  # seconds
RELEASES = 3  # of parked requests, in one measurement


def peers(mode: str, interval: float) -> list[Peer]:
    """Return the servers of one transport, ours first and the ceiling of the load last."""
    options = ["--port", "{port}", "--interval", str(interval)]
    bare = [sys.executable, "-m", "benchmarks.peers.http_bare", mode, *options]
    tornado = [sys.executable, "-m", "benchmarks.peers.http_tornado", mode, *options]
    return [
        Peer(OURS, [sys.executable, "-m", "lessons", "serve", mode, *options]),
        node_peer("express", "http_express.js", mode, *options),
        Peer(f"{with_version('tornado')}, as first written", tornado),
        Peer("bare asyncio, no HTTP", bare),
    ]


# -- Clients -------------------------------------------------------------------------------------------


class Request:
    """A keep-alive connection that asks for the clock, reads the whole response, and may ask again."""

    def __init__(self, server: Server, accept: str = "*/*") -> None:
        self.connection = connect(server.port)
        self.connection.setblocking(False)
        host = f"127.0.0.1:{server.port}"
        self.request = f"GET /clock HTTP/1.1\r\nHost: {host}\r\nAccept: {accept}\r\n\r\n".encode()

    def begin(self) -> None:
        """Ask."""
        self.received = b""
        self.unsent = memoryview(self.request)
        self.send()

    def send(self) -> None:
        """Send more of what is still unsent."""
        self.unsent = self.unsent[self.connection.send(self.unsent) :]

    def receive(self) -> bool:
        """Read what has come; tell whether the response is complete."""
        self.received += some(self.connection.recv(1 << 16))
        head, end, body = self.received.partition(b"\r\n\r\n")
        return bool(end) and len(body) >= content_length(head)


class Subscription(Request):
    """A connection on which events come until it is closed."""

    def __init__(self, server: Server) -> None:
        super().__init__(server, "text/event-stream")
        self.last_byte = b""

    def count_events(self) -> int:
        """Read what has come, and return how many events ended in it, whatever chunks they came in."""
        data = self.last_byte + some(self.connection.recv(1 << 16))
        self.last_byte = data[-1:]
        return data.count(b"\n\n")


Client = TypeVar("Client", bound=Request)


def content_length(head: bytes) -> int:
    """Return the length of the body that belongs to the head of a response (RFC 9112, section 6.2)."""
    length = CONTENT_LENGTH.search(head)
    if not head.startswith(b"HTTP/1.1 200 ") or not length:
        raise BenchmarkError(f"Not a response of known length with status 200: {head.decode()}")
    return int(length[1])


def opened(make: type[Client], server: Server, count: int, stack: ExitStack) -> list[Client]:
    """Open connections that the stack closes."""
    clients = [make(server) for _ in range(count)]
    for client in clients:
        stack.enter_context(client.connection)
    return clients


def watch(clients: Sequence[Client], stack: ExitStack) -> Iterator[Client]:
    """Yield the clients for which something came, one by one and for ever."""
    by_descriptor = {client.connection.fileno(): client for client in clients}
    poll = stack.enter_context(select.epoll())
    for descriptor in by_descriptor:
        poll.register(descriptor, select.EPOLLIN)
    while True:
        for descriptor, _ in wait(poll):
            yield by_descriptor[descriptor]


# -- What is measured ----------------------------------------------------------------------------------


@dataclass(frozen=True)
class Polling:
    """Clients that ask again as soon as they are answered."""

    title: str
    connections: int

    def __call__(self, server: Server, seconds: float) -> Sample:
        """Count the requests of some seconds."""
        with ExitStack() as stack:
            requests = opened(Request, server, self.connections, stack)
            keep_busy(requests, WARM_UP)
            return sample(server, lambda: keep_busy(requests, seconds))


@dataclass(frozen=True)
class LongPolling:
    """Parked requests, which a piece of news releases all at once; then all are parked again."""

    title: str
    connections: int

    def __call__(self, server: Server, seconds: float) -> Sample:
        """Count the answers of a few releases; the time is that between the first answer and the last."""
        with ExitStack() as stack:
            requests = opened(Request, server, self.connections, stack)
            answers = watch(requests, stack)
            release(requests, answers)  # the first finds some of them not yet parked
            before = server.cpu_seconds()
            spread = sum(release(requests, answers) for _ in range(RELEASES))
            return Sample(self.connections * RELEASES, spread, server.cpu_seconds() - before)


@dataclass(frozen=True)
class EventStream:
    """Subscribers to news that never pauses."""

    title: str
    connections: int

    def __call__(self, server: Server, seconds: float) -> Sample:
        """Count the events of some seconds, once for each subscriber whom they reach."""
        with ExitStack() as stack:
            subscriptions = opened(Subscription, server, self.connections, stack)
            news = watch(subscriptions, stack)
            subscribe(subscriptions, news)
            return sample(server, lambda: count_events(news, seconds))


def release(requests: Sequence[Request], answers: Iterator[Request]) -> float:
    """Ask by all requests, wait for all answers, and return the seconds between the first and the last."""
    for request in requests:
        request.begin()
    missing, first = len(requests), 0.0
    while missing:
        missing -= next(answers).receive()
        first = first or time.perf_counter()
    return time.perf_counter() - first


def subscribe(subscriptions: Sequence[Subscription], news: Iterator[Subscription]) -> None:
    """Ask by all subscriptions, and wait until each has had an event."""
    for subscription in subscriptions:
        subscription.begin()
    missing = set(subscriptions)
    while missing:
        subscription = next(news)
        if subscription.count_events():
            missing.discard(subscription)


def count_events(news: Iterator[Subscription], seconds: float) -> int:
    """Return the number of events that arrive in some seconds."""
    deadline = time.perf_counter() + seconds
    events = 0
    while time.perf_counter() < deadline:
        events += next(news).count_events()
    return events


def memory_of_parked_requests(server: Server) -> float:
    """Return the memory that a server takes for a parked request, in bytes."""
    before = server.resident_bytes()
    with ExitStack() as stack:
        requests = opened(Request, server, LONG_POLLING.connections, stack)
        answers = watch(requests, stack)
        release(requests, answers)
        release(requests, answers)
        return (server.resident_bytes() - before) / len(requests)


def memory_of_subscribers(server: Server) -> float:
    """Return the memory that a server takes for a subscriber to its events, in bytes."""
    before = server.resident_bytes()
    with ExitStack() as stack:
        subscriptions = opened(Subscription, server, EVENT_STREAM.connections, stack)
        subscribe(subscriptions, watch(subscriptions, stack))
        return (server.resident_bytes() - before) / len(subscriptions)


# -- The run -------------------------------------------------------------------------------------------

POLLING = Polling("polling by 50 connections", 50)
LONG_POLLING = LongPolling("release of 1,000 parked requests", 1000)
EVENT_STREAM = EventStream("events to 500 subscribers", 500)


def main() -> None:
    """Measure, print the tables, and put them into README.md if all servers were measured."""
    arguments = parse_arguments(__doc__)
    take_load_core()
    polling = measure("polling", POLLING, NEWS_EVERY_SECOND, arguments)
    long_polling = measure("long-polling", LONG_POLLING, NEWS_EVERY_SECOND, arguments)
    event_stream = measure("sse", EVENT_STREAM, NEWS_WITHOUT_PAUSE, arguments)
    parked = measure_memory("long-polling", memory_of_parked_requests, arguments)
    subscribed = measure_memory("sse", memory_of_subscribers, arguments)
    tables = [
        describe_machine(),
        rate_tables("Requests and deliveries", polling | event_stream),
        "Milliseconds from the first answer of a release to the last:",
        table(long_polling, spread_of_release),
        "Answers a second of the server's processor time, parking the requests included:",
        table(long_polling, compare_efficiency),
        "KiB of the server's memory for a client that waits:",
        markdown(["", "parked request", "subscriber"], [[name, parked[name], subscribed[name]] for name in parked]),
    ]
    text = "\n\n".join(tables)
    print(text)
    if arguments.complete:
        publish("http", text)


def measure(mode: str, load: Measure, interval: float, arguments: Namespace) -> Results:
    """Measure one transport on all servers in turn."""
    with all_running(chosen(peers(mode, interval), arguments)) as servers:
        return measure_in_turn([load], servers, arguments.rounds, arguments.seconds)


def measure_memory(mode: str, take: Callable[[Server], float], arguments: Namespace) -> dict[str, str]:
    """Return for each server the median KiB a client, each round with a fresh process."""
    return {
        peer.name: f"{median(memory_of_fresh(peer, take) for _ in range(arguments.rounds)) / 1024:.1f}"
        for peer in chosen(peers(mode, NEWS_EVERY_SECOND), arguments)
    }


def memory_of_fresh(peer: Peer, take: Callable[[Server], float]) -> float:
    """Start a server, and return the bytes that it takes for a client."""
    show_progress(f"memory: {peer.name}")
    with running(peer) as server:
        return take(server)


def spread_of_release(samples: Sequence[Sample], _: Sequence[Sample]) -> str:
    """Return the median time of a release in milliseconds."""
    return f"{median(one.seconds for one in samples) / RELEASES * 1000:.0f}"


if __name__ == "__main__":
    main()
