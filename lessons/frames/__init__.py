"""Lesson 7, frames by hand: what the two sides of a WebSocket say to each other, bit by bit."""

from functools import partial

from lessons.frames.exercise import check, hint
from lessons.panel.websocket_panel import WebSocketPanel
from lessons.protocols.websocket_frames import Frame

Panel = partial(WebSocketPanel, title="WebSocket, your decoder")
"""Under a title of its own, so that it can be open beside lesson 5's panel."""

__all__ = ["Frame", "Panel", "check", "hint"]
