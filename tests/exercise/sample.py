"""A small exercise of each kind, for the tests: one of bytes, and one that waits."""

import asyncio

from lessons.exercise import Case, CaseFailedError, Exercise, expect
from lessons.exercise.virtual_time import run

LENGTH = ("How long should the answer be?", "Twice as long as the data.", "Write `data * 2`.")
ORDER = ("In which order do the bytes come?", "Write `data + data`.")


def double(data: bytes) -> bytes:
    raise NotImplementedError


def two_bytes(double):
    expect(double(b"ab"), b"abab", LENGTH, mistakes=[(b"aabb", ORDER)])


def no_bytes(double):
    expect(double(b""), b"", LENGTH)


def twenty_bytes(double):
    expect(double(bytes(range(20))), bytes(range(20)) * 2, LENGTH)


def doubling():
    return Exercise(
        double,
        [Case("two bytes become four", two_bytes), Case("none stay none", no_bytes), Case("many", twenty_bytes)],
        hints=("What does b'a' * 2 give?", "Write `return data * 2`."),
    )


async def wait(seconds: float) -> str:
    raise NotImplementedError


def waits_an_hour(wait):
    async def timed():
        answer = await wait(3600)
        return answer, asyncio.get_running_loop().time()

    answer, time = run(timed(), 7200)
    expect(answer, "done", ("What does it return?",))
    if time != 3600:
        raise CaseFailedError("an answer after 3600 s", f"an answer after {time:g} s", ("How long?",))


def waiting():
    return Exercise(wait, [Case("it waits an hour", waits_an_hour)], hints=("Which sleep?",))
