"""How much one person may do: sizes, rooms, and a rate that allows bursts."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Limits:
    """The limits that the chat sets each person.

    Attributes:
        name: characters in a name, of a person or of a room.
        text: characters in a message.
        rooms: rooms that a person may be in at once.
        burst: events that he may send at once, after a rest.
        per_second: events a second that he may send for ever.
    """

    name: int = 32
    text: int = 2000
    rooms: int = 8
    burst: int = 20
    per_second: float = 5.0


class TokenBucket:
    """A bucket that fills at a steady rate: each event takes a token out, and an empty bucket refuses."""

    def __init__(self, size: int, per_second: float) -> None:
        self._size = size
        self._per_second = per_second
        self._tokens = float(size)
        self._filled_at: float | None = None

    def take(self, now: float) -> bool:
        """Take a token, if there is one.

        Args:
            now: the time in seconds, of any clock that doesn't go back.

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
