"""python-socketio's Redis manager, with stored messages put in order before clients hear them."""

import asyncio
from collections import deque
from collections.abc import Awaitable, Callable
from typing import Any

import socketio
from redis.asyncio import Redis
from redis.exceptions import RedisError

from lessons.chat.delivery_order import Delivery
from lessons.errors import LessonError
from lessons.socket_io.broadcast import BroadcastManager

CONNECT_SECONDS = 3.0
MAX_UNPUBLISHED = 10_000
"""Events that may wait for a Redis that doesn't answer; of more, the oldest go. The store has the messages anyway."""


class OrderedRedisManager(socketio.AsyncRedisManager, BroadcastManager):  # type: ignore[misc]
    """Passes on what other processes emit, as its base does, but has stored messages delivered in order.

    Redis delivers what two processes publish in the same order to all, but not in the order of the messages' numbers.

    Args:
        redis_url: where Redis is.
    """

    def __init__(self, redis_url: str) -> None:
        super().__init__(redis_url, channel="chat")
        self._unpublished: deque[dict[str, Any]] = deque(maxlen=MAX_UNPUBLISHED)
        self._publishing: asyncio.Task[None] | None = None

    def deliver_by(self, receive: Callable[[Delivery], Awaitable[None]]) -> None:
        """Give stored messages to this function; call it before the first client comes."""
        self._receive = receive

    async def check(self) -> None:
        """Check that Redis is there. If it goes away later, python-socketio waits for it to come back.

        Raises:
            LessonError: if it can't be reached.
        """
        try:
            async with Redis.from_url(self.redis_url, socket_connect_timeout=CONNECT_SECONDS) as redis:
                await redis.ping()
        except (RedisError, OSError) as error:
            raise LessonError(
                f"the Redis at {self.redis_url} can't be reached; start it, or leave its address out: then this "
                f"process is a chat of its own ({error})"
            ) from error

    async def _handle_emit(self, message: dict[str, Any]) -> None:
        # python-socketio has no public hook between Redis and the clients; this method is where both meet.
        (event,) = message["data"] if len(message["data"]) == 1 else (None,)
        if message["event"] == "message" and isinstance(event, dict) and "id" in event:
            await self._receive(Delivery(event["id"], tuple(message["room"]), event))
        else:
            await super()._handle_emit(message)

    async def _publish(self, data: dict[str, Any]) -> None:
        # python-socketio calls this method for whatever other processes are to hear, and waits for it. Nobody who
        # says something should wait for Redis, so it only queues the event.
        self._unpublished.append(data)
        if self._publishing is None or self._publishing.done():
            self._publishing = asyncio.create_task(self._publish_all())

    async def _publish_all(self) -> None:
        while self._unpublished:
            await super()._publish(self._unpublished.popleft())

    async def close(self) -> None:
        """Stop listening to Redis and publishing to it."""
        if self._publishing is not None:
            self._publishing.cancel()
        if hasattr(self, "thread"):
            self.thread.cancel()
        if self.redis is not None:
            await self.redis.aclose()
