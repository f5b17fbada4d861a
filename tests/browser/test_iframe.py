"""Notebook 03 in JupyterLab: both clients, both routes, a line that breaks; and the page's client by itself."""

import re

import pytest
from playwright.sync_api import expect

from lessons.iframe import Server
from lessons.iframe.document import block
from lessons.iframe.specimens import unescaped_block
from lessons.serving.clock import ManualClock
from lessons.wire import Tap
from tests.waiting import wait_until

pytestmark = pytest.mark.browser

TIME = re.compile(r"\d\d:\d\d:\d\d")
PATIENCE = 30_000  # milliseconds; a frame notices after six seconds that its line has died
ATTACK = "</script><script>parent.document.title = 'hacked'</script>"


def test_panel_in_jupyterlab(open_notebook, route):
    notebook = open_notebook("03_iframe_streaming.ipynb")
    notebook.run_all(seconds=60)
    panel = notebook.panel()
    figures = panel.root.locator(".figures")

    # the client in the page: a hidden frame, whose document grows
    expect(panel.status).to_have_text("connected")
    assert TIME.fullmatch(panel.wait_for_change())
    expect(notebook.page.locator('iframe[title="news"]')).to_be_hidden()
    document = re.compile(r"documents at the server: 1 · the frame's document: \d+ scripts, [\d.]+ kB")
    expect(figures).to_have_text(document)
    before = figures.inner_text()
    expect(figures).not_to_have_text(before)

    # the attack that a cell has published did nothing
    assert "It is my page now" not in notebook.page.title()

    # a line that breaks, which the frame isn't told
    requests = panel.root.locator(".arrow.up", has_text="GET /clock")
    before = requests.count()
    panel.press("Cut")
    expect(requests).to_have_count(before + 1, timeout=PATIENCE)
    assert TIME.fullmatch(panel.wait_for_change())
    expect(panel.status).to_have_text("connected")

    notebook.pictures({f"03_iframe_{route}": panel})

    # the client in Python
    panel.press("Python")
    expect(panel.status).to_have_text("connected")
    expect(notebook.page.locator('iframe[title="news"]')).to_have_count(0)
    assert TIME.fullmatch(panel.wait_for_change())
    # behind jupyter-server-proxy the page's own document goes on: the proxy doesn't hang up when its client does
    documents = {"direct": 1, "proxy": 2}[route]
    left = re.compile(f"documents at the server: {documents} · read and forgotten: ")
    expect(figures).to_have_text(left, timeout=PATIENCE)

    # a server that is down, and comes back
    panel.press("Refuse")
    panel.press("Reset")
    expect(panel.status).to_have_text("trying again")
    panel.press("Refuse")
    expect(panel.status).to_have_text("connected", timeout=PATIENCE)


@pytest.fixture
def server():
    return Server(ManualClock("12:00:00"))


@pytest.fixture
def page(browser):
    page = browser.new_page()
    yield page
    page.close()


def go(page, url):
    page.goto(url, wait_until="domcontentloaded")  # with a frame that streams, "load" never comes


def writing(server, count=1):
    wait_until(lambda: server.frames == count, f"{count} documents being written, not {server.frames}")


def test_a_frame_of_the_pages_own_origin_calls_the_page(server, page):
    go(page, f"{server.url}/")
    writing(server)
    server.publish("noon")
    expect(page.locator("#latest")).to_have_text("noon")
    expect(page.locator("#status")).to_have_text("connected")
    expect(page.locator("#figures")).to_contain_text("the frame's document: 2 scripts")
    assert page.evaluate("document.readyState") == "interactive", "the page looks as if it were still loading"
    page.goto("about:blank")
    writing(server, 0)


def test_a_frame_of_another_origin_posts_messages_to_a_page_that_is_welcome(server, page):
    home = Server(ManualClock(), name="home")
    server.allow(f"http://localhost:{home.port}")
    go(page, f"http://localhost:{home.port}/client.js")
    page.evaluate(
        """async (base) => {
            const { connect } = await import("/client.js");
            window.heard = [];
            window.client = connect(base, ({ news }) => news !== undefined && heard.push(news));
        }""",
        server.url,
    )
    writing(server)
    server.publish(ATTACK)
    page.wait_for_function("heard.length === 1")
    assert page.evaluate("heard") == [ATTACK]
    page.evaluate("client.stop()")
    writing(server, 0)


def test_a_page_that_is_not_welcome_hears_nothing(server, page):
    home = Server(ManualClock(), name="home")
    go(page, f"http://localhost:{home.port}/client.js")
    with page.expect_response(lambda response: "/clock" in response.url) as response:
        page.evaluate(
            """async (base) => {
                const { connect } = await import("/client.js");
                window.client = connect(base, () => {});
            }""",
            server.url,
        )
    assert response.value.status == 400
    assert server.frames == 0


def test_messages_of_other_windows_are_no_news(server, page):
    go(page, f"{server.url}/")
    writing(server)
    page.evaluate("postMessage('forged', '*')")
    page.evaluate("document.body.append(Object.assign(document.createElement('iframe'), { name: 'other' }))")
    page.frame("other").evaluate("parent.postMessage('forged', '*')")
    server.publish("real")
    expect(page.locator("#latest")).to_have_text("real")
    expect(page.locator("#log li")).to_have_text(["real"])


@pytest.mark.parametrize(
    ("written", "title"), [(unescaped_block(ATTACK), "hacked"), (block(ATTACK, "news", None).decode(), "as before")]
)
def test_the_attack_works_on_the_specimen_and_fails_on_the_lessons_own_block(server, page, written, title):
    go(page, f"{server.url}/client.js")
    page.evaluate(
        """(written) => new Promise((resolve) => {
            document.title = "as before";
            window.news = () => {};
            const frame = document.createElement("iframe");
            frame.srcdoc = written;
            frame.addEventListener("load", resolve);
            document.body.append(frame);
        })""",
        written,
    )
    assert page.title() == title


NOTE_EACH_STATUS = """() => {
    window.statuses = [];
    const status = document.getElementById("status");
    new MutationObserver(() => statuses.push(status.textContent)).observe(status, { childList: true });
}"""
"""The page says some of them for a moment only, before it tries again."""


def test_a_frame_whose_line_was_cut_is_replaced(server, page):
    tap = Tap(server)
    go(page, f"{tap.url}/")
    writing(server)
    page.evaluate(NOTE_EACH_STATUS)
    tap.cut()
    writing(server, 0)
    said = "() => statuses.some((text) => text.includes('nothing has come for 6 seconds'))"
    page.wait_for_function(said, timeout=PATIENCE)
    writing(server)
    server.publish("again")
    expect(page.locator("#latest")).to_have_text("again")


def test_a_document_that_has_become_long_is_replaced(server, page, monkeypatch):
    monkeypatch.setattr("lessons.iframe.server.MOST_BLOCKS", 3)
    go(page, f"{server.url}/")
    heard = []
    for text in "abcdef":
        writing(server)
        server.publish(text)
        heard.insert(0, text)
        expect(page.locator("#log li")).to_have_text(heard)
    expect(page.locator("#figures")).to_contain_text(re.compile("document: [1-4] scripts"))
