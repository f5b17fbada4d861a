"""Notebook 06 in JupyterLab: the server on one page, and a handshake of the student's own; both clients and routes."""

import inspect

import pytest
from playwright.sync_api import expect

from lessons.handshake import solution
from tests.browser.chatting import chat_by_both_clients

pytestmark = pytest.mark.browser
NOTEBOOK = "06_handshake.ipynb"


def test_chatting_with_the_server_on_one_page(open_notebook, route):
    notebook = open_notebook(NOTEBOOK)
    notebook.run_all()
    panel = notebook.panel(0)
    chat_by_both_clients(panel)

    # the student's own is not written yet: no connection, and the reason
    own = notebook.panel(1)
    own.press("Start")
    expect(own.status).to_have_text("closed")
    expect(own.root).to_contain_text("NotImplementedError")

    notebook.pictures({f"06_handshake_{route}": panel, f"06_own_unsolved_{route}": own})


def test_chatting_by_a_handshake_of_the_learners_own(open_notebook, lab, route):
    notebook = open_notebook(lab.solve(NOTEBOOK, "answer_handshake", inspect.getsource(solution)))
    notebook.run_all()
    own = notebook.panel(1)
    chat_by_both_clients(own)
    own.picture(f"06_own_solved_{route}")
