"""Typical wrong solutions of long polling's exercise, each with words of the first hint that its author should get."""

import asyncio


async def waits_first(fetch, show, draw):
    while True:
        await asyncio.sleep(1)
        for text in (await fetch(None)).items:
            show(text)


async def makes_up_a_cursor(fetch, show, draw):
    while True:
        for text in (await fetch("0")).items:
            show(text)


async def shows_the_newest_only(fetch, show, draw):
    while True:
        answer = await fetch(None)
        if answer.items:
            show(answer.items[-1])


async def shows_newest_first(fetch, show, draw):
    while True:
        for text in reversed((await fetch(None)).items):
            show(text)


async def asks_once(fetch, show, draw):
    for text in (await fetch(None)).items:
        show(text)


async def polls_by_the_second(fetch, show, draw):
    while True:
        for text in (await fetch(None)).items:
            show(text)
        await asyncio.sleep(1)


async def forgets_the_cursor(fetch, show, draw):
    while True:
        for text in (await fetch(None)).items:
            show(text)


async def keeps_the_first_cursor(fetch, show, draw):
    cursor = None
    while True:
        answer = await fetch(cursor)
        cursor = cursor or answer.cursor
        for text in answer.items:
            show(text)


async def ends_at_204(fetch, show, draw):
    cursor = None
    while (answer := await fetch(cursor)).status == 200:
        cursor = answer.cursor
        for text in answer.items:
            show(text)


async def loses_the_cursor_at_204(fetch, show, draw):
    cursor = None
    while True:
        answer = await fetch(cursor)
        cursor = answer.cursor
        for text in answer.items:
            show(text)


async def pauses_at_204(fetch, show, draw):
    cursor = None
    while True:
        answer = await fetch(cursor)
        cursor = answer.cursor or cursor
        for text in answer.items:
            show(text)
        if answer.status == 204:
            await asyncio.sleep(1)


async def ignores_410(fetch, show, draw):
    cursor = None
    while True:
        answer = await fetch(cursor)
        if answer.status == 200:
            cursor = answer.cursor
            for text in answer.items:
                show(text)


async def dies_on_an_error(fetch, show, draw):
    cursor = None
    while True:
        answer = await fetch(cursor)
        cursor = answer.cursor or cursor
        for text in answer.items:
            show(text)


async def begins_anew_after_an_error(fetch, show, draw):
    while True:
        try:
            await dies_on_an_error(fetch, show, draw)
        except ConnectionError:
            await asyncio.sleep(0.5)


def listening(pause):
    """Return a client that is right but for its pauses."""

    async def listen(fetch, show, draw):
        cursor = None
        failures = 0
        while True:
            try:
                answer = await fetch(cursor)
            except ConnectionError:
                failures += 1
                await asyncio.sleep(pause(failures, draw))
                continue
            failures = 0
            cursor = answer.cursor or cursor
            for text in answer.items:
                show(text)

    return listen


def named(name, function):
    function.__name__ = name
    return function


hammers = named("hammers", listening(lambda failures, draw: 0))
always_the_same_pause = named("always_the_same_pause", listening(lambda failures, draw: draw() * 5))
no_limit = named("no_limit", listening(lambda failures, draw: draw() * 0.5 * 2 ** (failures - 1)))
doubles_too_early = named("doubles_too_early", listening(lambda failures, draw: draw() * min(30, 0.5 * 2**failures)))
no_jitter = named("no_jitter", listening(lambda failures, draw: min(30, 0.5 * 2 ** (failures - 1))))


async def draws_once(fetch, show, draw):
    chance = draw()
    await listening(lambda failures, draw: chance * min(30, 0.5 * 2 ** (failures - 1)))(fetch, show, draw)


async def never_forgives(fetch, show, draw):
    cursor = None
    failures = 0
    while True:
        try:
            answer = await fetch(cursor)
            cursor = answer.cursor or cursor
            for text in answer.items:
                show(text)
        except ConnectionError:
            failures += 1
            await asyncio.sleep(draw() * min(30, 0.5 * 2 ** (failures - 1)))


async def cannot_be_cancelled(fetch, show, draw):
    cursor = None
    failures = 0
    while True:
        try:
            answer = await fetch(cursor)
        except:  # noqa: E722
            failures += 1
            await asyncio.sleep(draw() * min(30, 0.5 * 2 ** (failures - 1)))
            continue
        failures = 0
        cursor = answer.cursor or cursor
        for text in answer.items:
            show(text)


PROMISED_HINTS = {
    waits_first: "Who does the waiting",
    makes_up_a_cursor: "before the first answer",
    shows_the_newest_only: "How many pieces of news",
    shows_newest_first: "in which order",
    asks_once: "after the first answer",
    polls_by_the_second: "while your client sleeps",
    forgets_the_cursor: "that you haven't heard it",
    keeps_the_first_cursor: "that you haven't heard it",
    ends_at_204: "none yet",
    loses_the_cursor_at_204: "which one do you have already",
    pauses_at_204: "while your client sleeps",
    ignores_410: "Which cursor does it still know",
    dies_on_an_error: "when `fetch` raises",
    begins_anew_after_an_error: "before the error",
    hammers: "How many requests a second",
    always_the_same_pause: "How long is the ceiling",
    no_limit: "How long is the ceiling",
    doubles_too_early: "How long is the ceiling",
    no_jitter: "When do all of them come back",
    draws_once: "When do all of them come back",
    never_forgives: "an hour ago",
    cannot_be_cancelled: "How does asyncio stop a task",
}
