"""The chat's database: MongoDB or mongomock, one call after the other, on a thread of its own."""

import asyncio
from collections import deque
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from functools import partial
from queue import Empty, SimpleQueue
from threading import Thread
from typing import Any, ParamSpec, TypeVar
from uuid import uuid4

import mongomock
from pymongo import MongoClient
from pymongo.database import Database
from pymongo.errors import ConnectionFailure, PyMongoError

from lessons.chat.rules.message import ChatMessage
from lessons.chat.storage.identities import Identities
from lessons.chat.storage.indexed_history import open_history
from lessons.chat.storage.name_registry import NameRegistry

P = ParamSpec("P")
T = TypeVar("T")

STORE_SECONDS = 3.0
"""How long MongoDB may take to answer a call."""


def open_database(mongodb_url: str | None = None) -> Database[dict[str, Any]]:
    """Open the chat's database.

    Args:
        mongodb_url: where MongoDB is, such as `mongodb://127.0.0.1:27017`; None for a mongomock in memory.
    """
    if mongodb_url is None:
        mock: Database[dict[str, Any]] = mongomock.MongoClient().get_database("chat")
        return mock
    milliseconds = int(STORE_SECONDS * 1000)
    client: MongoClient[dict[str, Any]] = MongoClient(
        mongodb_url, serverSelectionTimeoutMS=milliseconds, timeoutMS=milliseconds
    )
    return client.get_default_database("chat")


@dataclass
class _Call:
    """A call of one of the store's methods, on its way to the thread and back."""

    function: Callable[[], Any]
    future: asyncio.Future[Any]
    result: Any = None
    error: Exception | None = None

    def carry_out(self) -> None:
        """Make the call, on the store's thread, where it may block."""
        try:
            self.result = self.function()
        except Exception as error:  # the caller gets it
            self.error = error

    def hand_back(self) -> None:
        """Give the caller the result, on the loop, unless the caller was cancelled meanwhile."""
        if self.future.done():
            return
        if self.error is None:
            self.future.set_result(self.result)
        else:
            self.future.set_exception(self.error)


class ChatStore:
    """All that is stored, reached from an event loop.

    pymongo's calls block, and mongomock isn't thread-safe: calls run one at a time, in the order in which they were
    made, on one thread beside the loop. What they raise, `pymongo.errors.PyMongoError` above all, is raised to the
    caller.

    A store that is down is waited for once: all calls that wait behind one that couldn't reach it fail with it.

    Waking a thread or a loop costs more than a call to a store in memory. So the thread takes all calls that wait, and
    the loop is woken once for all results that are there when it looks.

    Args:
        database: MongoDB's, or mongomock's.

    Attributes:
        history: the messages.
        names: who has which name.
        identities: who comes back.
    """

    def __init__(self, database: Database[dict[str, Any]]) -> None:
        self.history = open_history(database["messages"])
        self.names = NameRegistry(database, server=uuid4().hex)
        self.identities = Identities(database["people"])
        self._calls: SimpleQueue[_Call | None] = SimpleQueue()
        self._done: deque[_Call] = deque()
        self._is_loop_called = False
        Thread(target=self._work, name="chat-store", daemon=True).start()

    async def call(self, function: Callable[P, T], *args: P.args, **kwargs: P.kwargs) -> T:
        """Run one of the store's blocking methods, after all calls made before."""
        future: asyncio.Future[T] = asyncio.get_running_loop().create_future()
        self._calls.put(_Call(partial(function, *args, **kwargs), future))
        return await future

    async def read(self, after: int, upto: int) -> list[ChatMessage]:
        """Read all messages with `after < number <= upto`, whoever may hear them, in order."""
        return await self.call(self.history.between, after, upto)

    def close(self) -> None:
        """End the thread, after the calls that were made."""
        self._calls.put(None)

    def _work(self) -> None:
        while call := self._calls.get():
            call.carry_out()
            self._finish(call)
            if _is_unreachable(call.error):
                self._fail_waiting(call.error)

    def _fail_waiting(self, error: Exception | None) -> None:
        with suppress(Empty):
            for _ in range(self._calls.qsize()):
                call = self._calls.get_nowait()
                if call is None:
                    self._calls.put(None)
                    return
                call.error = error
                self._finish(call)

    def _finish(self, call: _Call) -> None:
        self._done.append(call)
        if not self._is_loop_called:
            self._is_loop_called = True
            call.future.get_loop().call_soon_threadsafe(self._hand_back)

    def _hand_back(self) -> None:
        self._is_loop_called = False  # before anything else: what is done from now on may miss this round
        while self._done:
            self._done.popleft().hand_back()


def _is_unreachable(error: Exception | None) -> bool:
    """Tell whether a call failed because the store doesn't answer, as the next one would."""
    return isinstance(error, PyMongoError) and (isinstance(error, ConnectionFailure) or error.timeout)
