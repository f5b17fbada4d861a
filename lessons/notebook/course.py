"""The lessons, found by their folders: a new one is known everywhere as soon as its folder has an exercise."""

from __future__ import annotations

import ast
from pathlib import Path

PACKAGE = Path(__file__).parents[1]


def folders() -> list[str]:
    """Return the names of the folders that are lessons: those with an exercise."""
    return sorted(path.parent.name for path in PACKAGE.glob("*/exercise.py"))


def served() -> dict[str, str]:
    """Return the lessons whose server can run by itself, each with its package.

    Such a lesson's `__init__.py` names a `Server`. That file is read, not run, so that `lessons --help` doesn't load
    every lesson.
    """
    return {name.replace("_", "-"): f"lessons.{name}" for name in folders() if "Server" in _exported(name)}


def _exported(name: str) -> set[str]:
    tree = ast.parse((PACKAGE / name / "__init__.py").read_text(encoding="utf-8"))
    aliases = [alias for node in tree.body if isinstance(node, ast.ImportFrom) for alias in node.names]
    return {alias.asname or alias.name for alias in aliases}
