"""What all tests share: nothing that a test starts outlives it."""

import pytest
from hypothesis import settings

from lessons.serving import runtime
from tests.chromium import browser as browser

settings.register_profile("untimed", deadline=None)  # a busy machine proves nothing
settings.load_profile("untimed")


@pytest.fixture(autouse=True)
def no_server_left():
    """Close whatever server or tap a test has left running."""
    yield
    for server in runtime.running():
        server.close()


def pytest_terminal_summary(terminalreporter):
    """Print what a test has recorded as its `summary`, although it passes, and whichever worker it ran on."""
    for report in terminalreporter.getreports("passed") + terminalreporter.getreports("failed"):
        for summary in (value for name, value in report.user_properties if name == "summary" and report.when == "call"):
            terminalreporter.section(report.nodeid, "-")
            terminalreporter.line(summary)
