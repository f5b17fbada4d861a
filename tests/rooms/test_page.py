"""The rooms page in Chromium: four clients on one page, and who hears what."""

import pytest
from playwright.sync_api import expect

from lessons.rooms.server import RoomsServer

pytestmark = pytest.mark.browser


@pytest.fixture
def page(browser):
    with RoomsServer() as server:
        page = browser.new_page()
        errors = []
        page.on("pageerror", lambda error: errors.append(str(error)))
        page.goto(server.url)
        for name in ("Ann", "Bob", "Eve", "Dan"):
            expect(window(page, name).locator(".state")).to_contain_text("in no room")
        yield page
        page.close()
        assert errors == []


def window(page, name):
    return page.locator("section").filter(has=page.get_by_role("heading", name=name))


def join(page, name, room):
    window(page, name).locator("[name=room]").fill(room)
    window(page, name).get_by_role("button", name="Join").click()
    expect(window(page, name).locator(".state")).to_contain_text(room)


def say(page, name, way, text, room="red"):
    window(page, name).locator("[name=room]").fill(room)
    window(page, name).locator("[name=text]").fill(text)
    window(page, name).locator("[name=way]").select_option(way)
    window(page, name).get_by_role("button", name="Say it").click()


def test_who_hears_it_is_seen(page):
    join(page, "Ann", "red")
    join(page, "Bob", "red")
    join(page, "Dan", "red")
    say(page, "Ann", "to_room_but_me", "<b>in red</b>")
    expect(window(page, "Bob").locator(".heard")).to_have_text("Ann: <b>in red</b>")
    say(page, "Eve", "to_namespace", "across")
    expect(window(page, "Dan").locator(".heard")).to_have_text("Eve: across")
    say(page, "Eve", "to_all", "to all")
    for name in ("Ann", "Bob", "Eve"):
        expect(window(page, name).locator(".heard li").last).to_have_text("Eve: to all")
    expect(window(page, "Ann").locator(".heard li")).to_have_count(1)
    expect(window(page, "Dan").locator(".heard li")).to_have_count(1)


def test_one_is_addressed_by_name(page):
    window(page, "Ann").locator("[name=other]").select_option("Eve")
    say(page, "Ann", "to_one", "psst")
    expect(window(page, "Eve").locator(".heard")).to_have_text("Ann: psst")
    expect(window(page, "Bob").locator(".heard li")).to_have_count(0)
