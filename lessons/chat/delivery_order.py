"""The stored messages, as one process delivers them: in order, each once, none left out."""

import asyncio
from collections import deque
from collections.abc import Awaitable, Callable
from typing import Any, NamedTuple

from lessons.chat.rules.limits import MISSED_LIMIT
from lessons.chat.rules.message import ChatMessage


class Delivery(NamedTuple):
    """A stored message on its way to those who may hear it.

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

    Other processes' messages may come late, twice, in another order or not at all. Numbers have no gap: a process that
    has delivered number 7 and hears of 10 reads 8 and 9 from the store first.

    Args:
        number: the number of the newest message that needs no delivery.
        read: called as `read(after, upto)`, reads the messages with `after < number <= upto` from the store.
        emit: sends an event to all in this process who listen to any of the channels given as `room`.

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
        """Deliver a message, after all that come before it, unless it has been delivered already."""
        async with self._one_at_a_time:
            if delivery.number > self.number + 1:
                await self._read_upto(delivery.number - 1)
            if delivery.number == self.number + 1:
                await self._deliver(delivery)

    async def read_upto(self, number: int) -> None:
        """Deliver what the store has up to this number, unless it has been delivered already."""
        async with self._one_at_a_time:
            await self._read_upto(number)

    def remembers(self, number: int) -> bool:
        """Tell whether `after` still has all messages after this number."""
        return self.number - number <= len(self._recent)

    def after(self, number: int) -> list[Delivery]:
        """List the recent deliveries after this number."""
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
