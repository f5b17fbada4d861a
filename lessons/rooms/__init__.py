"""Lesson 8, events and rooms: Socket.IO, its namespaces and rooms, and who hears what."""

from lessons.rooms.client import RoomsClient as Client
from lessons.rooms.exercise import check, hint
from lessons.rooms.panel import RoomsPanel as Panel
from lessons.rooms.server import RoomsServer as Server

__all__ = ["Client", "Panel", "Server", "check", "hint"]
