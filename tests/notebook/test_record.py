"""The recorder: it saves what changed, and leaves everything else as it stands."""

import nbformat
import pytest
from nbformat.v4 import new_code_cell, new_markdown_cell, new_notebook

from tests.notebook.record import record

PICTURE = """
import time
class Picture:
    def __repr__(self):
        return "a picture"
    def _repr_html_(self):
        return f"<b>{time.perf_counter_ns()}</b>"
Picture()
"""


@pytest.fixture
def path(tmp_path):
    """A notebook of which each run gives other times, ports and pictures."""
    cells = [
        new_markdown_cell("# Time", metadata={"slideshow": {"slide_type": "slide"}}),
        new_code_cell("import time, random\nprint('equal')", metadata={"slideshow": {"slide_type": "skip"}}),
        new_code_cell("print(f'{random.random() * 900:.3f} ms on 127.0.0.1:{random.randint(2000, 60000)}')"),
        new_code_cell("# Not compared: chance\nrandom.random()", metadata={"tags": ["nbval-ignore-output"]}),
        new_code_cell(PICTURE.strip()),
    ]
    path = tmp_path / "12_small.ipynb"
    nbformat.write(new_notebook(cells=cells), path)
    record(path)
    return path


def change(path, number, source):
    notebook = nbformat.read(path, as_version=4)
    notebook.cells[number].source = source
    nbformat.write(notebook, path)


def outputs(path):
    return [cell.get("outputs") for cell in nbformat.read(path, as_version=4).cells]


def test_a_second_run_changes_nothing(path):
    first = path.read_text()
    record(path)
    assert path.read_text() == first


def test_metadata_of_cells_stay(path):
    cells = nbformat.read(path, as_version=4).cells
    assert [cell.metadata for cell in cells] == [
        {"slideshow": {"slide_type": "slide"}},
        {"slideshow": {"slide_type": "skip"}},
        {},
        {"tags": ["nbval-ignore-output"]},
        {},
    ]


def test_what_differs_is_taken_alone(path):
    before = outputs(path)
    change(path, 1, "import time, random\nprint('other')")
    record(path)
    after = outputs(path)
    assert after[1][0].text == "other\n"
    assert before[2:] == after[2:]


def test_an_output_that_comes_to_an_uncompared_cell_is_taken(path):
    change(path, 3, "# Not compared: chance\nprint('seen')\nrandom.random()")
    record(path)
    assert outputs(path)[3][0].text == "seen\n"


def test_anew_takes_what_nbval_does_not_compare(path):
    before = outputs(path)
    record(path, anew=True)
    assert outputs(path)[4] != before[4]
