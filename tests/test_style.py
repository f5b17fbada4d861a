"""The checks that read the code: ruff, mypy, which floor may import which, and one dialect in docstrings."""

import ast
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
PACKAGE = ROOT / "lessons"
LESSONS = {path.parent.name for path in PACKAGE.glob("*/exercise.py")}
FLOORS = [
    "errors",
    "protocols",
    "serving",
    "clients",
    "wire",
    "notebook",
    "panel",
    "exercise",
    "socket_io",
    "lesson",
    "__main__",
]
LOOSE = {"__init__", "__main__", "errors"}
SECTIONS = {"Args:", "Attributes:", "Raises:"}
NAMES = {"JSON", "MongoDB's", "TEXT"}
"""Words that begin with a capital wherever they stand."""


@pytest.mark.parametrize(
    "command",
    [["ruff", "check", "."], ["ruff", "format", "--check", "."], ["mypy"]],
    ids=" ".join,
)
def test_checker(command):
    done = subprocess.run([sys.executable, "-m", *command], cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr


def modules() -> list[Path]:
    return sorted(path for path in PACKAGE.rglob("*.py") if path != PACKAGE / "__init__.py")


each_module = pytest.mark.parametrize("path", modules(), ids=lambda path: str(path.relative_to(PACKAGE)))

# --- imports ----------------------------------------------------------------------------------------------------


def imported(tree: ast.AST) -> set[str]:
    """The modules of ours that a file imports, wherever in it."""
    found = set()
    for node in ast.walk(tree):
        if isinstance(node, ast.ImportFrom) and (node.module or "").split(".")[0] == "lessons":
            within = {f"{node.module}.{alias.name}" for alias in node.names}
            found |= {name for name in within if is_module(name)} or {str(node.module)}
        elif isinstance(node, ast.Import):
            found |= {alias.name for alias in node.names if alias.name.startswith("lessons.")}
    return found


def is_module(name: str) -> bool:
    path = ROOT.joinpath(*name.split("."))
    return path.is_dir() or path.with_suffix(".py").is_file()


def room(module: str) -> str:
    return module.split(".")[1]


def floor(name: str) -> int:
    return FLOORS.index("lesson" if name in LESSONS else name)


def test_nothing_is_loose():
    assert {path.stem for path in PACKAGE.glob("*.py")} == LOOSE


@each_module
def test_imports_run_downward_only(path):
    own = path.relative_to(ROOT).with_suffix("").parts[1]
    for module in imported(ast.parse(path.read_text())):
        if own == room(module):
            continue
        assert floor(room(module)) < floor(own), f"{path.name} imports {module}, which is not on a floor below"


@each_module
def test_imports_stand_at_the_top(path):
    inside = [
        node.lineno
        for function in ast.walk(ast.parse(path.read_text()))
        if isinstance(function, ast.FunctionDef | ast.AsyncFunctionDef)
        for node in ast.walk(function)
        if isinstance(node, ast.Import | ast.ImportFrom)
    ]
    assert inside == []


def dotted(path: Path) -> str:
    return ".".join(path.relative_to(ROOT).with_suffix("").parts).removesuffix(".__init__")


def test_no_ring_of_imports():
    """Take away, again and again, the files that import none of those that are left: in the end none is."""
    left = {dotted(path): imported(ast.parse(path.read_text())) for path in modules() if path.stem != "__init__"}
    while free := [name for name, needs in left.items() if not needs & (left.keys() - {name})]:
        for name in free:
            del left[name]
    assert not left, f"these import each other in a ring, or stand on one that does: {sorted(left)}"


# --- docstrings -------------------------------------------------------------------------------------------------


def documented(tree: ast.AST) -> Iterator[tuple[ast.AST, str]]:
    for node in ast.walk(tree):
        if isinstance(node, ast.Module | ast.ClassDef | ast.FunctionDef | ast.AsyncFunctionDef):
            yield node, ast.get_docstring(node) or ""


def entries(docstring: str) -> Iterator[tuple[str, str]]:
    """The names that a docstring's sections tell about, and the first word on each."""
    section = ""
    for line in docstring.splitlines():
        if line and not line.startswith(" "):
            section = line
        found = re.match(r"    (\*{0,2}[\w.]+): +([\w']+)", line)
        if section in SECTIONS and found:
            yield found[1], found[2]


@each_module
def test_docstrings_speak_one_dialect(path):
    """Single backticks; what a section tells of a name begins small; standards by `section`; arguments on the class."""
    for node, docstring in documented(ast.parse(path.read_text())):
        place = f"{path.name}: {getattr(node, 'name', 'the module')}"
        assert "``" not in docstring, f"{place}: single backticks"
        assert "§" not in docstring, f"{place}: `RFC 9112, section 7.1`"
        assert not (docstring and getattr(node, "name", "") == "__init__"), (
            f"{place}: what it takes stands on the class"
        )
        capitals = [name for name, word in entries(docstring) if word[0].isupper() and word not in NAMES]
        assert capitals == [], f"{place}: begin small, as in `port: the port`"


@each_module
def test_a_class_tells_what_it_takes(path):
    for node, docstring in documented(ast.parse(path.read_text())):
        if not isinstance(node, ast.ClassDef) or node.name.startswith("_"):
            continue
        made = next((each for each in node.body if getattr(each, "name", "") == "__init__"), None)
        if isinstance(made, ast.FunctionDef):
            taken = {each.arg for each in made.args.args[1:] + made.args.kwonlyargs}
            told = {name.lstrip("*") for name, _ in entries(docstring)}
            assert taken <= told, f"{path.name}: {node.name} doesn't tell about {sorted(taken - told)}"
