"""The stored messages, as one process hears of them: in their order, each once, none left out."""

import asyncio
from collections import deque
from collections.abc import Awaitable, Callable
from typing import Any, NamedTuple

from lessons.chat.rules.message import Message

REMEMBERED = 500


class Delivery(NamedTuple):
    """A stored message on its way to whoever may hear it.

    Attributes:
        number: the message's number.
        channels: the channels it is said on.
        event: what clients get.
    """

    number: int
    channels: tuple[str, ...]
    event: dict[str, Any]

    @classmethod
    def of(cls, message: Message) -> "Delivery":
        """Make the delivery of a message."""
        return cls(message.number, message.draft.audience, message.as_event())


class Feed:
    """Puts deliveries in order, whoever stored the messages and however the news of them comes.

    Other processes' messages may come late, twice, in another order or not at all. Since numbers have
    no gap, a feed that has delivered number 7 and hears of 10 reads 8 and 9 from the store first.

    Args:
        number: the number of the newest message that is not to be delivered.
        read: reads from the store what has `after < number <= upto`.
        deliver: hands a message to those in this process who may hear it.

    Attributes:
        number: the number of the message delivered last.
    """

    def __init__(
        self,
        number: int,
        read: Callable[[int, int], Awaitable[list[Delivery]]],
        deliver: Callable[[Delivery], Awaitable[None]],
    ) -> None:
        self.number = number
        self._read = read
        self._deliver = deliver
        self._in_order = asyncio.Lock()
        self._recent: deque[Delivery] = deque(maxlen=REMEMBERED)

    async def receive(self, delivery: Delivery) -> None:
        """Deliver a message, after those that come before it, if that wasn't done already."""
        async with self._in_order:
            if delivery.number > self.number + 1:
                await self._read_upto(delivery.number - 1)
            if delivery.number == self.number + 1:
                await self._pass_on(delivery)

    async def read_upto(self, number: int) -> None:
        """Deliver what the store has up to this number, if that wasn't done already."""
        async with self._in_order:
            await self._read_upto(number)

    def remembers(self, number: int) -> bool:
        """Tell whether all messages after this one can be had from `after`."""
        return self.number - number <= len(self._recent)

    def after(self, number: int) -> list[Delivery]:
        """List what was delivered lately and comes after this number."""
        return [delivery for delivery in self._recent if delivery.number > number]

    async def _read_upto(self, number: int) -> None:
        if number <= self.number:
            return
        for delivery in await self._read(self.number, number):
            await self._pass_on(delivery)

    async def _pass_on(self, delivery: Delivery) -> None:
        self.number = delivery.number
        self._recent.append(delivery)
        await self._deliver(delivery)
