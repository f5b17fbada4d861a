"""WebSocket: a server and a client written by hand on the protocol core."""
