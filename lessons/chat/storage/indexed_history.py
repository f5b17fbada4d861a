"""The history on mongomock, with the indexes that mongomock lacks."""

from bisect import bisect_left, bisect_right
from collections import defaultdict
from collections.abc import Iterator, Sequence
from datetime import datetime
from heapq import merge
from itertools import groupby, islice

import mongomock
from pymongo.collection import Collection

from lessons.chat.rules.message import ChatMessage, Draft
from lessons.chat.storage.history import Document, History


def open_history(collection: Collection[Document]) -> History:
    """Open the history that a collection holds.

    Args:
        collection: MongoDB's, which finds by its indexes, or mongomock's, which doesn't.
    """
    return IndexedHistory(collection) if isinstance(collection, mongomock.Collection) else History(collection)


class IndexedHistory(History):
    """Stores in mongomock, and answers from memory.

    mongomock looks through all documents to answer anything, and at each insert once more for each unique index: with
    10,000 messages that takes tenths of a second. So dictionaries take the place of MongoDB's indexes here. Several
    servers may share a mongomock: a history whose collection has grown reads on before it answers.

    Args:
        collection: mongomock's collection.
    """

    def __init__(self, collection: Collection[Document]) -> None:
        self._messages = collection
        self._last = 0
        self._by_number: list[ChatMessage] = []
        self._by_client_id: dict[tuple[str, str], ChatMessage] = {}
        self._by_channel: defaultdict[str, list[int]] = defaultdict(list)
        self._read_on()

    def append(self, draft: Draft, create_at: datetime) -> ChatMessage:
        """Store a message, once, as `History` does."""
        stored = self.find(draft.sender, draft.client_id)
        if stored:
            return stored
        message = super().append(draft, create_at)
        if message.number == len(self._by_number) + 1:
            self._add(message)
        return message

    def find(self, sender: str, client_id: str) -> ChatMessage | None:
        """Find a message by its sender and the sender's own id for it."""
        self._read_on()
        return self._by_client_id.get((sender, client_id))

    def last_number(self) -> int:
        """Return the number of the newest message; 0 if there is none."""
        self._read_on()
        return len(self._by_number)

    def newest(self, channels: Sequence[str], limit: int) -> list[ChatMessage]:
        """Read the newest `limit` messages said on any of these channels, oldest first."""
        return self.missed(channels, 0, self.last_number(), limit)

    def missed(self, channels: Sequence[str], after: int, upto: int, limit: int) -> list[ChatMessage]:
        """Read the newest `limit` of these channels' messages with `after < number <= upto`, oldest first."""
        self._read_on()
        newest_first = merge(*(self._numbers(channel, after, upto) for channel in channels), reverse=True)
        each_once = (number for number, _ in groupby(newest_first))
        return [self._by_number[number - 1] for number in islice(each_once, limit)][::-1]

    def between(self, after: int, upto: int) -> list[ChatMessage]:
        """Read all messages with `after < number <= upto`, whoever may hear them, in order."""
        self._read_on()
        return self._by_number[after:upto]

    def _numbers(self, channel: str, after: int, upto: int) -> Iterator[int]:
        """List the numbers of a channel's messages with `after < number <= upto`, newest first."""
        numbers = self._by_channel.get(channel, [])
        first, end = bisect_left(numbers, after + 1), bisect_right(numbers, upto)
        return (numbers[place] for place in range(end - 1, first - 1, -1))

    def _read_on(self) -> None:
        """Read what others have stored."""
        # mongomock's public ways to count documents look at each of them.
        known, stored = len(self._by_number), len(self._messages._store)
        if stored > known:
            for message in super().between(known, stored):
                self._add(message)

    def _add(self, message: ChatMessage) -> None:
        self._by_number.append(message)
        self._by_client_id[message.draft.sender, message.draft.client_id] = message
        for channel in message.draft.audience:
            self._by_channel[channel].append(message.number)
