"""What every benchmark shares: servers on one core, the load on the other, times and processor times.

The machines are noisy, so each figure comes twice: as work a second, and as work a second of the processor
time that the server used. The second hardly moves when a neighbour takes the core away.
"""

from __future__ import annotations

import argparse
import os
import shlex
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from tempfile import TemporaryFile
from typing import Protocol

HERE = Path(__file__).parent
SECONDS_TO_START = 20.0
OURS = "lessons"
"""What the names of our own servers begin with."""

SERVER_CORE, LOAD_CORE = 0, 1


class BenchmarkError(Exception):
    """A measurement could not be taken; says which and why."""


# -- Servers ---------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Peer:
    """A server to measure.

    Attributes:
        name: What the tables call it.
        command: What starts it; `{port}` in an argument stands for the port.
        checkout: The folder in which it is started.
    """

    name: str
    command: Sequence[str]
    checkout: Path = HERE.parent


@dataclass(frozen=True)
class Server:
    """A peer while it runs."""

    name: str
    port: int
    process_id: int

    def cpu_seconds(self) -> float:
        """Return the processor time that all its threads have used, as Linux's scheduler counts it."""
        threads = Path(f"/proc/{self.process_id}/task").glob("*/schedstat")
        return sum(int(thread.read_text().split()[0]) for thread in threads) / 1e9

    def resident_bytes(self) -> int:
        """Return the memory that the server holds (the kernel's buffers for its sockets aren't in it)."""
        pages = Path(f"/proc/{self.process_id}/statm").read_text().split()[1]
        return int(pages) * os.sysconf("SC_PAGE_SIZE")


@contextmanager
def running(peer: Peer) -> Iterator[Server]:
    """Start a peer on the server's core, wait until it accepts connections, and end it afterwards."""
    port = _free_port()
    command = [argument.format(port=port) for argument in peer.command]
    with TemporaryFile() as output:
        process = subprocess.Popen(
            command,
            cwd=peer.checkout,
            stdout=output,
            stderr=output,
            preexec_fn=lambda: os.sched_setaffinity(0, {SERVER_CORE}),
        )
        try:
            if not _accepts(port, process):
                output.seek(0)
                said = output.read().decode()
                raise BenchmarkError(f"{peer.name} did not start: `{shlex.join(command)}`\n{said}")
            yield Server(peer.name, port, process.pid)
        finally:
            process.kill()
            process.wait()


@contextmanager
def all_running(peers: Iterable[Peer]) -> Iterator[list[Server]]:
    """Keep several peers running side by side; those that wait for their turn use no processor time."""
    with ExitStack() as stack:
        yield [stack.enter_context(running(peer)) for peer in peers]


def _accepts(port: int, process: subprocess.Popen[bytes]) -> bool:
    deadline = time.monotonic() + SECONDS_TO_START
    while time.monotonic() < deadline and process.poll() is None:
        with socket.socket() as probe:
            if probe.connect_ex(("127.0.0.1", port)) == 0:
                return True
        time.sleep(0.02)
    return False


def _free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as probe:
        return int(probe.getsockname()[1])


def take_load_core() -> None:
    """Move this process, which makes the load, to the core that no server uses.

    Raises:
        BenchmarkError: The machine has a single core, on which load and server would measure each other.
    """
    if {SERVER_CORE, LOAD_CORE} - os.sched_getaffinity(0):
        raise BenchmarkError("Two cores are needed: one for the server, one for the load.")
    os.sched_setaffinity(0, {LOAD_CORE})


# -- Measuring -------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Sample:
    """What one measurement counted.

    Attributes:
        work: Messages, requests or deliveries done.
        seconds: Time it took on the wall.
        cpu_seconds: Processor time that the server used meanwhile.
    """

    work: int
    seconds: float
    cpu_seconds: float


def sample(server: Server, work: Callable[[], int]) -> Sample:
    """Do some work with a server, and take its time and the server's."""
    cpu, start = server.cpu_seconds(), time.perf_counter()
    done = work()
    return Sample(done, time.perf_counter() - start, server.cpu_seconds() - cpu)


class Measure(Protocol):
    """Something to measure: it makes one kind of load for a server."""

    @property
    def title(self) -> str:
        """What the tables call it."""

    def __call__(self, server: Server, seconds: float) -> Sample:
        """Measure a server for some seconds."""


Results = dict[str, dict[str, list[Sample]]]
"""The samples by the measure's title and the server's name, one a round."""


def measure_in_turn(measures: Sequence[Measure], servers: Sequence[Server], rounds: int, seconds: float) -> Results:
    """Measure every server once a round, so that a noisy minute falls on all of them.

    One more round comes first and isn't counted: in it compilers and caches get warm.
    """
    results: Results = {measure.title: {server.name: [] for server in servers} for measure in measures}
    for turn in range(rounds + 1):
        for measure in measures:
            for server in servers:
                show_progress(f"round {turn} of {rounds}: {measure.title}: {server.name}")
                taken = measure(server, seconds)
                if turn:
                    results[measure.title][server.name].append(taken)
    show_progress("")
    return results


def show_progress(text: str) -> None:
    """Replace the last line of a terminal; elsewhere do nothing."""
    if sys.stderr.isatty():
        print(f"\r\033[K{text}", end="", file=sys.stderr, flush=True)


# -- The command line ------------------------------------------------------------------------------


def argument_parser(description: str) -> argparse.ArgumentParser:
    """Return a parser of `rounds` and `seconds`, which all benchmarks take."""
    parser = argparse.ArgumentParser(description=description)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--seconds", type=float, default=1.0, help="for each measurement")
    return parser


def add_before(parser: argparse.ArgumentParser) -> None:
    """Let a parser take `before`, another checkout to compare with."""
    text = "measure the lessons of another checkout beside these; README.md stays as it is"
    parser.add_argument("--before", type=Path, metavar="CHECKOUT", help=text)


def parse_arguments(description: str) -> argparse.Namespace:
    """Return `rounds`, `seconds`, and what `chosen` needs to know; the results are `complete` if nothing is chosen."""
    parser = argument_parser(description)
    parser.add_argument("names", nargs="*", help="only servers whose name begins so; README.md stays as it is")
    add_before(parser)
    arguments = parser.parse_args()
    arguments.complete = not arguments.names and arguments.before is None
    return arguments


def chosen(peers: Sequence[Peer], arguments: argparse.Namespace) -> list[Peer]:
    """Return the peers whose name begins with one of the names that are given, all for none; and ours as it was before.

    Raises:
        BenchmarkError: No peer's name begins so.
    """
    found = [peer for peer in peers if peer.name.startswith(tuple(arguments.names) or "")]
    if not found:
        raise BenchmarkError(f"The servers are {', '.join(peer.name for peer in peers)}; none is {arguments.names}.")
    if arguments.before is None:
        return found
    former = [
        replace(peer, name=f"before: {peer.name}", checkout=arguments.before.resolve())
        for peer in found
        if peer.name.startswith(OURS)
    ]
    return [*former, *found]
