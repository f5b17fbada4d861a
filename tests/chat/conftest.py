"""The clients, the stores and the server that the tests of this folder need."""

import pytest

from lessons import chat
from lessons.chat.rules.limits import Limits
from tests.chat.stores import database, wire_url
from tests.socket_io.fixtures import connect, official, ours

__all__ = ["connect", "database", "official", "ours", "wire_url"]


@pytest.fixture
def server():
    """A chat in which one may say as much as a test has to say."""
    with chat.Server(limits=Limits(burst=10_000)) as server:
        yield server
