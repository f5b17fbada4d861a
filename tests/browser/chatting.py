"""What the tests of both lessons on WebSocket by hand do in a panel."""

from playwright.sync_api import expect


def say(panel, text):
    """Say something in a panel, and wait for the echo."""
    panel.root.get_by_label("say").fill(text)
    panel.press("Text")
    expect(panel.latest).to_contain_text(text)


def chat_by_both_clients(panel):
    start = panel.root.get_by_role("button", name="Start", exact=True)
    if start.is_enabled():
        start.click()
    for client in ("Python", "this page"):
        panel.press(client)
        expect(panel.root.get_by_role("button", name="Ping", exact=True)).to_be_enabled(enabled=client == "Python")
        expect(panel.status).to_have_text("connected")
        say(panel, f"said by {client}")
