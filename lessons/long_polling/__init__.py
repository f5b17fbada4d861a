"""Lesson 2, long polling: the server holds the request until it has something to answer."""

from lessons.long_polling.client import LongPollingClient as Client
from lessons.long_polling.exercise import check, hint
from lessons.long_polling.panel import LongPollingPanel as Panel
from lessons.long_polling.server import LongPollingServer as Server

__all__ = ["Client", "Panel", "Server", "check", "hint"]
