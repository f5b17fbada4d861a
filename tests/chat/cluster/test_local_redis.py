"""The Redis of the notebook: there for the time of a block, or not at all."""

import pytest
import redis

from lessons.chat.cluster import local_redis


def test_it_answers_as_long_as_the_block_runs():
    with local_redis.local_redis() as url:
        if url is None:
            pytest.skip("redis-server isn't installed: apt-get install redis-server")
        assert redis.Redis.from_url(url).ping()
    with pytest.raises(redis.ConnectionError):
        redis.Redis.from_url(url).ping()


def test_where_it_is_not_installed_there_is_none(monkeypatch):
    monkeypatch.setattr(local_redis.shutil, "which", lambda name: None)
    with local_redis.local_redis() as url:
        assert url is None
