"""The client of iframe streaming, in Python: it reads the script blocks out of a document that doesn't end.

Its twin in the page is client.js, where the browser itself runs the blocks.
"""

from __future__ import annotations

import asyncio
import random

import httpx

from lessons.clients.base import Client
from lessons.clients.feed import Feed
from lessons.clients.http_client import http_client
from lessons.protocols.backoff import delay
from lessons.protocols.script_blocks import ScriptBlockParser
from lessons.wire.cost import counted, size

CONNECT_SECONDS = 5.0
"""How long it may take to reach the server."""
SILENCE_SECONDS = 6.0
"""After how long without a byte, three heartbeats of the server, the line is taken for dead."""


class IframeClient(Client):
    """Hears a server's news out of its endless document, and asks for a new document when one has ended after all.

    Args:
        url: the server's address, such as `http://127.0.0.1:49152`.
        feed: where it writes what it hears.
    """

    def __init__(self, url: str, *, feed: Feed | None = None) -> None:
        super().__init__(url, feed)
        self._failures = 0

    async def run(self) -> None:
        """Read one document after the other until cancelled."""
        timeout = httpx.Timeout(CONNECT_SECONDS, read=SILENCE_SECONDS)
        async with http_client(timeout) as http:
            while True:
                self.feed.report("trying again", await self._read_document(http))
                self._failures += 1
                await asyncio.sleep(delay(self._failures, random.random()))

    async def _read_document(self, http: httpx.AsyncClient) -> str:
        """Read one document to its end; return why that came."""
        try:
            async with http.stream("GET", f"{self.url}/clock") as answer:
                if answer.status_code != httpx.codes.OK:
                    return f"{answer.status_code}: {(await answer.aread()).decode(errors='replace').strip()}"
                self.feed.report("connected")
                await self._read_blocks(answer)
        except httpx.HTTPError as error:
            return f"{type(error).__name__}: {error}".rstrip(": ")
        return "the document has ended"

    async def _read_blocks(self, answer: httpx.Response) -> None:
        parser = ScriptBlockParser()
        blocks = 0
        async for data in answer.aiter_bytes():
            for call in parser.receive(data):
                self._failures = 0
                blocks += 1
                self.feed.tell(str(call.arguments[0]))
            self.feed.figures = f"read and forgotten: {counted(blocks, 'script')}, {size(answer.num_bytes_downloaded)}"
