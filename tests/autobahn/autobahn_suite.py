"""Autobahn|Testsuite, the conformance suite for WebSocket: how it is installed, run and read.

The suite plays the other side. As `fuzzingclient` it attacks a server, as `fuzzingserver` a client; after
each case it judges the behaviour and, apart from that, how the connection was closed. It is written for
Python 2.7, so it lives in an environment of its own in a cache folder, and this module speaks to it only by
its command `wstest`, its specification files and its JSON reports.
"""

from __future__ import annotations

import json
import os
import shlex
import shutil
import socket
import subprocess
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Callable, Collection, Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor, as_completed
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

SUITE = "autobahntestsuite==25.10.1"
ENVIRONMENT_MAKER = "virtualenv<20.22"  # the last that can make an environment for Python 2.7

FUNDAMENTAL = ("1", "2", "3", "4", "5", "6", "7", "10")
"""The chapters on framing, control frames, fragments, UTF-8 and closing."""
HEAVY = ("9", "12", "13")
"""The chapters on size and on compression."""

OUR_SERVER = f"{shlex.quote(sys.executable)} -m lessons serve websocket --port {{port}}"
OUR_CLIENT = shlex.join([sys.executable, str(Path(__file__).with_name("echo_client.py"))]) + " {url}"

ACCEPTED_BEHAVIOUR = {"OK", "NON-STRICT", "INFORMATIONAL"}
ACCEPTED_CLOSE = {"OK", "INFORMATIONAL"}

SECONDS_TO_START = 20.0
SECONDS_A_SHARD = 900.0  # the suite itself waits for ever for what never comes


class SuiteError(Exception):
    """The suite could not be installed or run; says what to do about it."""


@dataclass(frozen=True)
class Verdict:
    """What the suite says of one case.

    Attributes:
        case: The number of the case, such as `7.1.5`.
        behaviour: `OK`, `NON-STRICT`, `INFORMATIONAL`, `UNIMPLEMENTED`, `FAILED`, or our own `MISSING`.
        close: The same for the end of the connection; also `WRONG CODE`, `UNCLEAN` or `FAILED BY CLIENT`.
        reason: The suite's own sentence on what it saw.
    """

    case: str
    behaviour: str
    close: str
    reason: str

    def __str__(self) -> str:
        """Return a line for a summary."""
        return f"{self.case:8} {self.behaviour}, close {self.close}: {self.reason}"

    @property
    def accepted(self) -> bool:
        """Whether the case counts as passed."""
        return self.behaviour in ACCEPTED_BEHAVIOUR and self.close in ACCEPTED_CLOSE

    @property
    def spotless(self) -> bool:
        """Whether there is nothing to report about the case."""
        return self.behaviour == self.close == "OK"


# -- The environment -------------------------------------------------------------------------------


def find_python2() -> Path | None:
    """Return a CPython 2.7, from `PATH` or from pyenv, or None."""
    on_path = shutil.which("python2.7")
    if on_path and _runs(on_path):
        return Path(on_path)
    return next(iter(sorted(Path.home().glob(".pyenv/versions/2.7*/bin/python2.7"))), None)


def _runs(python: str) -> bool:
    """Tell whether a command starts: pyenv's shims exist for versions that aren't active."""
    return subprocess.run([python, "--version"], capture_output=True, check=False).returncode == 0


def cache_folder() -> Path:
    """Return the folder for what is downloaded: `NEWS_TO_THE_PAGE_CACHE`, or one in the user's cache."""
    base = os.environ.get("NEWS_TO_THE_PAGE_CACHE") or Path.home() / ".cache" / "news-to-the-page"
    return Path(base) / "autobahn"


def install() -> Path:
    """Make the suite's environment, unless it is there already, and return its `bin` folder.

    Raises:
        SuiteError: No Python 2.7 was found, or a step of the installation failed.
    """
    folder = cache_folder()
    finished = folder / f"{SUITE}.installed"
    if not finished.exists():
        _make_environment(folder)
        finished.touch()
    return folder / "python2" / "bin"


