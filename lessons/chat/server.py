"""The server of the chat room: for any Socket.IO client, in one process or in several that are one chat."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from typing import Any

from pymongo.database import Database

from lessons.chat.rules.limits import Limits
from lessons.chat.rules.own_audience import Audience
from lessons.chat.service import ChatService, utc_now
from lessons.chat.storage.store import open_database
from lessons.serving.runtime import Server


class ChatServer(Server):
    """A chat server inside this process.

    Args:
        redis: the Redis through which several processes hear each other's messages, such as `redis://127.0.0.1:6379`.
        mongodb: the MongoDB that keeps messages, names and people, such as `mongodb://127.0.0.1:27017`; without
            one they are kept in memory.
        database: a database that is open already, in place of `mongodb`.
        limits: how much one person may do; None for the usual limits.
        audience: a function of your own that decides who hears a message, in place of the chat's rules: see
            `rules/own_audience.py`. It knows the people of this process.
        clock: tells the time in UTC.
        ping_interval: seconds between two pings.
        ping_timeout: seconds after which a client that doesn't answer a ping counts as gone.
        name: what it is called; a new server of the same name takes the place of the old one.
        host: the address to listen on.
        port: the port, 0 for a free one.

    Raises:
        LessonError: if the store or the Redis can't be reached, or the port can't be had.
    """

    def __init__(
        self,
        *,
        redis: str | None = None,
        mongodb: str | None = None,
        database: Database[dict[str, Any]] | None = None,
        limits: Limits | None = None,
        audience: Audience | None = None,
        clock: Callable[[], datetime] = utc_now,
        ping_interval: float = 25,
        ping_timeout: float = 20,
        name: str = "chat server",
        host: str = "127.0.0.1",
        port: int = 0,
    ) -> None:
        service = ChatService(
            database=open_database(mongodb) if database is None else database,
            redis=redis,
            limits=limits,
            audience=audience,
            clock=clock,
            ping_interval=ping_interval,
            ping_timeout=ping_timeout,
        )
        super().__init__(service, name=name, host=host, port=port)
