"""The clocks that servers go by: the machine's own, and one that a notebook sets by hand."""

from __future__ import annotations

import asyncio
import threading
import time
from collections.abc import AsyncIterator
from datetime import datetime, timedelta
from typing import Protocol

from lessons.errors import LessonError


class Clock(Protocol):
    """What a server needs from a clock: the time of day, and a way to wait until it has moved on."""

    def now(self) -> datetime:
        """Return the time of day."""

    async def sleep(self, seconds: float) -> None:
        """Return once this clock has moved on by that many seconds."""


class WallClock:
    """The machine's own clock."""

    def now(self) -> datetime:
        """Return the local time."""
        return datetime.now()

    async def sleep(self, seconds: float) -> None:
        """Wait `seconds` of real time."""
        await asyncio.sleep(seconds)


class ManualClock:
    """A clock that stands still until `advance` is called, so that it shows the same times in every run.

    Args:
        start: the time of day that it starts at, as `HH:MM:SS`.

    Raises:
        LessonError: if `start` is not a time of day.
    """

    def __init__(self, start: str = "12:00:00") -> None:
        try:
            self._now = datetime.strptime(f"2026-01-01 {start}", "%Y-%m-%d %H:%M:%S")
        except ValueError:
            raise LessonError(f"a clock starts at a time of day such as 12:00:00, not at {start!r}") from None
        self._lock = threading.Lock()
        self._sleepers: list[tuple[datetime, asyncio.AbstractEventLoop, asyncio.Event]] = []

    def now(self) -> datetime:
        """Return the time that was set."""
        return self._now

    def advance(self, seconds: float = 1.0) -> None:
        """Move the clock on by `seconds`, and wake those who waited for a time that has now come.

        Any thread may call it. The clock can't be moved back: sleepers would wait too long.

        Raises:
            LessonError: if `seconds` is not a number from 0 up.
        """
        if isinstance(seconds, bool) or not isinstance(seconds, int | float) or not 0 <= seconds < float("inf"):
            raise LessonError(f"a clock moves forward only, by a number of seconds from 0 up, not by {seconds!r}")
        with self._lock:
            self._now += timedelta(seconds=seconds)
            awake = [sleeper for sleeper in self._sleepers if sleeper[0] <= self._now]
            self._sleepers = [sleeper for sleeper in self._sleepers if sleeper[0] > self._now]
        for _, loop, event in awake:
            loop.call_soon_threadsafe(event.set)

    async def sleep(self, seconds: float) -> None:
        """Return once `advance` has moved the clock on by `seconds`."""
        if seconds <= 0:
            return
        event = asyncio.Event()
        with self._lock:  # the clock must not move on between reading it and joining the sleepers
            sleeper = (self._now + timedelta(seconds=seconds), asyncio.get_running_loop(), event)
            self._sleepers.append(sleeper)
        try:
            await event.wait()
        finally:
            with self._lock:
                self._sleepers = [other for other in self._sleepers if other is not sleeper]

    def __repr__(self) -> str:
        return f"<clock set to {clock_text(self._now)}>"


async def ticks(clock: Clock, every: float) -> AsyncIterator[datetime]:
    """Yield the time of day, without end, whenever it is a multiple of `every` seconds, counted from midnight.

    Args:
        clock: the clock to watch.
        every: seconds from one tick to the next, at least a millionth of one.
    """
    step = timedelta(seconds=every)
    last = latest_multiple(clock.now(), step)
    while True:
        await clock.sleep((last + step - clock.now()).total_seconds())
        latest = latest_multiple(clock.now(), step)
        if latest != last:  # a timer may fire a little early
            yield latest
        last = latest


def latest_multiple(moment: datetime, step: timedelta) -> datetime:
    """Return the latest moment, up to the given one, that is a whole number of steps after midnight of its day."""
    midnight = moment.replace(hour=0, minute=0, second=0, microsecond=0)
    return midnight + (moment - midnight) // step * step


def clock_text(moment: datetime) -> str:
    """Return the time of day as the lessons' clocks show it, `HH:MM:SS`."""
    return moment.strftime("%H:%M:%S")


def monotonic() -> float:
    """Return the seconds on the clock that times the traces; only differences mean anything."""
    return time.perf_counter()
