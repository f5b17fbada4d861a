"""The page of the hand-written server: what it answers to a request that asks for no WebSocket."""

from __future__ import annotations

from pathlib import Path

from lessons.protocols.http_head import Request, format_head
from lessons.serving.page import page_files

CLIENT = Path(__file__).with_name("websocket_client.js")
"""The client in the page, on pages of their own and in the panel."""
FILES = page_files("WebSocket", CLIENT, {"path": "/broadcast"})


def respond(request: Request) -> bytes:
    """Answer a GET with the page, one of its scripts, or 404, as a whole HTTP/1.1 response."""
    file = FILES.get(request.target.partition("?")[0])
    if file is None:
        return _response("404 Not Found", [("Content-Type", "text/plain")], b"There is no such page here.\n")
    return _response("200 OK", file.fields, file.content)


def _response(status: str, fields: list[tuple[str, str]], content: bytes) -> bytes:
    always = [("Content-Length", str(len(content))), ("Connection", "close")]
    return format_head(f"HTTP/1.1 {status}", [*fields, *always]) + content
