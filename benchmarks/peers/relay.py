"""A relay that passes bytes on and writes nothing down: what asyncio alone costs, the floor for the tap."""

import asyncio
from argparse import ArgumentParser
from typing import cast


class _End(asyncio.Protocol):
    """One end of a connection; what comes here leaves at the other one."""

    other: "_End"
    transport: asyncio.Transport

    def __init__(self, target: int | None) -> None:
        self.target = target

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self.transport = cast(asyncio.Transport, transport)
        if self.target is not None:
            self.transport.pause_reading()
            self.joining = asyncio.create_task(self.join(self.target))

    async def join(self, target: int) -> None:
        self.other = _End(None)
        self.other.other = self
        await asyncio.get_running_loop().create_connection(lambda: self.other, "127.0.0.1", target)
        self.transport.resume_reading()

    def data_received(self, data: bytes) -> None:
        self.other.transport.write(data)

    def pause_writing(self) -> None:
        self.other.transport.pause_reading()

    def resume_writing(self) -> None:
        self.other.transport.resume_reading()

    def connection_lost(self, error: Exception | None) -> None:
        self.other.transport.close()


async def main() -> None:
    parser = ArgumentParser()
    parser.add_argument("--port", type=int, required=True)
    parser.add_argument("--target", type=int, required=True)
    arguments = parser.parse_args()
    loop = asyncio.get_running_loop()
    server = await loop.create_server(lambda: _End(arguments.target), "127.0.0.1", arguments.port)
    await server.serve_forever()


if __name__ == "__main__":
    asyncio.run(main())
