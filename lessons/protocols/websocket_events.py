"""What can be received and sent on a WebSocket connection: one small class for each."""

import dataclasses
from dataclasses import dataclass

from lessons.protocols.websocket_close import shorten_reason

SHOWN = 64
"""How many characters or bytes of a message its `repr` shows."""


@dataclass(slots=True, repr=False)
class TextMessage:
    """A whole message of text."""

    text: str

    def __repr__(self) -> str:
        return f"TextMessage({self.text[:SHOWN]!r}{_more(len(self.text), 'characters')})"


@dataclass(slots=True, repr=False)
class BinaryMessage:
    """A whole message of bytes."""

    data: bytes

    def __repr__(self) -> str:
        return f"BinaryMessage({self.data[:SHOWN]!r}{_more(len(self.data), 'bytes')})"


@dataclass(slots=True)
class Ping:
    """Asks whether the other side is there; the answer is a Pong (RFC 6455, section 5.5.2)."""

    payload: bytes = b""


@dataclass(slots=True)
class Pong:
    """The answer to a Ping, with the same payload, or an unasked sign of life (RFC 6455, section 5.5.3)."""

    payload: bytes = b""


@dataclass(slots=True)
class Close:
    """A wish to end the connection, or the answer to one (RFC 6455, section 5.5.1).

    Attributes:
        code: the close code; None for a Close without one.
        reason: why, for people.
    """

    code: int | None = None
    reason: str = ""


@dataclass(slots=True)
class Violation:
    """The peer broke a rule; nothing more is read from it (RFC 6455, section 7.1.7).

    Attributes:
        code: the close code for this kind of rule.
        sentence: what happened, in plain words.
        section: where the rule stands.
        field: the name of the field that is at fault; empty if none is, as when the peer is silent.
    """

    code: int
    sentence: str
    section: str
    field: str = dataclasses.field(default="", repr=False)  # the sentence says it

    def close(self) -> Close:
        """Make the Close frame that tells the peer why."""
        return Close(self.code, shorten_reason(f"{self.sentence} ({self.section})"))


@dataclass(slots=True)
class Closed:
    """The TCP connection has ended, or is to be ended at once.

    Attributes:
        code: the code that the peer closed with: 1005 if it gave none, 1006 if no Close came (RFC 6455, section
            7.1.5).
        reason: the reason that it gave.
    """

    code: int
    reason: str = ""


Message = TextMessage | BinaryMessage
MESSAGES = (TextMessage, BinaryMessage)
Event = Message | Ping | Pong | Close | Violation | Closed


def _more(size: int, unit: str) -> str:
    return f"… {size} {unit}" if size > SHOWN else ""
