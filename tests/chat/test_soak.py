"""Many clients, lines that break and servers that die: no message is lost, doubled or out of order.

CHAT_SOAK_SECONDS says for how long (20 by default), CHAT_SOAK_CLIENTS how many there are (200).
"""

import asyncio
import contextlib
import os
import random
import signal
import subprocess
import sys
import time
from collections import Counter

import pytest
from pymongo import MongoClient

from lessons.chat.cluster.local_redis import free_port
from lessons.chat.cluster.mongodb_stand_in import mongodb_stand_in
from tests.chat.redis_server import redis_server
from tests.chat.returning_client import ReturningClient

pytestmark = [pytest.mark.slow, pytest.mark.timeout(600)]

SECONDS = float(os.environ.get("CHAT_SOAK_SECONDS", "20"))
CLIENTS = int(os.environ.get("CHAT_SOAK_CLIENTS", "200"))
BETWEEN_MESSAGES = 20.0
BETWEEN_DROPS = 0.2
BETWEEN_RESTARTS = 6.0


class Process:
    """One of the server processes, which can be ended, gently or not, and started again."""

    def __init__(self, redis_url, mongodb_url):
        self.port = free_port()
        self.url = f"http://127.0.0.1:{self.port}"
        self.restarts = Counter()
        command = [sys.executable, "-m", "lessons", "serve", "chat", "--port", str(self.port)]
        self._command = [*command, "--redis", redis_url, "--mongodb", mongodb_url]

    def start(self):
        self._process = subprocess.Popen(self._command, stdout=subprocess.PIPE, text=True)

    async def until_it_serves(self):
        assert await asyncio.to_thread(self._process.stdout.readline), "the server didn't start"

    async def restart(self):
        how = random.choice([signal.SIGTERM, signal.SIGKILL])
        self.restarts[how.name] += 1
        await asyncio.to_thread(self.end, how)
        self.start()
        await self.until_it_serves()

    def end(self, how=signal.SIGTERM):
        self._process.send_signal(how)
        self._process.wait(20)
        self._process.stdout.close()


async def every(seconds, do, until):
    """Do something again and again, at random moments."""
    while (pause := random.uniform(0, 2 * seconds)) < until - time.monotonic():
        await asyncio.sleep(pause)
        await do()


async def talk(client, clients, until):
    """Say something now and then: to all, or in one's rooms, or to one."""
    count = 0

    async def speak():
        nonlocal count
        count += 1
        other = random.choice(clients)
        to = f"@{other.name} " if random.random() < 0.2 else ""
        await client.say(f"{client.name}-{count}", f"{to}message {count} of {client.name}")

    await every(BETWEEN_MESSAGES, speak, until)


async def enter(client, index):
    await client.is_welcome.wait()
    assert await client.call("message", client.name) == {"name": client.name}
    for room in [["red"], ["green"], ["red", "green"]][index % 3] if index % 2 else []:
        client.rooms = (await client.call("join", room))["rooms"]


async def soak(processes, drops):
    """Let the clients talk while lines and servers break; return them when all is calm again."""
    for process in processes:
        process.start()
        await process.until_it_serves()
    clients = [ReturningClient(f"person{n}", [process.url for process in processes]) for n in range(CLIENTS)]
    running = [asyncio.create_task(client.run()) for client in clients]
    await asyncio.gather(*(enter(client, index) for index, client in enumerate(clients)))

    async def drop_one():
        random.choice(clients).drop()

    async def restart_one():
        await random.choice(processes).restart()

    until = time.monotonic() + SECONDS
    await asyncio.gather(
        *(talk(client, clients, until) for client in clients),
        every(BETWEEN_DROPS, drop_one, until),
        every(BETWEEN_RESTARTS, restart_one, until),
    )
    await settle(clients)
    for client in running:
        client.cancel()
    await asyncio.gather(*running, return_exceptions=True)
    return clients


async def settle(clients):
    """Wait until everybody has heard what is said last, in public, and has read his history."""
    await clients[0].say("the last", "that was all")
    last, _ = clients[0].acknowledged["the last"]
    async with asyncio.timeout(60):
        for client in clients:
            while not client.heard or client.heard[-1] < last:
                await asyncio.sleep(0.05)
            await client.call("getAllMessages")


def entitled(client, messages):
    """The numbers of the stored messages that a client may hear."""
    return [number for number, message in messages.items() if may_hear(client, message)]


def may_hear(client, message):
    if message["username"] == client.name or message["to"] == client.name:
        return True
    if message["to"]:
        return False
    return not message["rooms"] or bool(set(message["rooms"]) & set(client.rooms))


def test_every_acknowledged_message_is_heard_by_whom_it_is_for_once_and_in_order(record_property):
    with redis_server() as redis_url, mongodb_stand_in() as mongodb_url, contextlib.ExitStack() as ends:
        processes = [Process(redis_url, mongodb_url) for _ in range(2)]
        for process in processes:
            ends.callback(process.end)
        clients = asyncio.run(soak(processes, BETWEEN_DROPS))
        with MongoClient(mongodb_url) as driver:
            messages = {each["_id"]: each for each in driver.get_default_database()["messages"].find(sort=[("_id", 1)])}

    acknowledged = [each for client in clients for each in client.acknowledged.values()]
    assert list(messages) == list(range(1, len(messages) + 1))
    assert len({(each["sender"], each["clientId"]) for each in messages.values()}) == len(messages)
    for client in clients:
        for number, text in client.acknowledged.values():
            assert messages[number]["username"] == client.name
            assert text.endswith(messages[number]["content"])
        mine = entitled(client, messages)
        assert client.heard == mine
        assert client.history == mine[-10:]

    heard = sum(len(client.heard) for client in clients)
    drops = sum(client.drops for client in clients)
    restarts = dict(sum((process.restarts for process in processes), Counter()))
    record_property(
        "summary",
        f"{len(clients)} clients, {SECONDS:g} s: {len(messages)} messages stored, {len(acknowledged)} "
        f"acknowledged, {heard} heard, {drops} lines dropped, restarts {restarts}",
    )
