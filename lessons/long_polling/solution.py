"""The reference solution of long polling's exercise, for instructors and tests. Students: try your own first."""

from __future__ import annotations

import asyncio

from lessons.long_polling.scripted_server import Draw, Fetch, Show


async def listen(fetch: Fetch, show: Show, draw: Draw) -> None:
    """Hear the server's news until cancelled.

    An answer is followed by the next request at once: the waiting is done at the server. An error is followed by a
    pause, since a server that is down answers nothing quickly. The cursor changes only where an answer brings one.

    Args:
        fetch: asks, with the cursor to go on from.
        show: puts a text on the page.
        draw: gives a number drawn evenly from 0 up to 1.
    """
    cursor = None
    failures = 0
    while True:
        try:
            answer = await fetch(cursor)
        except ConnectionError:
            failures += 1
            await asyncio.sleep(draw() * min(30, 0.5 * 2 ** (failures - 1)))
            continue
        failures = 0
        for text in answer.items:
            show(text)
        if answer.status != 204:
            cursor = answer.cursor
