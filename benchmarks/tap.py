"""What the tap costs on the way to a server: python -m benchmarks.tap. Beside it, no tap and a bare relay."""

from __future__ import annotations

import select
import socket
import sys
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import closing, contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from statistics import median, quantiles

from benchmarks.harness import (
    Peer,
    Server,
    add_before,
    all_running,
    argument_parser,
    running,
    sample,
    show_progress,
    take_load_core,
)
from benchmarks.load import BUFFER, connect, receive_exactly, some
from benchmarks.report import describe_machine, markdown, publish

SMALL = bytes(64)
BLOCK = memoryview(bytes(1 << 16))
WARM_UP = 200  # round trips


@dataclass(frozen=True)
class Figures:
    """What one round has measured of one way to the server.

    Attributes:
        round_trip: Median seconds until 64 bytes have come back.
        slow_round_trip: The same for the slowest in a hundred.
        bytes_a_second: How much comes back while as much as can be is sent.
        cpu_a_gigabyte: Seconds of processor time that the process under the port uses for that.
    """

    round_trip: float
    slow_round_trip: float
    bytes_a_second: float
    cpu_a_gigabyte: float


@contextmanager
def ways(former: Path | None) -> Iterator[list[Server]]:
    """Run an echo server, a bare relay and a tap before it, and the tap of a former checkout if one is given."""
    with running(Peer("direct", [sys.executable, "-m", "benchmarks.peers.echo", "--port", "{port}"])) as echo:
        target = ["--port", "{port}", "--target", str(echo.port)]
        tap = Peer("tap", [sys.executable, "-m", "benchmarks.peers.tap", *target])
        relays = [Peer("bare relay", [sys.executable, "-m", "benchmarks.peers.relay", *target]), tap]
        if former is not None:
            relays.append(replace(tap, name="before: tap", checkout=former.resolve()))
        with all_running(relays) as servers:
            yield [echo, *servers]


def round_trips(connection: socket.socket, seconds: float) -> list[float]:
    """Send a few bytes and wait for them, again and again; return how long each took."""
    taken: list[float] = []
    until = time.perf_counter() + seconds
    while len(taken) < WARM_UP or time.perf_counter() < until:
        start = time.perf_counter()
        connection.sendall(SMALL)
        receive_exactly(connection, len(SMALL))
        taken.append(time.perf_counter() - start)
    return taken[WARM_UP // 2 :]


def stream(connection: socket.socket, seconds: float) -> int:
    """Send as much as the line takes and read what comes back; return how many bytes that were."""
    connection.setblocking(False)
    received = 0
    until = time.perf_counter() + seconds
    while time.perf_counter() < until:
        readable, writable, _ = select.select([connection], [connection], [], 1)
        if readable:
            received += some(connection.recv_into(BUFFER))
        if writable:
            connection.send(BLOCK)
    return received


def measure(server: Server, seconds: float) -> Figures:
    """Measure one way to the server once."""
    with closing(connect(server.port)) as connection:
        taken = round_trips(connection, seconds)
    with closing(connect(server.port)) as connection:
        streamed = sample(server, lambda: stream(connection, seconds))
    return Figures(
        round_trip=median(taken),
        slow_round_trip=quantiles(taken, n=100)[-1],
        bytes_a_second=streamed.work / streamed.seconds,
        cpu_a_gigabyte=streamed.cpu_seconds / streamed.work * 1e9,
    )


def table(results: Mapping[str, Sequence[Figures]]) -> str:
    """Return the medians of all rounds as a Markdown table, with what each way adds to the direct one."""
    direct = median(figures.round_trip for figures in results["direct"])
    rows = []
    for name, rounds in results.items():
        trip = median(figures.round_trip for figures in rounds)
        rows.append(
            [
                name,
                f"{trip * 1e6:.0f} µs",
                f"{(trip - direct) * 1e6:+.0f} µs",
                f"{median(figures.slow_round_trip for figures in rounds) * 1e6:.0f} µs",
                f"{median(figures.bytes_a_second for figures in rounds) / 1e6:,.0f} MB/s",
                f"{median(figures.cpu_a_gigabyte for figures in rounds):.2f} s",
            ]
        )
    heading = ["", "64 bytes there and back", "added", "slowest in 100", "stream, each way", "processor time a GB"]
    return markdown(heading, rows)


def main() -> None:
    """Measure, and put the table into README.md."""
    parser = argument_parser(__doc__ or "")
    add_before(parser)
    arguments = parser.parse_args()
    take_load_core()
    results: dict[str, list[Figures]] = {}
    with ways(arguments.before) as servers:
        for turn in range(arguments.rounds):
            for server in servers:
                show_progress(f"round {turn + 1} of {arguments.rounds}: {server.name}")
                results.setdefault(server.name, []).append(measure(server, arguments.seconds))
    show_progress("")
    text = f"{describe_machine()}\n\n{table(results)}"
    print(text)
    if arguments.before is None:
        publish("tap", text)


if __name__ == "__main__":
    main()
