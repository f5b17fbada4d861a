"""An echo and a broadcast with tornado."""

import asyncio

from tornado.web import Application
from tornado.websocket import WebSocketHandler

from benchmarks.peers.arguments import websocket_port

subscribers: set["Broadcast"] = set()


class Echo(WebSocketHandler):
    def on_message(self, message: str | bytes) -> None:
        self.write_message(message, binary=isinstance(message, bytes))


class Broadcast(WebSocketHandler):
    def open(self) -> None:
        subscribers.add(self)

    def on_message(self, message: str | bytes) -> None:
        for subscriber in subscribers:
            subscriber.write_message(message)

    def on_close(self) -> None:
        subscribers.discard(self)


async def main() -> None:
    routes = [("/broadcast", Broadcast), ("/.*", Echo)]
    Application(routes, websocket_max_message_size=1 << 24).listen(websocket_port(), "127.0.0.1")
    await asyncio.Event().wait()


asyncio.run(main())
