"""A Redis of the tests' own, from Debian's package, on a free port."""

import os
import shutil
import socket
import subprocess
import time
from contextlib import contextmanager

import pytest
import redis

SECONDS = 10


def free_port():
    """A port on which nobody listens now."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        return listener.getsockname()[1]


@contextmanager
def redis_server(port=None):
    """Run Redis for the time of a ``with`` block; its URL is given."""
    program = shutil.which("redis-server")
    if program is None and os.environ.get("CI") != "true":
        pytest.skip("redis-server isn't installed: apt-get install redis-server")
    port = port or free_port()
    command = [program, "--port", str(port), "--bind", "127.0.0.1", "--save", "", "--appendonly", "no"]
    with subprocess.Popen(command, stdout=subprocess.DEVNULL) as process:
        url = f"redis://127.0.0.1:{port}"
        _wait_until_it_answers(url)
        yield url
        process.terminate()


def _wait_until_it_answers(url):
    deadline = time.monotonic() + SECONDS
    with redis.Redis.from_url(url) as client:
        while True:
            try:
                client.ping()
                return
            except redis.ConnectionError:
                assert time.monotonic() < deadline, "Redis doesn't answer"
                time.sleep(0.02)
