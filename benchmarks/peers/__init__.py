"""Servers to compare with, each written as its library's own documentation has it.

The WebSocket servers do what `lessons serve websocket` does: an upgrade at /broadcast passes each message to
all connected there, at every other path it echoes. The HTTP servers do what `lessons serve polling`,
`long-polling` and `sse` do at /clock.
"""
