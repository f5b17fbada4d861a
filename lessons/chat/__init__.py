"""Lesson 9, the chat room, on real Socket.IO, with a stored history."""

from lessons.chat.client import ChatClient as Client
from lessons.chat.exercise import check, hint
from lessons.chat.panel import ChatPanel as Panel
from lessons.chat.server import ChatServer as Server

__all__ = ["Client", "Panel", "Server", "check", "hint"]
