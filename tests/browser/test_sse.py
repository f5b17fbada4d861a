"""Notebook 04 in JupyterLab, both clients and both routes; and what only a browser's own EventSource can show."""

import re

import pytest
from playwright.sync_api import expect

from lessons.polling import Server as OtherServer
from lessons.serving.clock import ManualClock
from lessons.sse import Server
from lessons.wire import Tap
from tests.waiting import wait_until

pytestmark = pytest.mark.browser

TIME = re.compile(r"\d\d:\d\d:\d\d")


def test_panel_in_jupyterlab(open_notebook, route):
    notebook = open_notebook("04_server_sent_events.ipynb")
    notebook.run_all(60)
    panel = notebook.panel()

    # the client in Python
    assert TIME.fullmatch(panel.wait_for_change())
    expect(panel.status).to_have_text("connected")

    # the client in the page: the browser's own EventSource, event by event
    panel.press("this page")
    expect(panel.status).to_have_text("connected")
    assert TIME.fullmatch(panel.wait_for_change())
    panel.note_news()
    panel.root.get_by_label("publish").fill("tea is ready")
    panel.root.get_by_label("publish").press("Enter")
    panel.expect_noted("tea is ready")  # for less than a second: the next tick takes its place
    panel.root.locator("g.arrow", has_text="event message id").last.click()
    expect(panel.root.locator(".bytes-side")).to_contain_text("tea is ready")

    # a line that breaks
    panel.press("Cut")
    expect(panel.root.locator(".remark.note", has_text="cut (FIN)")).to_have_count(1)
    panel.wait_for_change()
    expect(panel.status).to_have_text("connected")

    # a server that is down, and comes back
    panel.press("Refuse")
    panel.press("Reset" if route == "direct" else "Cut")  # jupyter-server-proxy keeps a reset to itself
    expect(panel.status).to_have_text("trying again")
    panel.press("Refuse")
    expect(panel.status).to_have_text("connected", timeout=20_000)
    panel.wait_for_change()

    # the browser's limit; on the way over Jupyter's own host the panel keeps off it
    panel.press("8 streams")
    words = "6 of 8 streams are open" if route == "direct" else "3 of 3 streams are open; no more are tried"
    expect(panel.root.locator(".reason")).to_contain_text(words)
    panel.wait_for_change()
    panel.picture(f"04_sse_{route}_light")
    notebook.use_theme("JupyterLab Dark")
    panel.picture(f"04_sse_{route}_dark")

    # no more, and a new start
    panel.press("No more (204)")
    expect(panel.status).to_have_text("stopped")
    expect(panel.root.locator(".reason")).to_contain_text("204")
    expect(panel.root.locator(".figures")).to_have_text("0 listening")
    panel.press("No more (204)")
    panel.press("Start")
    expect(panel.status).to_have_text("connected")
    panel.wait_for_change()


@pytest.fixture
def page(browser):
    context = browser.new_context(bypass_csp=True)  # our own page's policy keeps it from what is tried here
    yield context.new_page()
    context.close()


def test_the_page_without_jupyter(page):
    with Server(interval=0.1) as server:
        page.goto(server.url)
        expect(page.locator("#status")).to_have_text("connected")
        expect(page.locator("#latest")).to_have_text(TIME)
        server.publish("tea is ready")
        expect(page.locator("#log")).to_contain_text("tea is ready")
        page.goto("about:blank")
        wait_until(lambda: server.subscribers == 0, "the server to forget the page")


LISTEN = """
([url, names, withCredentials]) => {
    window.heard = [];
    const source = new EventSource(url, { withCredentials });
    const hear = ({ type, data }) => window.heard.push([type, data ?? null]);
    for (const name of names) source.addEventListener(name, hear);
}
"""


