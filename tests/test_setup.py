"""The build file, the conda file, the CI script and the pages for people say the same, and what is so."""

import re
import tomllib
from pathlib import Path

import pytest

from lessons.notebook import course, new_lesson, notebooks

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


# --- the pages for whoever carries this on ---

PAGES = ["README.md", "CONTRIBUTING.md", "ARCHITECTURE.md", "CHANGELOG.md"]
EXAMPLE = "long_walk"
"""The lesson that CONTRIBUTING begins, and that isn't there."""


def paths_in(text: str) -> set[str]:
    """What a page names in backticks or in a link, and that is a file or folder of the repository by its form."""
    named = re.findall(r"`([\w./*-]+)`", text) + re.findall(r"\]\(([^)#]+)\)", text)
    return {
        each for each in named if re.match(r"(lessons|tests|notebooks|benchmarks|\.ci)/|[\w-]+\.(md|toml|yml)$", each)
    }


@pytest.mark.parametrize("page", PAGES)
def test_each_path_on_a_page_is_there(page):
    paths = {each for each in paths_in((ROOT / page).read_text()) if EXAMPLE not in each}
    assert [each for each in paths if not (ROOT / each).exists()] == []
    assert paths


def test_each_method_on_a_walk_is_there():
    files = [*(ROOT / "lessons").rglob("*.py"), *(ROOT / "lessons").rglob("*.js")]
    source = "\n".join(path.read_text(encoding="utf-8") for path in files)
    methods = re.findall(r"`([A-Z]\w+)\.(\w+)`", (ROOT / "ARCHITECTURE.md").read_text())
    classes = set(re.findall(r"class (\w+)", source))
    functions = set(re.findall(r"^ +(?:async )?(?:def )?(\w+)\(", source, re.MULTILINE))
    missing = [f"{kind}.{name}" for kind, name in methods if kind not in classes or name not in functions]
    assert missing == []
    assert len(methods) > 20


@pytest.mark.parametrize("page", ["CONTRIBUTING.md", "ARCHITECTURE.md"])
def test_a_page_is_short(page):
    assert len((ROOT / page).read_text().splitlines()) < 150


def test_every_floor_is_told_of():
    told = (ROOT / "ARCHITECTURE.md").read_text()
    floors = [path for path in (ROOT / "lessons").iterdir() if path.is_dir() and path.name not in course.folders()]
    missing = [path.name for path in floors if path.name != "__pycache__" and f"lessons/{path.name}/" not in told]
    assert missing == []


def test_readme_names_the_rooms_that_lessons_have():
    """A lesson has those that it needs, under these names; an exercise with its solution it has in any case."""
    rooms = set(re.findall(r"`(\w+\.(?:py|js))`", README.partition("A lesson's folder")[2].partition(".\n")[0]))
    assert {"server.py", "client.py", "client.js", "panel.py", "exercise.py", "solution.py", "specimens.py"} == rooms
    for name in course.folders():
        assert {"exercise.py", "solution.py"} <= {path.name for path in (ROOT / "lessons" / name).iterdir()}


def test_the_version_is_in_the_changelog():
    changelog = (ROOT / "CHANGELOG.md").read_text()
    assert "## [Unreleased]" in changelog
    assert f"## [{PROJECT['version']}]" in changelog


def test_ci_runs_the_one_script():
    assert re.findall(r"run: (.*)", (ROOT / ".github/workflows/ci.yml").read_text()) == [".ci/run"]
