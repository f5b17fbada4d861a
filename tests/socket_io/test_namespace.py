"""A client's events come in one after the other, though several may have been begun."""

import asyncio

from lessons.socket_io.namespace import Namespace


class Slow(Namespace):
    """Takes its time over each event, the less the later it comes; notes what begins and what ends."""

    def __init__(self):
        super().__init__("/")
        self.notes = []

    async def receive(self, sid, event, args):
        self.notes.append(f"{event} begins")
        for _ in range(args[0]):
            await asyncio.sleep(0)
        self.notes.append(f"{event} ends")


class Promising(Slow):
    """Returns at once, and works on while the next event comes in."""

    async def receive(self, sid, event, args):
        return super().receive(sid, event, args)


def notes_of(namespace):
    async def play():
        await asyncio.gather(namespace.trigger_event("a", "sid", 3), namespace.trigger_event("b", "sid", 1))
        return namespace.notes

    return asyncio.run(play())


def test_an_event_begins_when_the_one_before_has_ended():
    assert notes_of(Slow()) == ["a begins", "a ends", "b begins", "b ends"]


def test_an_awaitable_keeps_no_event_waiting():
    assert notes_of(Promising()) == ["a begins", "b begins", "b ends", "a ends"]
