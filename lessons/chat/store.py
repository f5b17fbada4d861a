"""The chat's database: mongomock or MongoDB, one call after the other, on a thread of its own."""

import asyncio
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any, ParamSpec, TypeVar
from uuid import uuid4

import mongomock
from pymongo import MongoClient
from pymongo.database import Database

from lessons.chat.history import History
from lessons.chat.identities import Identities
from lessons.chat.name_registry import NameRegistry

P = ParamSpec("P")
T = TypeVar("T")

STORE_SECONDS = 3.0


def open_database(mongodb_url: str | None = None) -> Database[dict[str, Any]]:
    """Open the chat's database.

    Args:
        mongodb_url: Where MongoDB is, such as `mongodb://127.0.0.1:27017`. None: a mongomock.
    """
    if mongodb_url is None:
        mock: Database[dict[str, Any]] = mongomock.MongoClient().get_database("chat")
        return mock
    milliseconds = int(STORE_SECONDS * 1000)
    client: MongoClient[dict[str, Any]] = MongoClient(
        mongodb_url, serverSelectionTimeoutMS=milliseconds, timeoutMS=milliseconds
    )
    return client.get_default_database("chat")


class ChatStore:
    """All that is stored, reached from an event loop.

    pymongo's calls block, and mongomock isn't safe with threads: they run one at a time, in the order
    in which they were made, on one thread beside the loop. What they raise,
    `pymongo.errors.PyMongoError` above all, is raised to the caller.
    """

    def __init__(self, database: Database[dict[str, Any]]) -> None:
        """Take a database; its indexes are made at once, so this call blocks."""
        self.history = History(database["messages"])
        self.names = NameRegistry(database, server=uuid4().hex)
        self.identities = Identities(database["people"])
        self._thread = ThreadPoolExecutor(1, thread_name_prefix="chat-store")

    async def call(self, function: Callable[P, T], *args: P.args, **kwargs: P.kwargs) -> T:
        """Run one of the store's blocking methods, after those called before."""
        future = self._thread.submit(function, *args, **kwargs)
        return await asyncio.wrap_future(future)

    def close(self) -> None:
        """End the thread."""
        self._thread.shutdown(wait=False)
