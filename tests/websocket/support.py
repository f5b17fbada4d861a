"""What the tests of the WebSocket server share: the server on their own loop or in a process, and bare sockets."""

from __future__ import annotations

import asyncio
import contextlib
import functools
import json
import os
import signal
import socket
import subprocess
import sys
from collections.abc import AsyncIterator, Callable, Coroutine, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from lessons.protocols.websocket_frames import Frame, Opcode, encode_frame
from lessons.websocket.service import WebSocketService

KEY = bytes.fromhex("37fa213d")
UPGRADE = (
    b"GET %b HTTP/1.1\r\nHost: 127.0.0.1\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
    b"Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Version: 13\r\n%b\r\n"
)
PATIENCE = 30.0


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
async def running(**options: Any) -> AsyncIterator[tuple[WebSocketService, int]]:
    """Run a server on the test's own loop; yield it and its port."""
    listener = socket.create_server(("127.0.0.1", 0))
    listener.setblocking(False)
    service = WebSocketService(**options)
    await service.open([listener])
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

    def memory(self) -> int:
        """Return the memory in use, in bytes."""
        return self._status("VmRSS")

    @contextlib.contextmanager
    def grows_less_than(self, size: int) -> Iterator[None]:
        """Check that what happens meanwhile never takes `size` bytes of memory more; print how many it took."""
        before = self.memory()
        yield
        grown = self._status("VmHWM") - before
        print(f"the server's memory grew by {grown / 1024:.0f} KiB")
        assert grown < size

    def _status(self, name: str) -> int:
        lines = Path(f"/proc/{self.pid}/status").read_text(encoding="ascii").splitlines()
        return next(int(line.split()[1]) * 1024 for line in lines if line.startswith(f"{name}:"))


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
