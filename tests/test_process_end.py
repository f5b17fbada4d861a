"""The end of a process, and of a kernel, in which a server runs and clients are stuck: prompt, and leaving nothing."""

import contextlib
import os
import socket
import subprocess
import sys
import time
from pathlib import Path

import pytest
from jupyter_client.manager import start_new_kernel

ROOT = Path(__file__).parents[1]
PROMPT = 20.0
"""Seconds on a busy machine; one that waited for its clients would take as long as they may be silent, 75 s."""
"""Seconds that the end of a process may take: what the course promises of a kernel."""

STUCK = """
import asyncio, socket
from lessons.serving import runtime
from lessons.polling import Server
from lessons.serving.runtime import Server as AnyServer
from lessons.serving.tornado_service import Handler, TornadoService, application
from lessons.wire import Tap

class Stuck(Handler):
    async def get(self, how):
        if how == "parked":
            await asyncio.sleep(3600)
        while how == "big":
            self.write(bytes(1_000_000))
            await self.flush()

class StuckServer(AnyServer):
    def __init__(self):
        super().__init__(TornadoService(application([(r"/(\\w+)", Stuck)])), name="stuck server")

def ask(server, how):
    client = socket.create_connection(("127.0.0.1", server.port))
    client.sendall(f"GET /{how} HTTP/1.1\\r\\nHost: 127.0.0.1\\r\\n\\r\\n".encode())
    return client

server = StuckServer()
tap = Tap(server)
clients = [ask(where, how) for where in (server, tap) for how in ("parked", "big")]
for client in clients[1::2]:
    client.recv(1, socket.MSG_PEEK)
idle = socket.create_connection(("127.0.0.1", server.port))
print("ports", server.port, tap.port, flush=True)
"""


def environment() -> dict[str, str]:
    return os.environ | {"PYTHONPATH": str(ROOT)}


def refused(port: int) -> bool:
    with contextlib.closing(socket.socket()) as probe:
        return probe.connect_ex(("127.0.0.1", port)) != 0


def ports_in(line: str) -> list[int]:
    word, *ports = line.split()
    assert word == "ports"
    return [int(port) for port in ports]


@pytest.mark.parametrize("end", ["pass", "raise SystemExit(0)", "raise KeyError('x')"])
def test_a_process_with_stuck_clients_ends_at_once(end):
    process = subprocess.Popen(
        [sys.executable, "-c", f"{STUCK}\n{end}"],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        env=environment(),
    )
    ports = ports_in(process.stdout.readline())
    began = time.monotonic()
    try:
        _, errors = process.communicate(timeout=60)
    finally:
        process.kill()
    assert time.monotonic() - began < PROMPT
    assert process.returncode == (1 if "KeyError" in end else 0)
    assert ("KeyError" in errors) == ("KeyError" in end)
    assert "Task was destroyed" not in errors
    assert all(refused(port) for port in ports)


def test_a_kernel_with_stuck_clients_ends_at_once(monkeypatch):
    monkeypatch.setenv("PYTHONPATH", str(ROOT))
    manager, client = start_new_kernel(kernel_name="python3")
    try:
        printed = []
        client.execute_interactive(
            STUCK, timeout=60, output_hook=lambda message: printed.append(message["content"].get("text", ""))
        )
        ports = ports_in("".join(printed))
        began = time.monotonic()
        manager.shutdown_kernel(now=False)
        assert time.monotonic() - began < PROMPT
        assert all(refused(port) for port in ports)
    finally:
        client.stop_channels()
        if manager.has_kernel:
            manager.shutdown_kernel(now=True)
