"""Lesson 6, the handshake by hand: how an HTTP connection turns into a WebSocket."""

from functools import partial

from lessons.handshake.exercise import check, hint
from lessons.handshake.server import SimpleServer
from lessons.panel.websocket_panel import WebSocketPanel

Panel = partial(WebSocketPanel, title="WebSocket, your handshake")
"""Under a title of its own, so that it can be open beside lesson 5's panel."""

__all__ = ["Panel", "SimpleServer", "check", "hint"]
