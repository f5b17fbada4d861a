"""The hand-written client for the suite: `echo_client.py URL` goes through all cases of a hostile server."""

import asyncio
import sys
from contextlib import suppress

from lessons.clients.websocket_client import connect
from lessons.protocols.websocket_connection import NotAllowedError
from lessons.protocols.websocket_events import BinaryMessage, Closed, TextMessage

AGENT = "lessons"


async def main(url: str) -> None:
    """Ask how many cases there are, echo in each of them, and have the reports written."""
    for case in range(1, await count_cases(url) + 1):
        await echo(f"{url}/runCase?case={case}&agent={AGENT}")
    await echo(f"{url}/updateReports?agent={AGENT}")


async def count_cases(url: str) -> int:
    """Return the number of cases: the one message that the server sends."""
    async with await connect(f"{url}/getCaseCount") as client:
        message = await client.receive()
        assert isinstance(message, TextMessage), message
        return int(message.text)


async def echo(url: str) -> None:
    """Send back what comes until the connection ends, in whatever way the case wants it to end."""
    client = await connect(url)
    while not isinstance(event := await client.receive(), Closed):
        if isinstance(event, TextMessage | BinaryMessage):
            with suppress(NotAllowedError, ConnectionError):  # the server closed or failed in the meantime
                await client.send(event)


if __name__ == "__main__":
    asyncio.run(main(sys.argv[1]))
