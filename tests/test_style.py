"""The checks that read the code: ruff, mypy, floors, docstrings, what isn't portable, and what is left to do."""

import ast
import os
import re
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from lessons.notebook import course, new_lesson

ROOT = Path(__file__).parents[1]
PACKAGE = ROOT / "lessons"
LESSONS = course.folders()
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


def test_a_new_lesson_is_typed(tmp_path, monkeypatch):
    """Beside the package, whose types mypy knows by now: see tests/notebook/test_new_lesson.py for all else."""
    for name in ("lessons", "tests", "notebooks"):
        shutil.copytree(ROOT / name, tmp_path / name, ignore=shutil.ignore_patterns("__pycache__"))
    for name in ("pyproject.toml", "README.md"):
        shutil.copy2(ROOT / name, tmp_path)
    monkeypatch.chdir(tmp_path)
    new_lesson.make("12", "long_walk")
    cache = os.environ.get("MYPY_CACHE_DIR", ROOT / ".mypy_cache")
    command = [sys.executable, "-m", "mypy", "--cache-dir", str(cache)]
    done = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr


def test_nothing_is_left_to_do():
    """What `lessons new` leaves to do is done before a lesson is finished."""
    told = [path for folder in ("lessons", "notebooks") for path in (ROOT / folder).rglob("*.*")]
    texts = [path for path in told if path.suffix in {".py", ".js", ".toml", ".ipynb"}]
    left = [
        f"{path.relative_to(ROOT)}: {line.strip()}"
        for path in [*texts, ROOT / "README.md"]
        if path.name != "new_lesson.py"
        for line in path.read_text(encoding="utf-8").splitlines()
        if "TODO" in line
    ]
    assert not left, "\n".join(left)


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


def test_people_are_they():
    sources = [path for kind in ("py", "js", "toml", "html") for path in PACKAGE.rglob(f"*.{kind}")]
    named = [
        f"{path.relative_to(PACKAGE)}: {line.strip()}"
        for path in sources
        for line in path.read_text(encoding="utf-8").splitlines()
        if re.search(r"\b(he|his|him|himself)\b", line, re.IGNORECASE)
    ]
    assert named == []


# --- portability ------------------------------------------------------------------------------------------------

NOT_PORTABLE = {
    "os": re.compile(
        r"exec[lv]p?e?|fork(pty)?|kill(pg)?|spawn\w+|wait(pid)?|mkfifo|set[sgu]id|get(e?[gu]id|pgid|ppid)"
    ),
    "signal": re.compile(r"(?!(SIGINT|SIGTERM|signal)$).*"),
    "socket": re.compile(r"AF_UNIX|SO_REUSEPORT|send_fds|recv_fds"),
    "asyncio": re.compile(r"\w*unix\w*"),
    "loop": re.compile(r"add_signal_handler|add_reader|add_writer"),
}
"""What Windows hasn't, or has in another sense; on Windows `os.exec…` splits arguments at spaces."""
ABSENT_MODULES = {"fcntl", "grp", "pty", "pwd", "resource", "termios", "tty"}
BOUNDED = {
    "serving/runtime.py: answered.wait()": "on the watchdog's own thread, which nobody interrupts",
    "serving/child_process.py: self._guard.wait()": "the guard ends its program within END_SECONDS",
    "serving/child_process.py: program.wait()": "in the guard's own process, which no Ctrl+C reaches",
}
"""Waits without a limit, and why they may be."""


def asks_first(tree: ast.AST) -> set[str]:
    """The names that a file looks for by `hasattr` or `getattr` before it uses them."""
    return {
        node.args[1].value
        for node in ast.walk(tree)
        if isinstance(node, ast.Call)
        and isinstance(node.func, ast.Name)
        and node.func.id in ("hasattr", "getattr")
        and isinstance(node.args[1], ast.Constant)
    }


@each_module
def test_it_runs_on_windows_and_macos_too(path):
    tree = ast.parse(path.read_text())
    known = asks_first(tree)
    found = [
        ast.unparse(node)
        for node in ast.walk(tree)
        if isinstance(node, ast.Attribute)
        and isinstance(node.value, ast.Name)
        and node.value.id in NOT_PORTABLE
        and NOT_PORTABLE[node.value.id].fullmatch(node.attr)
        and node.attr not in known
    ]
    found += [
        alias.name
        for node in ast.walk(tree)
        if isinstance(node, ast.Import)
        for alias in node.names
        if alias.name in ABSENT_MODULES
    ]
    assert found == [], f"{path.name}: not everywhere"


@each_module
def test_files_are_read_as_utf_8_everywhere(path):
    """Without an encoding, Windows reads and writes them by a code page."""
    careless = [
        ast.unparse(node)
        for node in ast.walk(ast.parse(path.read_text()))
        if isinstance(node, ast.Call)
        and isinstance(node.func, ast.Attribute)
        and node.func.attr in ("read_text", "write_text")
        and "encoding" not in {keyword.arg for keyword in node.keywords}
    ]
    assert careless == []


@each_module
def test_no_thread_waits_without_a_limit(path):
    """On Windows such a wait doesn't hear Ctrl+C. (Coroutines may: their loop does.)"""
    tree = ast.parse(path.read_text())
    awaited = {node.value for node in ast.walk(tree) if isinstance(node, ast.Await)}
    unbounded = {
        f"{path.relative_to(PACKAGE).as_posix()}: {ast.unparse(node)}"
        for node in ast.walk(tree)
        if isinstance(node, ast.Call)
        and isinstance(node.func, ast.Attribute)
        and node.func.attr == "wait"
        and not (node.args or node.keywords)
        and node not in awaited
    }
    assert unbounded - BOUNDED.keys() == set()