def test_an_event_named_open_is_mixed_up_with_the_connections_own(page):
    with Server(ManualClock()) as server:
        page.goto(server.url)
        page.evaluate(LISTEN, [f"{server.url}/clock", ["open"], False])
        page.wait_for_function("heard.length === 1")
        server.publish("the shop", event="open")
        page.wait_for_function("heard.length === 2")
        assert page.evaluate("heard") == [["open", None], ["open", "the shop"]]


@pytest.mark.parametrize("credentials", [False, True])
def test_a_page_of_another_origin_listens_and_sends_cookies_if_it_asks_to(page, credentials):
    with OtherServer(ManualClock()) as other, Server(ManualClock()) as server:
        page.goto(other.url)
        page.context.add_cookies([{"name": "who", "value": "ada", "url": server.url}])
        server.allow(other.url)
        tap = Tap(server)
        page.evaluate(LISTEN, [f"{tap.url}/clock", ["message"], credentials])
        wait_until(lambda: server.subscribers == 1)
        server.publish("over there")
        page.wait_for_function("heard.length === 1")
        (request,) = tap.trace.messages("request")
        assert any(span.name.lower() == "cookie" for span in request.spans) == credentials


def test_a_page_of_a_foreign_origin_hears_nothing(page):
    with OtherServer(ManualClock()) as other, Server(ManualClock()) as server:
        page.goto(other.url)
        page.evaluate(LISTEN, [f"{server.url}/clock", ["open", "error"], False])
        page.wait_for_function("heard.length === 1")
        assert page.evaluate("heard") == [["error", None]]
        assert server.subscribers == 0


CONNECT = """
async ([module, url]) => {
    window.heard = [];
    window.reported = [];
    const { connect } = await import(module);
    window.client = connect(url, ({ news, status }) => (news ? window.heard.push(news) : window.reported.push(status)));
}
"""


@pytest.fixture
def line(page):
    """A page with the lesson's client in it, whose server is of another origin and behind a tap."""
    with OtherServer(ManualClock()) as other, Server(ManualClock(), retry=0.01, backlog=1000) as server:
        server.allow(other.url)
        page.goto(other.url)
        page.clock.install()
        yield server, Tap(server)


def connect(page, server, tap):
    page.evaluate(CONNECT, [f"{server.url}/client.js", tap.url])
    wait_until(lambda: server.subscribers == 1)
    server.publish("begin")
    page.wait_for_function("heard.length === 1")


def test_a_line_cut_in_the_page_loses_and_doubles_nothing(page, line):
    """By the browser's own reconnection, and by the page's where a head that was cut makes the browser give up."""
    server, tap = line
    connect(page, server, tap)
    published = ["begin"]
    for position in range(0, 600, 75):
        tap.cut_after(position)
        while tap.faults != "clear":
            published.append(f"number {len(published)}")
            server.publish(published[-1])
            page.clock.fast_forward(2000)  # what the page waits for takes no time
            wait_until(lambda: server.subscribers or tap.faults == "clear")
    page.clock.fast_forward(2000)
    page.wait_for_function(f"heard.length >= {len(published)}")
    assert page.evaluate("heard") == published


def test_a_line_that_is_dead_without_a_word_is_left_after_a_long_silence(page, line):
    server, tap = line
    connect(page, server, tap)
    tap.stall()
    server.publish("meanwhile")
    page.clock.fast_forward(44_000)
    assert len(tap.trace.messages("request")) == 1
    page.clock.fast_forward(2_000)
    page.wait_for_function("reported.at(-1) === 'trying again'")
    tap.resume()
    page.wait_for_function("heard.length === 2 && reported.at(-1) === 'connected'")
    assert page.evaluate("heard") == ["begin", "meanwhile"]


def test_a_stop_in_the_page_ends_its_connection_and_its_timers(page, line):
    server, tap = line
    connect(page, server, tap)
    page.evaluate("client.stop()")
    wait_until(lambda: server.subscribers == 0)
    page.clock.fast_forward(100_000)
    assert page.evaluate("reported.at(-1)") == "stopped"
    assert len(tap.trace.messages("request")) == 1
