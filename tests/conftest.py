"""What all tests share: nothing that a test starts outlives it."""

import pytest

from lessons import runtime
from tests.chromium import browser as browser


@pytest.fixture(autouse=True)
def no_server_left():
    """Close whatever server or tap a test has left running."""
    yield
    for server in runtime.running():
        server.close()
