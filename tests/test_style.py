"""The checks that read the code: ruff, mypy, and which floor may import which."""

import ast
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
PACKAGE = ROOT / "lessons"
LESSONS = {path.parent.name for name in ("server.py", "exercise.py") for path in PACKAGE.glob(f"*/{name}")}
FLOORS = ["protocols", "ground", "wire", "panel", "exercise", "socket_io", "lesson", "command line"]
GROUND = {path.stem for path in PACKAGE.glob("*.py")} - {"__init__", "__main__"}
ALLOWED = {(room, "websocket") for room in ("handshake", "frames", "chat", "rooms", "socket_io")}


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


def imported(path: Path) -> set[str]:
    """The modules of ours that a file imports where it is loaded, not inside functions."""
    tree = ast.parse(path.read_text())
    found = set()
    for node in tree.body:
        if isinstance(node, ast.ImportFrom) and (node.module or "").startswith("lessons"):
            names = (
                {f"{node.module}.{alias.name}" for alias in node.names} if node.module == "lessons" else {node.module}
            )
            found |= names
        elif isinstance(node, ast.Import):
            found |= {alias.name for alias in node.names if alias.name.startswith("lessons.")}
    return found


def floor(room: str) -> int:
    if room == "__main__":
        return FLOORS.index("command line")
    if room in LESSONS:
        return FLOORS.index("lesson")
    if room in GROUND:
        return FLOORS.index("ground")
    return FLOORS.index(room)


def room(module: str) -> str:
    return module.split(".")[1]


@pytest.mark.parametrize("path", modules(), ids=lambda path: str(path.relative_to(PACKAGE)))
def test_imports_run_downward_only(path):
    own = path.relative_to(ROOT).with_suffix("").parts[1]
    for module in imported(path):
        other = room(module)
        if own == other or (own, other) in ALLOWED:
            continue
        assert floor(other) <= floor(own), f"{path.name} imports {module} from a floor above"
        assert not (own in LESSONS and other in LESSONS), f"lesson {own} imports lesson {other}"
        assert floor(own) > 0, f"{path.name} is a protocol and imports {module}"
