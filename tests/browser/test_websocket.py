"""Notebook 05 in JupyterLab by both clients and both routes; the lesson's own pages; and a foreign page's attack."""

import http.server
import re
import threading

import pytest
from playwright.sync_api import expect

from lessons import websocket
from lessons.serving.clock import ManualClock
from tests.chromium import HUB_NAME

pytestmark = pytest.mark.browser


def test_panel_in_jupyterlab(open_notebook, route):
    notebook = open_notebook("05_websocket.ipynb")
    notebook.run_all()
    panel = notebook.panel()
    say = panel.root.get_by_role("textbox", name="say")

    # the client in Python says anything
    expect(panel.status).to_have_text("connected")
    for button, news in (("Text", "abc"), ("Binary", "3 bytes: 61 62 63"), ("Ping", "pong abc"), ("Fragments", "abc")):
        say.fill("abc")
        say.press("Tab")
        panel.press(button)
        expect(panel.latest).to_have_text(news)

    # bit by bit, by keyboard: what a bit says shows, and its field and its byte light up
    panel.root.locator("g.arrow", has_text='ping "abc"').last.click()
    opcode = panel.root.locator(".bit", has_text="opcode")
    opcode.focus()
    expect(opcode.locator(".tip")).to_be_visible()
    expect(opcode.locator(".tip")).to_have_text(re.compile("opcode 9 ping: .*RFC 6455 §5.5.2"))
    expect(panel.root.locator("table.fields tr.lit")).to_have_text(re.compile("^opcode"))
    expect(panel.root.locator(".bytes .lit").first).to_have_text("89")
    expect(panel.root.locator(".readings figure").nth(1)).to_contain_text("abc")
    panel.picture(f"05_websocket_{route}_bits")

    # a broken frame
    panel.root.get_by_label("a frame that is wrong").select_option("reserved opcode 3")
    panel.press("Send it")
    expect(panel.status).to_have_text("closed")
    expect(panel.root.locator("g.arrow", has_text="✗ opcode 3").last).to_be_visible()

    # the client in the page says what a page can
    panel.press("this page")
    expect(panel.root.get_by_text("the browser makes the frames")).to_be_visible()
    for button in ("Fragments", "Ping", "Send it"):
        expect(panel.root.get_by_role("button", name=button, exact=True)).to_be_disabled()
    panel.press("Start")
    expect(panel.status).to_have_text("connected")
    for button, news in (("Text", "Grüße"), ("Binary", "7 bytes: 47 72 c3 bc c3 9f 65")):
        say.fill("Grüße")
        say.press("Tab")
        panel.press(button)
        expect(panel.latest).to_have_text(news)

    # a code that a browser doesn't take, and one that it does; on its way through the proxy it is lost
    code = panel.root.get_by_role("textbox", name="code")
    code.fill("1002")
    code.press("Tab")
    panel.press("Close")
    expect(panel.root.locator(".reason")).to_contain_text("1002")
    expect(panel.status).to_have_text("connected")
    code.fill("4001")
    code.press("Tab")
    panel.press("Close")
    expect(panel.status).to_have_text("closed")
    arrived = "close 4001" if route == "direct" else re.compile("^close")
    expect(panel.root.locator("g.arrow.up .label", has_text="close").last).to_have_text(arrived)

    # a line that breaks: it stays closed until somebody starts it again
    panel.press("Start")
    expect(panel.status).to_have_text("connected")
    panel.press("Cut")
    expect(panel.status).to_have_text("closed")
    panel.press("Start")
    expect(panel.status).to_have_text("connected")

    notebook.pictures({f"05_websocket_{route}": panel})


@pytest.fixture
def open_page(browser):
    """Open pages in one browser; what goes wrong in them fails the test."""
    context = browser.new_context()
    problems = []

    def open_it(url: str):
        page = context.new_page()
        page.on("pageerror", lambda error: problems.append(str(error)))
        page.goto(url)
        return page

    yield open_it
    context.close()
    assert not problems


def test_page_of_the_ready_made_server_shows_its_clock(open_page):
    clock = ManualClock()
    with websocket.ReadyMadeServer(clock) as server:
        page = open_page(f"{server.url}/")
        expect(page.locator("#latest")).to_have_text("12:00:00")
        clock.advance(1)
        expect(page.locator("#latest")).to_have_text("12:00:01")
        server.close()
        expect(page.locator("#status")).to_have_text("closed: 1001, The server is shutting down.")


def test_pages_of_the_hand_written_server_hear_each_other(open_page):
    with websocket.Server() as server:
        one, other = open_page(f"{server.url}/"), open_page(f"{server.url}/")
        for page in (one, other):
            expect(page.locator("#status")).to_have_text("connected")
        one.get_by_label("what to say").fill("Hello, everybody")
        one.get_by_label("what to say").press("Enter")
        for page in (one, other):
            expect(page.locator("#latest")).to_have_text("Hello, everybody")


# --- the attack ---

ATTACK = """<!doctype html><title>evil</title><p id="loot">nothing yet</p><script>
  const loot = document.getElementById("loot");
  const socket = new WebSocket("ws://127.0.0.1:%d/clock");
  socket.onmessage = ({ data }) => { loot.textContent = `heard ${data}`; };
  socket.onclose = ({ code }) => { loot.textContent = `refused, ${code}`; };
</script>"""


@pytest.fixture
def evil_page():
    """Serve a page that attacks a port of this machine, under a name that isn't this machine's."""

    class Handler(http.server.BaseHTTPRequestHandler):
        def do_GET(self):
            self.send_response(200)
            self.send_header("Content-Type", "text/html")
            self.end_headers()
            self.wfile.write(ATTACK.encode() % int(self.path.strip("/")) if self.path.strip("/").isdecimal() else b"")

        def log_message(self, *arguments):
            pass

    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        yield lambda port: f"http://{HUB_NAME}:{server.server_port}/{port}"
        server.shutdown()
        thread.join()


@pytest.mark.parametrize("make", [websocket.ReadyMadeServer, websocket.Server], ids=["ready made", "hand-written"])
def test_a_foreign_page_is_refused(make, open_page, evil_page):
    with make() as server:
        expect(open_page(evil_page(server.port)).locator("#loot")).to_have_text("refused, 1006")


def test_a_server_that_lets_everybody_in_is_robbed(open_page, evil_page):
    with websocket.ReadyMadeServer(ManualClock(), may_connect=lambda origin, host, allowed: True) as server:
        expect(open_page(evil_page(server.port)).locator("#loot")).to_have_text("heard 12:00:00")
