"""Lesson 1, polling: the page asks again and again, and mostly hears nothing new."""

from lessons.polling.client import PollingClient as Client
from lessons.polling.exercise import check, hint
from lessons.polling.panel import PollingPanel as Panel
from lessons.polling.server import PollingServer as Server

__all__ = ["Client", "Panel", "Server", "check", "hint"]
