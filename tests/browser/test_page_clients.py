"""The clients in the page, each by itself, before servers that answer what no good one does, or not at all."""

import json

import pytest
from playwright.sync_api import expect

from lessons import iframe, long_polling, polling, sse
from lessons.serving.clock import ManualClock

pytestmark = pytest.mark.browser

SERVERS = {each.__name__.rpartition(".")[2]: each.Server for each in (polling, long_polling, iframe, sse)}
MINUTE = 60_000  # milliseconds
TOO_LONG = "x" * (4 * 1024 * 1024 + 1)


@pytest.fixture
def page(browser):
    context = browser.new_context()
    yield context.new_page()
    context.close()


def go(page, server, **answer):
    """Open a server's page, with this in place of what is under /clock, or nothing; return the requests for that."""
    requests = []

    def handle(route):
        requests.append(route.request.url)
        if answer:
            route.fulfill(**answer)
        else:
            route.abort("connectionrefused")

    page.clock.install()
    page.route("**/clock*", handle)
    page.goto(server.url)
    return requests


@pytest.mark.parametrize("lesson", SERVERS)
def test_a_client_gives_up_a_server_that_is_gone_and_says_so(page, lesson):
    with SERVERS[lesson](ManualClock()) as server:
        requests = go(page, server)
        status = page.locator("#status")
        expect(status).to_contain_text("trying again")
        for _ in range(40):
            if "stopped" in status.inner_text():
                break
            page.clock.run_for(MINUTE)
            page.wait_for_timeout(50)  # milliseconds in which the browser fails once more
        expect(status).to_have_text(
            "stopped: nobody has answered for five minutes; start the client again when the server is there"
        )
        so_far = len(requests)
        page.clock.run_for(10 * MINUTE)
        assert len(requests) == so_far


@pytest.mark.parametrize(
    "answer",
    [
        {"status": 204},
        {"json": {"items": [], "cursor": "a-1"}},
        {"json": {"items": ["again"], "cursor": "a-1"}},
        {"status": 410, "json": {"reason": "it is old", "resume": "a-1"}},
    ],
    ids=json.dumps,
)
def test_long_polling_rests_behind_an_answer_that_brings_nothing_and_was_not_held_back(page, answer):
    with long_polling.Server(ManualClock()) as server:
        page.clock.install()
        page.clock.pause_at("2030-01-01")
        requests = go(page, server, **answer)
        expect(page.locator("#status")).to_contain_text("connected")
        page.evaluate("async () => { for (let i = 0; i < 20; i += 1) await fetch('/client.js') }")
        assert len(requests) <= 2  # `again` is news once
        with page.expect_request("**/clock*"):
            page.clock.run_for(1000)


@pytest.mark.parametrize(
    "content",
    [
        *("", "null", "[]", "5", "{}", '"a"', '{"cursor": null}', '{"cursor": 5}', '{"cursor": "\\ud800"}'),
        *('{"cursor": "a", "items": null}', '{"cursor": "a", "items": "text"}', '{"cursor": "a", "items": [1]}'),
    ],
)
def test_long_polling_tries_again_behind_an_answer_that_is_none(page, content):
    with long_polling.Server(ManualClock()) as server:
        go(page, server, body=content, content_type="application/json")
        expect(page.locator("#status")).to_contain_text("trying again")
        expect(page.locator("#log li")).to_have_count(0)


@pytest.mark.parametrize("lesson", ["polling", "long_polling"])
@pytest.mark.parametrize("status", [200, 500])
def test_there_is_an_end_to_an_answer(page, lesson, status):
    with SERVERS[lesson](ManualClock()) as server:
        go(page, server, status=status, body=TOO_LONG)
        expect(page.locator("#status")).to_have_text("trying again: the answer is longer than 4 MiB")


def test_there_is_an_end_to_why_a_stream_is_refused(page):
    with sse.Server(ManualClock()) as server:
        go(page, server, status=500, body=TOO_LONG)
        expect(page.locator("#status")).to_contain_text("trying again")


def test_there_is_an_end_to_a_document_without_news(page):
    with iframe.Server(ManualClock()) as server:
        page.goto(f"{server.url}/no-page-of-ours")
        page.route("**/proxy/clock*", lambda route: route.fulfill(body=TOO_LONG, content_type="text/event-stream"))
        reason = page.evaluate(
            """async () => {
              const { connect } = await import("/client.js");
              const base = `${location.origin}/proxy`;
              return new Promise((resolve) => connect(base, ({ reason }) => reason && resolve(reason)));
            }"""
        )
        assert reason == "the document has 4 MiB without news"


def test_what_a_frame_says_that_is_no_news_is_passed_over(page):
    errors = []
    page.on("pageerror", lambda error: errors.append(error))
    odd = ["null", "5", "{}", "[]", "undefined", '{"characters": "many"}', '{"characters": null}']
    calls = "".join(f"parent.lessonsNews1({each}); parent.postMessage({each}, '*');" for each in odd)
    html = f"<script>{calls} parent.lessonsNews1('good')</script>"
    with iframe.Server(ManualClock()) as server:
        page.route("**/clock*", lambda route: route.fulfill(body=html, content_type="text/html"))
        page.goto(server.url)
        expect(page.locator("#latest")).to_have_text("good")
        assert set(page.locator("#log li").all_inner_texts()) == {"good"}
        assert errors == []


@pytest.mark.parametrize("name", ["error", "open"])
def test_a_servers_event_is_not_taken_for_the_browsers_own(page, name):
    with sse.Server(ManualClock()) as server:
        page.goto(server.url)
        expect(page.locator("#status")).to_have_text("connected")
        server.publish("the disk is full", event=name)
        expect(page.locator("#latest")).to_have_text("the disk is full")
        expect(page.locator("#status")).to_have_text("connected")
        server.publish("tea is ready")
        expect(page.locator("#latest")).to_have_text("tea is ready")
        assert server.subscribers == 1
