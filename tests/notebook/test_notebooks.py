"""The notebooks as they are committed: clean, recorded, in their eight steps, and really compared."""

import ast
import json
import re
import shutil
import statistics
import subprocess
import sys

import nbformat
import pytest
from nbformat.sign import NotebookNotary

from lessons.errors import LessonError
from lessons.notebook import notebooks
from lessons.notebook.notebooks import Notebook

EVERY = notebooks.every()
STEPS = [
    "The question",
    "Predict",
    "Run it",
    "On the wire",
    "What it costs",
    "Break it",
    "Build it",
    "What to keep",
]
FORBIDDEN = {
    "a port": re.compile(r"(127\.0\.0\.1|localhost):\d{4,5}\b"),
    "a path of a machine": re.compile(r"(/home/|/root/|/Users/|/tmp/|/work/|site-packages)"),
    "an address in memory": re.compile(r"\bat 0x[0-9a-f]{6,}"),
    "a widget's state": re.compile(r"application/vnd\.jupyter\.widget"),
}
SLIPS = re.compile(r"\b(simply|just|obviously|of course|easy|easily)\b", re.IGNORECASE)
notebook_named = pytest.mark.parametrize("notebook", EVERY, ids=lambda notebook: notebook.path.stem)


def cells(notebook: Notebook, kind: str = "") -> list[dict]:
    every = json.loads(notebook.path.read_text())["cells"]
    return [cell for cell in every if kind in ("", cell["cell_type"])]


def source(cell: dict) -> str:
    return "".join(cell["source"])


@notebook_named
def test_every_cell_was_recorded(notebook):
    """nbval compares nothing at all in a cell without saved outputs."""
    counts = [cell["execution_count"] for cell in cells(notebook, "code")]
    assert counts == list(range(1, len(counts) + 1))
    assert any(cell["outputs"] for cell in cells(notebook, "code"))


@notebook_named
@pytest.mark.parametrize("what", FORBIDDEN)
def test_outputs_are_clean(notebook, what):
    for cell in cells(notebook, "code"):
        found = FORBIDDEN[what].search(json.dumps(cell["outputs"]))
        assert found is None, f"{what} in the output of: {source(cell)}"


@notebook_named
def test_what_is_not_compared_says_why(notebook):
    for cell in cells(notebook, "code"):
        tags = cell["metadata"].get("tags", [])
        assert not {"nbval-skip", "raises-exception"} & set(tags)
        if "nbval-ignore-output" in tags:
            assert source(cell).startswith("# Not compared: "), source(cell)


@notebook_named
def test_prose_stands_before_each_code_cell(notebook):
    kinds = [cell["cell_type"] for cell in cells(notebook)]
    assert kinds[0] == "markdown"
    assert "code code" not in " ".join(kinds)


@notebook_named
def test_cells_are_short(notebook):
    lengths = [len(source(cell).splitlines()) for cell in cells(notebook, "code")]
    assert statistics.median(lengths) <= 4
    assert max(lengths) <= 15


@notebook_named
def test_prose_has_no_slips(notebook):
    for cell in cells(notebook, "markdown"):
        assert SLIPS.search(source(cell)) is None, source(cell)


@notebook_named
def test_lesson_has_its_eight_steps(notebook):
    text = "\n".join(source(cell) for cell in cells(notebook, "markdown"))
    headings = re.findall(r"^## (.*)$", text, re.MULTILINE)
    if notebook.number == "00":
        assert [step for step in STEPS if step in headings] == [step for step in STEPS if step != "Build it"]
        return
    assert headings == STEPS
    assert "elsewhere" in text


@notebook_named
def test_no_chart_is_drawn_by_pyplot(notebook):
    """A message of a page would close it half drawn; see lessons/notebook/chart.py."""
    assert not [cell for cell in cells(notebook, "code") if "pyplot" in source(cell)]


@notebook_named
def test_source_is_shown_a_screen_at_once(notebook):
    for cell in cells(notebook, "code"):
        if re.search(r"getsource\(|[sS]ource\(", source(cell)):
            shown = [each.get("text") or each["data"]["text/plain"] for each in cell["outputs"]]
            assert sum(len("".join(text).splitlines()) for text in shown) <= 30, source(cell)


@notebook_named
def test_an_exercise_has_a_cell_for_its_hints(notebook):
    code = [source(cell) for cell in cells(notebook, "code")]
    checks, hints = ([cell for cell in code if re.fullmatch(rf"\w+\.{what}\(.*\)", cell)] for what in ("check", "hint"))
    assert len(checks) == len(hints)


@notebook_named
def test_code_is_python_without_magic(notebook):
    """Cells hold what any Python runs; that they run from top to bottom, nbval proves."""
    for cell in cells(notebook, "code"):
        ast.parse(source(cell))


def test_a_wrong_output_makes_the_check_fail(tmp_path):
    right = EVERY[0]
    content = json.loads(right.path.read_text())
    output = next(
        output
        for cell in content["cells"]
        if cell["cell_type"] == "code" and not cell["metadata"].get("tags")
        for output in cell["outputs"]
        if output["output_type"] == "execute_result"
    )
    output["data"]["text/plain"] = ["something else"]
    wrong = tmp_path / right.path.name
    wrong.write_text(json.dumps(content))
    passed, report = notebooks.check(notebooks.read(wrong))
    assert not passed
    assert "something else" in report


# --- the folder of somebody who works in it ---


@pytest.fixture
def folder(tmp_path, monkeypatch):
    """A folder as a student has it after a while: the course, and notebooks of their own beside it."""
    shutil.copytree(notebooks.folder(), tmp_path / "notebooks")
    monkeypatch.chdir(tmp_path)
    return tmp_path / "notebooks"


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("11_my_notes.ipynb", '{"cells": [], "metadata": {}, "nbformat": 4, "nbformat_minor": 5}'),
        ("11_new.ipynb", ""),
        ("11_list.ipynb", "[]"),
        ("01_polling-Copy1.ipynb", EVERY[1].path.read_text()),
    ],
)
def test_what_else_lies_in_the_folder_is_left_alone(folder, name, content):
    (folder / name).write_text(content)
    assert [each.number for each in notebooks.every()] == [each.number for each in EVERY]
    (first,) = notebooks.find(["01"])
    assert first.path.name == "01_polling.ipynb"
    assert (folder / name).read_text() == content


def test_a_notebook_that_says_too_little_of_itself(folder):
    (folder / "11_half.ipynb").write_text('{"metadata": {"lesson": {"title": "Half"}}}')
    with pytest.raises(LessonError, match=r"11_half.ipynb doesn't say what it is about: metadata `lesson`, 'minutes'"):
        notebooks.every()


def test_lab_shows_every_picture_before_anything_runs(folder, monkeypatch, tmp_path):
    """Jupyter leaves out HTML and SVG that nobody here has run, unless the notebook is trusted."""
    monkeypatch.setenv("JUPYTER_DATA_DIR", str(tmp_path / "jupyter"))
    contents = [nbformat.read(each.path, as_version=4) for each in notebooks.every()]
    assert not any(NotebookNotary().check_signature(each) for each in contents)
    done = subprocess.run([sys.executable, "-m", "lessons", "lab", "--version"], check=False, capture_output=True)
    assert done.returncode == 0
    assert all(NotebookNotary().check_signature(each) for each in contents)
