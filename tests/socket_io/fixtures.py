"""Fixtures for tests that run with each client over each transport."""

import functools
import itertools

import pytest

from tests.socket_io.clients import Node, OfficialClient, PythonClient

TRANSPORTS = {"polling": ["polling"], "websocket": ["websocket"], "upgrade": ["polling", "websocket"]}


@pytest.fixture(scope="session")
def node():
    process = Node()
    yield process
    process.close()


@pytest.fixture(params=itertools.product(["official", "python"], TRANSPORTS), ids="-".join)
def connect(request):
    """A function that connects one more client, of this test's kind, over this test's transports."""
    kind, transports = request.param
    new = (
        PythonClient
        if kind == "python"
        else functools.partial(OfficialClient, request.getfixturevalue("node"))
    )
    clients = []

    def connect_one(url, **options):
        client = new(url, transports=TRANSPORTS[transports], **options)
        assert client.transport == TRANSPORTS[transports][-1]
        clients.append(client)
        return client

    yield connect_one
    for client in clients:
        client.close()
