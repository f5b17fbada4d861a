"""Lesson 7, frames by hand: what the two sides of a WebSocket say to each other, bit by bit."""

from functools import partial

from lessons.frames.exercise import check, hint
from lessons.panel.websocket_panel import WebSocketPanel
from lessons.protocols.websocket_frames import Frame

Panel = partial(WebSocketPanel, title="WebSocket, your decoder")
"""Under a name of its own, so that both can be open."""

__all__ = ["Frame", "Panel", "check", "hint"]
