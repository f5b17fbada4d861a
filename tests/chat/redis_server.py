"""The Redis of the tests: the one of the notebook, and no test without it."""

import os
from contextlib import contextmanager

import pytest

from lessons.chat.cluster.local_redis import local_redis


@contextmanager
def redis_server():
    """Run Redis for the time of a ``with`` block; its URL is given."""
    with local_redis() as url:
        if url is None and os.environ.get("CI") != "true":
            pytest.skip("redis-server isn't installed: apt-get install redis-server")
        assert url, "redis-server isn't installed"
        yield url
