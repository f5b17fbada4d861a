"""The chat room as pure logic: what clients send goes in, what is to be done comes out.

It opens no connection, has no clock of its own and stores nothing. Its caller carries out the actions that it returns.
Some of them ask something (`Claim`, `Release`, `Seek`, `Store`); the caller then tells it the answer, by the method
that the action names. Each process has a room of its own, with the people who are connected there; they share names
and messages through the store.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any

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
from lessons.chat.rules.limits import CLIENT_ID_LENGTH, Limits, TokenBucket
from lessons.chat.rules.message import (
    EVERYONE,
    ChatMessage,
    Draft,
    channels_of,
    is_private,
    iso_8601,
    person_channel,
    room_channel,
    split_private,
)
from lessons.chat.rules.names import RESERVED, Owner, is_readable_word, name_key, room_key, without_surrogates
from lessons.chat.rules.notices import notice
from lessons.chat.rules.own_audience import Audience, OwnAudienceError, listeners


class Refused(Exception):  # noqa: N818 - not an error of the program: the room says no to a client
    """What a client sent is refused; the sender gets the notice with this code.

    Args:
        code: a key of the notices' `SENTENCES`.
        details: what to put in the sentence's placeholders.
    """

    def __init__(self, code: str, **details: str | int) -> None:
        super().__init__(code)
        self.code = code
        self.details = details


@dataclass(slots=True)
class Person:
    """Somebody who is connected here.

    Attributes:
        id: the same under any name, and however often the line breaks.
        bucket: how much this person may send now.
        name: the name, None as long as there is none.
        rooms: the keys of the rooms that were joined, in that order.
        connections: this person's connections to this process; without any the person is gone.
    """

    id: str
    bucket: TokenBucket
    name: str | None = None
    rooms: list[str] = field(default_factory=list)
    connections: set[str] = field(default_factory=set)

    @property
    def channels(self) -> tuple[str, ...]:
        """What this person listens to."""
        return channels_of(self.id, self.rooms)


class ChatRoom:
    """Who is connected here, under what name and in which rooms, and what becomes of what they send.

    Args:
        limits: how much one person may do; None for the usual limits.
        timer: tells seconds, by a clock that nobody sets.
        audience: a student's own function that decides who hears a message, in place of the room's rules.
    """

    def __init__(self, limits: Limits | None, timer: Callable[[], float], audience: Audience | None = None) -> None:
        self._limits = limits or Limits()
        self._timer = timer
        self._audience = audience
        self._people: dict[str, Person] = {}
        self._connections: dict[str, Person] = {}
        self._handlers: dict[str, Callable[[str, Person, Sequence[Any]], list[Action]]] = {
            "message": self._message,
            "getAllMessages": self._get_all_messages,
            "join": self._join,
            "leave": self._leave,
        }

    def person_on(self, connection: str) -> Person | None:
        """Return whose connection this is; None if the room doesn't know it, or no longer does."""
        return self._connections.get(connection)

    def connect(self, connection: str, person: str, name: str | None = None, rooms: Sequence[str] = ()) -> list[Action]:
        """Let a connection in; it is to listen to the channels of `person_on(connection)`.

        Args:
            connection: the new connection's id.
            person: the id of the person it belongs to, new or returning.
            name: the name that this person had before.
            rooms: the rooms that this person was in; they count only if there is no other connection here.
        """
        here = self._people.get(person)
        if here is None:
            bucket = TokenBucket(self._limits.burst, self._limits.per_second)
            here = self._people[person] = Person(person, bucket, rooms=list(rooms))
        here.connections.add(connection)
        self._connections[connection] = here
        return [Claim(connection, person, name)] if name and here.name is None else []

    def recognise(self, connection: str, name: str, rooms: Sequence[str]) -> list[Action]:
        """Take over the name and rooms that a person without a name here has in another process, by the same token.

        Args:
            connection: one of the person's connections.
            name: the name that this person has there.
            rooms: the rooms that this person is in there.
        """
        person = self._connections.get(connection)
        if person is None or person.name:
            return []
        entered = [room for room in rooms if room not in person.rooms]
        person.rooms.extend(entered)
        actions: list[Action] = [Claim(connection, person.id, name)]
        for each in sorted(person.connections):
            for room in entered:
                actions += [Enter(each, room_channel(room)), Tell(each, "joined", room)]
        return actions

    def disconnect(self, connection: str) -> list[Action]:
        """Note that a connection has ended; if it was its owner's last one, the name is freed."""
        person = self._connections.pop(connection, None)
        if person is None:
            return []
        person.connections.discard(connection)
        if person.connections:
            return []
        del self._people[person.id]
        return [Release(person.id, person.name)] if person.name else []

    def receive(self, connection: str, event: object, args: Sequence[Any], now: datetime) -> list[Action]:
        """Take what a client sent: any event with any arguments leads to an acknowledgement or a notice.

        Args:
            connection: whose event it is.
            event: the event's name; clients may send anything here.
            args: the event's arguments, of any number and type.
            now: the time, in UTC.
        """
        person = self._connections.get(connection)
        if person is None:
            return []
        try:
            return self._handle(connection, person, event, args)
        except Refused as refused:
            return self._refusal(connection, refused, now)

    def name_claimed(self, claim: Claim, is_new: bool, now: datetime) -> list[Action]:
        """Go on after a claim: the name was free, or this person's already.

        Args:
            claim: what was claimed.
            is_new: whether the name was free before: then the others don't know yet.
            now: the time, in UTC.
        """
        joined = [Announce(notice("person-joined", now, name=claim.name))] if is_new else []
        person = self._people.get(claim.person)
        if person is None or (person.name and name_key(person.name) != name_key(claim.name)):
            return [*joined, Release(claim.person, claim.name)]
        person.name = claim.name
        return [self._remember(person), Acknowledge({"name": claim.name}), *joined]

    def name_refused(self, claim: Claim, now: datetime) -> list[Action]:
        """Go on after a claim: the name is somebody else's."""
        return self._refusal(claim.connection, Refused("name-taken", name=claim.name), now)

    def name_released(self, release: Release, now: datetime) -> list[Action]:
        """Go on after a release: the name is free, and nobody is connected under it in any process."""
        return [Announce(notice("person-left", now, name=release.name))]

    def addressee_found(self, seek: Seek, owner: Owner | None, now: datetime) -> list[Action]:
        """Go on with a private message: its addressee is `owner`, or nobody."""
        if owner is None:
            return self._refusal(seek.connection, Refused("nobody", name=str(seek.draft.to)), now)
        audience = (person_channel(seek.draft.sender), person_channel(owner.person))
        return [Store(seek.connection, replace(seek.draft, to=owner.name, audience=audience))]

    def message_stored(self, message: ChatMessage) -> list[Action]:
        """Go on with a message that is in the history: now its audience may hear it, and its sender learns its id."""
        return [
            Deliver(message),
            Acknowledge({"id": message.number, "createAt": iso_8601(message.create_at)}),
        ]

    def store_failed(self, connection: str, now: datetime) -> list[Action]:
        """Tell the sender that the store couldn't be reached, so that nobody knows whether it did what was asked."""
        return self._refusal(connection, Refused("store-down"), now)

    def _handle(self, connection: str, person: Person, event: object, args: Sequence[Any]) -> list[Action]:
        if not person.bucket.take(self._timer()):
            raise Refused("too-fast")
        handler = self._handlers.get(event) if isinstance(event, str) else None
        if handler is None:
            raise Refused("unknown-event")
        return handler(connection, person, args)

    def _refusal(self, connection: str, refused: Refused, now: datetime) -> list[Action]:
        refusal = notice(refused.code, now, **refused.details)
        answer = {"error": refused.code, "content": refusal["content"]}
        return [Tell(connection, "message", refusal), Acknowledge(answer)]

    def _message(self, connection: str, person: Person, args: Sequence[Any]) -> list[Action]:
        text, client_id = self._text(args)
        if person.name is None:
            return [Claim(connection, person.id, self._new_name(text))]
        draft = Draft(person.id, person.name, text, client_id, rooms=(), to=None, audience=(EVERYONE,))
        if self._audience is not None:
            return [Store(connection, replace(draft, audience=self._own_audience(self._audience, draft)))]
        if private := split_private(text):
            return [self._private(connection, draft, *private)]
        if person.rooms:
            audience = (person_channel(person.id), *map(room_channel, person.rooms))
            draft = replace(draft, rooms=tuple(person.rooms), audience=audience)
        return [Store(connection, draft)]

    def _own_audience(self, audience: Audience, draft: Draft) -> tuple[str, ...]:
        here = {each.name: each for each in self._people.values() if each.name}
        rooms = {name: each.rooms for name, each in here.items()}
        try:
            names = listeners(audience, draft.username, rooms, draft.content)
        except OwnAudienceError as error:
            raise Refused("own-audience", problem=str(error)) from None
        return tuple(person_channel(here[name].id) for name in names)

    def _private(self, connection: str, draft: Draft, name: str, text: str) -> Seek:
        if not name:
            raise Refused("no-addressee")
        if not text:
            raise Refused("nothing-to-say", name=name)
        return Seek(connection, replace(draft, content=text, to=name, audience=()))

    def _get_all_messages(self, connection: str, person: Person, args: Sequence[Any]) -> list[Action]:
        return [Recall(connection, person.channels)]

    def _join(self, connection: str, person: Person, args: Sequence[Any]) -> list[Action]:
        room = self._room_name(args)
        key = room_key(room)
        if key not in person.rooms and len(person.rooms) >= self._limits.rooms:
            raise Refused("too-many-rooms", limit=self._limits.rooms)
        if key not in person.rooms:
            person.rooms.append(key)
        moves = [Enter(each, room_channel(key)) for each in sorted(person.connections)]
        return [*moves, *self._tell_all(person, "joined", room)]

    def _leave(self, connection: str, person: Person, args: Sequence[Any]) -> list[Action]:
        room = self._room_name(args)
        key = room_key(room)
        if key in person.rooms:
            person.rooms.remove(key)
        moves = [Leave(each, room_channel(key)) for each in sorted(person.connections)]
        return [*moves, *self._tell_all(person, "leaved", room)]

    def _tell_all(self, person: Person, event: str, room: str) -> list[Action]:
        told = [Tell(each, event, room) for each in sorted(person.connections)]
        return [self._remember(person), *told, Acknowledge({"rooms": list(person.rooms)})]

    def _remember(self, person: Person) -> Remember:
        return Remember(person.id, person.name, tuple(person.rooms))

    def _text(self, args: Sequence[Any]) -> tuple[str, str]:
        text, client_id, *_ = [*args, "", ""]
        if not isinstance(text, str) or not isinstance(client_id, str) or len(client_id) > CLIENT_ID_LENGTH:
            raise Refused("not-a-text")
        text = without_surrogates(text).strip()
        if not text:
            raise Refused("empty")
        if len(text) > self._limits.text:
            raise Refused("text-too-long", limit=self._limits.text, length=len(text))
        return text, without_surrogates(client_id)

    def _new_name(self, text: str) -> str:
        name = self._word(text, "not-a-name")
        if name_key(name) in RESERVED or is_private(name):
            raise Refused("not-a-name")
        return name

    def _room_name(self, args: Sequence[Any]) -> str:
        room = args[0] if args else None
        return self._word(room, "not-a-room")

    def _word(self, word: object, refusal: str) -> str:
        if not isinstance(word, str) or not is_readable_word(word):
            raise Refused(refusal)
        if len(word) > self._limits.name:
            raise Refused("name-too-long", limit=self._limits.name, length=len(word))
        return word
