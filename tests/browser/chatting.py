"""What the tests of both lessons on WebSocket by hand do in a panel."""

import time

from playwright.sync_api import expect

PATIENCE = 60
"""Seconds to wait for an echo at most."""


def say(panel, text):
    """Say something in a panel, and wait for the echo.

    A page holds a field's value back while its kernel is busy, but no click: then the former text is said first.
    """
    panel.root.get_by_label("say").fill(text)
    give_up = time.monotonic() + PATIENCE
    while True:
        panel.press("Text")
        try:
            expect(panel.latest).to_contain_text(text, timeout=5_000)
        except AssertionError:
            if time.monotonic() > give_up:
                raise
        else:
            return


def chat_by_both_clients(panel):
    start = panel.root.get_by_role("button", name="Start", exact=True)
    if start.is_enabled():
        start.click()
    for client in ("Python", "this page"):
        panel.press(client)
        expect(panel.root.get_by_role("button", name="Ping", exact=True)).to_be_enabled(enabled=client == "Python")
        expect(panel.status).to_have_text("connected")
        say(panel, f"said by {client}")
