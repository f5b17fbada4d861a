"""Notebook 02 in JupyterLab: both clients, both routes, a line that breaks; and the page's client by itself."""

import random
import re

import pytest
from playwright.sync_api import expect

from lessons.long_polling import Server
from lessons.serving.clock import ManualClock
from lessons.wire import Tap
from tests.waiting import wait_until

pytestmark = pytest.mark.browser

TIME = re.compile(r"\d\d:\d\d:\d\d")
PATIENCE = 20_000  # milliseconds; the server has news every five seconds
CUTS = 200
SHORTEST_ANSWER = 130  # bytes


def test_panel_in_jupyterlab(open_notebook, route):
    notebook = open_notebook("02_long_polling.ipynb")
    notebook.run_all(seconds=60)
    panel = notebook.panel()
    figures = panel.root.locator(".figures")

    # the client in Python
    assert TIME.fullmatch(panel.wait_for_change())
    expect(panel.status).to_have_text("connected")
    expect(figures).to_have_text("parked at the server: 1")

    # the client in the page
    panel.press("this page")
    expect(panel.status).to_have_text("connected", timeout=PATIENCE)
    assert TIME.fullmatch(panel.wait_for_change())

    # a line that breaks: the next news comes all the same
    panel.press("Cut")
    panel.wait_for_change()
    expect(panel.status).to_have_text("connected", timeout=PATIENCE)

    # a server that is down, and comes back
    panel.press("Refuse")
    panel.press("Reset")
    expect(panel.status).to_have_text("trying again", timeout=PATIENCE)
    panel.press("Refuse")
    expect(panel.status).to_have_text("connected", timeout=PATIENCE)

    notebook.pictures({f"02_long_polling_{route}": panel})

    # a client that has left
    panel.press("Stop")
    expect(panel.status).to_have_text("stopped")
    expect(figures).to_have_text("parked at the server: 0", timeout=PATIENCE)


def test_client_on_the_page_loses_and_doubles_nothing_when_cut_two_hundred_times(browser):
    server = Server(ManualClock("12:00:00"))
    tap = Tap(server)
    chance = random.Random(4)
    page = browser.new_page()
    page.goto(f"{tap.url}/client.js")  # a document of the server's origin, without a client of its own
    page.evaluate(
        """async () => {
            Math.random = () => 0; // the shortest of all pauses after an error
            const { connect } = await import("/client.js");
            window.heard = [];
            connect(location.origin, ({ news }) => news !== undefined && heard.push(news));
        }"""
    )
    wait_until(lambda: server.parked == 1, "the client's first request")
    server.publish("0")
    page.wait_for_function("heard.length === 1")
    for number in range(1, CUTS + 1):
        tap.cut_after(chance.randrange(SHORTEST_ANSWER))
        server.publish(str(number))
        page.wait_for_function(f"heard.length >= {number + 1}")
    assert page.evaluate("heard") == [str(number) for number in range(CUTS + 1)]
    assert [each.title for each in tap.trace.messages("note")].count("the line: cut (FIN)") == CUTS
    page.close()
    wait_until(lambda: server.parked == 0, "the server to notice that the page has gone")
