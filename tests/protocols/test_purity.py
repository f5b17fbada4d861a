"""The protocols hold no I/O, no clock and no randomness, and stand on nothing of ours but themselves."""

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

import lessons.protocols

FORBIDDEN = {
    "socket",
    "ssl",
    "select",
    "selectors",
    "asyncio",
    "tornado",
    "time",
    "random",
    "secrets",
    "os",
    "threading",
}
FILES = sorted(Path(lessons.protocols.__file__).parent.rglob("*.py"))


def imported_modules(source: str) -> Iterator[str]:
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            yield "." * node.level + (node.module or "")


def impure_imports(source: str) -> list[str]:
    def is_impure(module: str) -> bool:
        top = module.partition(".")[0]
        of_ours = top in {"lessons", ""}
        return top in FORBIDDEN or (of_ours and not module.startswith("lessons.protocols."))

    return [module for module in imported_modules(source) if is_impure(module)]


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.stem)
def test_protocol_imports_nothing_impure(path: Path):
    assert impure_imports(path.read_text(encoding="utf-8")) == []


def test_all_files_are_looked_at():
    assert {"websocket_frames", "websocket_connection", "websocket_handshake"} <= {path.stem for path in FILES}


@pytest.mark.parametrize(
    "source",
    [
        "import time",
        "from asyncio import sleep",
        "def f():\n    import socket",
        "import tornado.web",
        "from lessons.serving.runtime import Server",
        "from ..runtime import Server",
    ],
)
def test_impure_import_would_be_found(source: str):
    assert impure_imports(source)
