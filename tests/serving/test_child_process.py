"""A program beside the kernel: it ends when it is closed, when its own time has come, and when its parent is killed."""

import os
import signal
import subprocess
import sys

import pytest

from lessons.errors import LessonError
from lessons.serving.child_process import ChildProcess
from lessons.serving.waiting import wait_until

SLEEPER = [sys.executable, "-c", "import os, time; print(os.getpid(), flush=True); time.sleep(600)"]
STUBBORN = [sys.executable, "-c", f"import signal; signal.signal(15, signal.SIG_IGN); {SLEEPER[2]}"]
PARENT = f"""
import time
from lessons.serving.child_process import ChildProcess
child = ChildProcess({SLEEPER!r})
print(child.read_line(), flush=True)
time.sleep(600)
"""


def is_alive(pid):
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    return True


def wait_for_end(pid):
    wait_until(lambda: not is_alive(pid), "the program's end")


def test_it_runs_until_it_is_closed():
    with ChildProcess(SLEEPER) as child:
        pid = int(child.read_line())
        assert child.running
        assert is_alive(pid)
    assert not child.running
    assert not is_alive(pid)


def test_one_that_does_not_listen_is_killed(monkeypatch):
    monkeypatch.setattr("lessons.serving.child_process.END_SECONDS", 0.1)
    with ChildProcess(STUBBORN) as child:
        pid = int(child.read_line())
    assert not is_alive(pid)


def test_one_that_ends_by_itself_is_told():
    with ChildProcess([sys.executable, "-c", "pass"]) as child, pytest.raises(LessonError, match="ended at once"):
        child.read_line()


def test_an_interrupt_of_the_parent_does_not_reach_it():
    with ChildProcess(SLEEPER) as child:
        pid = int(child.read_line())
        assert os.getpgid(pid) != os.getpgid(0)


@pytest.mark.parametrize("how", [signal.SIGKILL, signal.SIGTERM])
def test_it_ends_with_its_parent(how):
    with subprocess.Popen([sys.executable, "-c", PARENT], stdout=subprocess.PIPE, text=True) as parent:
        pid = int(parent.stdout.readline())
        parent.send_signal(how)
    wait_for_end(pid)
