"""Ending one's own side of a TCP connection, so that what was sent last arrives before the end does."""

import asyncio
import contextlib


def end_sending(transport: asyncio.WriteTransport) -> None:
    """Tell the peer that nothing more will be sent, behind all that was; it may have gone already.

    To close at once would be ruder: bytes of the peer's that nobody has read make TCP answer with a reset, and a reset
    can overtake what was sent last: a response, or the Close frame that says why.
    """
    with contextlib.suppress(OSError):
        transport.write_eof()