def _make_environment(folder: Path) -> None:
    python2 = find_python2()
    if python2 is None:
        raise SuiteError("The suite needs CPython 2.7; PATH and pyenv have none. Try `pyenv install 2.7.18`.")
    maker = folder / "virtualenv"
    shutil.rmtree(folder, ignore_errors=True)
    environment = folder / "python2"
    _step([sys.executable, "-m", "pip", "install", "--quiet", "--target", maker, ENVIRONMENT_MAKER])
    _step([sys.executable, "-m", "virtualenv", "--python", python2, environment], PYTHONPATH=str(maker))
    _step([environment / "bin" / "pip", "install", "--quiet", SUITE])


def _step(command: list[str | Path], **environment: str) -> None:
    done = subprocess.run(command, env=os.environ | environment, capture_output=True, text=True, check=False)
    if done.returncode:
        raise SuiteError(f"Installing the suite failed at `{shlex.join(map(str, command))}`:\n{done.stderr}")


# -- The cases -------------------------------------------------------------------------------------


def list_cases(wanted: Iterable[str]) -> list[str]:
    """Return the numbers of the wanted cases, in the suite's order.

    Args:
        wanted: Chapters, sections or single cases: `9`, `9.3`, `9.3.1`.

    Raises:
        SuiteError: One of them names no case at all; the suite would wait for it for ever.
    """
    known = _known_cases()
    prefixes = tuple(f"{name}." for name in wanted)
    empty = [prefix[:-1] for prefix in prefixes if not any(f"{case}.".startswith(prefix) for case in known)]
    if empty:
        chapters = ", ".join(FUNDAMENTAL + HEAVY)
        raise SuiteError(f"The suite has no case {', '.join(empty)}. Its chapters are {chapters}.")
    return [case for case in known if f"{case}.".startswith(prefixes)]


def _known_cases() -> list[str]:
    program = "from autobahntestsuite.case import Cases; print(' '.join(case.__name__[4:] for case in Cases))"
    done = subprocess.run([install() / "python", "-c", program], capture_output=True, text=True, check=True)
    return [name.replace("_", ".") for name in done.stdout.split()]


def into_shards(cases: Iterable[str]) -> list[list[str]]:
    """Divide cases among runs side by side: by section (`12.3`) in the heavy chapters, else by chapter."""
    shards: dict[str, list[str]] = {}
    for case in cases:
        chapter, section, *_ = case.split(".")
        shards.setdefault(f"{chapter}.{section}" if chapter in HEAVY else chapter, []).append(case)
    return list(shards.values())


# -- Running ---------------------------------------------------------------------------------------


def judge_server(command: str, cases: Iterable[str]) -> Iterator[Verdict]:
    """Let the suite attack a server that echoes, and yield the verdicts as they come.

    Args:
        command: What starts the server, `{port}` standing for its port.
        cases: The numbers of the cases.
    """
    port = _free_port()
    with _running(shlex.split(command.format(port=port)), port):
        yield from _judge(cases, lambda shard, folder: _attack_server(port, shard, folder))


def judge_client(command: str, cases: Iterable[str]) -> Iterator[Verdict]:
    """Let a client that echoes go through the cases of a hostile server, and yield the verdicts as they come.

    Args:
        command: What starts the client, `{url}` standing for the hostile server; see `echo_client.py`.
        cases: The numbers of the cases.
    """
    yield from _judge(cases, lambda shard, folder: _attack_client(command, shard, folder))


def _judge(cases: Iterable[str], attack: Callable[[list[str], Path], None]) -> Iterator[Verdict]:
    """Run all shards, one a core at a time, and yield each one's verdicts."""
    pool = ThreadPoolExecutor(os.cpu_count())
    try:
        for run in as_completed([pool.submit(_run_shard, shard, attack) for shard in into_shards(cases)]):
            yield from run.result()
    finally:
        pool.shutdown(cancel_futures=True)  # where one run failed, those not yet begun are not begun


def _run_shard(cases: list[str], attack: Callable[[list[str], Path], None]) -> list[Verdict]:
    with tempfile.TemporaryDirectory(prefix="autobahn-") as folder:
        attack(cases, Path(folder))
        return read_reports(cases, Path(folder) / "reports")


