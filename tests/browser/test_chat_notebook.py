"""Notebook 09 in JupyterLab: people in the panel by both clients, a classmate on the chat page, a line that breaks."""

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
        self.state = self.root.locator(".state")

    def press(self, name):
        self.root.get_by_role("button", name=name, exact=True).click()

    def enter(self, text):
        self.text.fill(text)
        self.text.press("Enter")

    def expect_heard(self, words):
        expect(self.messages.locator(".content", has_text=words).last).to_be_visible()

    def expect_times_heard(self, words, count):
        expect(self.messages.locator(".content", has_text=words)).to_have_count(count)


def talk(ann, bob, eve, by):
    """Do all that a person can do in a window; `by` tells this time's words from others."""
    # Enter and the button send; what was sent leaves the box
    ann.text.fill("")
    ann.text.press_sequentially(f"entered {by}")
    press_enter_when_back(ann)  # whoever has become another client says connected before its line is there
    bob.expect_heard(f"entered {by}")
    expect(ann.text).to_have_value("")
    ann.text.fill(f"pressed {by}")
    ann.press("Send")
    eve.expect_heard(f"pressed {by}")
    expect(ann.text).to_have_value("")

    # a refused message stays in the box
    ann.enter(f"@Nobody hello {by}")
    ann.expect_heard("Nobody here is called Nobody")
    expect(ann.text).to_have_value(f"@Nobody hello {by}")
    ann.text.fill("")

    # room buttons change, and what is said in a room stays there
    ann.press("Enter red")
    expect(ann.root.get_by_role("button", name="Leave red")).to_be_visible()
    ann.enter(f"in the red room {by}")
    bob.expect_heard(f"in the red room {by}")
    eve.expect_times_heard(f"in the red room {by}", 0)
    ann.press("Leave red")
    expect(ann.root.get_by_role("button", name="Enter red")).to_be_visible()

    # a click on a name begins a private message
    ann.root.get_by_role("group", name="People").get_by_role("button", name="Eve").click()
    expect(ann.text).to_have_value("@Eve ")
    ann.text.press_sequentially(f"for you alone {by}")
    ann.text.press("Enter")
    eve.expect_heard(f"for you alone {by}")
    ann.expect_heard(f"for you alone {by}")
    expect(ann.text).to_have_value("")
    bob.expect_times_heard(f"for you alone {by}", 0)


def leave_and_return(ann, eve, by):
    """One person goes away, and comes back as the same person who gets what she missed, once."""
    ann.press("Disconnect")
    expect(ann.state).to_have_text("stopped")
    eve.enter(f"missed {by}")
    expect(eve.text).to_have_value("")
    ann.press("Connect")
    ann.expect_heard(f"missed {by}")
    ann.expect_times_heard(f"missed {by}", 1)
    expect(ann.root.locator(".me")).to_have_text("Ann")


def break_the_line(panel, ann, eve, by):
    """All lines break: everybody comes back, and what was missed comes once."""
    panel.press("Refuse")
    panel.press("Cut")
    expect(panel.status).to_have_text("trying again")
    panel.press("Refuse")
    expect(panel.status).to_have_text("connected")
    expect(eve.root.get_by_role("button", name="Send")).to_be_enabled()
    eve.enter(f"here again {by}")
    ann.expect_heard(f"here again {by}")
    ann.expect_times_heard(f"here again {by}", 1)


def press_enter_when_back(window):
    """Send what stands in the box as soon as there is a line; what has been sent leaves the box."""
    for _ in range(20):
        window.text.press("Enter")
        try:
            expect(window.text).to_have_value("", timeout=1000)
        except AssertionError:
            continue
        return


def load_again(notebook, panel, ann, eve):
    """The page is loaded again: its clients are new ones, of the same people, who hear nothing twice."""
    notebook.choose("File", "Save Notebook")
    expect(notebook.page.locator(".jp-mod-dirty")).to_have_count(0)
    notebook.page.reload()
    expect(panel.status).to_have_text("connected", timeout=60_000)
    eve.expect_heard("here again by the page")  # behind it nothing of the past comes into the box any more
    eve.text.fill("after the page was loaded again")
    press_enter_when_back(eve)
    ann.expect_heard("after the page was loaded again")
    ann.expect_times_heard("here again by the page", 1)
    ann.expect_times_heard("after the page was loaded again", 1)


SAME_BY_BOTH_CLIENTS = [
    "('Ann', 'Bob', 'Eve')",
    "'@Bob '",
    "The name ann is taken. Send another one.\nAn empty message isn't sent. Write something first.",
    "Ann: hello, everybody\nAnn: that was all",
    "(\"Ann: Bob can't hear this\", 'Bob', ['red', 'green'])",
    "(1, 1)",
]


def test_cells_get_the_same_from_the_clients_in_the_page(open_notebook, lab):
    """All cells are run at once, so the page is heard while they wait for it."""
    name = lab.vary("09_chat_room.ipynb", "panel.start()", "panel.client = 'page'\npanel.start()")
    notebook = open_notebook(name)
    notebook.run_all(seconds=90)
    assert [each for each in notebook.outputs if each in SAME_BY_BOTH_CLIENTS] == SAME_BY_BOTH_CLIENTS
    expect(notebook.panel().root.locator(".lessons-head .mod-active")).to_have_text("this page")


def test_chat_in_jupyterlab(open_notebook, route):
    notebook = open_notebook("09_chat_room.ipynb")
    notebook.run_all(seconds=90)
    panel = notebook.panel()
    panel.status = panel.root.locator(".lessons-head .state")
    expect(panel.status).to_have_text("connected")
    ann, bob, eve = (Window(panel, number) for number in range(3))

    talk(ann, bob, eve, "by Python")
    leave_and_return(ann, eve, "by Python")
    break_the_line(panel, ann, eve, "by Python")

    # the same people by the page: they keep their names, and what was said before isn't heard again
    panel.press("this page")
    expect(panel.status).to_have_text("connected")
    for window, name in ((ann, "Ann"), (bob, "Bob"), (eve, "Eve")):
        expect(window.state).to_have_text("connected")
        expect(window.root.locator(".me")).to_have_text(name)
        window.expect_times_heard("here again by Python", 1)
    talk(ann, bob, eve, "by the page")
    polls = panel.root.locator("g.arrow", has_text="GET /socket.io/?EIO=4&transport=polling")
    expect(polls.last).to_be_attached()  # python-socketio begins with WebSocket, the page with polling
    leave_and_return(ann, eve, "by the page")
    break_the_line(panel, ann, eve, "by the page")
    load_again(notebook, panel, ann, eve)

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

    notebook.use_theme("JupyterLab Light")
    panel.picture(f"09_chat_{route}_light")
    notebook.use_theme("JupyterLab Dark")
    panel.picture(f"09_chat_{route}_dark")

    # and back to Python
    panel.press("Python")
    expect(panel.status).to_have_text("connected")
    ann.text.fill("back in Python")
    press_enter_when_back(ann)
    bob.expect_heard("back in Python")
    bob.expect_times_heard("back in Python", 1)
