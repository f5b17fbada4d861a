"""The chat: the room's logic, the store and python-socketio, put together."""

import asyncio
import logging
import secrets
import socket
from collections import defaultdict
from collections.abc import Callable, Iterable
from contextlib import suppress
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, NamedTuple
from uuid import uuid4

from pymongo.database import Database
from pymongo.errors import PyMongoError

from lessons.chat.cluster.redis_manager import OrderedRedisManager
from lessons.chat.delivery_order import Delivery, Feed
from lessons.chat.performer import Performer
from lessons.chat.rules.actions import Action, Store
from lessons.chat.rules.limits import Limits
from lessons.chat.rules.notices import notice
from lessons.chat.rules.own_audience import Audience
from lessons.chat.rules.room import ChatRoom
from lessons.chat.storage.identities import Identity, person_of
from lessons.chat.storage.store import ChatStore
from lessons.errors import LessonError
from lessons.serving.runtime import Server
from lessons.socket_io.namespace import Namespace
from lessons.socket_io.service import SocketIOService

MISSED_LIMIT = 500
HOUSEKEEPING_SECONDS = 0.5
TOKEN_LENGTHS = range(16, 129)
PAGE = Path(__file__).parent / "page"
RETURNING = "returning"  # the channel of those who carry a token: they get the list of people

log = logging.getLogger(__name__)


def utc_now() -> datetime:
    """Tell the time in UTC."""
    return datetime.now(UTC)


class Return(NamedTuple):
    """What a client of ours says of itself when it connects: its token, and the last message it saw."""

    token: str
    since: int | None

    @classmethod
    def read(cls, auth: object) -> "Return | None":
        """Read what Socket.IO calls `auth`; None if it is a client's that knows no token."""
        if not isinstance(auth, dict) or "token" not in auth:
            return None
        token, since = auth["token"], auth.get("since")
        if not isinstance(token, str) or len(token) not in TOKEN_LENGTHS:
            token = secrets.token_urlsafe(24)
        return cls(token, since if isinstance(since, int) and since >= 0 else None)


