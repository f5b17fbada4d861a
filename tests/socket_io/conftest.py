"""The clients that the tests of this folder need."""

from tests.socket_io.fixtures import ours

__all__ = ["ours"]
