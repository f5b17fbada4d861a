"""A connection that events are written to, from the end of the response's head until somebody hangs up."""

from __future__ import annotations

import asyncio
from collections.abc import Callable

from tornado.iostream import IOStream, StreamBufferFullError

MOST_UNSENT = 4 * 1024 * 1024
"""How many bytes may wait for a slow client; past that it is cut off, and resumes from what it has seen last."""
MOST_RECEIVED = 4 * 1024
"""How many bytes a client may send that has nothing more to say."""
LAST_CHUNK = b"0\r\n\r\n"


class Subscriber:
    """Writes events to a connection that tornado has handed over.

    An event goes out as one chunk (RFC 9112, section 7.1); a client of HTTP/1.0, which knows no chunks, gets it bare.

    Args:
        stream: the connection, the head of the response already written.
        chunked: whether that head says `Transfer-Encoding: chunked`.
        on_gone: called with this subscriber, once, when the connection has ended, whoever ended it.
    """

    def __init__(self, stream: IOStream, *, chunked: bool, on_gone: Callable[[Subscriber], None]) -> None:
        self._stream = stream
        self._chunked = chunked
        stream.max_write_buffer_size = MOST_UNSENT
        stream.max_buffer_size = MOST_RECEIVED
        # To read until the end is how one hears of the end.
        asyncio.ensure_future(stream.read_until_close()).add_done_callback(lambda _: on_gone(self))

    def send(self, data: bytes) -> None:
        """Send a piece of the event stream; cut the client off if too much waits for it already."""
        if self._stream.closed():
            return  # its end is about to be told
        written = b"%x\r\n%b\r\n" % (len(data), data) if self._chunked else data
        sent = self._send_at_once(written)
        if sent < len(written):
            self._send_later(written[sent:])

    def _send_at_once(self, written: bytes) -> int:
        """Hand what can go out now to the system, which costs a fraction of tornado's way; return how much that was."""
        if self._stream.writing():
            return 0
        try:
            return self._stream.socket.send(written)
        except OSError:
            return 0  # no room now, or a broken line, which tornado will find

    def _send_later(self, rest: bytes) -> None:
        try:
            self._stream.write(rest)
        except StreamBufferFullError:
            self._stream.close()

    def end(self) -> None:
        """End the response properly, and the connection with it."""
        if not self._stream.closed():
            self._stream.write(LAST_CHUNK if self._chunked else b"")
            self._stream.close()
