"""`lessons new`: what it writes is a lesson that runs, and is whole but for what it says is left to do."""

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from lessons.notebook.new_lesson import SKELETON

ROOT = Path(__file__).parents[2]
ROOMS = {"__init__.py", "server.py", "client.py", "client.js", "panel.py", "exercise.py", "solution.py", "specimens.py"}
CHECKS = [
    "tests/long_walk",
    "tests/exercise/test_every_exercise.py",
    "tests/notebook/test_notebooks.py",
    "tests/notebook/test_predict.py",
    "tests/test_setup.py",
    "tests/test_style.py",
    "notebooks/12_long_walk.ipynb",
]


class Clone:
    """A copy of the repository, in which a lesson may be begun."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        leave_out = shutil.ignore_patterns("__pycache__", ".*_cache")
        for name in ("lessons", "tests", "notebooks", ".github", ".ci"):
            shutil.copytree(ROOT / name, folder / name, ignore=leave_out)
        for path in ROOT.glob("*.*"):
            if path.is_file():
                shutil.copy2(path, folder)

    def run(self, *words: str) -> subprocess.CompletedProcess:
        return subprocess.run(
            [sys.executable, "-m", *words],
            cwd=self.folder,
            env={**os.environ, "PYTHONPATH": str(self.folder)},
            capture_output=True,
            text=True,
            check=False,
        )


@pytest.fixture(scope="module")
def clone(tmp_path_factory):
    clone = Clone(tmp_path_factory.mktemp("clone"))
    done = clone.run("lessons", "new", "12", "long_walk")
    assert done.returncode == 0, done.stderr
    return clone


def test_it_has_every_room(clone):
    assert {path.name for path in (clone.folder / "lessons" / "long_walk").iterdir()} == ROOMS


def test_it_is_found_without_being_listed(clone):
    assert "12  Long walk" in clone.run("lessons", "list").stdout
    assert "long-walk" in clone.run("lessons", "serve", "--help").stdout
    assert "](notebooks/12_long_walk.ipynb) | Long walk |" in (clone.folder / "README.md").read_text()


@pytest.mark.slow
def test_it_passes_all_checks_but_what_it_says_is_left_to_do(clone):
    """Types are checked with the package itself: see tests/test_style.py."""
    chosen = "long_walk or 12 or ruff or README or left_to_do or ring_of or loose"
    done = clone.run("pytest", "-q", "-p", "no:cacheprovider", "-k", chosen, *CHECKS)
    failed = [line.partition(" - ")[0] for line in done.stdout.splitlines() if line.startswith("FAILED")]
    assert failed == ["FAILED tests/test_style.py::test_nothing_is_left_to_do"], done.stdout
    for place in ("exercise.py", "12.toml", "12_long_walk.ipynb"):
        assert place in done.stdout


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (["7", "long_walks"], "there is a notebook 07 already"),
        (["twelve", "long_walks"], "two digits, such as 12, not 'twelve'"),
        (["13", "Long-Walk"], "small letters, such as long_walk, not 'Long-Walk'"),
        (["13", "polling"], "there is a folder 'polling' already"),
        (["13", "../out"], "small letters"),
    ],
    ids=lambda value: " ".join(value) if isinstance(value, list) else "",
)
def test_what_is_taken_or_unfit_is_refused(clone, words, message):
    done = clone.run("lessons", "new", *words)
    assert done.returncode == 2
    assert message in done.stderr
    assert len(done.stderr.splitlines()) == 1


def test_its_notebook_is_recorded():
    """Recorded once, in the skeleton: a new lesson needn't be run before it can be checked."""
    cells = json.loads((SKELETON / "notebook.ipynb.template").read_text())["cells"]
    assert all(cell["execution_count"] for cell in cells if cell["cell_type"] == "code")
