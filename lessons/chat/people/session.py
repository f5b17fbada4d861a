"""What a person knows about the chat. It outlives the line, and the client that carries it."""

from __future__ import annotations

import asyncio
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any
from uuid import uuid4

from lessons.clients.feed import Feed, one_line
from lessons.serving.waiting import wait_until


@dataclass
class Unanswered:
    """A message that the server has not acknowledged yet. It is sent again, under the same id, when the line is back.

    Attributes:
        text: what is said.
        id: the sender's own id for the message, by which the server knows it again.
        answer: the server's answer, when it comes.
    """

    text: str
    id: str = field(default_factory=lambda: uuid4().hex)
    answer: asyncio.Future[dict[str, Any]] = field(default_factory=asyncio.Future)


class Session:
    """Who a person is in the chat, and what that person has heard; written on the lessons' loop.

    Attributes:
        feed: the state of the line, and what was heard, one line per message.
        token: by which the server knows the person again, None before it has given one.
        name: the person's name, None as long as there is none.
        rooms: the rooms that the person is in.
        people: the names of all who are there.
        messages: what was heard, in order of arrival, each message once.
        unanswered: what was said and has no answer yet.
        doubtful: what was said and may have been stored or not, because the store couldn't be reached.
        memories: how many memories of the server it has seen; a server that keeps nothing on disk has a new one at each
            start.
    """

    def __init__(self) -> None:
        self.feed = Feed()
        self.memories = 1
        self.token: str | None = None
        self.name: str | None = None
        self.rooms: list[str] = []
        self.people: list[str] = []
        self.messages: list[dict[str, Any]] = []
        self.unanswered: Unanswered | None = None
        self.doubtful: Unanswered | None = None
        self._numbers: set[int] = set()

    @property
    def since(self) -> int | None:
        """The number of the newest message heard, None before the first; what came after it was missed."""
        return max(self._numbers, default=None)

    def change(self, fields: Mapping[str, Any]) -> None:
        """Take what the server says: `token`, `name`, `rooms`, `people`, `newest`, all or some of them.

        `newest` is the number of its newest message. If a later one was heard, the server has lost its memory and
        counts from 1: the numbers of what was heard no longer mean anything.
        """
        if self.since is not None and self.since > fields.get("newest", self.since):
            self.memories += 1
            self._numbers.clear()
            self.messages = [{key: message[key] for key in message if key != "id"} for message in self.messages]
        for name in ("token", "name", "rooms", "people"):
            if name in fields:
                setattr(self, name, fields[name])

    def begin(self, text: str) -> Unanswered:
        """Begin to say something; words that may have been stored already keep their id, and are stored only once."""
        doubtful = self.doubtful
        self.unanswered = Unanswered(text, doubtful.id) if doubtful and doubtful.text == text else Unanswered(text)
        return self.unanswered

    def hear(self, messages: Iterable[dict[str, Any]]) -> None:
        """Take messages; those that were heard already are left out."""
        for message in messages:
            self._hear(message)

    def _hear(self, message: dict[str, Any]) -> None:
        number = message.get("id")
        if number in self._numbers:
            return
        if number is not None:
            self._numbers.add(number)
        self.messages.append(message)
        self.feed.tell(line_of(message))

    def settle(self, id: str, answer: Mapping[str, Any]) -> None:
        """Take the answer to what was said under this id."""
        if self.unanswered is None or self.unanswered.id != id:
            return
        self.name = answer.get("name", self.name)
        settled, self.unanswered = self.unanswered, None
        self.doubtful = settled if answer.get("error") == "store-down" else None
        if not settled.answer.done():
            settled.answer.set_result(dict(answer))


class Participant:
    """Somebody who takes part in the chat, and how a cell asks what that person knows.

    Args:
        session: who this is, and what has been heard.
    """

    def __init__(self, session: Session) -> None:
        self.session = session

    @property
    def name(self) -> str | None:
        """The name, None as long as there is none."""
        return self.session.name

    @property
    def rooms(self) -> list[str]:
        """The rooms that the person is in."""
        return self.session.rooms

    @property
    def people(self) -> list[str]:
        """The names of all who are there."""
        return self.session.people

    @property
    def heard(self) -> list[str]:
        """What was heard, one line per message, in order of arrival."""
        return self.session.feed.news

    def wait_for(self, words: str, timeout: float = 10.0) -> str:
        """Wait until a line with these words has been heard, and return the line.

        Args:
            words: what the line must contain.
            timeout: seconds to wait at most.

        Raises:
            LessonError: if none comes in time.
        """
        wait_until(lambda: self._find(words), f"{words!r} to be heard by {self.name or 'somebody new'}", timeout)
        return self._find(words)

    def wait_until_connected(self, timeout: float = 10.0) -> None:
        """Wait until the server has let this person in.

        Args:
            timeout: seconds to wait at most.

        Raises:
            LessonError: if it doesn't in time.
        """
        self.session.feed.wait_for_status("connected", timeout)

    def _find(self, words: str) -> str:
        return next((line for line in self.heard if words in line), "")


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
