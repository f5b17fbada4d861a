"""Fuzz the parsers and decoders, guided by the coverage of their code (atheris).

    python -m tests.fuzz.run [NAME ...] [--seconds 600]

Each target runs in a process of its own, from the corpus that is kept in tests/fuzz/corpus/NAME. What it finds is
printed with the bytes that show it: they belong into the corpus, where every run of the tests plays them again.
"""

from __future__ import annotations

import argparse
import os
import re
import subprocess
import sys
import tempfile
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

CORPUS = Path(__file__).parent / "corpus"
LONGEST = 4096
"""The longest input that is tried, in bytes."""


@dataclass(frozen=True)
class Outcome:
    """What came of fuzzing a target: how many inputs were tried, and what was printed if one of them failed."""

    executions: int
    report: str


def corpus(name: str) -> list[bytes]:
    """Return the inputs that are kept for a target."""
    return [path.read_bytes() for path in sorted((CORPUS / name).glob("*"))]


def fuzz(names: Iterable[str], seconds: int) -> dict[str, Outcome]:
    """Fuzz targets, each for so many seconds; return what came of each."""
    with tempfile.TemporaryDirectory() as folder:
        command = [sys.executable, "-m", __spec__.name, "--into", folder, "--seconds", str(seconds), *names]
        subprocess.run(command, check=True)
        return {name: outcome(Path(folder, name)) for name in names}


def outcome(folder: Path) -> Outcome:
    """Read what a fuzzer has left in its folder."""
    said = (folder / "said.txt").read_text(errors="replace")
    counted = re.findall(r"#(\d+)", said)
    failing = [repr(path.read_bytes()) for path in folder.glob("found-*")]
    raised = said.partition("=== Uncaught Python exception: ===")[2].strip().partition("\n\n")[0]
    failed = (folder / "exit_code.txt").read_text() != "0"
    report = "\n".join([*failing, raised or said[-2000:]]) if failed else ""
    return Outcome(int(counted[-1]) if counted else 0, report)


def fuzz_into(folder: Path, names: Iterable[str], seconds: int) -> None:
    """Fuzz targets one after the other, each in a fork of this process, for which the code is instrumented once."""
    import atheris

    with atheris.instrument_imports(include=["lessons", "tests.fuzz.targets"]):
        from tests.fuzz import targets
    for name in names:
        own = folder / name
        new = own / "corpus"
        new.mkdir(parents=True)
        child = os.fork()
        if child == 0:
            said = os.open(own / "said.txt", os.O_WRONLY | os.O_CREAT)
            os.dup2(said, 1)
            os.dup2(said, 2)
            limits = [f"-max_total_time={seconds}", f"-max_len={LONGEST}", "-rss_limit_mb=0"]
            kept = [str(CORPUS / name)] if corpus(name) else []
            atheris.Setup([name, *limits, f"-artifact_prefix={own}/found-", str(new), *kept], getattr(targets, name))
            atheris.Fuzz()  # this fork ends with it
        _, status = os.waitpid(child, 0)
        (own / "exit_code.txt").write_text(str(os.waitstatus_to_exitcode(status)))


def main(arguments: list[str]) -> int:
    """Fuzz the targets that are named, all of them for none; return 1 if something was found."""
    parser = argparse.ArgumentParser(prog=f"python -m {__spec__.name}")
    parser.add_argument("name", nargs="*", help="which targets, such as event_stream; all of them by default")
    parser.add_argument("--seconds", type=int, default=60, help="how long each is fuzzed")
    parser.add_argument("--into", type=Path, help=argparse.SUPPRESS)
    options = parser.parse_args(arguments)
    if options.into is not None:
        fuzz_into(options.into, options.name, options.seconds)
        return 0
    failed = 0
    for name in options.name or sorted(path.name for path in CORPUS.iterdir()):
        found = fuzz([name], options.seconds)[name]
        failed |= bool(found.report)
        print(f"{name:24} {found.executions:>10,} inputs  {found.report or 'nothing found'}", flush=True)
    return int(failed)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
