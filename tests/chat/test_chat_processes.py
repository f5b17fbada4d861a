"""The processes of the notebook: one chat, with Redis and without, and gone with the kernel."""

import contextlib
import os
import signal
import socket
from uuid import UUID

import psutil
import pytest
from jupyter_client.manager import start_new_kernel
from pymongo import MongoClient

from lessons import chat
from lessons.chat.cluster import local_redis, processes
from lessons.chat.cluster.mongodb_stand_in import mongodb_stand_in
from lessons.chat.cluster.processes import NO_REDIS, ChatProcesses
from lessons.errors import LessonError
from lessons.serving.waiting import wait_until

CELL = """
import psutil
from lessons.chat.cluster.processes import ChatProcesses
processes = ChatProcesses()
children = psutil.Process().children(recursive=True)
print(*(each.pid for each in children), "ports", *(url.rpartition(":")[2] for url in processes.urls))
"""


def talk(urls):
    """Let two people meet, one at each server; return what they were told."""
    with chat.Client(urls[0]) as ann, chat.Client(urls[1]) as bob:
        names = ann.send("Ann"), bob.send("ann")["error"], bob.send("Bob")
        ann.send("hello over there")
        return *names, bob.wait_for("over there")


TOLD = ({"name": "Ann"}, "name-taken", {"name": "Bob"}, "Ann: hello over there")


def refuses(port):
    with contextlib.closing(socket.socket()) as probe:
        return probe.connect_ex(("127.0.0.1", port)) != 0


def port_of(url):
    return int(url.rpartition(":")[2])


@pytest.fixture
def made():
    with contextlib.closing(ChatProcesses()) as made:
        yield made


def test_two_servers_are_one_chat(made):
    assert len(set(made.urls)) == 2
    assert talk(made.urls) == TOLD
    assert repr(made).startswith("<2 chat servers, each in a process of its own: http://127.0.0.1:")


def test_made_again_they_take_the_place_of_the_former(made):
    with contextlib.closing(ChatProcesses()) as again:
        assert all(refuses(port_of(url)) for url in made.urls)
        assert talk(again.urls) == TOLD
    assert all(refuses(port_of(url)) for url in again.urls)


def test_without_redis_they_are_one_chat_too_and_it_is_told(monkeypatch, capsys):
    monkeypatch.setattr(local_redis.shutil, "which", lambda name: None)
    with contextlib.closing(ChatProcesses()) as made:
        assert talk(made.urls) == TOLD
    assert NO_REDIS in capsys.readouterr().err


def test_a_mongodb_of_the_students_own_is_used_and_left_clean(monkeypatch):
    with mongodb_stand_in() as url, MongoClient(url) as driver:
        monkeypatch.setenv("MONGODB_URL", url)
        monkeypatch.setattr(processes, "mongodb_stand_in", None)  # nobody may start another one
        monkeypatch.setattr(processes, "uuid4", lambda: UUID(int=1))
        messages = driver[f"lessons-{UUID(int=1).hex}"]["messages"]
        with contextlib.closing(ChatProcesses()) as made:
            assert talk(made.urls) == TOLD
            assert messages.find_one()["content"] == "hello over there"
        assert messages.find_one() is None


def test_a_mongodb_that_does_not_answer_is_told(monkeypatch):
    monkeypatch.setenv("MONGODB_URL", "mongodb://127.0.0.1:1/?serverSelectionTimeoutMS=100")
    with pytest.raises(LessonError, match="the MongoDB that MONGODB_URL names doesn't answer"):
        ChatProcesses()


def run(client):
    """Run the cell in a kernel; return the ids of all that it has started, and the servers' ports."""
    printed = []
    client.execute_interactive(
        CELL, timeout=60, output_hook=lambda message: printed.append(message["content"].get("text", ""))
    )
    pids, _, ports = "".join(printed).strip().splitlines()[-1].partition(" ports ")
    return [int(each) for each in pids.split()], [int(each) for each in ports.split()]


def are_gone(pids, ports):
    return all(map(refuses, ports)) and not any(map(psutil.pid_exists, pids))


@pytest.mark.slow
@pytest.mark.parametrize("how", ["killed", "killed with its group", "shut down", "run again"])
def test_no_process_outlives_its_kernel(how):
    manager, client = start_new_kernel(kernel_name="python3")
    try:
        pids, ports = run(client)
        assert len(pids) >= 6  # two servers and a store, each with its guard
        kernel = manager.provisioner.process.pid
        match how:
            case "killed":
                os.kill(kernel, signal.SIGKILL)
            case "killed with its group":
                os.killpg(os.getpgid(kernel), signal.SIGKILL)
            case "shut down":
                manager.shutdown_kernel(now=False)
            case "run again":
                run(client)
        wait_until(lambda: are_gone(pids, ports), "the end of all processes")
    finally:
        client.stop_channels()
        if manager.has_kernel:
            manager.shutdown_kernel(now=True)
