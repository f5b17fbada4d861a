"""The reference solution of polling's exercise, for instructors and for the tests. Students: try your own first."""

from __future__ import annotations

import asyncio

from lessons.polling.scripted_service import Fetch, Show


async def poll(fetch: Fetch, show: Show, interval: float) -> None:
    """Ask for the time again and again until cancelled, and show what is new.

    There is one loop, and it awaits each answer before it sleeps: so no two requests are out at once, and no old
    answer can come in after a newer one. Whatever the answer was, the one `sleep` at the end follows it.

    Args:
        fetch: asks, with the ETag seen last.
        show: puts a text on the page.
        interval: seconds from an answer, or an error, to the next request.
    """
    etag = shown = None
    while True:
        try:
            answer = await fetch(etag)
        except ConnectionError:
            pass  # the server may be back when the interval is over
        else:
            etag = answer.etag
            if answer.status != 304 and answer.text != shown:
                show(answer.text)
                shown = answer.text
        await asyncio.sleep(interval)
