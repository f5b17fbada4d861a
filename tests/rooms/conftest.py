"""The clients that the tests of this folder need."""

from tests.socket_io.fixtures import connect, official, ours

__all__ = ["connect", "official", "ours"]
