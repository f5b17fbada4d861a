"""The chat page in Chromium: three people in three browser contexts."""

import re

import pytest
from playwright.sync_api import expect

from lessons.chat.rules.limits import Limits
from lessons.chat.server import ChatServer
from lessons.chat.storage.store import open_database

pytestmark = pytest.mark.browser

IMAGE = "<img/src=x/onerror=hacked=1>"
SCRIPT = "<script>hacked=1</script>"


@pytest.fixture
def running():
    with ChatServer(limits=Limits(burst=1000)) as running:
        yield running


@pytest.fixture
def visit(browser, running):
    """A function that opens the page in a browser context of its own; no page may log an error."""
    contexts, errors = [], []

    def open_page(name=None, **options):
        context = browser.new_context(**options)
        contexts.append(context)
        page = context.new_page()
        page.on("pageerror", lambda error: errors.append(str(error)))
        page.goto(running.url)
        expect(page.locator("#send")).to_be_enabled()
        if name:
            say(page, name)
            expect(page.locator("#label")).to_have_text("Message")
        return page

    yield open_page
    for context in contexts:
        context.close()
    assert errors == []


def say(page, text):
    page.locator("#text").fill(text)
    page.locator("#text").press("Enter")


def log(page):
    return page.locator("#messages")


def message(page, text):
    return log(page).locator("li:not(.notice) .content").get_by_text(text, exact=True)


def test_three_people_talk(visit):
    ann, bob, eve = visit("Ann"), visit("Bob"), visit("Eve")
    say(ann, "hello")
    for page in (ann, bob, eve):
        expect(message(page, "hello")).to_have_count(1)
    expect(bob.locator("#people button")).to_have_text(["Ann", "Bob", "Eve"])
    expect(ann.locator("#text")).to_have_value("")


def test_what_people_write_is_text(visit):
    ann, bob, eve = visit(IMAGE), visit(SCRIPT), visit("Eve")
    say(ann, f"{SCRIPT} {IMAGE}")
    say(bob, "&amp; <b>bold</b>")
    for page in (ann, bob, eve):
        expect(message(page, f"{SCRIPT} {IMAGE}")).to_be_visible()
        expect(message(page, "&amp; <b>bold</b>")).to_be_visible()
        expect(log(page).get_by_role("button", name=IMAGE, exact=True)).to_be_visible()
        expect(page.locator("#people").get_by_role("button", name=SCRIPT, exact=True)).to_be_visible()
        assert page.locator("#messages img, #messages script, #messages b, #people img, #people script").count() == 0
        assert page.evaluate("typeof hacked") == "undefined"


def test_a_taken_name_is_refused(visit):
    visit("Ann")
    second = visit()
    expect(second.locator("#label")).to_have_text("Your name")
    say(second, "ann")
    expect(log(second)).to_contain_text("The name ann is taken.")
    expect(second.locator("#text")).to_have_value("ann")
    expect(second.locator("#label")).to_have_text("Your name")


def test_a_chosen_name_addresses_a_private_message(visit):
    ann, bob, eve = visit("Ann"), visit("Bob"), visit("Eve")
    ann.locator("#people").get_by_role("button", name="Bob").click()
    expect(ann.locator("#text")).to_have_value("@Bob ")
    expect(ann.locator("#text")).to_be_focused()
    ann.keyboard.type("psst")
    ann.get_by_role("button", name="Send").click()
    for page in (ann, bob):
        expect(message(page, "psst")).to_be_visible()
        expect(log(page)).to_contain_text("privately to Bob")
    say(bob, "to all")
    expect(message(eve, "to all")).to_be_visible()
    expect(message(eve, "psst")).to_have_count(0)


def test_rooms_are_entered_and_left_by_one_button(visit):
    ann, bob, eve = visit("Ann"), visit("Bob"), visit("Eve")
    for page in (ann, bob):
        for room in ("red", "green"):
            page.get_by_role("button", name=f"Enter {room}").click()
            expect(page.get_by_role("button", name=f"Leave {room}")).to_be_visible()
    say(ann, "in two rooms")
    expect(message(bob, "in two rooms")).to_have_count(1)
    ann.get_by_role("button", name="Leave red").click()
    ann.get_by_role("button", name="Leave green").click()
    expect(ann.get_by_role("button", name="Enter green")).to_be_visible()
    say(ann, "to all")
    expect(message(eve, "to all")).to_be_visible()
    expect(message(eve, "in two rooms")).to_have_count(0)


def test_who_comes_later_reads_the_last_ten(visit):
    ann = visit("Ann")
    for n in range(12):
        say(ann, f"said {n}")
        expect(ann.locator("#text")).to_have_value("")
    bob = visit()
    expect(message(bob, "said 11")).to_be_visible()
    assert log(bob).locator(".theirs .content").all_text_contents() == [f"said {n}" for n in range(2, 12)]
    assert log(bob).locator("time").first.text_content() == "now"


def test_a_reload_keeps_the_name_and_the_rooms(visit):
    ann = visit("Ann")
    ann.get_by_role("button", name="Enter red").click()
    expect(ann.get_by_role("button", name="Leave red")).to_be_visible()
    ann.reload()
    expect(ann.locator("#label")).to_have_text("Message")
    expect(ann.get_by_role("button", name="Leave red")).to_be_visible()
    say(ann, "me again")
    expect(log(ann).locator(".mine .name").last).to_have_text("Ann")


