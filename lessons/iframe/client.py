"""The client of iframe streaming, in Python: it reads the script blocks out of a document that doesn't end.

Its twin in the page is client.js, where the browser itself runs the blocks.
"""

from __future__ import annotations

import random

import httpx

from lessons.clients.base import PeerError
from lessons.clients.http_client import CONNECT_SECONDS, MAX_CONTENT, Answer, HTTPClient, get
from lessons.protocols.backoff import delay
from lessons.protocols.script_blocks import ScriptBlockParser
from lessons.wire.cost import counted, size

SILENCE_SECONDS = 6.0
"""How long without a byte until the line counts as dead: three of the server's heartbeats."""


class IframeClient(HTTPClient):
    """Reads a server's news from its endless document, and asks for another document when one ends after all.

    Args:
        url: the server's address, such as `http://127.0.0.1:49152`.
        feed: where it writes what it hears.
    """

    async def ask(self, http: httpx.AsyncClient) -> None:
        """Ask for a document, and read it to its end."""
        async with get(http, f"{self.url}/clock", CONNECT_SECONDS) as answer:
            if answer.status != httpx.codes.OK:
                raise PeerError(await answer.refusal())
            self.feed.report("connected")
            await self._read_blocks(answer)
        raise PeerError("the document has ended")

    async def _read_blocks(self, answer: Answer) -> None:
        parser = ScriptBlockParser()
        blocks = received = since_block = 0
        async for data in answer.pieces(SILENCE_SECONDS):
            received += len(data)
            since_block += len(data)
            for call in parser.receive(data):
                since_block = 0
                if call.arguments and isinstance(call.arguments[0], str):  # news is text; other calls are not for us
                    self.failures = 0
                    blocks += 1
                    self.feed.tell(call.arguments[0])
            if since_block > MAX_CONTENT:
                raise PeerError(f"the document has {MAX_CONTENT:,} bytes without a block of news")
            self.feed.figures = f"read and forgotten: {counted(blocks, 'script')}, {size(received)}"

    def pause(self) -> float:
        """Return the back-off in seconds: a document that ends is a failure, and news ends a run of failures."""
        return delay(self.failures, random.random())
