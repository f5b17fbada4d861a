"""How much a client may send, and how much may wait for one that doesn't read."""

MAX_MESSAGE = 100_000
"""Bytes of one message, on a WebSocket or in a POST."""
MAX_PACKETS = 1000
"""Packets in one POST: a client may put all that it has to say into one."""
MAX_WAITING = 100
"""Messages that may wait to be handled; with more, nothing is read from the client until they are taken."""
MAX_UNSENT = 16 * 1024 * 1024
"""Bytes that may wait for a client that doesn't read; with more it is cut off."""
MAX_SESSIONS = 10_000
"""The most sessions at once: one that polls holds no connection, so nothing else bounds them."""
MAX_ATTACHMENTS = 10
"""Attachments of one packet; all together they have at most `MAX_MESSAGE` bytes."""
CONNECT_SECONDS = 45.0
"""How long a client may take to connect to a namespace, as with Node's server."""
UPGRADE_SECONDS = 10.0
"""How long an upgrade from polling to WebSocket may take, as with Node's server."""
