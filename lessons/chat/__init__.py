"""Section 9: the chat room, on real Socket.IO, with stored history."""
