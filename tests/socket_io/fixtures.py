"""Fixtures for tests that run with each client over each transport."""

import functools
import itertools

import pytest

from tests.socket_io.clients import JavaScriptClient, PythonClient, official_node, our_node

TRANSPORTS = {"polling": ["polling"], "websocket": ["websocket"], "upgrade": ["polling", "websocket"]}
ALL = [*itertools.product(["official", "python"], TRANSPORTS), ("ours", "polling"), ("ours", "upgrade")]


@pytest.fixture(scope="session")
def official():
    node = official_node()
    yield node
    node.close()


@pytest.fixture(scope="session")
def ours():
    node = our_node()
    yield node
    node.close()


@pytest.fixture(params=ALL, ids="-".join)
def connect(request):
    """A function that connects one more client, of this test's kind, over this test's transports."""
    kind, transports = request.param
    new = PythonClient if kind == "python" else functools.partial(JavaScriptClient, request.getfixturevalue(kind))
    clients = []

    def connect_one(url, **options):
        client = new(url, transports=TRANSPORTS[transports], **options)
        assert client.transport == TRANSPORTS[transports][-1]
        clients.append(client)
        return client

    yield connect_one
    for client in clients:
        client.close()
