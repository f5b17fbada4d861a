"""What all subscribers share: the recent news, and the list of those who hear the next piece.

There is one log, one numbering and one timer, however many clients there are. A client adds a subscriber and nothing
else, so it leaves nothing else behind when it goes.
"""

from __future__ import annotations

from typing import Protocol

from lessons.errors import LessonError
from lessons.protocols.backlog import Backlog, TooOld
from lessons.protocols.event_stream import UnwritableFieldError, write_comment, write_event, write_id, write_retry

LARGEST_EVENT = 16 * 1024
"""The most bytes that a written event may have; this bounds the size of the backlog, too."""


class Listener(Protocol):
    """A stream that events are sent to."""

    def send(self, data: bytes) -> None:
        """Send a piece of the event stream, one whole event or comment; return at once."""

    def end(self) -> None:
        """End the stream properly."""


class Broadcast:
    """Sends the same events to all subscribers, and keeps the latest ones for those who were away.

    Args:
        run: the name of this run of the server, in letters and digits; each start has another.
        size: how many events are kept.
        retry: how long a client is to wait before it reconnects, in milliseconds.
    """

    def __init__(self, run: str, size: int, retry: int) -> None:
        self._subscribers: set[Listener] = set()
        self._backlog: Backlog[bytes] = Backlog(run, size)
        self._retry = write_retry(retry)

    def __len__(self) -> int:
        """Return how many subscribers there are."""
        return len(self._subscribers)

    def publish(self, data: str, event: str = "") -> str:
        """Send an event to everybody and keep it; return its ID. It is written once for all.

        Args:
            data: any text; each of its lines becomes a `data` field.
            event: its type; without one it is a `message`.

        Raises:
            LessonError: if it is too large, or can't be written without meaning something else.
        """
        id = self._backlog.next
        try:
            written = write_event(data, event=event, id=id)
        except UnwritableFieldError as error:
            raise LessonError(f"nothing was published. {error}") from None
        if len(written) > LARGEST_EVENT:
            raise LessonError(
                f"an event has at most {LARGEST_EVENT:,} bytes, not {len(written):,}; publish it in parts"
            )
        self._backlog.append(written)
        self._send_to_all(written)
        return id

    def heartbeat(self) -> None:
        """Send a comment, which readers ignore: it shows them, and every proxy in between, that the line is alive."""
        self._send_to_all(write_comment("still here") + b"\n")

    def opening(self, cursor: str) -> list[bytes]:
        """Return what a stream begins with: how to reconnect, and what it missed (WHATWG HTML, section 9.2.4).

        A client without a cursor hears what is new from now on; it gets the cursor of this moment, so that it
        misses nothing even if its line breaks before the first event. One whose cursor is too old gets an event of
        the type `gap`, with the reason as its data, and then everything that is still there.

        Args:
            cursor: the last ID that the client has seen, empty if it has seen none.

        Raises:
            BadCursorError: if this server can't have given out the cursor.
        """
        cursor = cursor or self._backlog.latest
        missed = self._backlog.since(cursor)
        if not isinstance(missed, TooOld):
            return [self._retry + write_id(cursor), *(entry.item for entry in missed)]
        gap = write_event(missed.reason, event="gap", id=missed.resume)
        return [self._retry + gap, *self.opening(missed.resume)[1:]]

    def join(self, subscriber: Listener) -> None:
        """Send everything from now on to one more subscriber."""
        self._subscribers.add(subscriber)

    def leave(self, subscriber: Listener) -> None:
        """Forget a subscriber; one that has left already may leave again."""
        self._subscribers.discard(subscriber)

    def end(self) -> None:
        """End all streams and forget the subscribers; the news is kept."""
        for subscriber in list(self._subscribers):
            subscriber.end()
        self._subscribers.clear()

    def _send_to_all(self, data: bytes) -> None:
        for subscriber in list(self._subscribers):  # a copy: one that can't follow leaves meanwhile
            subscriber.send(data)
