"""All that becomes of what a client sends: the room decides, the store keeps it, the others hear it."""

import asyncio
import logging
from collections import defaultdict, deque
from collections.abc import Awaitable, Callable, Iterable
from contextlib import suppress
from datetime import datetime
from typing import Any

from pymongo.errors import PyMongoError

from lessons.chat.arrivals import Arrivals
from lessons.chat.delivery_order import Delivery, DeliveryOrder
from lessons.chat.rules.actions import (
    Acknowledge,
    Action,
    Announce,
    Claim,
    Deliver,
    Enter,
    Leave,
    Recall,
    Release,
    Remember,
    Seek,
    Store,
    Tell,
)
from lessons.chat.rules.limits import HISTORY_LENGTH
from lessons.chat.rules.message import EVERYONE
from lessons.chat.rules.room import ChatRoom
from lessons.chat.storage.identities import Identity
from lessons.chat.storage.name_registry import NameTaken
from lessons.chat.storage.store import ChatStore
from lessons.socket_io.namespace import Namespace

log = logging.getLogger(__name__)


class Performer(Namespace):
    """The chat's namespace: it hands what clients send to the room, and carries out what the room asks for.

    There is one method for each kind of action; what the room makes of its result is carried out in turn.

    Args:
        room: decides what becomes of what clients send.
        store: where messages, names and people are kept.
        order: delivers stored messages.
        has_others: whether there are other processes to tell.
        clock: tells the time in UTC.
        timer: tells seconds, by a clock that nobody sets; by it the registry of names sees which servers are alive.

    Attributes:
        arrivals: lets connections in.
    """

    def __init__(
        self,
        room: ChatRoom,
        store: ChatStore,
        order: DeliveryOrder,
        *,
        has_others: bool,
        clock: Callable[[], datetime],
        timer: Callable[[], float],
    ) -> None:
        super().__init__("/")
        self.arrivals = Arrivals(room, store, order, self, self.perform, clock)
        self._room = room
        self._store = store
        self._order = order
        self._has_others = has_others
        self._clock = clock
        self._timer = timer
        self._is_closing = False
        self._storing: defaultdict[str, set[asyncio.Future[None]]] = defaultdict(set)  # by connection
        self._postponed: dict[tuple[type[Action], str], Remember | Release] = {}
        self._do: dict[type[Action], Callable[[Any], Awaitable[Iterable[Action] | None]]] = {
            Tell: self._tell,
            Announce: self._announce,
            Deliver: self._deliver,
            Enter: self._enter,
            Leave: self._leave,
            Recall: self._recall,
            Remember: self._remember,
            Release: self._release,
            Claim: self._claim,
            Seek: self._seek,
            Store: self._append,
        }

    async def connect(self, connection: str, auth: object) -> bool:
        """Let a connection in, or not."""
        return await self.arrivals.let_in(connection, auth)

    async def receive(self, connection: str, event: object, args: tuple[Any, ...]) -> object:
        """Take what a client sent, and return the acknowledgement.

        A message that only needs storing doesn't keep the next one waiting, so that messages that come together reach
        the store and the listeners together. Anything else waits until all before it is done.
        """
        recognised = await self._recognise(connection) if event == "message" else {}
        actions = self._room.receive(connection, event, args, self._clock())
        if recognised:
            return {**recognised, **(await self.perform(connection, actions) or {})}
        if actions and all(isinstance(action, Store) for action in actions):
            return self._overlap(connection, actions)
        if under_way := self._storing.get(connection):
            await asyncio.wait(under_way)
        return await self.perform(connection, actions)

    async def left(self, connection: str) -> None:
        """Note that a connection has ended."""
        self._storing.pop(connection, None)
        actions = self._room.disconnect(connection)
        if not self._is_closing:
            await self.perform(connection, actions)

    def close(self) -> None:
        """Note that all are about to go: their names are freed at once, without a notice to anybody."""
        self._is_closing = True

    async def _recognise(self, connection: str) -> dict[str, Any]:
        """Find out whether somebody without a name here has one in another process; return it for the answer."""
        person = self._room.person_on(connection)
        if person is None or person.name:
            return {}
        with suppress(PyMongoError):  # what is said then fails as well, and gets that answer
            name = await self._store.call(self._store.names.name_of, person.id, self._timer())
            if name:
                identity = await self._store.call(self._store.identities.recall, person.id)
                return await self.perform(connection, self._room.recognise(connection, name, identity.rooms)) or {}
        return {}

    async def _overlap(self, connection: str, actions: list[Action]) -> object:
        under_way, done = self._storing[connection], asyncio.get_running_loop().create_future()
        under_way.add(done)
        try:
            return await self.perform(connection, actions)
        finally:
            under_way.discard(done)
            done.set_result(None)

    async def perform(self, connection: str, actions: Iterable[Action]) -> dict[str, Any] | None:
        """Carry out actions that a connection caused.

        Returns:
            The acknowledgement of the event that caused them, if there is one.
        """
        acknowledgement = None
        todo = deque(actions)
        while todo:
            action = todo.popleft()
            if isinstance(action, Acknowledge):
                acknowledgement = action.data
            else:
                todo.extend(await self._perform_one(connection, action))
        return acknowledgement

    async def perform_postponed(self) -> None:
        """Try again what the store couldn't do."""
        for key, action in list(self._postponed.items()):
            del self._postponed[key]
            await self.perform("", [action])

    async def _perform_one(self, connection: str, action: Action) -> Iterable[Action]:
        try:
            return await self._do[type(action)](action) or []
        except PyMongoError as error:
            log.warning("The store could not carry out %s: %s", type(action).__name__, error)
            return self._store_failed(connection, action)

    def _store_failed(self, connection: str, action: Action) -> Iterable[Action]:
        if not isinstance(action, Remember | Release):
            return self._room.store_failed(connection, self._clock())
        self._postponed[type(action), action.person] = action
        return []

    async def _tell(self, tell: Tell) -> None:
        await self.emit(tell.event, tell.data, to=tell.connection, ignore_queue=True)

    async def _announce(self, announce: Announce) -> None:
        await self.emit("message", announce.notice, room=EVERYONE)

    async def _deliver(self, deliver: Deliver) -> None:
        delivery = Delivery.of(deliver.message)
        await self._order.receive(delivery)
        if self._has_others:
            await self.emit("message", delivery.event, room=list(delivery.channels))

    async def _enter(self, enter: Enter) -> None:
        if self.has(enter.connection):
            await self.enter_room(enter.connection, enter.channel)

    async def _leave(self, leave: Leave) -> None:
        await self.leave_room(leave.connection, leave.channel)

    async def _recall(self, recall: Recall) -> list[Action]:
        history = self._store.history
        messages = await self._store.call(history.newest, recall.channels, HISTORY_LENGTH)
        events = [message.as_event() for message in messages]
        return [Tell(recall.connection, "allMessages", events), Acknowledge({"count": len(events)})]

    async def _remember(self, remember: Remember) -> None:
        identity = Identity(remember.name, remember.rooms)
        await self._store.call(self._store.identities.remember, remember.person, identity, self._clock())

    async def _release(self, release: Release) -> list[Action]:
        names = self._store.names
        is_free = await self._store.call(names.release, release.name, release.person, self._timer())
        return self._room.name_released(release, self._clock()) if is_free else []

    async def _claim(self, claim: Claim) -> list[Action]:
        now = self._clock()
        self._postponed.pop((Release, claim.person), None)
        try:
            is_new = await self._store.call(self._store.names.claim, claim.name, claim.person, self._timer())
        except NameTaken:
            return self._room.name_refused(claim, now)
        return self._room.name_claimed(claim, is_new, now)

    async def _seek(self, seek: Seek) -> list[Action]:
        owner = await self._store.call(self._store.names.find, str(seek.draft.to), self._timer())
        if owner is None:
            # It may have been stored while its addressee was here, and its acknowledgement lost.
            stored = await self._store.call(self._store.history.find, seek.draft.sender, seek.draft.client_id)
            if stored:
                return self._room.message_stored(stored)
        return self._room.addressee_found(seek, owner, self._clock())

    async def _append(self, store: Store) -> list[Action]:
        message = await self._store.call(self._store.history.append, store.draft, self._clock())
        return self._room.message_stored(message)
