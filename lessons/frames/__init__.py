"""Lesson 7, frames by hand: what the two sides of a WebSocket say to each other, bit by bit."""

from lessons.frames.exercise import check, hint
from lessons.frames.panel import FramesPanel as Panel
from lessons.protocols.websocket_frames import Frame

__all__ = ["Frame", "Panel", "check", "hint"]
