"""Waiting for a condition instead of sleeping for luck."""

import asyncio
from collections.abc import Callable

from lessons.serving import runtime, waiting


def wait_until(condition: Callable[[], object], what: str = "the condition") -> None:
    """Return once the condition holds; fail if it doesn't within ten seconds."""
    waiting.wait_until(condition, what)


def count_tasks() -> int:
    """Return how many tasks the lessons' loop has.

    Those of Engine.IO that sleep until the next ping aren't counted: each outlives its connection by up to 25 s, and
    other tests leave some.
    """

    async def count() -> int:
        every = (each.get_coro().__qualname__ for each in asyncio.all_tasks() if each is not asyncio.current_task())
        return sum(not name.endswith("_send_ping") for name in every)

    return runtime.run(count())
