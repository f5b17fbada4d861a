"""Waiting for a condition instead of sleeping for luck."""

import asyncio
from collections.abc import Callable

from lessons.serving import runtime, waiting

OF_LIBRARIES = ("_send_ping", "PeriodicCallback._run")


def wait_until(condition: Callable[[], object], what: str = "the condition") -> None:
    """Return once the condition holds; fail if it doesn't within a minute, which a busy machine needs at times."""
    waiting.wait_until(condition, what, timeout=60)


def running_tasks() -> set[asyncio.Task]:
    """Return the tasks that the lessons' loop has.

    A test compares them with those of before as a set: what an earlier test has left may end meanwhile. Not counted are
    those of Engine.IO that sleep until the next ping (each outlives its connection by up to 25 s), and tornado's
    periodic callbacks, which start a task each time.
    """

    async def tasks() -> set[asyncio.Task]:
        others = asyncio.all_tasks() - {asyncio.current_task()}
        return {each for each in others if not each.get_coro().__qualname__.endswith(OF_LIBRARIES)}

    return runtime.run(tasks())
