"""Lesson 4, server-sent events: one long response, and a browser that comes back when its line breaks."""

from lessons.sse.client import EventClient as Client
from lessons.sse.exercise import check, hint
from lessons.sse.panel import EventPanel as Panel
from lessons.sse.server import EventServer as Server

__all__ = ["Client", "Panel", "Server", "check", "hint"]
