"""Lesson 3, iframe streaming: an answer that doesn't end, in a frame that nobody sees."""

from lessons.iframe.client import IframeClient as Client
from lessons.iframe.exercise import check, hint
from lessons.iframe.panel import IframePanel as Panel
from lessons.iframe.server import IframeServer as Server

__all__ = ["Client", "Panel", "Server", "check", "hint"]
