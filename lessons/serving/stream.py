"""The content of a response that doesn't end by itself: written piece by piece, for as long as its client stays."""

from __future__ import annotations

import asyncio
import socket
from collections.abc import Callable
from functools import lru_cache

MOST_UNSENT = 4 * 1024 * 1024
"""How many bytes may wait for a slow client; past that it is cut off."""
LAST_CHUNK = b"0\r\n\r\n"


@lru_cache(maxsize=8)
def chunk(data: bytes) -> bytes:
    """Return a piece as a chunk (RFC 9112, section 7.1), written once, however many streams it goes to."""
    return b"%x\r\n%b\r\n" % (len(data), data)


def _do_nothing() -> None:
    """Be called when nobody has said what to do."""


class Stream:
    """Writes a content to a client.

    A piece goes out as one chunk (RFC 9112, section 7.1); a client of HTTP/1.0, which knows no chunks, gets it bare.

    Args:
        transport: the connection, the head of the response already written.
        chunked: whether that head says `Transfer-Encoding: chunked`.
        on_end: called when the content is complete.

    Attributes:
        on_gone: called, once, when the client is gone before the content is complete; whoever writes sets it.
    """

    def __init__(self, transport: asyncio.Transport, *, chunked: bool, on_end: Callable[[], None]) -> None:
        # Pieces that come faster than their client takes them leave together; one that comes alone leaves at once
        # (Nagle's algorithm: RFC 9293, section 3.7.4).
        transport.get_extra_info("socket").setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, False)
        self._transport = transport
        self._chunked = chunked
        self._on_end = on_end
        self.on_gone: Callable[[], object] = _do_nothing

    def send(self, data: bytes) -> None:
        """Send a piece of at least one byte; cut the client off if too much waits for it already."""
        if self._transport.is_closing():
            return  # its end is about to be told
        self._transport.write(chunk(data) if self._chunked else data)
        if self._transport.get_write_buffer_size() > MOST_UNSENT:
            self._transport.abort()

    def end(self) -> None:
        """Complete the content."""
        if self._transport.is_closing():
            return
        if self._chunked:
            self._transport.write(LAST_CHUNK)
        self._on_end()
