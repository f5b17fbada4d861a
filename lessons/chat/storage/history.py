"""What was said: messages in a collection, read and written through pymongo, numbered without a gap."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import UTC, datetime
from typing import Any
from uuid import uuid4

from pymongo import ASCENDING, DESCENDING
from pymongo.collection import Collection
from pymongo.errors import DuplicateKeyError

from lessons.chat.rules.message import ChatMessage, Draft

Document = dict[str, Any]


class History:
    """The `messages` collection.

    A message's `_id` is its number, and a number is given only when the one before is known to be stored. So a process
    that has read number 7 knows that 1 to 6 can be read too, whichever process wrote them. All calls block.

    Args:
        collection: MongoDB's collection, or mongomock's.
    """

    def __init__(self, collection: Collection[Document]) -> None:
        self._messages = collection
        self._messages.create_index([("sender", ASCENDING), ("clientId", ASCENDING)], unique=True)
        self._messages.create_index([("audience", ASCENDING), ("_id", DESCENDING)])
        self._last = 0

    def append(self, draft: Draft, create_at: datetime) -> ChatMessage:
        """Store a message, once.

        A message that was stored before, known by its sender and client id, is returned as it was.

        Args:
            draft: what to store.
            create_at: the time, in UTC; MongoDB keeps milliseconds.

        Raises:
            pymongo.errors.PyMongoError: if the store can't be reached, or refuses.
        """
        client_id = draft.client_id or uuid4().hex
        document = _to_document(draft, client_id, create_at)
        while True:
            try:
                self._messages.insert_one({"_id": self._last + 1, **document})
            except DuplicateKeyError:
                stored = self.find(draft.sender, client_id)
                if stored:
                    return stored
                self._last = self.last_number()
            else:
                self._last += 1
                return to_message({"_id": self._last, **document})

    def find(self, sender: str, client_id: str) -> ChatMessage | None:
        """Find a message by its sender and the sender's own id for it."""
        document = self._messages.find_one({"sender": sender, "clientId": client_id})
        return to_message(document) if document else None

    def last_number(self) -> int:
        """Return the number of the newest message; 0 if there is none."""
        newest = self._messages.find_one({}, {"_id": True}, sort=[("_id", DESCENDING)])
        return newest["_id"] if newest else 0

    def newest(self, channels: Sequence[str], limit: int) -> list[ChatMessage]:
        """Read the newest `limit` messages said on any of these channels, oldest first."""
        return self._read({"audience": {"$in": list(channels)}}, limit)

    def missed(self, channels: Sequence[str], after: int, upto: int, limit: int) -> list[ChatMessage]:
        """Read the newest `limit` of these channels' messages with `after < number <= upto`, oldest first."""
        numbers = {"$gt": after, "$lte": upto}
        return self._read({"audience": {"$in": list(channels)}, "_id": numbers}, limit)

    def between(self, after: int, upto: int) -> list[ChatMessage]:
        """Read all messages with `after < number <= upto`, whoever may hear them, in order."""
        documents = self._messages.find({"_id": {"$gt": after, "$lte": upto}}, sort=[("_id", ASCENDING)])
        return _to_messages(documents)

    def _read(self, query: Document, limit: int) -> list[ChatMessage]:
        newest_first = self._messages.find(query, sort=[("_id", DESCENDING)], limit=limit)
        return _to_messages(newest_first)[::-1]


def _to_document(draft: Draft, client_id: str, create_at: datetime) -> Document:
    return {
        "username": draft.username,
        "content": draft.content,
        "createAt": create_at.replace(microsecond=create_at.microsecond // 1000 * 1000),
        "sender": draft.sender,
        "clientId": client_id,
        "rooms": list(draft.rooms),
        "to": draft.to,
        "audience": list(draft.audience),
    }


def _to_messages(documents: Iterable[Mapping[str, Any]]) -> list[ChatMessage]:
    return [to_message(document) for document in documents]


def to_message(document: Mapping[str, Any]) -> ChatMessage:
    """Read a stored document."""
    draft = Draft(
        sender=document["sender"],
        username=document["username"],
        content=document["content"],
        client_id=document["clientId"],
        rooms=tuple(document["rooms"]),
        to=document["to"],
        audience=tuple(document["audience"]),
    )
    return ChatMessage(document["_id"], document["createAt"].replace(tzinfo=UTC), draft)
