"""The command line as a shell sees it."""

import re
import signal
import socket
import subprocess
import sys

import pytest
import requests

from lessons.notebook.course import served
from lessons.wire import Trace

SECONDS = 60
"""Patience with whatever comes sooner on a machine that isn't busy."""


def lessons(*words: str) -> subprocess.CompletedProcess:
    return subprocess.run([sys.executable, "-m", "lessons", *words], capture_output=True, text=True, check=False)


@pytest.mark.parametrize("words", [[], ["lab"], ["list"], ["check"], ["serve"], ["new"]], ids=" ".join)
def test_help(words):
    done = lessons(*words, "--help")
    assert done.returncode == 0
    assert done.stdout.startswith("usage: lessons")


def test_version():
    assert re.fullmatch(r"lessons \d+\.\d+\.\d+\n", lessons("--version").stdout)


@pytest.mark.parametrize(
    ("words", "message"),
    [
        ([], "required: COMMAND"),
        (["dance"], "invalid choice: 'dance'"),
        (["serve"], "required: NAME"),
        (["serve", "nosuch"], "invalid choice: 'nosuch'"),
        (["serve", "polling", "--port", "abc"], "a whole number, not 'abc'"),
        (["serve", "polling", "--port", "70000"], "from 0 (any free one) to 65535, not 70000"),
        (["serve", "polling", "--interval", "0"], "a number of seconds above 0"),
        (["serve", "polling", "--interval", "abc"], "a number of seconds above 0"),
        (["serve", "polling", "--host", "198.51.100.1"], "is not an address of this machine"),
        (["serve", "polling", "--trace", "/nonexistent/trace"], "can't write the trace"),
        (["serve", "chat", "--redis", "redis://127.0.0.1:1"], "the Redis at redis://127.0.0.1:1 can't be reached"),
        (["serve", "polling", "--colour"], "unrecognized arguments: --colour"),
        (["check", "99"], "there is no notebook '99'"),
        (["check", "abc"], "there is no notebook 'abc'"),
        (["list", "01"], "unrecognized arguments: 01"),
    ],
    ids=lambda value: " ".join(value) if isinstance(value, list) else "",
)
def test_bad_input_gets_one_line_and_exit_code_2(words, message):
    done = lessons(*words)
    assert done.returncode == 2
    assert message in done.stderr
    assert len(done.stderr.splitlines()) == 1


def test_port_in_use():
    with Serving("polling") as first:
        done = lessons("serve", "polling", "--port", first.port)
    assert done.returncode == 2
    assert "is in use already" in done.stderr


def test_list_names_every_notebook():
    lines = lessons("list").stdout.splitlines()
    assert re.fullmatch(r"00  Start here +\d+ min  .+", lines[0])
    assert re.fullmatch(r"01  Polling +\d+ min  .+", lines[1])


def test_check_prints_a_line_with_the_time():
    done = lessons("check", "0")
    assert done.returncode == 0
    assert re.fullmatch(r"00  Start here +passed  \d+\.\d s\n", done.stdout)


@pytest.mark.parametrize("name", served())
def test_every_lesson_with_a_server_is_served(name):
    with Serving(name) as serving:
        assert requests.get(serving.url, timeout=SECONDS).status_code == 200


def test_the_names_that_are_served():
    assert set(served()) >= {"polling", "long-polling", "iframe", "sse", "websocket", "rooms", "chat"}


class Serving:
    """`lessons serve` in a process of its own."""

    def __init__(self, *words: str) -> None:
        command = [sys.executable, "-m", "lessons", "serve", *words]
        self.process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
        self.url = self.process.stdout.readline().split()[-1]
        self.port = self.url.rstrip("/").rpartition(":")[2]

    def __enter__(self) -> "Serving":
        return self

    def __exit__(self, *error: object) -> None:
        self.stop(signal.SIGTERM)

    def stop(self, how: signal.Signals) -> tuple[int, str]:
        self.process.send_signal(how)
        _, errors = self.process.communicate(timeout=SECONDS)
        return self.process.returncode, errors


@pytest.mark.parametrize("how", [signal.SIGINT, signal.SIGTERM])
def test_serve_answers_until_it_is_told_to_end(how):
    serving = Serving("polling")
    assert re.fullmatch(r"\d\d:\d\d:\d\d", requests.get(f"{serving.url}clock", timeout=SECONDS).text)
    assert "client.js" in requests.get(f"{serving.url}page.js", timeout=SECONDS).text
    assert serving.stop(how) == (0, "")


def test_serve_writes_the_trace(tmp_path):
    path = tmp_path / "polling.trace"
    serving = Serving("polling", "--trace", str(path))
    requests.get(f"{serving.url}clock", headers={"Cookie": "secret=1"}, timeout=SECONDS)
    serving.stop(signal.SIGINT)
    trace = Trace.load(path)
    assert [message.title for message in trace.messages("request")] == ["GET /clock"]
    assert "secret" not in path.read_text()


def test_a_server_for_a_class_says_which_address_to_give_out():
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as probe:
        probe.connect(("192.0.2.1", 9))
        address = probe.getsockname()[0]
    with Serving("polling", "--host", "0.0.0.0") as serving:
        assert serving.url == f"http://{address}:{serving.port}/"
