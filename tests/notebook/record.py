"""Run notebooks and save their outputs, clean of ports, paths and widget state.

    python -m tests.notebook.record [--anew] [NN ...]

For whoever has changed a notebook: what is saved is what the tests compare, and what a reader sees before running it.
An output that nbval would take for equal to the saved one stays as it was saved, so that a second run changes nothing.
`--anew` takes every output: for when pictures or HTML look otherwise now, which nbval does not compare.
"""

import argparse
import re
from collections import defaultdict
from pathlib import Path

import nbformat
from nbclient import NotebookClient
from nbformat import NotebookNode
from nbval.plugin import coalesce_streams, get_sanitize_patterns

from lessons.notebook import notebooks
from lessons.notebook.plugin import NOT_COMPARED

RULES = [
    (re.compile(r"(127\.0\.0\.1|localhost):\d{4,5}"), "127.0.0.1:PORT"),
]
WIDGET = "application/vnd.jupyter.widget-view+json"
SANITIZE = get_sanitize_patterns(notebooks.SANITIZE_RULES.read_text(encoding="utf-8"))
PICTURES = ("image/png", "image/jpeg")
"""What nbval itself doesn't compare."""


# --- clean ------------------------------------------------------------------------------------------------------


def clean_text(text: str) -> str:
    for pattern, replacement in RULES:
        text = pattern.sub(replacement, text)
    return text


def clean(notebook: NotebookNode) -> None:
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
        cell.metadata.pop("execution", None)  # when it ran, which JupyterLab writes if it is asked to
        if cell.cell_type == "code":
            printed_together = coalesce_streams(cell.outputs)
            cell.outputs = [clean_output(each) for each in printed_together if each.get("name") != "stderr"]


def clean_output(output: NotebookNode) -> NotebookNode:
    output.pop("metadata", None) if output.output_type == "stream" else output.update(metadata={})
    if "text" in output:
        output.text = clean_text(output.text)
    data = output.get("data", {})
    data.pop(WIDGET, None)
    for kind, content in data.items():
        if isinstance(content, str) and not kind.startswith("image/png"):
            data[kind] = clean_text(content)
    return output


# --- keep -------------------------------------------------------------------------------------------------------


def keep_what_is_equal(notebook: NotebookNode, saved: list[list[NotebookNode]]) -> None:
    """Put the saved outputs back into each cell whose new ones nbval would take for the same."""
    code_cells = [cell for cell in notebook.cells if cell.cell_type == "code"]
    for cell, outputs in zip(code_cells, saved, strict=True):
        if not same_kinds(cell.outputs, outputs):
            continue
        ignored = "nbval-ignore-output" in cell.metadata.get("tags", [])
        if ignored or compared(cell.outputs) == compared(outputs):
            cell.outputs = outputs


def same_kinds(new: list[NotebookNode], saved: list[NotebookNode]) -> bool:
    """Tell whether the outputs are of the same kinds, so that what isn't compared neither comes nor goes unseen."""
    return [kinds(each) for each in new] == [kinds(each) for each in saved]


def kinds(output: NotebookNode) -> list[str]:
    return [output.output_type, output.get("name", ""), *sorted(output.get("data", {}))]


def compared(outputs: list[NotebookNode]) -> dict[str, list[str]]:
    """Return what nbval compares, by kind: the text of each output, sanitised."""
    found = defaultdict(list)
    for output in outputs:
        texts = {"stdout": output.text} if output.output_type == "stream" else output.get("data", output)
        for kind, content in texts.items():
            if kind not in (*NOT_COMPARED, *PICTURES):
                found[kind].append(sanitized(content))
    return found


def sanitized(content: object) -> object:
    if isinstance(content, str):
        for pattern, replacement in SANITIZE:
            content = re.sub(pattern, replacement, content)
    return content


# --- record -----------------------------------------------------------------------------------------------------


def record(path: Path, anew: bool = False) -> None:
    notebook = nbformat.read(path, as_version=4)
    saved = [[] if anew else cell.outputs for cell in notebook.cells if cell.cell_type == "code"]
    client = NotebookClient(
        notebook,
        timeout=notebooks.CELL_SECONDS,
        record_timing=False,
        resources={"metadata": {"path": path.parent}},
    )
    client.execute()
    clean(notebook)
    keep_what_is_equal(notebook, saved)
    nbformat.write(notebook, path)


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m tests.notebook.record", description="Save the outputs anew.")
    parser.add_argument("number", nargs="*", help="which notebooks, such as 01; all of them by default")
    parser.add_argument("--anew", action="store_true", help="take every output, also where nbval sees no difference")
    options = parser.parse_args()
    for notebook in notebooks.find(options.number):
        record(notebook.path, options.anew)
        print(f"recorded {notebook.path.name}")


if __name__ == "__main__":
    main()
