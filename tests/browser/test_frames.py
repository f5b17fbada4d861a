"""Notebook 07 in JupyterLab: frames good and bad, and a decoder of the student's own; both clients and routes."""

import inspect
import re

import pytest
from playwright.sync_api import expect

from lessons.frames import solution
from tests.browser.chatting import chat_by_both_clients, say

pytestmark = pytest.mark.browser
NOTEBOOK = "07_frames.ipynb"


def test_frames_in_the_panel(open_notebook, route):
    notebook = open_notebook(NOTEBOOK)
    notebook.run_all()
    panel = notebook.panel(0)
    chat_by_both_clients(panel)

    # the bytes of a frame, bit by bit
    panel.root.locator("g.arrow", has_text='text "said by this page"').first.click()
    expect(panel.root.locator(".selected")).to_have_text(re.compile('text "said by this page"$'))
    panel.root.locator(".bit", has_text="FIN").focus()
    expect(panel.root.locator("table.fields tr.lit")).to_have_text(re.compile("^FIN"))

    # a bad frame, which Python alone can send
    panel.press("Python")
    expect(panel.status).to_have_text("connected")
    panel.press("Send it")
    expect(panel.status).to_have_text("closed")
    expect(panel.root).to_contain_text("A client must mask its frames.")

    # the student's own is not written yet: connected, and at the first frame the reason
    own = notebook.panel(1)
    own.press("Start")
    expect(own.status).to_have_text("connected")
    own.press("Text")
    expect(own.status).to_have_text("closed")
    expect(own.root).to_contain_text("NotImplementedError")

    notebook.pictures({f"07_frames_{route}": panel, f"07_own_unsolved_{route}": own})


def test_chatting_by_a_decoder_of_the_learners_own(open_notebook, lab, route):
    notebook = open_notebook(lab.solve(NOTEBOOK, "decode_frame", inspect.getsource(solution)))
    notebook.run_all()
    own = notebook.panel(1)
    chat_by_both_clients(own)
    say(own, "Grüße " * 40)
    own.picture(f"07_own_solved_{route}")
