"""An echo and a broadcast with picows, which is written in Cython and hands out frames, not messages."""

import asyncio

from picows import WSFrame, WSListener, WSMsgType, WSTransport, WSUpgradeRequest, ws_create_server

from benchmarks.peers.arguments import websocket_port

subscribers: set[WSTransport] = set()


class Echo(WSListener):
    def on_ws_frame(self, transport: WSTransport, frame: WSFrame) -> None:
        if frame.msg_type == WSMsgType.CLOSE:
            transport.disconnect()
        else:
            transport.send(frame.msg_type, frame.get_payload_as_memoryview())


class Broadcast(WSListener):
    def on_ws_connected(self, transport: WSTransport) -> None:
        subscribers.add(transport)

    def on_ws_frame(self, transport: WSTransport, frame: WSFrame) -> None:
        if frame.msg_type == WSMsgType.CLOSE:
            transport.disconnect()
            return
        message = frame.get_payload_as_bytes()
        for subscriber in subscribers:
            subscriber.send(frame.msg_type, message)

    def on_ws_disconnected(self, transport: WSTransport) -> None:
        subscribers.discard(transport)


def listener_for(request: WSUpgradeRequest) -> WSListener:
    return Broadcast() if request.path == b"/broadcast" else Echo()


async def main() -> None:
    server = await ws_create_server(listener_for, "127.0.0.1", websocket_port(), max_frame_size=1 << 24)
    await server.serve_forever()


asyncio.run(main())
