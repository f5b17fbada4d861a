"""How much a client may send, and how much may wait for one that doesn't read."""

MAX_MESSAGE = 100_000
"""Bytes of one message, on a WebSocket or in a POST."""
MAX_PACKETS = 1000
"""Packets in one POST: a client may put all that it has to say into one."""
MAX_WAITING = 100
"""Messages that may wait to be looked at before no more is read from the client."""
MAX_UNSENT = 16 * 1024 * 1024
"""Bytes that may wait for a client that doesn't read; with more it is cut off."""
