"""Typical wrong solutions of polling's exercise, each with words of the first hint that its author should get."""

import asyncio
import time


async def never_waits(fetch, show, interval):
    while True:
        answer = await fetch(None)
        show(answer.text)


async def waits_first(fetch, show, interval):
    while True:
        await asyncio.sleep(interval)
        answer = await fetch(None)
        show(answer.text)


async def makes_up_an_etag(fetch, show, interval):
    while True:
        answer = await fetch('"0"')
        show(answer.text)
        await asyncio.sleep(interval)


async def leaves_a_task(fetch, show, interval):
    async def ask_for_ever():
        while True:
            answer = await fetch(None)
            show(answer.text)
            await asyncio.sleep(interval)

    asyncio.create_task(ask_for_ever())  # noqa: RUF006


async def blocks(fetch, show, interval):
    while True:
        answer = await fetch(None)
        show(answer.text)
        time.sleep(interval)


async def blocks_and_catches_everything(fetch, show, interval):
    while True:
        try:
            answer = await fetch(None)
            show(answer.text)
            time.sleep(interval)
        except:  # noqa: E722
            pass


async def forgets_to_await(fetch, show, interval):
    while True:
        answer = fetch(None)
        show(answer.text)
        await asyncio.sleep(interval)


async def waits_for_nobody(fetch, show, interval):
    await asyncio.Event().wait()


async def breaks(fetch, show, interval):
    answer = await fetch(None)
    show(answer.content)


async def breaks_in_a_task(fetch, show, interval):
    async def ask():
        answer = await fetch(None)
        show(answer.content)

    while True:
        task = asyncio.create_task(ask())
        await asyncio.sleep(interval)
        del task


async def shows_the_answer_object(fetch, show, interval):
    while True:
        answer = await fetch(None)
        show(answer)
        await asyncio.sleep(interval)


async def fixed_timer(fetch, show, interval):
    async def ask():
        answer = await fetch(None)
        show(answer.text)

    tasks = []
    while True:
        tasks.append(asyncio.create_task(ask()))
        await asyncio.sleep(interval)


async def impatient(fetch, show, interval):
    """Gives an answer ten seconds, then asks again; the late answer is still shown when it comes."""

    async def ask():
        answer = await fetch(None)
        show(answer.text)

    while True:
        await asyncio.wait({asyncio.create_task(ask())}, timeout=10)
        await asyncio.sleep(interval)


async def impatient_but_drops_what_is_late(fetch, show, interval):
    """As above, but a late answer is dropped when it comes; its request is still out."""
    while True:
        request = asyncio.create_task(fetch(None))
        await asyncio.wait({request}, timeout=10)
        if request.done():
            show(request.result().text)
        await asyncio.sleep(interval)


async def asks_once(fetch, show, interval):
    answer = await fetch(None)
    show(answer.text)


async def counts_from_the_request(fetch, show, interval):
    while True:
        answer, _ = await asyncio.gather(fetch(None), asyncio.sleep(interval))
        show(answer.text)


async def waits_a_second(fetch, show, interval):
    while True:
        answer = await fetch(None)
        show(answer.text)
        await asyncio.sleep(1)


async def forgets_the_etag(fetch, show, interval):
    shown = None
    while True:
        answer = await fetch(None)
        if answer.text != shown:
            show(answer.text)
            shown = answer.text
        await asyncio.sleep(interval)


async def keeps_the_first_etag(fetch, show, interval):
    etag = None
    while True:
        answer = await fetch(etag)
        etag = etag or answer.etag
        if answer.status == 200:
            show(answer.text)
        await asyncio.sleep(interval)


async def hurries_after_304(fetch, show, interval):
    etag = None
    while True:
        answer = await fetch(etag)
        etag = answer.etag
        if answer.status == 304:
            continue
        show(answer.text)
        await asyncio.sleep(interval)


async def shows_on_304(fetch, show, interval):
    etag = None
    while True:
        answer = await fetch(etag)
        etag = answer.etag
        show(answer.text)
        await asyncio.sleep(interval)


async def shows_the_first_only(fetch, show, interval):
    etag = shown = None
    while True:
        answer = await fetch(etag)
        etag = answer.etag
        if shown is None:
            shown = answer.text
            show(shown)
        await asyncio.sleep(interval)


async def shows_twice(fetch, show, interval):
    etag = None
    while True:
        answer = await fetch(etag)
        etag = answer.etag
        if answer.status == 200:
            show(answer.text)
        await asyncio.sleep(interval)


async def dies_on_an_error(fetch, show, interval):
    etag = shown = None
    while True:
        answer = await fetch(etag)
        etag = answer.etag
        if answer.status == 200 and answer.text != shown:
            shown = answer.text
            show(shown)
        await asyncio.sleep(interval)


async def gives_up_on_an_error(fetch, show, interval):
    try:
        await dies_on_an_error(fetch, show, interval)
    except ConnectionError:
        return


async def hammers_a_dead_server(fetch, show, interval):
    etag = shown = None
    while True:
        try:
            answer = await fetch(etag)
        except ConnectionError:
            continue
        etag = answer.etag
        if answer.status == 200 and answer.text != shown:
            shown = answer.text
            show(shown)
        await asyncio.sleep(interval)


async def cannot_be_cancelled(fetch, show, interval):
    etag = shown = None
    while True:
        try:
            answer = await fetch(etag)
        except:  # noqa: E722
            await asyncio.sleep(interval)
            continue
        etag = answer.etag
        if answer.status == 200 and answer.text != shown:
            shown = answer.text
            show(shown)
        await asyncio.sleep(interval)


PROMISED_HINTS = {
    waits_first: "before the first interval is over",
    makes_up_an_etag: "before the first answer",
    leaves_a_task: "once `poll` has returned",
    blocks: "While `time.sleep` sleeps",
    blocks_and_catches_everything: "While `time.sleep` sleeps",
    forgets_to_await: "as long as nobody awaits it",
    waits_for_nobody: "who was to bring it",
    breaks: "What does this line expect",
    breaks_in_a_task: "What does this line expect",
    shows_the_answer_object: "What does `show` take",
    fixed_timer: "if the last answer is still out",
    impatient: "which was asked for last",
    impatient_but_drops_what_is_late: "if the last answer is still out",
    asks_once: "after the first answer",
    never_waits: "How many requests a second",
    counts_from_the_request: "when it asked, or when the answer came",
    waits_a_second: "Which number decides",
    forgets_the_etag: "what the page shows already",
    keeps_the_first_etag: "when the content has changed",
    hurries_after_304: "does each of them lead past the `sleep`",
    shows_on_304: "What does the status 304 say",
    shows_the_first_only: "How does your client tell what is new",
    shows_twice: "This server gives no ETags",
    dies_on_an_error: "when `fetch` raises",
    gives_up_on_an_error: "when `fetch` raises",
    hammers_a_dead_server: "a thousand clients like yours",
    cannot_be_cancelled: "How does asyncio stop a task",
}
