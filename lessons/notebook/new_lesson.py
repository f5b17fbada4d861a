"""Begin a lesson: every room of its folder, its prediction, its notebook and its tests, small and working.

The files come from the folder skeleton. What is left to do is marked TODO, and a test fails until it is done.
"""

from __future__ import annotations

import re
from pathlib import Path

from lessons.errors import LessonError
from lessons.notebook import notebooks

SKELETON = Path(__file__).parent / "skeleton"
SUFFIX = ".template"


def make(number: str, name: str) -> list[Path]:
    """Write the files of a new lesson, and its row in the README; return the files.

    Args:
        number: the lesson's number, such as `12`; no notebook may have it yet.
        name: the name of its folder, such as `long_walk`.

    Raises:
        LessonError: for a number or a name that is taken or malformed, or outside a clone.
    """
    root = notebooks.folder().parent
    number = number.zfill(2)
    _check(root, number, name)
    targets = {
        root / "lessons" / name: SKELETON / "lesson",
        root / "tests" / name: SKELETON / "tests",
    }
    sources = {
        target / path.name.removesuffix(SUFFIX): path
        for target, folder in targets.items()
        for path in sorted(folder.iterdir())
    }
    sources[root / "lessons" / "notebook" / "predictions" / f"{number}.toml"] = SKELETON / f"prediction.toml{SUFFIX}"
    sources[root / "notebooks" / f"{number}_{name}.ipynb"] = SKELETON / f"notebook.ipynb{SUFFIX}"
    words = {
        "number": number,
        "order": str(int(number)),
        "folder": name,
        "prefix": name.title().replace("_", ""),
        "title": name.capitalize().replace("_", " "),
    }
    for path, source in sources.items():
        path.parent.mkdir(exist_ok=True)
        text = re.sub(r"\{\{(\w+)\}\}", lambda found: words[found[1]], source.read_text(encoding="utf-8"))
        path.write_text(text, encoding="utf-8")
    _add_row(root / "README.md", notebooks.read(root / "notebooks" / f"{number}_{name}.ipynb"))
    return list(sources)


def _check(root: Path, number: str, name: str) -> None:
    if not (root / "tests").is_dir():
        raise LessonError("a new lesson needs a clone of the repository; there is no folder `tests` here")
    if not re.fullmatch(r"\d\d", number):
        raise LessonError(f"a lesson's number has two digits, such as 12, not {number!r}")
    if not re.fullmatch(r"[a-z]+(_[a-z]+)*", name):
        raise LessonError(f"a lesson's name is of small letters, such as long_walk, not {name!r}")
    if any((root / "notebooks").glob(f"{number}_*.ipynb")):
        raise LessonError(f"there is a notebook {number} already")
    if (root / "lessons" / name).exists() or (root / "tests" / name).exists():
        raise LessonError(f"there is a folder {name!r} already, in lessons or in tests")


def _add_row(readme: Path, notebook: notebooks.Notebook) -> None:
    """Insert a lesson's row after the last one with a smaller number."""
    lines = readme.read_text(encoding="utf-8").splitlines()
    before = [place for place, line in enumerate(lines) if re.match(r"\| \[\d\d\]", line) and line < row(notebook)]
    lines.insert(before[-1] + 1, row(notebook))
    readme.write_text("\n".join(lines) + "\n", encoding="utf-8")


def row(notebook: notebooks.Notebook) -> str:
    """Return a notebook's row in the README's table."""
    return f"| [{notebook.number}](notebooks/{notebook.path.name}) | {notebook.title} | {notebook.shows} |"
