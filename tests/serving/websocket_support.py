"""What the tests of the WebSocket server share: the server on their own loop or in a process, and bare sockets."""

from __future__ import annotations

import asyncio
import contextlib
import functools
import json
import os
import signal
import socket
import statistics
import subprocess
import sys
import threading
import time
from collections.abc import AsyncIterator, Callable, Coroutine, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from lessons.protocols.origin import OriginPolicy
from lessons.protocols.websocket_frames import Frame, Opcode, encode_frame
from lessons.serving.websocket_service import WebSocketService

KEY = bytes.fromhex("37fa213d")
UPGRADE = (
    b"GET %b HTTP/1.1\r\nHost: 127.0.0.1\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
    b"Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Version: 13\r\n%b\r\n"
)
PATIENCE = 30.0
MIB = 1024 * 1024


def in_loop(test: Callable[..., Coroutine[Any, Any, None]]) -> Callable[..., None]:
    """Run an async test on a loop of its own, in a thread of its own; one that hangs fails.

    The main thread may have a loop running: that of the browser which the tests share.
    """

    @functools.wraps(test)
    def run(*arguments: Any, **options: Any) -> None:
        with ThreadPoolExecutor(1) as pool:
            pool.submit(lambda: asyncio.run(asyncio.wait_for(test(*arguments, **options), PATIENCE))).result()

    return run


@contextlib.asynccontextmanager
async def running(origins: OriginPolicy | None = None, **options: Any) -> AsyncIterator[tuple[WebSocketService, int]]:
    """Run a server on the test's own loop; yield it and its port."""
    listener = socket.create_server(("127.0.0.1", 0))
    listener.setblocking(False)
    service = WebSocketService(**options)
    await service.open([listener], origins or OriginPolicy())
    try:
        yield service, listener.getsockname()[1]
    finally:
        await service.close()


async def until(condition: Callable[[], object]) -> None:
    """Wait until a condition holds, looking every few milliseconds."""
    while not condition():
        await asyncio.sleep(0.005)


def masked(*frames: Frame) -> bytes:
    """Encode frames as a client does."""
    return b"".join(encode_frame(frame, KEY) for frame in frames)


def masked_text(text: str) -> bytes:
    """Encode a text message as a client does."""
    return masked(Frame(Opcode.TEXT, text.encode()))


# --- bare sockets ------------------------------------------------------------------------------------------


async def open_raw(port: int) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
    """Open a TCP connection, nothing said yet."""
    return await asyncio.open_connection("127.0.0.1", port)


async def open_upgraded(
    port: int, path: bytes = b"/", fields: bytes = b""
) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
    """Open a connection and shake hands, by hand."""
    reader, writer = await open_raw(port)
    writer.write(UPGRADE % (path, fields))
    head = await reader.readuntil(b"\r\n\r\n")
    assert head.startswith(b"HTTP/1.1 101 ")
    return reader, writer


def upgraded_socket(port: int, path: bytes = b"/", fields: bytes = b"") -> socket.socket:
    """Open a connection and shake hands, on a blocking socket."""
    sock = socket.create_connection(("127.0.0.1", port), timeout=PATIENCE)
    sock.sendall(UPGRADE % (path, fields))
    head = b""
    while not head.endswith(b"\r\n\r\n"):
        head += sock.recv(4096)
    assert head.startswith(b"HTTP/1.1 101 ")
    return sock


# --- a server in a process of its own, whose memory can be read ---------------------------------------------


@dataclass
class ServerProcess:
    """A running server: its port, and its process's number."""

    port: int
    pid: int

    @contextlib.contextmanager
    def bears(self, attack: str, memory: int) -> Iterator[None]:
        """Check that what happens meanwhile takes less than `memory` bytes more, and that another client is served.

        Prints what the attack has cost: the server's memory and processor time, and how long the other client waited.
        """
        memory_before, seconds_before, enough = self._status("VmRSS"), self._processor_seconds(), threading.Event()
        with ThreadPoolExecutor(1) as pool:
            bystander = pool.submit(echo_until, enough, self.port)
            try:
                yield
            finally:
                enough.set()
            waits = bystander.result()
        grown, seconds = self._status("VmHWM") - memory_before, self._processor_seconds() - seconds_before
        median, longest = 1000 * statistics.median(waits), 1000 * max(waits)
        print(f"\n{attack}: {grown / MIB:.2f} MiB, {seconds:.2f} s of processor time; ", end="")
        print(f"another client's {len(waits):,} echoes took {median:.1f} ms, the longest {longest:.1f} ms")
        assert grown < memory

    def open_files(self) -> int:
        """Return how many files it has open, its connections among them."""
        return len(list(Path(f"/proc/{self.pid}/fd").iterdir()))

    def _processor_seconds(self) -> float:
        fields = Path(f"/proc/{self.pid}/stat").read_text(encoding="ascii").rpartition(") ")[2].split()
        return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")

    def _status(self, name: str) -> int:
        lines = Path(f"/proc/{self.pid}/status").read_text(encoding="ascii").splitlines()
        return next(int(line.split()[1]) * 1024 for line in lines if line.startswith(f"{name}:"))


def echo_until(enough: threading.Event, port: int) -> list[float]:
    """Say hello and wait for the echo, over and over; return how many seconds each took."""
    waits: list[float] = []
    with upgraded_socket(port) as sock:
        while len(waits) < 10 or not enough.wait(0.005):
            began = time.perf_counter()
            sock.sendall(masked_text("hello"))
            assert sock.recv(100) == b"\x81\x05hello"
            waits.append(time.perf_counter() - began)
    return waits


@contextlib.contextmanager
def server_process(**options: object) -> Iterator[ServerProcess]:
    """Run a server in a process of its own, and see that it ends well."""
    command = [sys.executable, __file__, json.dumps(options)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        try:
            yield ServerProcess(int(process.stdout.readline()), process.pid)
        finally:
            process.send_signal(signal.SIGTERM)
            code = process.wait(PATIENCE)
        assert code == 0


async def serve(options: dict[str, Any]) -> None:
    """Run a server until SIGTERM; print its port."""
    ended = asyncio.Event()
    asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, ended.set)
    async with running(**options) as (_, port):
        os.write(1, f"{port}\n".encode())
        await ended.wait()


if __name__ == "__main__":
    asyncio.run(serve(json.loads(sys.argv[1])))
