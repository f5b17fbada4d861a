"""Notebook 08 in JupyterLab: both clients, both routes, and what is asked by the panel's buttons."""

import re

import pytest
from playwright.sync_api import expect

pytestmark = pytest.mark.browser


def window(panel, name):
    return panel.root.get_by_label(f"window of {name}")


def marks(panel):
    """The marks of the newest row of the table of who heard what."""
    return panel.root.locator(".rooms-heard tbody tr").last.locator("td")


def fill(panel, label, text):
    panel.root.get_by_label(label, exact=True).fill(text)
    panel.root.get_by_label(label, exact=True).press("Enter")


def join_when_back(panel):
    """Let Ann join the room again as soon as she has a connection."""
    for _ in range(20):
        panel.press("Join")
        try:
            expect(panel.root.locator(".rooms-members")).to_contain_text("red (Ann)", timeout=1000)
        except AssertionError:
            continue
        return


def test_panel_in_jupyterlab(open_notebook, route):
    notebook = open_notebook("08_events_and_rooms.ipynb")
    notebook.run_all(60)
    panel = notebook.panel()

    # the clients in Python
    expect(panel.status).to_have_text("connected")
    fill(panel, "says", "<b>by hand</b>")
    panel.press("To all but me")
    expect(marks(panel)).to_have_text(["◖", "●", "●", "·"])
    expect(window(panel, "Bob")).to_contain_text("Ann: <b>by hand</b>")

    # the clients in the page
    panel.press("Stop")
    expect(window(panel, "Dan")).to_contain_text("not connected")
    panel.press("this page")
    panel.press("Start")
    expect(panel.status).to_have_text("connected", timeout=15_000)
    panel.press("Join")
    expect(panel.root.locator(".rooms-members")).to_contain_text("red (Ann)")
    expect(window(panel, "Ann")).to_contain_text("✓ join: in red")
    fill(panel, "says", "in red")
    panel.press("To room")
    expect(marks(panel)).to_have_text(["●", "·", "·", "·"])
    panel.root.locator("g.arrow", has_text='Socket.IO event "to_room"').last.click()
    expect(panel.root.locator(".bytes-side")).to_contain_text("acknowledgement id")
    panel.picture(f"08_rooms_{route}_light")

    # a line that breaks: all come back, and are in no room
    panel.press("Cut")
    expect(panel.root.locator(".rooms-members")).to_contain_text("/: none")
    join_when_back(panel)
    expect(panel.status).to_have_text("connected", timeout=20_000)
    fill(panel, "says", "after the cut")
    panel.press("To all")
    expect(marks(panel)).to_have_text(["●", "●", "●", "·"])

    # where WebSocket is blocked
    panel.press("Polling only")
    for name in ("Ann", "Bob", "Eve", "Dan"):
        expect(window(panel, name)).to_contain_text("by polling", timeout=20_000)
    fill(panel, "says", "still here")
    panel.press("To all")
    expect(marks(panel)).to_have_text(["●", "●", "●", "·"])
    expect(window(panel, "Eve")).to_contain_text("Ann: still here")
    expect(panel.root.locator("g.arrow", has_text=re.compile("POST: Socket.IO event")).last).to_be_attached()
    notebook.use_theme("JupyterLab Dark")
    panel.picture(f"08_rooms_{route}_dark")

    # an end, and what is said then
    panel.press("Stop")
    expect(panel.status).to_have_text("stopped")
    panel.press("To all")
    expect(panel.root.locator(".notice")).to_contain_text("start the clients first")
