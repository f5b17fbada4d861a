"""The build file, the conda file, the README and the CI script say the same."""

import re
import tomllib
from pathlib import Path

from lessons.notebook import new_lesson, notebooks

ROOT = Path(__file__).parents[1]
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
README = (ROOT / "README.md").read_text()


def conda_requirements() -> list[str]:
    return re.findall(
        r"^  - ([\w.-]+(?:>=[\w.]+)?(?:,<[\w.]+)?)$", (ROOT / "environment.yml").read_text(), re.MULTILINE
    )


def test_conda_environment_equals_the_build_file():
    listed = [each for each in conda_requirements() if each not in ("conda-forge", "pip")]
    assert listed == [f"python{PROJECT['requires-python']}", *PROJECT["dependencies"]]


def test_every_requirement_says_why_it_is_there():
    lines = (ROOT / "pyproject.toml").read_text().splitlines()
    requirements = [line for line in lines if re.match(r'\s+"[\w.-]+(\[\w+\])?[><=~].*",', line)]
    assert len(requirements) >= len(PROJECT["dependencies"])
    assert [line for line in requirements if "  # " not in line] == []


def test_readme_starts_with_a_picture_and_shows_both_commands():
    assert README.startswith("![")
    picture = re.match(r"!\[[^]]+\]\(([^)]+)\)", README)
    assert picture is not None
    assert (ROOT / picture[1]).is_file()
    commands = re.findall(r"^python3 -m venv .*$", README, re.MULTILINE)
    assert commands == [
        "python3 -m venv .venv && .venv/bin/pip install -e . && .venv/bin/lessons lab",
        'python3 -m venv .venv && .venv/bin/pip install -e ".[test]" && .venv/bin/pytest -n 2',
    ]


def test_readme_lists_every_notebook():
    listed = re.findall(r"^\| \[\d\d\].*", README, re.MULTILINE)
    assert listed == [new_lesson.row(notebook) for notebook in notebooks.every()]


def test_nothing_else_is_among_the_notebooks():
    assert sorted((ROOT / "notebooks").glob("*.ipynb")) == [notebook.path for notebook in notebooks.every()]
