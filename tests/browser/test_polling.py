"""Notebook 01 in JupyterLab: both clients, both routes, and a line that breaks."""

import re

import pytest
from playwright.sync_api import expect

pytestmark = pytest.mark.browser

TIME = re.compile(r"\d\d:\d\d:\d\d")


def test_panel_in_jupyterlab(open_notebook, route):
    notebook = open_notebook("01_polling.ipynb")
    notebook.run_all()
    panel = notebook.panel()

    # the client in Python
    assert TIME.fullmatch(panel.wait_for_change())
    expect(panel.status).to_have_text("connected")

    # the client in the page
    panel.press("this page")
    expect(panel.status).to_have_text("connected")
    assert TIME.fullmatch(panel.wait_for_change())

    # by keyboard: what is pressed in the panel is the panel's, no command of JupyterLab's
    panel.root.get_by_role("button", name="Stall", exact=True).focus()
    notebook.page.keyboard.press("x")
    expect(panel.root).to_be_visible()
    answer = notebook.page.get_by_role("radio").nth(1)
    answer.focus()
    notebook.page.keyboard.press("Space")
    expect(answer).to_be_checked()

    # by keyboard: the arrow keys walk through the messages, and the bytes follow
    messages = panel.root.get_by_role("listbox")
    messages.focus()
    first = messages.get_attribute("aria-activedescendant")
    messages.press("ArrowDown")
    expect(panel.root.locator(".selected")).to_have_text(re.compile("^(200 OK|304 Not Modified)$"))
    assert messages.get_attribute("aria-activedescendant") != first
    field = panel.root.locator("table.fields tr").first
    field.focus()
    expect(panel.root.locator(".bytes .lit").first).to_have_text(re.compile("^48 54 54 50"))

    # in a window that gets narrower the newest message stays in sight
    list_of_messages = messages.element_handle()
    messages.evaluate("list => { list.scrollTop = list.scrollHeight; }")
    notebook.page.wait_for_function("list => list.scrollHeight > 1.5 * list.clientHeight", arg=list_of_messages)
    notebook.page.set_viewport_size({"width": 800, "height": 900})
    panel.wait_for_change()
    at_the_end = "list => list.scrollTop + list.clientHeight > list.scrollHeight - 30"
    notebook.page.wait_for_function(at_the_end, arg=list_of_messages)
    notebook.page.set_viewport_size({"width": 1400, "height": 1000})

    # a line that breaks
    cuts = panel.root.locator(".remark.note", has_text="cut (FIN)")
    before = cuts.count()
    panel.press("Cut")
    expect(cuts).to_have_count(before + 1)
    panel.wait_for_change()
    expect(panel.status).to_have_text("connected")

    # a server that is down, and comes back
    panel.press("Refuse")
    panel.press("Reset")
    expect(panel.status).to_have_text("trying again")
    panel.press("Refuse")
    expect(panel.status).to_have_text("connected")

    notebook.pictures({f"01_polling_{route}": panel})

    # a kernel that ends takes the panel with it, and the panel says so
    notebook.choose("Kernel", "Restart Kernel…")
    notebook.page.locator(".jp-Dialog button.jp-mod-accept").click()
    expect(panel.cost).to_contain_text("The kernel has ended")
