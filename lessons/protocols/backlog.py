"""A bounded log of news, and the cursor by which a client that was away asks for what it missed.

Both long polling (`GET /clock?since=CURSOR`) and server-sent events (`Last-Event-ID: CURSOR`, WHATWG HTML,
section 9.2.4) resume from it. A cursor names the run of the server and the last item seen: `k3f9-41`.
"""

import re
from collections import deque
from dataclasses import dataclass
from itertools import islice
from typing import Generic, TypeVar

Item = TypeVar("Item")

# Letters, digits and a hyphen pass unchanged through a query, a header and an event's id.
RUN = re.compile(r"[A-Za-z0-9]{1,32}")
CURSOR = re.compile(r"([A-Za-z0-9]{1,32})-(0|[1-9][0-9]{0,17})")
LONGEST_SHOWN = 40


class BadCursorError(ValueError):
    """A cursor that this server can't have given out; to be answered with 400 (RFC 9110, section 15.5.1)."""


@dataclass(frozen=True)
class Entry(Generic[Item]):
    """An item of the log with its ID, which is also the cursor of a client that has seen it."""

    id: str
    item: Item


@dataclass(frozen=True)
class TooOld:
    """The answer to a cursor whose next items are gone.

    Attributes:
        reason: why it is too old, in a sentence for the person at the client.
        oldest: the ID of the oldest item that is still there; None if there is none.
        resume: the cursor that brings all items that are still there, `oldest` first.
    """

    reason: str
    oldest: str | None
    resume: str


class Backlog(Generic[Item]):
    """The latest items, each with an ID that is the same for all clients, numbered from 1.

    Args:
        run: the name of this run of the server, 1 to 32 letters and digits, new at each start. By it a cursor from
            before a restart is recognised, and not taken for a place in the new log.
        size: how many items are kept; beyond that, a new one drops the oldest.

    Raises:
        ValueError: if `run` isn't such a name, or `size` is less than 1.
    """

    def __init__(self, run: str, size: int) -> None:
        if not RUN.fullmatch(run):
            raise ValueError(f"A run is named by 1 to 32 letters (A to Z, a to z) and digits, not {run!r}.")
        if size < 1:
            raise ValueError(f"A backlog keeps at least 1 item, not {size}.")
        self._run = run
        self._entries: deque[Entry[Item]] = deque(maxlen=size)
        self._appended = 0

    @property
    def latest(self) -> str:
        """The cursor of a client that has seen everything so far: from here on, only what is new."""
        return self._cursor(self._appended)

    @property
    def next(self) -> str:
        """The ID that the next item will get, for an item that has to carry its own."""
        return self._cursor(self._appended + 1)

    def append(self, item: Item) -> str:
        """Add an item and return its ID."""
        self._appended += 1
        self._entries.append(Entry(self.latest, item))
        return self.latest

    def since(self, cursor: str) -> list[Entry[Item]] | TooOld:
        """Return what came after a cursor, oldest first; an empty list if nothing did.

        Returns:
            The entries, or TooOld if some have been dropped or the cursor is from another run of the server.

        Raises:
            BadCursorError: if the text is not a cursor, or is ahead of the newest item.
        """
        run, number = _read(cursor)
        if run != self._run:
            return self._too_old(f"The cursor {cursor} is from another run of the server; its news is gone.")
        if number > self._appended:
            raise BadCursorError(f"The cursor {cursor} is ahead of the newest item, {self.latest}.")
        missed = self._appended - number
        kept = len(self._entries)
        if missed > kept:
            return self._too_old(f"{missed} items came after {cursor}, and the log keeps {kept}.")
        return list(islice(self._entries, kept - missed, None))

    def _too_old(self, reason: str) -> TooOld:
        oldest = self._entries[0].id if self._entries else None
        return TooOld(reason, oldest, resume=self._cursor(self._appended - len(self._entries)))

    def _cursor(self, number: int) -> str:
        return f"{self._run}-{number}"


def _read(cursor: str) -> tuple[str, int]:
    match = CURSOR.fullmatch(cursor)
    if match is None:
        shown = cursor if len(cursor) <= LONGEST_SHOWN else cursor[:LONGEST_SHOWN] + "…"
        raise BadCursorError(f"{shown!r} is no cursor: a run, a hyphen and a number, as in k3f9-41.")
    return match[1], int(match[2])
