"""The event loop whose clock jumps: what takes how long on it, and what it does with what won't end."""

import asyncio
import subprocess
import sys
import time
from contextlib import suppress
from time import sleep as sleep_by_another_name

import pytest

from lessons.exercise.virtual_time import (
    BlockedLoopError,
    DeadlockError,
    StillRunningError,
    UncancellableError,
    run,
)

DAY = 86400


def now():
    return asyncio.get_running_loop().time()


def test_sleeps_take_their_time_on_the_loops_clock_and_none_on_the_walls():
    async def sleeper():
        times = [now()]
        for seconds in (0.5, 3600, 100 * DAY):
            await asyncio.sleep(seconds)
            times.append(now())
        return times

    began = time.monotonic()
    assert run(sleeper(), 1000 * DAY) == [0, 0.5, 3600.5, 100 * DAY + 3600.5]
    assert time.monotonic() - began < 3600


def test_what_waits_at_the_same_time_wakes_in_order_of_time():
    async def main():
        order = []

        async def wake(seconds):
            await asyncio.sleep(seconds)
            order.append((seconds, now()))

        await asyncio.gather(wake(3), wake(1), wake(2))
        return order

    assert run(main(), 10) == [(1, 1), (2, 2), (3, 3)]


def test_timeouts_work():
    async def main():
        with pytest.raises(TimeoutError):
            await asyncio.wait_for(asyncio.sleep(100), timeout=7)
        return now()

    assert run(main(), 10) == 7


def test_raises_what_the_coroutine_raises():
    async def fails():
        await asyncio.sleep(1)
        raise LookupError("lost")

    with pytest.raises(LookupError, match="lost"):
        run(fails(), 10)


def test_raises_what_a_task_raises_that_nobody_awaits():
    async def fails():
        raise LookupError("lost")

    async def main():
        asyncio.create_task(fails())  # noqa: RUF006
        await asyncio.sleep(5)

    with pytest.raises(LookupError, match="lost"):
        run(main(), 10)


def test_ends_and_cancels_what_goes_on_for_too_long():
    ended = []

    async def clock():
        try:
            while True:
                await asyncio.sleep(1)
        finally:
            ended.append(now())

    with pytest.raises(StillRunningError, match="after 10 s") as raised:
        run(clock(), 10)
    assert raised.type is StillRunningError
    assert ended == [10]


def test_cancels_what_is_left_behind():
    ended = []

    async def clock():
        try:
            await asyncio.sleep(1000)
        finally:
            ended.append(now())

    async def main():
        task = asyncio.create_task(clock())
        await asyncio.sleep(1)
        return task

    assert run(main(), 10).cancelled()
    assert ended == [1]


def test_says_that_a_coroutine_cannot_be_cancelled():
    async def stubborn():
        while True:
            with suppress(asyncio.CancelledError):
                await asyncio.sleep(1)

    with pytest.raises(UncancellableError):
        run(stubborn(), 10)


def test_says_that_nothing_can_wake_what_waits():
    async def main():
        await asyncio.sleep(3)
        await asyncio.Event().wait()

    with pytest.raises(DeadlockError, match="at 3 s everything waits"):
        run(main(), 10)


@pytest.mark.parametrize("sleep", [time.sleep, sleep_by_another_name])
def test_refuses_to_block(sleep):
    async def blocks():
        try:
            sleep(3600)
        except Exception:
            return "hidden"

    with pytest.raises(BlockedLoopError, match="stops the whole event loop"):
        run(blocks(), 10)


def test_finds_a_blocked_loop_even_where_everything_is_caught():
    async def blocks():
        while True:
            try:
                await asyncio.sleep(1)
                time.sleep(3600)
            except:  # noqa: E722
                pass

    with pytest.raises(BlockedLoopError):
        run(blocks(), 10)


def test_who_calls_it_may_sleep_again_afterwards():
    run(asyncio.sleep(1), 10)
    time.sleep(0)


STUBBORN = """
import asyncio
from lessons.exercise.virtual_time import UncancellableError, run

async def stubborn():
    while True:
        try:
            await asyncio.sleep(1)
        except:
            pass

try:
    run(stubborn(), 10)
except UncancellableError:
    print("found")
"""


def test_what_catches_everything_neither_complains_nor_hangs_as_python_exits():
    ended = subprocess.run([sys.executable, "-c", STUBBORN], capture_output=True, text=True, timeout=30)
    assert (ended.returncode, ended.stdout, ended.stderr) == (0, "found\n", "")
