"""How much one person may do, and how much of the past there is to hear: all limits of the chat."""

from dataclasses import dataclass

CLIENT_ID_LENGTH = 64
"""The most characters in the id that a client gives its message."""
TOKEN_LENGTHS = range(16, 129)
"""Characters in a token, by which a person is known again."""
HISTORY_LENGTH = 10
"""Messages that `getAllMessages` gives."""
MISSED_LIMIT = 500
"""The most missed messages that somebody gets on coming back; the newest, if there are more."""
PORTION = 1_000_000
"""About how many bytes of missed messages are sent at once. (Some clients refuse WebSocket messages above 4 MiB.)"""


@dataclass(frozen=True, slots=True)
class Limits:
    """The limits that the chat sets each person.

    Attributes:
        name: characters in a name, of a person or of a room.
        text: characters in a message.
        rooms: rooms that a person may be in at once.
        burst: events that may be sent at once, after a rest.
        per_second: events per second that may be sent all the time.
    """

    name: int = 32
    text: int = 2000
    rooms: int = 8
    burst: int = 20
    per_second: float = 5.0


class TokenBucket:
    """A bucket that fills at a steady rate: each event takes a token out, and an empty bucket refuses.

    Args:
        size: how many tokens it holds; it is full at first.
        per_second: how many come in a second.
    """

    def __init__(self, size: int, per_second: float) -> None:
        self._size = size
        self._per_second = per_second
        self._tokens = float(size)
        self._filled_at: float | None = None

    def take(self, now: float) -> bool:
        """Take a token, if there is one.

        Args:
            now: the time in seconds, by any clock that doesn't go back.

        Returns:
            Whether there was one.
        """
        since = now - self._filled_at if self._filled_at is not None else 0.0
        self._filled_at = now
        self._tokens = min(self._size, self._tokens + since * self._per_second)
        if self._tokens < 1:
            return False
        self._tokens -= 1
        return True