class ChatService(SocketIOService):
    """Lets clients in, hands on what they send, and keeps house.

    Args:
        server: the handle that the service will run behind; it decides on origins.
        database: where messages, names and people are stored.
        redis: the Redis by which several processes hear of each other's messages, or None.
        limits: how much one person may do.
        audience: a function of the learner's own that decides who hears a message, in place of the chat's rules.
        clock: tells the time in UTC.
        ping_interval: seconds between two pings.
        ping_timeout: seconds after which a client that doesn't answer a ping is given up.
    """

    def __init__(
        self,
        server: Server,
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
        self._clock = clock
        self._room = ChatRoom(limits, audience)
        self._others = OrderedRedisManager(redis, self._receive) if redis else None
        super().__init__(
            server, PAGE, client_manager=self._others, ping_interval=ping_interval, ping_timeout=ping_timeout
        )
        self.sio.register_namespace(_ChatNamespace(self))
        self._people: list[str] = []
        self._storing: defaultdict[str, set[asyncio.Future[None]]] = defaultdict(set)  # by connection

    async def open(self, sockets: list[socket.socket]) -> None:
        """Accept connections on these sockets, which are bound and listen.

        Raises:
            LessonError: the store or the Redis can't be reached.
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
        self._housekeeping = asyncio.create_task(self._keep_house())
        await super().open(sockets)

    async def close(self) -> None:
        """Stop listening, end all connections within a few seconds, and free all names held here."""
        self._housekeeping.cancel()
        with suppress(asyncio.CancelledError):
            await self._housekeeping
        await super().close()
        if self._others:
            await self._others.close()
        with suppress(PyMongoError):
            await self._store.call(self._store.names.go)
        self._store.close()

    async def connect(self, connection: str, auth: object) -> bool:
        """Let a connection in; one that returns gets its name and rooms back, and what it missed.

        Returns:
            Whether it may stay.
        """
        returning = Return.read(auth)
        try:
            await self._let_in(connection, returning)
        except PyMongoError as error:
            log.warning("A client could not be let in: %s", error)
            return False
        return True

    async def receive(self, connection: str, event: object, args: tuple[Any, ...]) -> object:
        """Take what a client sent, and return the answer.

        A message that only needs to be stored doesn't keep the next one waiting, so that the store and the listeners
        get what comes together at once. Whatever else there is to do waits until all before it is done.
        """
        actions = self._room.receive(connection, event, args, self._clock())
        if actions and all(isinstance(action, Store) for action in actions):
            return self._overlap(connection, actions)
        if under_way := self._storing.get(connection):
            await asyncio.wait(under_way)
        return await self._performer.perform(connection, actions)

    async def _overlap(self, connection: str, actions: list[Action]) -> object:
        under_way, done = self._storing[connection], asyncio.get_running_loop().create_future()
        under_way.add(done)
        try:
            return await self._performer.perform(connection, actions)
        finally:
            under_way.discard(done)
            done.set_result(None)

    async def disconnect(self, connection: str) -> None:
        """Note that a connection has ended."""
        self._storing.pop(connection, None)
        actions = self._room.disconnect(connection)
        if not self._housekeeping.done():
            await self._performer.perform(connection, actions)

    async def _open_store(self) -> None:
        self._store = await asyncio.to_thread(ChatStore, self._database)
        number = await self._store.call(self._store.history.last_number)
        await self._store.call(self._store.names.stay_alive, self._clock())
        self._feed = Feed(number, self._read, self._deliver)
        self._performer = Performer(self._room, self._store, self._feed, self.sio, self._clock)

    async def _let_in(self, connection: str, returning: Return | None) -> None:
        person = person_of(returning.token) if returning else uuid4().hex
        identity = Identity()
        if returning:
            identity = await self._store.call(self._store.identities.recall, person)
        if not self.sio.manager.is_connected(connection, "/"):
            return
        actions = self._room.connect(connection, person, identity.name, identity.rooms)
        await self._performer.perform(connection, actions)
        if returning:
            await self._welcome(connection, returning)
        await self._listen(connection, returning.since if returning else None)

    async def _welcome(self, connection: str, returning: Return) -> None:
        person = self._room.person_on(connection)
        if person is None:
            return
        await self.sio.enter_room(connection, RETURNING)
        newest = self._feed.number
        if returning.since is not None and returning.since > newest:  # another process may know more
            newest = await self._store.call(self._store.history.last_number)
        welcome = {
            "token": returning.token,
            "name": person.name,
            "rooms": person.rooms,
            "people": self._people,
            "newest": newest,
        }
        await self.sio.emit("welcome", welcome, to=connection, ignore_queue=True)

    async def _listen(self, connection: str, since: int | None) -> None:
        """Let a connection hear what is said, from the first message after `since` on."""
        if since is not None:
            since = await self._catch_up(connection, since)
        person = self._room.person_on(connection)
        if person is None:
            return
        # These calls don't wait for anything before the event is on its way, so nothing is said in between.
        for channel in person.channels:
            await self.sio.enter_room(connection, channel)
        if since is not None:
            await self._send_missed(connection, self._feed.after(since), set(person.channels))

    async def _catch_up(self, connection: str, since: int) -> int:
        """Send what was missed and the feed no longer remembers; tell up to which message that was."""
        if since > self._feed.number:
            await self._feed.read_upto(await self._store.call(self._store.history.last_number))
        while (person := self._room.person_on(connection)) and not self._feed.remembers(since):
            upto = self._feed.number
            history = self._store.history
            missed = await self._store.call(history.missed, person.channels, since, upto, MISSED_LIMIT + 1)
            if len(missed) > MISSED_LIMIT:
                cut = notice("history-cut", self._clock(), limit=MISSED_LIMIT)
                await self.sio.emit("message", cut, to=connection, ignore_queue=True)
            deliveries = map(Delivery.of, missed[-MISSED_LIMIT:])
            await self._send_missed(connection, deliveries, set(person.channels))
            since = upto
        return since

    async def _send_missed(self, connection: str, deliveries: Iterable[Delivery], channels: set[str]) -> None:
        missed = [each.event for each in deliveries if channels.intersection(each.channels)]
        if missed:
            await self.sio.emit("missed", missed, to=connection, ignore_queue=True)

    async def _receive(self, delivery: Delivery) -> None:
        await self._feed.receive(delivery)

    async def _read(self, after: int, upto: int) -> list[Delivery]:
        messages = await self._store.call(self._store.history.between, after, upto)
        return list(map(Delivery.of, messages))

    async def _deliver(self, delivery: Delivery) -> None:
        await self.sio.emit("message", delivery.event, room=list(delivery.channels), ignore_queue=True)

    async def _keep_house(self) -> None:
        while True:
            await asyncio.sleep(HOUSEKEEPING_SECONDS)
            try:
                await self._keep_house_once()
            except PyMongoError as error:
                log.warning("The store can't be reached: %s", error)

    async def _keep_house_once(self) -> None:
        """Do what must be done now and then: stay alive, catch up with other processes, list the people."""
        now = self._clock()
        await self._store.call(self._store.names.stay_alive, now)
        await self._performer.perform_postponed()
        await self._feed.read_upto(await self._store.call(self._store.history.last_number))
        people = await self._store.call(self._store.names.present, now)
        if people != self._people:
            self._people = people
            await self.sio.emit("people", people, room=RETURNING, ignore_queue=True)


class _ChatNamespace(Namespace):
    """Hands the chat whatever its clients send."""

    def __init__(self, chat: ChatService) -> None:
        super().__init__("/")
        self._chat = chat

    async def connect(self, sid: str, auth: object) -> bool:
        return await self._chat.connect(sid, auth)

    async def receive(self, sid: str, event: object, args: tuple[Any, ...]) -> object:
        return await self._chat.receive(sid, event, args)

    async def left(self, sid: str) -> None:
        await self._chat.disconnect(sid)
