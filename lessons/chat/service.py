"""The chat: the room's rules, the store and python-socketio, put together, and its housekeeping."""

import asyncio
import logging
import socket
import time
from collections.abc import Callable
from contextlib import suppress
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from typing import Any

from pymongo.database import Database
from pymongo.errors import PyMongoError

from lessons.chat.cluster.redis_manager import OrderedRedisManager
from lessons.chat.delivery_order import DeliveryOrder
from lessons.chat.performer import Performer
from lessons.chat.rules.limits import Limits
from lessons.chat.rules.own_audience import Audience
from lessons.chat.rules.room import ChatRoom
from lessons.chat.storage.store import ChatStore
from lessons.errors import LessonError
from lessons.protocols.origin import OriginPolicy
from lessons.socket_io.service import SocketIOService

HOUSEKEEPING_SECONDS = 0.5
PAGE = Path(__file__).parent / "page"

log = logging.getLogger(__name__)


def utc_now() -> datetime:
    """Return the time in UTC."""
    return datetime.now(UTC)


class ChatService(SocketIOService):
    """Opens the store, lets clients in, keeps house, and closes in good order.

    Args:
        database: where messages, names and people are stored.
        redis: the Redis through which several processes hear each other's messages, or None.
        limits: how much one person may do.
        audience: a student's own function that decides who hears a message, in place of the chat's rules.
        clock: tells the time in UTC.
        ping_interval: seconds between two pings.
        ping_timeout: seconds after which a client that doesn't answer a ping counts as gone.
    """

    def __init__(
        self,
        *,
        database: Database[dict[str, Any]],
        redis: str | None,
        limits: Limits | None,
        audience: Audience | None,
        clock: Callable[[], datetime],
        ping_interval: float,
        ping_timeout: float,
    ) -> None:
        self._database = database
        self._limits = limits
        self._audience = audience
        self._clock = clock
        self._others = OrderedRedisManager(redis) if redis else None
        super().__init__(PAGE, client_manager=self._others, ping_interval=ping_interval, ping_timeout=ping_timeout)

    async def open(self, sockets: list[socket.socket], origins: OriginPolicy) -> None:
        """Accept connections on these sockets, which are bound and listen.

        Raises:
            LessonError: if the store or the Redis can't be reached.
        """
        try:
            await self._open_store()
        except PyMongoError as error:
            raise LessonError(
                f"the chat's store can't be reached; start MongoDB, or leave its address out: then messages are kept "
                f"in memory ({error})"
            ) from error
        if self._others:
            await self._others.check()
            self._others.deliver_by(self._order.receive)
        self._performer = Performer(
            ChatRoom(self._limits, time.monotonic, self._audience),
            self._store,
            self._order,
            has_others=self._others is not None,
            clock=self._clock,
            timer=time.monotonic,
        )
        self.sio.register_namespace(self._performer)
        self._housekeeping = asyncio.create_task(self._keep_house())
        await super().open(sockets, origins)

    async def close(self) -> None:
        """Stop listening, end all connections within a few seconds, and free all names held here."""
        self._housekeeping.cancel()
        with suppress(asyncio.CancelledError):
            await self._housekeeping
        self._performer.close()
        await super().close()
        if self._others:
            await self._others.close()
        with suppress(PyMongoError):
            await self._store.call(self._store.names.go)
        self._store.close()

    async def _open_store(self) -> None:
        self._store = store = await asyncio.to_thread(ChatStore, self._database)
        number = await store.call(store.history.last_number)
        await store.call(store.names.stay_alive, time.monotonic())
        emit = partial(self.sio.emit, "message", ignore_queue=True)
        self._order = DeliveryOrder(number, self._store.read, emit)

    async def _keep_house(self) -> None:
        while True:
            await asyncio.sleep(HOUSEKEEPING_SECONDS)
            try:
                await self._keep_house_once()
            except PyMongoError as error:
                log.warning("The store can't be reached: %s", error)

    async def _keep_house_once(self) -> None:
        """Do what must be done at intervals: stay alive, catch up with other processes, list the people."""
        now, store = time.monotonic(), self._store
        await store.call(store.names.stay_alive, now)
        await self._performer.perform_postponed()
        await self._order.read_upto(await store.call(store.history.last_number))
        await self._performer.arrivals.show(await store.call(store.names.present, now))
