"""Lesson 6, the handshake by hand: how a connection of HTTP turns into one of WebSocket."""

from functools import partial

from lessons.handshake.exercise import check, hint
from lessons.handshake.server import SimpleServer
from lessons.panel.websocket_panel import WebSocketPanel

Panel = partial(WebSocketPanel, title="WebSocket, your handshake")
"""Under a name of its own, so that both can be open."""

__all__ = ["Panel", "SimpleServer", "check", "hint"]
