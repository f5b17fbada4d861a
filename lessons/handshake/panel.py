"""The panel of the handshake: that of WebSocket, under a name of its own, so that both can be open."""

from lessons.websocket import Panel


class HandshakePanel(Panel):
    """A WebSocket client, live, before a server with a handshake of the learner's own."""

    title = "WebSocket, your handshake"
