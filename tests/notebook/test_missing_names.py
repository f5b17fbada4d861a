"""A cell that runs before the cells above it: in a real kernel."""

import pytest
from jupyter_client.manager import start_new_kernel


@pytest.fixture(scope="module")
def kernel():
    manager, client = start_new_kernel(kernel_name="python3")
    yield client
    client.stop_channels()
    manager.shutdown_kernel(now=True)


def outputs(kernel, code):
    """Run a cell; return what it printed to stderr and the name of the error it ended in."""
    printed = []
    reply = kernel.execute_interactive(code, timeout=30, output_hook=lambda message: printed.append(message["content"]))
    return "".join(each.get("text", "") for each in printed), reply["content"].get("ename")


def test_a_missing_name_is_explained(kernel):
    outputs(kernel, "from lessons import polling")
    printed, error = outputs(kernel, "panel = polling.Panel(server)")
    assert error == "NameError"
    assert "`server` isn't there yet" in printed
    assert "Run All Above Selected Cell" in printed


def test_other_errors_are_left_alone(kernel):
    printed, error = outputs(kernel, "1 / 0")
    assert error == "ZeroDivisionError"
    assert printed == ""


def test_a_lesson_error_shows_its_message_alone(kernel):
    shown = []
    kernel.execute_interactive(
        "polling.Server(port=70000)",
        timeout=30,
        output_hook=lambda message: shown.extend(message["content"].get("traceback", [])),
    )
    assert len(shown) == 1
    assert "a port is a whole number from 0 (any free one) to 65535, not 70000" in shown[0]
