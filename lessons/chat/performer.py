"""Carries out what the room asks: what clients get by python-socketio, what is kept by the store."""

import logging
from collections import deque
from collections.abc import Awaitable, Callable, Iterable
from datetime import datetime
from typing import Any

import socketio
from pymongo.errors import PyMongoError

from lessons.chat.delivery_order import Delivery, Feed
from lessons.chat.rules.actions import (
    Action,
    Announce,
    Answer,
    Broadcast,
    Claim,
    Enter,
    Leave,
    Recall,
    Release,
    Remember,
    Seek,
    Store,
    Tell,
)
from lessons.chat.rules.message import EVERYONE
from lessons.chat.rules.room import ChatRoom
from lessons.chat.storage.identities import Identity
from lessons.chat.storage.name_registry import NameTaken
from lessons.chat.storage.store import ChatStore

HISTORY_LENGTH = 10

log = logging.getLogger(__name__)


class Performer:
    """One method for each kind of action; what the room makes of their results is carried out in turn."""

    def __init__(
        self,
        room: ChatRoom,
        store: ChatStore,
        feed: Feed,
        sio: socketio.AsyncServer,
        clock: Callable[[], datetime],
    ) -> None:
        self._room = room
        self._store = store
        self._feed = feed
        self._sio = sio
        self._clock = clock
        self._has_others = isinstance(sio.manager, socketio.AsyncRedisManager)
        self._postponed: dict[tuple[type[Action], str], Remember | Release] = {}
        self._do: dict[type[Action], Callable[[Any], Awaitable[Iterable[Action] | None]]] = {
            Tell: self._tell,
            Announce: self._announce,
            Broadcast: self._broadcast,
            Enter: self._enter,
            Leave: self._leave,
            Recall: self._recall,
            Remember: self._remember,
            Release: self._release,
            Claim: self._claim,
            Seek: self._seek,
            Store: self._append,
        }

    async def perform(self, connection: str, actions: Iterable[Action]) -> dict[str, Any] | None:
        """Carry out actions that a connection caused.

        Returns:
            The answer to the event that caused them, if there is one.
        """
        answer = None
        todo = deque(actions)
        while todo:
            action = todo.popleft()
            if isinstance(action, Answer):
                answer = action.data
            else:
                todo.extend(await self._perform_one(connection, action))
        return answer

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
        await self._sio.emit(tell.event, tell.data, to=tell.connection, ignore_queue=True)

    async def _announce(self, announce: Announce) -> None:
        await self._sio.emit("message", announce.notice, room=EVERYONE)

    async def _broadcast(self, broadcast: Broadcast) -> None:
        delivery = Delivery.of(broadcast.message)
        await self._feed.receive(delivery)
        if self._has_others:
            await self._sio.emit("message", delivery.event, room=list(delivery.channels))

    async def _enter(self, enter: Enter) -> None:
        if self._sio.manager.is_connected(enter.connection, "/"):
            await self._sio.enter_room(enter.connection, enter.channel)

    async def _leave(self, leave: Leave) -> None:
        await self._sio.leave_room(leave.connection, leave.channel)

    async def _recall(self, recall: Recall) -> list[Action]:
        history = self._store.history
        messages = await self._store.call(history.newest, recall.channels, HISTORY_LENGTH)
        events = [message.as_event() for message in messages]
        return [Tell(recall.connection, "allMessages", events), Answer({"count": len(events)})]

    async def _remember(self, remember: Remember) -> None:
        identity = Identity(remember.name, remember.rooms)
        await self._store.call(self._store.identities.remember, remember.person, identity, self._clock())

    async def _release(self, release: Release) -> list[Action]:
        now = self._clock()
        is_free = await self._store.call(self._store.names.release, release.name, release.person, now)
        return self._room.name_released(release, now) if is_free else []

    async def _claim(self, claim: Claim) -> list[Action]:
        now = self._clock()
        self._postponed.pop((Release, claim.person), None)
        try:
            is_new = await self._store.call(self._store.names.claim, claim.name, claim.person, now)
        except NameTaken:
            return self._room.name_refused(claim, now)
        return self._room.name_claimed(claim, is_new, now)

    async def _seek(self, seek: Seek) -> list[Action]:
        now = self._clock()
        owner = await self._store.call(self._store.names.find, str(seek.draft.to), now)
        if owner is None:
            # It may have been stored while he was here, and its acknowledgement lost.
            stored = await self._store.call(self._store.history.find, seek.draft.sender, seek.draft.client_id)
            if stored:
                return self._room.message_stored(stored)
        return self._room.addressee_found(seek, owner, now)

    async def _append(self, store: Store) -> list[Action]:
        message = await self._store.call(self._store.history.append, store.draft, self._clock())
        return self._room.message_stored(message)
