"""How much a client may send, how long it may be silent, and how much may wait for one that doesn't read."""

MAX_HEAD = 64 * 1024
"""Bytes of a request's head."""
MAX_UPGRADE_HEAD = 16 * 1024
"""The same on a server of WebSocket."""
MAX_CONTENT = 1024 * 1024
"""Bytes of a request's content."""
MOST_WAITING = 16
"""Requests of a client that may wait behind the one that is being answered, before no more are read."""
MOST_UNACCEPTED = 1024
"""Connections that may wait to be accepted."""
MOST_UNSENT = 4 * 1024 * 1024
"""Bytes of a stream that may wait for a client that doesn't read; with more it is cut off."""
IDLE_SECONDS = 75.0
"""How long a client may be silent, leave a request unfinished or a response unread."""
HANDSHAKE_SECONDS = 10.0
"""How long a client of a WebSocket server may take to send a request."""
PING_SECONDS = 20.0
"""How long a WebSocket client may be silent before it is asked by a Ping, and how long it then has to answer."""
