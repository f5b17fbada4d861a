"""A chat message, the one rule about who may hear it, live and in the history, and how it reads as a line."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from lessons.notebook.text_form import one_line

EVERYONE = "everyone"


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


def iso_8601(moment: datetime) -> str:
    """Return a moment in UTC as JavaScript writes it, such as `2026-11-23T12:00:05.123Z`."""
    return moment.replace(tzinfo=None).isoformat(timespec="milliseconds") + "Z"


def line_of(message: Mapping[str, Any]) -> str:
    """Return a message as a line, such as `Ann, in red: hello` or `Ann, privately to Bob: hello`.

    Args:
        message: what clients get as `message`, from any Socket.IO chat that keeps this contract.
    """
    speaker, content = message["username"], one_line(message["content"])
    if message.get("to"):
        return f"{speaker}, privately to {message['to']}: {content}"
    if message.get("rooms"):
        return f"{speaker}, in {' and '.join(message['rooms'])}: {content}"
    return f"{speaker}: {content}"
