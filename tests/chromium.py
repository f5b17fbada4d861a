"""The browser of the tests: Debian's Chromium, one for each file of tests.

Playwright keeps an event loop running in the thread of the tests as long as it is open, so that `asyncio.run` fails
there: it is closed before the next file begins.
"""

import os
import shutil
from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, expect, sync_playwright

HUB_NAME = "hub.example"
"""A name that isn't this machine's, so that a page takes the way over jupyter-server-proxy."""
OPTIONS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    f"--host-resolver-rules=MAP {HUB_NAME} 127.0.0.1",
]

expect.set_options(timeout=20_000)  # milliseconds: a busy machine is no fault of the page


def required_chromium() -> str:
    """Return the path of the browser; without one the test is skipped, in CI it fails."""
    path = next(filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))), None)
    if path is not None:
        return path
    if os.environ.get("CI") == "true":
        pytest.fail("no browser: install Debian's package chromium")
    pytest.skip("no browser: install chromium to run the browser tests")


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    path = required_chromium()
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=path, args=OPTIONS)
        yield browser
        browser.close()
