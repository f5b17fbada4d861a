"""A Redis on this machine, for a `with` block, where redis-server is installed (Debian: the package redis-server)."""

from __future__ import annotations

import os
import shutil
import socket
from collections.abc import Iterator
from contextlib import contextmanager

import redis

from lessons.serving.child_process import ChildProcess
from lessons.serving.waiting import wait_until


@contextmanager
def local_redis() -> Iterator[str | None]:
    """Run Redis on a free port, keeping nothing on disk; yield its URL, or None where it isn't installed."""
    program = shutil.which("redis-server")
    if program is None:
        yield None
        return
    port = str(free_port())
    command = [program, "--port", port, "--bind", "127.0.0.1", "--save", "", "--appendonly", "no"]
    with ChildProcess([*command, "--logfile", os.devnull]):
        url = f"redis://127.0.0.1:{port}"
        wait_until(lambda: _answers(url), "Redis to answer")
        yield url


def free_port() -> int:
    """Return a port on which nobody listens at the moment."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port: int = listener.getsockname()[1]
        return port


def _answers(url: str) -> bool:
    with redis.Redis.from_url(url) as client:
        try:
            return bool(client.ping())
        except redis.ConnectionError:
            return False
