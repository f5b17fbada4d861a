"""Fuzz the parsers and decoders, guided by the coverage of their code (atheris).

    python -m tests.fuzz.run [NAME ...] [--seconds 600]

Each target runs in a process of its own, from the corpus that is kept in tests/fuzz/corpus/NAME. What it finds is
printed with the bytes that show it: they belong into the corpus, where every run of the tests plays them again.
"""

from __future__ import annotations

import argparse
import re
import subprocess
import sys
import tempfile
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


def fuzz(name: str, seconds: int) -> Outcome:
    """Fuzz a target in a process of its own for so many seconds."""
    with tempfile.TemporaryDirectory() as found:
        kept = [str(CORPUS / name)] if corpus(name) else []
        options = [f"-max_total_time={seconds}", f"-max_len={LONGEST}", "-rss_limit_mb=0", f"-artifact_prefix={found}/"]
        command = [sys.executable, "-m", __spec__.name, "--target", name, *options, found, *kept]
        done = subprocess.run(command, capture_output=True, text=True, errors="replace", check=False)
        said = done.stdout + done.stderr
        counted = re.findall(r"#(\d+)", said)
        failing = [repr(path.read_bytes()) for path in Path(found).glob("*-*") if path.stem[0] in "clot"]
        raised = said.partition("=== Uncaught Python exception: ===")[2].strip().partition("\n\n")[0]
        report = "\n".join([*failing, raised or said[-2000:]]) if done.returncode else ""
        return Outcome(int(counted[-1]) if counted else 0, report)


def become(name: str, options: list[str]) -> None:
    """Fuzz a target in this process, which ends with it."""
    import atheris

    with atheris.instrument_imports(include=["lessons", "tests.fuzz.targets"]):
        from tests.fuzz import targets
    atheris.Setup([name, *options], getattr(targets, name))
    atheris.Fuzz()


def main(arguments: list[str]) -> int:
    """Fuzz the targets that are named, all of them for none; return 1 if something was found."""
    if arguments[:1] == ["--target"]:
        become(arguments[1], arguments[2:])
        return 0
    from tests.fuzz.targets import TARGETS

    parser = argparse.ArgumentParser(prog=f"python -m {__spec__.name}")
    parser.add_argument("name", nargs="*", choices=[[], *TARGETS], help="which targets; all of them by default")
    parser.add_argument("--seconds", type=int, default=60, help="how long each is fuzzed")
    options = parser.parse_args(arguments)
    failed = 0
    for name in options.name or TARGETS:
        outcome = fuzz(name, options.seconds)
        failed |= bool(outcome.report)
        print(f"{name:24} {outcome.executions:>10,} inputs  {outcome.report or 'nothing found'}", flush=True)
    return int(failed)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
