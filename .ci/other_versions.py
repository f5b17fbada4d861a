"""Run the notebooks with the lowest versions that pyproject.toml allows, and on the newest Python of this machine."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).parents[1]
NAME = re.compile(r"python3\.(\d+)")
WORKERS = 2
"""How many notebooks run at a time."""


def main() -> int:
    """Try both; return 1 if one of them fails."""
    pythons = installed_pythons()
    tries = [("the lowest versions", sys.executable, ["--resolution", "lowest-direct"])]
    if max(pythons) > sys.version_info.minor:
        tries.append((f"Python 3.{max(pythons)}", pythons[max(pythons)], []))
    else:
        print(f"There is no newer Python here than 3.{sys.version_info.minor}, to run the notebooks on.", flush=True)
    return max([run_notebooks(*each) for each in tries])


def installed_pythons() -> dict[int, str]:
    """The Pythons of this machine, on the path or by pyenv, by the number behind `3.`."""
    folders = [Path(each) for each in os.environ["PATH"].split(os.pathsep)]
    folders += sorted((Path(os.environ.get("PYENV_ROOT", Path.home() / ".pyenv")) / "versions").glob("*/bin"))
    found = {
        int(named[1]): str(path)
        for folder in folders
        for path in folder.glob("python3.*")
        if (named := NAME.fullmatch(path.name)) and starts(path)
    }
    return {sys.version_info.minor: sys.executable, **found}


def starts(path: Path) -> bool:
    """Whether it is a Python that runs: pyenv's shims stand for versions that may not be there."""
    return subprocess.run([path, "-c", ""], capture_output=True, check=False).returncode == 0


def run_notebooks(what: str, python: str, options: list[str]) -> int:
    """Make an environment of its own, run the notebooks in it, and return pytest's exit code."""
    print(f"+ the notebooks with {what}", flush=True)
    folder = ROOT / "build" / "other-versions"
    shutil.rmtree(folder, ignore_errors=True)
    uv = [str(Path(sys.executable).with_name("uv"))]
    own_python = str(folder / "bin" / "python")
    subprocess.run([*uv, "venv", "-q", "--python", python, str(folder)], check=True)
    subprocess.run(
        [*uv, "pip", "install", "-q", "--python", own_python, *options, "-e", ".[test]"], cwd=ROOT, check=True
    )
    return subprocess.run(
        [own_python, "-m", "pytest", "-q", "-p", "no:cacheprovider", "-n", str(WORKERS), "notebooks"],
        cwd=ROOT,
        check=False,
    ).returncode


if __name__ == "__main__":
    sys.exit(main())
