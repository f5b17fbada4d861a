"""Notebook 09 in JupyterLab: two people in the panel, a classmate on the chat's own page, and a line that breaks."""

import pytest
from playwright.sync_api import expect

pytestmark = pytest.mark.browser

MARKUP = "<img src=x onerror=\"document.title='run'\">"


class Window:
    """One person's window in the panel."""

    def __init__(self, panel, number):
        self.root = panel.root.locator(".chat-window").nth(number)
        self.text = self.root.get_by_role("textbox")
        self.messages = self.root.get_by_role("log")

    def press(self, name):
        self.root.get_by_role("button", name=name, exact=True).click()

    def expect_heard(self, words):
        expect(self.messages.locator(".content", has_text=words).last).to_be_visible()

    def expect_times_heard(self, words, count):
        expect(self.messages.locator(".content", has_text=words)).to_have_count(count)


def test_chat_in_jupyterlab(open_notebook, route):
    notebook = open_notebook("09_chat_room.ipynb")
    notebook.run_all(seconds=90)
    panel = notebook.panel()
    panel.status = panel.root.locator(".lessons-head .state")
    expect(panel.status).to_have_text("connected")
    ann, bob, eve = (Window(panel, number) for number in range(3))

    # Enter and the button send; what was sent leaves the box
    ann.text.fill("")
    ann.text.press_sequentially("typed and entered")
    ann.text.press("Enter")
    bob.expect_heard("typed and entered")
    expect(ann.text).to_have_value("")
    ann.text.fill("pressed")
    ann.press("Send")
    eve.expect_heard("pressed")

    # a refused message stays in the box
    ann.text.fill("@Nobody hello")
    ann.text.press("Enter")
    ann.expect_heard("Nobody here is called Nobody")
    expect(ann.text).to_have_value("@Nobody hello")
    ann.text.fill("")

    # room buttons change, and what is said in a room stays there
    ann.press("Enter red")
    expect(ann.root.get_by_role("button", name="Leave red")).to_be_visible()
    ann.text.fill("in the red room")
    ann.text.press("Enter")
    bob.expect_heard("in the red room")
    eve.expect_times_heard("in the red room", 0)
    ann.press("Leave red")
    expect(ann.root.get_by_role("button", name="Enter red")).to_be_visible()

    # a click on a name begins a private message
    ann.root.get_by_role("group", name="People").get_by_role("button", name="Eve").click()
    expect(ann.text).to_have_value("@Eve ")
    ann.text.press_sequentially("for you alone")
    ann.text.press("Enter")
    eve.expect_heard("for you alone")
    ann.expect_heard("for you alone")
    expect(ann.text).to_have_value("")
    bob.expect_times_heard("for you alone", 0)

    # a classmate comes by the link, and says HTML
    with notebook.page.context.expect_page() as opened:
        panel.root.get_by_role("link").click()
    page = opened.value
    box = page.get_by_role("textbox")
    expect(page.get_by_role("status")).to_have_text("connected")
    for words in ("Classmate", MARKUP):
        box.fill(words)
        box.press("Enter")
        expect(box).to_have_value("")
    ann.expect_heard(MARKUP)
    expect(ann.messages.locator("img")).to_have_count(0)
    page.close()
    ann.expect_heard("Classmate left the chat.")

    # a line that breaks: everybody comes back, and what was missed comes once
    panel.press("Refuse")
    panel.press("Cut")
    expect(panel.status).to_have_text("trying again")
    panel.press("Refuse")
    expect(panel.status).to_have_text("connected")
    expect(eve.root.get_by_role("button", name="Send")).to_be_enabled()
    eve.text.fill("here again")
    eve.text.press("Enter")
    ann.expect_heard("here again")
    ann.expect_times_heard("here again", 1)

    notebook.use_theme("JupyterLab Light")
    panel.picture(f"09_chat_{route}_light")
    notebook.use_theme("JupyterLab Dark")
    panel.picture(f"09_chat_{route}_dark")
