"""How people come in: somebody new or returning is let in, and hears what was missed before anything new."""

import json
import logging
import secrets
from collections.abc import Awaitable, Callable, Iterable, Iterator
from datetime import datetime
from typing import Any, NamedTuple
from uuid import uuid4

from pymongo.errors import PyMongoError

from lessons.chat.delivery_order import Delivery, DeliveryOrder
from lessons.chat.rules.actions import Action
from lessons.chat.rules.limits import MISSED_LIMIT, PORTION, TOKEN_LENGTHS
from lessons.chat.rules.notices import notice
from lessons.chat.rules.room import ChatRoom
from lessons.chat.storage.identities import Identity, person_of
from lessons.chat.storage.store import ChatStore
from lessons.socket_io.namespace import Namespace

RETURNING = "returning"  # the channel of clients with a token: they get the list of people

log = logging.getLogger(__name__)


class Return(NamedTuple):
    """What a client of ours says about itself when it connects.

    Attributes:
        token: the secret by which the server knows the person again.
        since: the number of the last message that was seen; None if there was none.
    """

    token: str
    since: int | None

    @classmethod
    def read(cls, auth: object) -> "Return | None":
        """Read what Socket.IO calls `auth`; None if it holds no token. A token of a wrong length is replaced."""
        if not isinstance(auth, dict) or "token" not in auth:
            return None
        token, since = auth["token"], auth.get("since")
        if not isinstance(token, str) or len(token) not in TOKEN_LENGTHS:
            token = secrets.token_urlsafe(24)
        return cls(token, since if isinstance(since, int) and since >= 0 else None)


class Arrivals:
    """Lets connections in.

    Args:
        room: the room that they enter.
        store: where names, rooms and messages are kept.
        order: what this process has delivered lately.
        namespace: the namespace that they connect to.
        perform: carries out what the room asks when a connection enters.
        clock: tells the time in UTC.

    Attributes:
        people: the names of all who are here.
    """

    def __init__(
        self,
        room: ChatRoom,
        store: ChatStore,
        order: DeliveryOrder,
        namespace: Namespace,
        perform: Callable[[str, Iterable[Action]], Awaitable[object]],
        clock: Callable[[], datetime],
    ) -> None:
        self.people: list[str] = []
        self._room = room
        self._store = store
        self._order = order
        self._namespace = namespace
        self._perform = perform
        self._clock = clock

    async def let_in(self, connection: str, auth: object) -> bool:
        """Let a connection in; one that returns gets its name and rooms back, and what it missed.

        Args:
            connection: its id.
            auth: what its client sent on connecting, of any type.

        Returns:
            Whether it may stay.
        """
        try:
            await self._enter(connection, Return.read(auth))
        except PyMongoError as error:
            log.warning("A client could not be let in: %s", error)
            return False
        return True

    async def show(self, people: list[str]) -> None:
        """Tell the clients with a token who is here, if that has changed."""
        if people != self.people:
            self.people = people
            await self._namespace.emit("people", people, room=RETURNING, ignore_queue=True)

    async def _enter(self, connection: str, returning: Return | None) -> None:
        person = person_of(returning.token) if returning else uuid4().hex
        identity = Identity()
        if returning:
            identity = await self._store.call(self._store.identities.recall, person)
        if not self._namespace.has(connection):
            return
        actions = self._room.connect(connection, person, identity.name, identity.rooms)
        await self._perform(connection, actions)
        if returning:
            await self._welcome(connection, returning)
        await self._listen(connection, returning.since if returning else None)

    async def _welcome(self, connection: str, returning: Return) -> None:
        person = self._room.person_on(connection)
        if person is None:
            return
        await self._namespace.enter_room(connection, RETURNING)
        newest = self._order.number
        if returning.since is not None and returning.since > newest:  # another process may know more
            newest = await self._store.call(self._store.history.last_number)
        welcome = {
            "token": returning.token,
            "name": person.name,
            "rooms": person.rooms,
            "people": self.people,
            "newest": newest,
        }
        await self._tell(connection, "welcome", welcome)

    async def _listen(self, connection: str, since: int | None) -> None:
        """Let a connection hear what is said, from the first message after `since`."""
        if since is not None:
            since = await self._catch_up(connection, since)
        person = self._room.person_on(connection)
        if person is None:
            return
        # These calls wait for nothing until the events are on their way, so nothing is said in between.
        for channel in person.channels:
            await self._namespace.enter_room(connection, channel)
        if since is not None:
            await self._send_missed(connection, self._order.after(since), set(person.channels))

    async def _catch_up(self, connection: str, since: int) -> int:
        """Send what was missed and must be read from the store; return the number of the last message sent."""
        if since > self._order.number:
            await self._order.read_upto(await self._store.call(self._store.history.last_number))
        while (person := self._room.person_on(connection)) and not self._order.remembers(since):
            upto = self._order.number
            history = self._store.history
            missed = await self._store.call(history.missed, person.channels, since, upto, MISSED_LIMIT + 1)
            if len(missed) > MISSED_LIMIT:
                await self._tell(connection, "message", notice("history-cut", self._clock(), limit=MISSED_LIMIT))
            deliveries = map(Delivery.of, missed[-MISSED_LIMIT:])
            await self._send_missed(connection, deliveries, set(person.channels))
            since = upto
        return since

    async def _send_missed(self, connection: str, deliveries: Iterable[Delivery], channels: set[str]) -> None:
        missed = [each.event for each in deliveries if channels.intersection(each.channels)]
        for portion in portions(missed, PORTION):
            await self._tell(connection, "missed", portion)

    async def _tell(self, connection: str, event: str, data: Any) -> None:  # noqa: ANN401
        await self._namespace.emit(event, data, to=connection, ignore_queue=True)


def portions(events: Iterable[dict[str, Any]], size: int) -> Iterator[list[dict[str, Any]]]:
    """Divide events into lists of at most `size` bytes of JSON; a longer one has a list of its own."""
    portion: list[dict[str, Any]] = []
    room = size
    for event in events:
        room -= len(json.dumps(event))
        if room < 0 and portion:
            yield portion
            portion, room = [], size - len(json.dumps(event))
        portion.append(event)
    if portion:
        yield portion
