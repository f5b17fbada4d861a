"""The notebooks: where they are, what each is about, and how they are checked."""

from __future__ import annotations

import json
import re
import subprocess
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from lessons.errors import LessonError

PATTERN = "[0-9][0-9]_*.ipynb"
COURSE_NAME = re.compile(r"\d\d_[a-z_]+\.ipynb")
"""It leaves out the copies that JupyterLab makes, such as `01_polling-Copy1.ipynb`."""
CELL_SECONDS = 60
"""How long a cell may take when its notebook is checked."""
SANITIZE_RULES = Path(__file__).parent / "nbval.cfg"
"""What nbval replaces before it compares outputs, because it differs from run to run."""


@dataclass(frozen=True)
class Notebook:
    """A notebook of the course.

    Attributes:
        path: where it is.
        number: its number, two digits.
        title: its title.
        minutes: how long a student takes.
        shows: what it shows, in a sentence.
    """

    path: Path
    number: str
    title: str
    minutes: int
    shows: str


def folder() -> Path:
    """Return the folder of the notebooks: `notebooks` in the current folder, or that of this checkout.

    Raises:
        LessonError: if there is neither.
    """
    for candidate in (Path.cwd() / "notebooks", Path(__file__).parents[2] / "notebooks"):
        if any(candidate.glob(PATTERN)):
            return candidate
    raise LessonError("there is no folder `notebooks` here; run this in the folder that you cloned")


def every() -> list[Notebook]:
    """Return all notebooks of the course, in order; whatever else is in the folder is left out."""
    paths = sorted(path for path in folder().glob(PATTERN) if COURSE_NAME.fullmatch(path.name))
    return [read(path) for path in paths if _metadata(path)]


def read(path: Path) -> Notebook:
    """Return what a notebook says about itself in its metadata, under `lesson`.

    Raises:
        LessonError: if something is missing there.
    """
    try:
        about = _metadata(path)
        return Notebook(path, path.name[:2], about["title"], int(about["minutes"]), about["shows"])
    except (KeyError, ValueError) as error:
        raise LessonError(f"{path.name} doesn't say what it is about: metadata `lesson`, {error}") from None


def _metadata(path: Path) -> dict[str, Any]:
    """Return what a file says under `lesson`: nothing if it is somebody's own notebook, or no notebook at all."""
    try:
        return dict(json.loads(path.read_text(encoding="utf-8"))["metadata"]["lesson"])
    except (KeyError, TypeError, ValueError):
        return {}


def trust_all() -> None:
    """Tell Jupyter that the saved outputs may be shown as they are: otherwise it leaves the pictures out.

    This is what `jupyter trust` does, in a process of its own. If it fails, pictures are missing.
    """
    paths = [str(notebook.path) for notebook in every()]
    subprocess.run([sys.executable, "-m", "nbformat.sign", *paths], capture_output=True, check=False)


def find(numbers: Sequence[str]) -> list[Notebook]:
    """Return the notebooks with these numbers, or all of them if none is given.

    Args:
        numbers: such as `1` or `01`.

    Raises:
        LessonError: for a number that no notebook has.
    """
    known = {notebook.number: notebook for notebook in every()}
    for number in numbers:
        if number.zfill(2) not in known:
            raise LessonError(f"there is no notebook {number!r}; there are {', '.join(known)}")
    return [known[number.zfill(2)] for number in numbers] if numbers else list(known.values())


def check(notebook: Notebook) -> tuple[bool, str]:
    """Run a notebook as the tests do, comparing its outputs with the saved ones (nbval, strict).

    Returns:
        Whether all cells passed, and what pytest printed.

    Raises:
        LessonError: if what it needs isn't installed.
    """
    command = [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", *nbval_options(), str(notebook.path)]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    if "unrecognized arguments" in done.stderr or "No module named pytest" in done.stderr:
        raise LessonError("checking needs pytest, nbval and pytest-xdist; install them with: pip install -e '.[test]'")
    return done.returncode == 0, done.stdout + done.stderr


def nbval_options() -> list[str]:
    """Return the options that make nbval strict, patient enough, and blind to what must differ."""
    return [
        "-p",
        "lessons.notebook.plugin",
        "--nbval",
        f"--nbval-cell-timeout={CELL_SECONDS}",
        f"--nbval-sanitize-with={SANITIZE_RULES}",
    ]
