"""A chat message: whom it addresses, and the one rule about who may hear it, live and in the history."""

import re
import unicodedata
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from itertools import dropwhile
from typing import Any

from lessons.chat.rules.names import INVISIBLE

EVERYONE = "everyone"
_ADDRESS = re.compile(r"(?P<name>\S*)\s*(?P<text>.*)", re.DOTALL)


def room_channel(room: str) -> str:
    """Return the channel that the members of a room listen to."""
    return f"room:{room}"


def person_channel(person: str) -> str:
    """Return the channel that one person listens to, on all connections."""
    return f"person:{person}"


def channels_of(person: str, rooms: Iterable[str]) -> tuple[str, ...]:
    """List the channels that a person listens to. A person may hear what is said on any of them, and nothing else."""
    return (EVERYONE, person_channel(person), *map(room_channel, rooms))


@dataclass(frozen=True, slots=True)
class Draft:
    """A message that isn't stored yet, so nobody has heard it.

    Attributes:
        sender: the id of the person whose message it is; a name can change hands.
        username: the name that the sender speaks under.
        content: what is said.
        client_id: the sender's own id for the message, by which a repeated one is known; empty if there is none.
        rooms: the rooms it is said in; none for a private message and for one to everybody.
        to: the name of the person it is privately said to, or None.
        audience: the channels it is said on.
    """

    sender: str
    username: str
    content: str
    client_id: str
    rooms: tuple[str, ...]
    to: str | None
    audience: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class ChatMessage:
    """A stored message.

    Attributes:
        number: its place in the history: 1, 2, 3 and so on, without a gap.
        create_at: when it was stored, in UTC.
        draft: what was stored.
    """

    number: int
    create_at: datetime
    draft: Draft

    def as_event(self) -> dict[str, Any]:
        """Return the message as clients get it: the three fields of the contract, and some of our own."""
        return {
            "username": self.draft.username,
            "content": self.draft.content,
            "createAt": iso_8601(self.create_at),
            "id": self.number,
            "rooms": list(self.draft.rooms),
            "to": self.draft.to,
            "clientId": self.draft.client_id,
        }


def is_private(text: str) -> bool:
    """Tell whether a message is meant for one person: whether it begins with an `@`. One in mid-sentence is no address.

    Whatever looks like an `@` counts, such as the full-width `＠` of a Chinese keyboard, or one after an invisible
    character: otherwise everybody would see what was meant for one person.
    """
    first = next(dropwhile(_shows_nothing, text), "")
    return unicodedata.normalize("NFKC", first) == "@"


def split_private(text: str) -> tuple[str, str] | None:
    """Split `@name text` into the name and the text; None if the message doesn't begin like that.

    The name is empty if a space or nothing follows the `@`.
    """
    if not is_private(text):
        return None
    address = _ADDRESS.fullmatch("".join(dropwhile(_shows_nothing, text))[1:])
    return (INVISIBLE.sub("", address["name"]), address["text"]) if address else None


def iso_8601(moment: datetime) -> str:
    """Return a moment in UTC as JavaScript writes it, such as `2026-11-23T12:00:05.123Z`."""
    return moment.replace(tzinfo=None).isoformat(timespec="milliseconds") + "Z"


def _shows_nothing(character: str) -> bool:
    hidden = unicodedata.category(character) in ("Cc", "Cf", "Mn", "Me")
    return hidden or character.isspace() or bool(INVISIBLE.match(character))
