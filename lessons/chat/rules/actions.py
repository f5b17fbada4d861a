"""What the room asks the outside world to do: tell somebody something, store something, look something up."""

from dataclasses import dataclass
from typing import Any

from lessons.chat.rules.message import ChatMessage, Draft


@dataclass(frozen=True, slots=True)
class Tell:
    """Send an event to one connection."""

    connection: str
    event: str
    data: Any


@dataclass(frozen=True, slots=True)
class Acknowledge:
    """Acknowledge the client's event with this, if it asked for an acknowledgement."""

    data: dict[str, Any]


@dataclass(frozen=True, slots=True)
class Announce:
    """Tell everybody, in every process, a notice from the system."""

    notice: dict[str, Any]


@dataclass(frozen=True, slots=True)
class Deliver:
    """Deliver a stored message to its audience, in every process, to each connection once."""

    message: ChatMessage


@dataclass(frozen=True, slots=True)
class Enter:
    """Let the connection hear what is said on the channel from now on."""

    connection: str
    channel: str


@dataclass(frozen=True, slots=True)
class Leave:
    """Don't let the connection hear what is said on the channel any longer."""

    connection: str
    channel: str


@dataclass(frozen=True, slots=True)
class Remember:
    """Keep a person's name and rooms, which come back after a lost line."""

    person: str
    name: str | None
    rooms: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Recall:
    """Send the connection the newest messages of these channels, as `allMessages`."""

    connection: str
    channels: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Release:
    """Free a name: its owner's last connection to this process has ended.

    If they have no connection to any other process either, tell the room: `name_released`.
    """

    person: str
    name: str


@dataclass(frozen=True, slots=True)
class Claim:
    """Take a name for a person if nobody has it. Then tell the room: `name_claimed` or `name_refused`."""

    connection: str
    person: str
    name: str


@dataclass(frozen=True, slots=True)
class Seek:
    """Find out who has the name that the draft is addressed to. Then tell the room: `addressee_found`."""

    connection: str
    draft: Draft


@dataclass(frozen=True, slots=True)
class Store:
    """Store the draft, once. Then tell the room: `message_stored`."""

    connection: str
    draft: Draft


Action = Tell | Acknowledge | Announce | Deliver | Enter | Leave | Remember | Recall | Release | Claim | Seek | Store
