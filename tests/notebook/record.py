"""Run notebooks and save their outputs, clean of ports, paths and widget state.

    python -m tests.notebook.record [NN ...]

For whoever has changed a notebook: what is saved is what the tests compare, and what a reader sees before running it.
"""

import re
import sys
from pathlib import Path

import nbformat
from nbclient import NotebookClient

from lessons.notebook import notebooks

RULES = [
    (re.compile(r"(127\.0\.0\.1|localhost):\d{4,5}"), "127.0.0.1:PORT"),
]
WIDGET = "application/vnd.jupyter.widget-view+json"


def clean_text(text: str) -> str:
    for pattern, replacement in RULES:
        text = pattern.sub(replacement, text)
    return text


def clean(notebook: nbformat.NotebookNode) -> nbformat.NotebookNode:
    """Take out what belongs to this run and this machine alone."""
    lesson = notebook.metadata.get("lesson")
    notebook.metadata = nbformat.from_dict(
        {
            "kernelspec": {"display_name": "Python 3", "language": "python", "name": "python3"},
            "language_info": {"name": "python"},
            **({"lesson": lesson} if lesson else {}),
        }
    )
    for cell in notebook.cells:
        cell.metadata = nbformat.from_dict({"tags": cell.metadata.tags} if cell.metadata.get("tags") else {})
        if cell.cell_type == "code":
            cell.outputs = [clean_output(each) for each in cell.outputs if each.get("name") != "stderr"]
    return notebook


def clean_output(output: nbformat.NotebookNode) -> nbformat.NotebookNode:
    output.pop("metadata", None) if output.output_type == "stream" else output.update(metadata={})
    if "text" in output:
        output.text = clean_text(output.text)
    data = output.get("data", {})
    data.pop(WIDGET, None)
    for kind, content in data.items():
        if isinstance(content, str) and not kind.startswith("image/png"):
            data[kind] = clean_text(content)
    return output


def record(path: Path) -> None:
    notebook = nbformat.read(path, as_version=4)
    client = NotebookClient(notebook, timeout=notebooks.CELL_SECONDS, resources={"metadata": {"path": path.parent}})
    client.execute()
    nbformat.write(clean(notebook), path)


def main(numbers: list[str]) -> None:
    for notebook in notebooks.find(numbers):
        record(notebook.path)
        print(f"recorded {notebook.path.name}")


if __name__ == "__main__":
    main(sys.argv[1:])
