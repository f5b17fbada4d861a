"""Lessons 5 to 7, WebSocket: first used, then a server and a client written by hand on the protocol core."""

from lessons.websocket.background_client import BackgroundClient as Client
from lessons.websocket.exercise import check, hint
from lessons.websocket.panel import WebSocketPanel as Panel
from lessons.websocket.ready_made import ReadyMadeServer
from lessons.websocket.server import WebSocketServer as Server

__all__ = ["Client", "Panel", "ReadyMadeServer", "Server", "check", "hint"]
