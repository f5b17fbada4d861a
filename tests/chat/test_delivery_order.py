"""The feed: whatever order the news comes in, messages are delivered in theirs, each once."""

import asyncio

from hypothesis import given
from hypothesis import strategies as st

from lessons.chat.delivery_order import REMEMBERED, Delivery, Feed


def delivery(number):
    return Delivery(number, ("everyone",), {"id": number})


def feed_from(number, delivered, reads=None):
    async def read(after, upto):
        if reads is not None:
            reads.append((after, upto))
        await asyncio.sleep(0)
        return [delivery(each) for each in range(after + 1, upto + 1)]

    async def deliver(each):
        await asyncio.sleep(0)
        delivered.append(each.number)

    return Feed(number, read, deliver)


@given(st.lists(st.integers(1, 30), min_size=1), st.booleans())
def test_any_order_ends_in_order(numbers, at_once):
    async def hear():
        feed = feed_from(0, delivered)
        if at_once:
            await asyncio.gather(*(feed.receive(delivery(number)) for number in numbers))
        else:
            for number in numbers:
                await feed.receive(delivery(number))
        return feed.number

    delivered = []
    assert asyncio.run(hear()) == max(numbers)
    assert delivered == list(range(1, max(numbers) + 1))


def test_what_comes_in_order_is_not_read_from_the_store():
    async def hear():
        feed = feed_from(6, delivered, reads)
        await feed.receive(delivery(7))
        await feed.receive(delivery(8))
        await feed.receive(delivery(11))

    delivered, reads = [], []
    asyncio.run(hear())
    assert delivered == [7, 8, 9, 10, 11]
    assert reads == [(8, 10)]


def test_what_nobody_told_of_is_read_from_the_store():
    async def hear():
        await feed_from(6, delivered).read_upto(9)

    delivered = []
    asyncio.run(hear())
    assert delivered == [7, 8, 9]


def test_the_feed_remembers_what_was_delivered_lately():
    async def hear():
        feed = feed_from(0, [])
        await feed.read_upto(REMEMBERED + 10)
        return feed

    feed = asyncio.run(hear())
    assert feed.remembers(10) and not feed.remembers(9)
    assert [each.number for each in feed.after(REMEMBERED + 7)] == [
        REMEMBERED + 8,
        REMEMBERED + 9,
        REMEMBERED + 10,
    ]
