"""The clients and the stores that the tests of this folder need."""

from tests.chat.stores import database, wire_url
from tests.socket_io.fixtures import connect, official, ours

__all__ = ["connect", "database", "official", "ours", "wire_url"]
