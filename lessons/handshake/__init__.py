"""Lesson 6, the handshake by hand: how a connection of HTTP turns into one of WebSocket."""

from lessons.handshake.exercise import check, hint
from lessons.handshake.panel import HandshakePanel as Panel
from lessons.handshake.server import SimpleServer

__all__ = ["Panel", "SimpleServer", "check", "hint"]
