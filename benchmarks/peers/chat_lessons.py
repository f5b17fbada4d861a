"""The lessons' chat as it is, without limits on how much one may say."""

import threading

from benchmarks.peers.arguments import websocket_port
from lessons.chat.rules.limits import Limits
from lessons.chat.server import ChatServer

if __name__ == "__main__":
    unlimited = Limits(burst=10**9)
    with ChatServer(port=websocket_port(), limits=unlimited):
        threading.Event().wait()
