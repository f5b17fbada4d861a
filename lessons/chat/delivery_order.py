"""The stored messages, as one process hears of them: in their order, each once, none left out."""

import asyncio
from collections import deque
from collections.abc import Awaitable, Callable
from typing import Any, NamedTuple

from lessons.chat.rules.limits import MISSED_LIMIT
from lessons.chat.rules.message import ChatMessage


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
    def of(cls, message: ChatMessage) -> "Delivery":
        """Make the delivery of a message."""
        return cls(message.number, message.draft.audience, message.as_event())


class DeliveryOrder:
    """Puts deliveries in order, whoever stored the messages and however the news of them comes.

    Other processes' messages may come late, twice, in another order or not at all. Since numbers have
    no gap, who has delivered number 7 and hears of 10 reads 8 and 9 from the store first.

    Args:
        number: the number of the newest message that is not to be delivered.
        read: reads from the store what has `after < number <= upto`.
        emit: sends an event to those in this process who listen to any of the channels that it is given as `room`.

    Attributes:
        number: the number of the message delivered last.
    """

    def __init__(
        self,
        number: int,
        read: Callable[[int, int], Awaitable[list[ChatMessage]]],
        emit: Callable[..., Awaitable[None]],
    ) -> None:
        self.number = number
        self._read = read
        self._emit = emit
        self._one_at_a_time = asyncio.Lock()
        self._recent: deque[Delivery] = deque(maxlen=MISSED_LIMIT)

    async def receive(self, delivery: Delivery) -> None:
        """Deliver a message, after those that come before it, if that wasn't done already."""
        async with self._one_at_a_time:
            if delivery.number > self.number + 1:
                await self._read_upto(delivery.number - 1)
            if delivery.number == self.number + 1:
                await self._deliver(delivery)

    async def read_upto(self, number: int) -> None:
        """Deliver what the store has up to this number, if that wasn't done already."""
        async with self._one_at_a_time:
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
        for message in await self._read(self.number, number):
            await self._deliver(Delivery.of(message))

    async def _deliver(self, delivery: Delivery) -> None:
        self.number = delivery.number
        self._recent.append(delivery)
        await self._emit(delivery.event, room=list(delivery.channels))
