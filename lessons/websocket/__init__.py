"""Lessons 5 to 7, WebSocket: first used, then a server and a client written by hand on the protocol core."""

from lessons.clients.background_client import BackgroundClient as Client
from lessons.panel.websocket_panel import WebSocketPanel as Panel
from lessons.serving.websocket_server import WebSocketServer as Server
from lessons.websocket.exercise import check, hint
from lessons.websocket.server import ReadyMadeServer

__all__ = ["Client", "Panel", "ReadyMadeServer", "Server", "check", "hint"]