def test_a_server_that_starts_again_finds_its_people_again(visit, running):
    database = open_database()
    with ChatServer(database=database, name="first") as first:
        port = first.port
        ann, bob = visit(), visit()
        for page, name in ((ann, "Ann"), (bob, "Bob")):
            page.goto(first.url)
            expect(page.locator("#send")).to_be_enabled()
            say(page, name)
            expect(page.locator("#label")).to_have_text("Message")
        say(ann, "before")
        expect(message(bob, "before")).to_have_count(1)
    expect(ann.locator("#state")).to_have_text(re.compile("connection lost"))
    expect(ann.locator("#send")).to_be_disabled()
    with ChatServer(database=database, name="second", port=port):
        for page in (ann, bob):
            expect(page.locator("#state")).to_have_text("connected", timeout=15_000)
        say(ann, "after")
        expect(message(bob, "after")).to_have_count(1)
        expect(message(bob, "before")).to_have_count(1)
        expect(log(bob).locator(".theirs .name").last).to_have_text("Ann")


def test_a_server_that_has_forgotten_everything_is_told_who_people_are(visit, running):
    ann, bob = visit("Ann"), visit("Bob")
    for text in ("one", "two", "three"):
        say(ann, text)
        expect(message(bob, text)).to_have_count(1)
    ann.get_by_role("button", name="Enter red").click()
    expect(ann.get_by_role("button", name="Leave red")).to_be_visible()
    running.close()
    expect(ann.locator("#state")).to_have_text(re.compile("connection lost"))
    with ChatServer(name="without a memory", port=running.port):
        for page in (ann, bob):
            expect(page.locator("#state")).to_have_text("connected", timeout=15_000)
            expect(page.locator("#label")).to_have_text("Message")
        expect(bob.locator("#people button")).to_have_text(["Ann", "Bob"])
        expect(ann.get_by_role("button", name="Leave red")).to_be_visible()
        say(bob, "four")
        for page in (ann, bob):
            expect(log(page).locator("li:not(.notice) .content")).to_have_text(["one", "two", "three", "four"])


def test_a_message_that_cannot_be_stored_stays_in_its_box(visit, running, monkeypatch):
    def fail(*args):
        from pymongo.errors import AutoReconnect

        raise AutoReconnect("the store is down")

    ann = visit("Ann")
    with monkeypatch.context() as broken:
        broken.setattr(running.service._store.history, "append", fail)
        say(ann, "hello")
        expect(log(ann)).to_contain_text("The chat's store can't be reached")
        expect(ann.locator("#text")).to_have_value("hello")
    ann.locator("#text").press("Enter")
    expect(message(ann, "hello")).to_have_count(1)


def test_chinese_is_spoken_to_a_chinese_browser(visit):
    page = visit(locale="zh-CN")
    expect(page.locator("h1")).to_have_text("聊天室")
    expect(page.get_by_role("button", name="进入红色房间")).to_be_visible()
    say(page, "two words")
    expect(log(page)).to_contain_text("第一条消息是你的名字")
    say(page, "小明")
    expect(log(page)).to_contain_text("小明 加入了聊天室。")
    assert page.locator("html").get_attribute("lang") == "zh-CN"


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_the_page_fits_a_phone_and_can_be_read(visit, scheme):
    page = visit("Ann", viewport={"width": 360, "height": 640}, color_scheme=scheme)
    say(page, "x" * 300)
    expect(message(page, "x" * 300)).to_be_visible()
    assert page.evaluate("document.documentElement.scrollWidth") <= 360
    for button in page.locator("header button, #send, #people button").all():
        assert button.bounding_box()["height"] >= 44
    ratios = page.evaluate(CONTRASTS)
    assert ratios and min(ratios.values()) >= 4.5, ratios


def test_everything_is_named_for_a_screen_reader_and_reached_by_keyboard(visit):
    page = visit("Ann")
    assert page.locator("#messages").get_attribute("aria-label") == "Messages"
    expect(page.get_by_role("log", name="Messages")).to_be_visible()
    expect(page.get_by_role("navigation", name="People")).to_be_visible()
    expect(page.get_by_role("group", name="Rooms")).to_be_visible()
    expect(page.get_by_label("Message", exact=True)).to_be_focused()
    reached = set()
    for _ in range(8):
        page.keyboard.press("Tab")
        reached.add(page.evaluate("document.activeElement.textContent.trim().slice(0, 11)"))
    assert {"Enter red", "Enter green", "Ann", "Send"} <= reached


CONTRASTS = """() => {
    const parse = (colour) => colour.match(/[\\d.]+/g).map(Number);
    const luminance = ([r, g, b]) => [r, g, b]
        .map((c) => c / 255)
        .map((c) => (c <= 0.03928 ? c / 12.92 : ((c + 0.055) / 1.055) ** 2.4))
        .reduce((sum, c, i) => sum + c * [0.2126, 0.7152, 0.0722][i], 0);
    const ground = (element) => {
        const colour = getComputedStyle(element).backgroundColor;
        return parse(colour)[3] === 0 ? ground(element.parentElement) : parse(colour);
    };
    const ratios = {};
    for (const element of document.querySelectorAll("h1, p, button, label, input, .content, time")) {
        const [dark, light] = [luminance(parse(getComputedStyle(element).color)), luminance(ground(element))].sort();
        ratios[element.tagName + "." + element.className + element.id] = (light + 0.05) / (dark + 0.05);
    }
    return ratios;
}"""
