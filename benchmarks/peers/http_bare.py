"""The clock on a bare asyncio protocol that reads no header: the ceiling, and no server to use."""

import asyncio
import time
from typing import ClassVar, cast

from benchmarks.peers.arguments import http_arguments

EVENT_STREAM = b"HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nTransfer-Encoding: chunked\r\n\r\n"


def now() -> str:
    return time.strftime("%H:%M:%S")


def response(body: str) -> bytes:
    head = f"HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\nContent-Length: {len(body)}\r\n\r\n"
    return (head + body).encode()


class Clock(asyncio.Protocol):
    """One connection; what comes is taken for a whole request."""

    mode: ClassVar[str]
    parked: ClassVar[set[asyncio.WriteTransport]] = set()

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self.transport = cast(asyncio.WriteTransport, transport)

    def data_received(self, data: bytes) -> None:
        if self.mode == "polling":
            self.transport.write(response(now()))
            return
        if self.mode == "sse":
            self.transport.write(EVENT_STREAM)
        self.parked.add(self.transport)

    def connection_lost(self, error: Exception | None) -> None:
        self.parked.discard(self.transport)


def release(sequence: int) -> None:
    """Give the news to everybody who waits for it; who long-polls then asks again."""
    if Clock.mode == "sse":
        event = f"id: {sequence}\ndata: {now()}\n\n"
        news = f"{len(event):x}\r\n{event}\r\n".encode()
    else:
        news = response(f'{{"cursor": {sequence}, "time": "{now()}"}}')
    for transport in Clock.parked:
        transport.write(news)
    if Clock.mode == "long-polling":
        Clock.parked.clear()


async def main() -> None:
    arguments = http_arguments()
    Clock.mode = arguments.mode
    loop = asyncio.get_running_loop()
    await loop.create_server(Clock, "127.0.0.1", arguments.port, backlog=1024)
    sequence = 0
    while True:
        await asyncio.sleep(arguments.interval)
        sequence += 1
        release(sequence)


asyncio.run(main())
