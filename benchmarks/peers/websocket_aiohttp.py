"""An echo and a broadcast with aiohttp."""

from aiohttp import WSMsgType, web

from benchmarks.peers.arguments import websocket_port

subscribers: set[web.WebSocketResponse] = set()


async def echo(request: web.Request) -> web.WebSocketResponse:
    connection = web.WebSocketResponse(max_msg_size=1 << 24)
    await connection.prepare(request)
    async for message in connection:
        if message.type is WSMsgType.TEXT:
            await connection.send_str(message.data)
        elif message.type is WSMsgType.BINARY:
            await connection.send_bytes(message.data)
    return connection


async def broadcast(request: web.Request) -> web.WebSocketResponse:
    connection = web.WebSocketResponse()
    await connection.prepare(request)
    subscribers.add(connection)
    try:
        async for message in connection:
            for subscriber in list(subscribers):
                await subscriber.send_str(message.data)
    finally:
        subscribers.discard(connection)
    return connection


application = web.Application()
application.add_routes([web.get("/broadcast", broadcast), web.get("/{path:.*}", echo)])
web.run_app(application, host="127.0.0.1", port=websocket_port(), print=None, access_log=None)
