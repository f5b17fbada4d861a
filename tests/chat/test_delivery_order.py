"""The order of delivery: whatever order the news comes in, messages are delivered in theirs, each once."""

import asyncio
from datetime import UTC, datetime

from hypothesis import given
from hypothesis import strategies as st

from lessons.chat.delivery_order import Delivery, DeliveryOrder
from lessons.chat.rules.limits import MISSED_LIMIT
from lessons.chat.rules.message import ChatMessage, Draft


def message(number):
    draft = Draft("ann", "Ann", "hello", f"c{number}", rooms=(), to=None, audience=("everyone",))
    return ChatMessage(number, datetime.now(UTC), draft)


def delivery(number):
    return Delivery.of(message(number))


def order_from(number, delivered, reads=None):
    async def read(after, upto):
        if reads is not None:
            reads.append((after, upto))
        await asyncio.sleep(0)
        return [message(each) for each in range(after + 1, upto + 1)]

    async def emit(event, room):
        await asyncio.sleep(0)
        delivered.append(event["id"])

    return DeliveryOrder(number, read, emit)


@given(st.lists(st.integers(1, 30), min_size=1), st.booleans())
def test_any_order_ends_in_order(numbers, at_once):
    async def hear():
        order = order_from(0, delivered)
        if at_once:
            await asyncio.gather(*(order.receive(delivery(number)) for number in numbers))
        else:
            for number in numbers:
                await order.receive(delivery(number))
        return order.number

    delivered = []
    assert asyncio.run(hear()) == max(numbers)
    assert delivered == list(range(1, max(numbers) + 1))


def test_what_comes_in_order_is_not_read_from_the_store():
    async def hear():
        order = order_from(6, delivered, reads)
        await order.receive(delivery(7))
        await order.receive(delivery(8))
        await order.receive(delivery(11))

    delivered, reads = [], []
    asyncio.run(hear())
    assert delivered == [7, 8, 9, 10, 11]
    assert reads == [(8, 10)]


def test_what_nobody_told_of_is_read_from_the_store():
    async def hear():
        await order_from(6, delivered).read_upto(9)

    delivered = []
    asyncio.run(hear())
    assert delivered == [7, 8, 9]


def test_it_remembers_what_was_delivered_lately():
    async def hear():
        order = order_from(0, [])
        await order.read_upto(MISSED_LIMIT + 10)
        return order

    order = asyncio.run(hear())
    assert order.remembers(10) and not order.remembers(9)
    assert [each.number for each in order.after(MISSED_LIMIT + 7)] == [
        MISSED_LIMIT + 8,
        MISSED_LIMIT + 9,
        MISSED_LIMIT + 10,
    ]
