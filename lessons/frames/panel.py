"""The panel of the frames: that of WebSocket, under a name of its own, so that both can be open."""

from lessons.websocket import Panel


class FramesPanel(Panel):
    """A WebSocket client, live, before a server with a frame decoder of the learner's own."""

    title = "WebSocket, your decoder"
