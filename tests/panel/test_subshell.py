"""The hook into ipykernel, tried in a real kernel: on behalf of which cell a widget speaks to its page."""

import ipykernel
import pytest
from jupyter_client.manager import start_new_kernel

CELL = """
import ipywidgets
from lessons.panel.subshell import HeardAtOnce

class Heard(HeardAtOnce, ipywidgets.HTML):
    pass

widget = {kind}()
widget.value = "news"
print(widget.comm.comm_id)
"""
SECONDS = 60
MOVED = (
    "ipykernel doesn't take any more, from the context variable `Kernel._shell_parent`, on behalf of which cell it "
    "speaks: see lessons/panel/subshell.py, and the upper bound in pyproject.toml"
)


@pytest.fixture(scope="module")
def kernel():
    manager, client = start_new_kernel()
    yield client
    client.stop_channels()
    manager.shutdown_kernel(now=True)


def parents(kernel, kind: str) -> list[str]:
    """Of each message of a widget: `cell` if it is on behalf of the cell that makes it, `none` if on behalf of none."""
    cell = kernel.execute(CELL.format(kind=kind))
    heard = []
    while not heard or heard[-1]["content"].get("execution_state") != "idle" or not of(heard[-1], cell):
        heard.append(kernel.get_iopub_msg(timeout=SECONDS))
    (printed,) = [each["content"]["text"].strip() for each in heard if each["msg_type"] == "stream"]
    messages = [each for each in heard if each["content"].get("comm_id") == printed]
    return [each["parent_header"].get("msg_id", "none").replace(cell, "cell") for each in messages]


def of(message: dict, cell: str) -> bool:
    return message["parent_header"].get("msg_id") == cell


def test_a_widget_speaks_on_behalf_of_the_cell_that_runs(kernel):
    assert parents(kernel, "ipywidgets.HTML") == ["cell", "cell"]


@pytest.mark.skipif(ipykernel.version_info < (7,), reason="before ipykernel 7 there are no subshells")
def test_one_that_is_heard_at_once_speaks_on_behalf_of_none(kernel):
    assert parents(kernel, "Heard") == ["none", "none"], MOVED
