"""One notebook in two tabs: the page's client is in one of them, and moves to the other when that one is closed."""

import shutil

import pytest
from playwright.sync_api import expect

pytestmark = pytest.mark.browser


@pytest.fixture
def route():
    return "direct"


def clients(*tabs) -> int:
    """How many of the pages run the client: each asks the server by requests of its own."""
    return sum(len(tab.asked) > 0 for tab in tabs)


def watch(tab) -> None:
    """Note what a page asks the lesson's server."""
    tab.asked = []
    tab.page.on("request", lambda request: tab.asked.append(request.url) if "/clock" in request.url else None)


def test_the_client_is_in_one_page(lab, open_notebook):
    shutil.copy(lab.notebooks / "01_polling.ipynb", lab.notebooks / "in_two_tabs.ipynb")
    first = open_notebook("in_two_tabs.ipynb")
    watch(first)
    first.run_all()
    panel = first.panel()
    panel.press("this page")
    expect(panel.status).to_have_text("connected")
    panel.wait_for_change()

    first.choose("File", "Save Notebook")
    second = open_notebook("in_two_tabs.ipynb", workspace="auto-y")
    watch(second)
    expect(second.panel().status).to_have_text("connected")
    second.panel().wait_for_change()
    panel.wait_for_change()
    assert clients(first, second) == 1

    first.page.close()
    second.panel().wait_for_change()
    assert second.asked


def test_a_panel_whose_kernel_has_ended_says_so(open_notebook):
    notebook = open_notebook("01_polling.ipynb")
    notebook.run_all()
    expect(notebook.panel().status).to_have_text("connected")
    notebook.choose("Kernel", "Restart Kernel…")
    notebook.page.locator(".jp-Dialog button.jp-mod-accept").click()
    expect(notebook.panel().status).to_have_text("ended")
