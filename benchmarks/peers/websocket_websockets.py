"""An echo and a broadcast with websockets, on asyncio."""

import asyncio

from websockets.asyncio.server import ServerConnection, broadcast, serve

from benchmarks.peers.arguments import websocket_port

subscribers: set[ServerConnection] = set()


async def handle(connection: ServerConnection) -> None:
    if connection.request and connection.request.path == "/broadcast":
        await pass_to_all(connection)
    else:
        async for message in connection:
            await connection.send(message)


async def pass_to_all(connection: ServerConnection) -> None:
    subscribers.add(connection)
    try:
        async for message in connection:
            broadcast(subscribers, message)
    finally:
        subscribers.discard(connection)


async def main() -> None:
    async with serve(handle, "127.0.0.1", websocket_port(), max_size=1 << 24) as server:
        await server.serve_forever()


asyncio.run(main())