def _attack_server(port: int, cases: list[str], folder: Path) -> None:
    servers = [{"agent": "server", "url": f"ws://127.0.0.1:{port}"}]
    command = _suite_command("fuzzingclient", folder, {"servers": servers, "cases": cases})
    _finish(command, folder)


def _attack_client(client: str, cases: list[str], folder: Path) -> None:
    port = _free_port()
    url = f"ws://127.0.0.1:{port}"
    command = _suite_command("fuzzingserver", folder, {"url": url, "cases": cases})
    with _running([*command, "--webport", "0"], port):
        _finish(shlex.split(client.format(url=url)), folder)


def _suite_command(mode: str, folder: Path, specification: dict[str, object]) -> list[str]:
    path = folder / "specification.json"
    path.write_text(json.dumps({"outdir": str(folder / "reports"), **specification}))
    return [str(install() / "wstest"), "--mode", mode, "--spec", str(path)]


def _finish(command: list[str], folder: Path) -> None:
    """Run a command to its end; what it says goes to a file, of which a failure shows the last lines."""
    log = folder / "output.txt"
    with log.open("wb") as output, subprocess.Popen(command, stdout=output, stderr=output) as process:
        try:
            process.wait(SECONDS_A_SHARD)
        except subprocess.TimeoutExpired:
            process.kill()
    if process.returncode:
        last_lines = "\n".join(log.read_text(errors="replace").splitlines()[-20:])
        raise SuiteError(f"`{shlex.join(command)}` ended with {process.returncode}:\n{last_lines}")


@contextmanager
def _running(command: list[str], port: int) -> Iterator[None]:
    """Keep a server running: start it, wait until its port accepts connections, and end it afterwards."""
    process = subprocess.Popen(command, stdout=subprocess.DEVNULL)
    try:
        _wait_until_accepting(port, process, command)
        yield
    finally:
        process.terminate()
        try:
            process.wait(10)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()


def _wait_until_accepting(port: int, process: subprocess.Popen[bytes], command: list[str]) -> None:
    deadline = time.monotonic() + SECONDS_TO_START
    while time.monotonic() < deadline and process.poll() is None:
        with socket.socket() as probe:
            if probe.connect_ex(("127.0.0.1", port)) == 0:
                return
        time.sleep(0.02)
    raise SuiteError(f"`{shlex.join(command)}` accepts no connection; its exit code is {process.poll()}.")


def _free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as probe:
        return int(probe.getsockname()[1])


# -- Reading ---------------------------------------------------------------------------------------


def read_reports(cases: list[str], folder: Path) -> list[Verdict]:
    """Read one verdict a case from an index that has a single agent."""
    index = folder / "index.json"
    agents: dict[str, Any] = json.loads(index.read_text()) if index.exists() else {}
    reports: dict[str, Any] = next(iter(agents.values()), {})
    return [_read_verdict(case, reports.get(case), folder) for case in cases]


def _read_verdict(case: str, entry: dict[str, str] | None, folder: Path) -> Verdict:
    if entry is None:
        return Verdict(case, "MISSING", "MISSING", "The suite wrote no report.")
    report = json.loads((folder / entry["reportfile"]).read_text())
    reason = f"{report['result']} {report['resultClose']}"
    return Verdict(case, entry["behavior"], entry["behaviorClose"], reason)


def summary(side: str, verdicts: Collection[Verdict]) -> str:
    """Return the counts for `server` or `client`, and a line for each case that isn't plainly OK."""
    lines = [
        f"{side}: {len(verdicts)} cases",
        f"  behaviour: {_counts(verdict.behaviour for verdict in verdicts)}",
        f"  close:     {_counts(verdict.close for verdict in verdicts)}",
        *(f"  {verdict}" for verdict in sorted(verdicts, key=_chapter_and_verse) if not verdict.spotless),
    ]
    return "\n".join(lines)


def _counts(words: Iterable[str]) -> str:
    return ", ".join(f"{number} {word}" for word, number in Counter(words).most_common())


def _chapter_and_verse(verdict: Verdict) -> list[int]:
    return [int(part) for part in verdict.case.split(".")]
