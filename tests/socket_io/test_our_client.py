"""Our own page's client, where it is on its own: while it upgrades, and when its line is lost."""

import asyncio
import os
import subprocess
import threading

import pytest

from lessons.chat.rules.limits import Limits
from lessons.chat.server import ChatServer
from tests.socket_io.clients import HERE, OUR_CLIENT, Inbox


class PageClient:
    """A client that a test doesn't wait for."""

    def __init__(self, node, url, transports=("polling", "websocket"), auth=None):
        self.inbox = Inbox()
        self.node = node
        self.id = node.new_client(self.inbox)
        node.tell("connect", self.id, url, {"transports": list(transports), "auth": auth})


@pytest.fixture
def server():
    with ChatServer(limits=Limits(burst=10_000)) as server:
        yield server


def test_nothing_is_lost_while_it_upgrades(ours, server):
    client = PageClient(ours, server.url)
    client.inbox.wait_for("#connect")
    ours.tell("emit", client.id, "message", "Ann")
    count = 0
    while not client.inbox.all("#upgrade"):
        ours.tell("emit", client.id, "message", f"said {count}")
        count += 1
        client.inbox.wait_for("message", lambda m, n=count: m["content"] == f"said {n - 1}")
    ours.tell("emit", client.id, "message", "that was all")
    client.inbox.wait_for("message", lambda m: m["content"] == "that was all")
    said = [message["content"] for message in client.inbox.all("message") if "id" in message]
    assert said == [*(f"said {n}" for n in range(count)), "that was all"]


def test_many_messages_at_once_survive_the_upgrade(ours, server):
    client = PageClient(ours, server.url)
    client.inbox.wait_for("#connect")
    ours.tell("burst", client.id, "Ann", 400)
    client.inbox.wait_for("message", lambda m: m["content"] == "said 399")
    said = [message["content"] for message in client.inbox.all("message") if "id" in message]
    assert said == [f"said {n}" for n in range(400)]
    assert client.inbox.wait_for("#upgrade") is None


@pytest.mark.parametrize("transports", [("polling",), ("polling", "websocket")])
def test_it_comes_back_when_the_server_does(ours, transports):
    with ChatServer(name="first") as first:
        port = first.port
        client = PageClient(ours, first.url, transports)
        client.inbox.wait_for("#connect")
        if len(transports) > 1:
            client.inbox.wait_for("#upgrade")
    client.inbox.wait_for("disconnect")
    client.inbox.wait_for("connect_error")
    with ChatServer(name="second", port=port):
        client.inbox.wait_for("#connect", lambda _: len(client.inbox.all("#connect")) == 2)
    ours.tell("close", client.id)


def test_a_call_is_rejected_when_there_is_no_line(ours):
    with ChatServer() as server:
        client = PageClient(ours, server.url)
        client.inbox.wait_for("#upgrade")
    client.inbox.wait_for("disconnect")
    ours.tell("call", client.id, 0, "message", "Ann")
    assert client.inbox.wait_for("#rejected") == "not connected"
    ours.tell("close", client.id)


def test_a_call_is_rejected_when_the_line_is_lost(ours, monkeypatch):
    asked = threading.Event()

    async def answer_nobody(*args):
        asked.set()
        await asyncio.sleep(60)

    with ChatServer() as server:
        client = PageClient(ours, server.url)
        client.inbox.wait_for("#upgrade")
        monkeypatch.setattr(server.service._performer, "receive", answer_nobody)
        ours.tell("call", client.id, 0, "message", "Ann")
        assert asked.wait(10)
    assert client.inbox.wait_for("#rejected") == "the WebSocket was closed"
    ours.tell("close", client.id)


def test_it_tells_why_it_was_not_let_in(ours, server):
    client = PageClient(ours, f"{server.url}/admin")
    assert client.inbox.wait_for("connect_error") == "Unable to connect"
    ours.tell("close", client.id)


@pytest.mark.parametrize("script", ["upgrade_test.mjs", "socketio_test.mjs"])
def test_step_by_step_before_a_network_of_the_tests(script):
    command = ["node", "--test", str(HERE / script)]
    environment = {**os.environ, "OUR_ENGINE": str(OUR_CLIENT.with_name("engineio.js")), "OUR_CLIENT": str(OUR_CLIENT)}
    done = subprocess.run(command, env=environment, capture_output=True, text=True, timeout=60, check=False)
    assert done.returncode == 0, done.stdout
