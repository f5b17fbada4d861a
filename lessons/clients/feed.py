"""The feed: the news as a client sees it, and the state of its connection, for every kind of client.

A client in Python and a client in the page both write to one. The panel shows it, and a cell can wait for it.
"""

from __future__ import annotations

import threading
import time
from collections import deque

from lessons.errors import LessonError

KEPT_NEWS = 1000
LONGEST_REASON = 300


class Feed:
    """What a client has seen; any thread may write and read it.

    Attributes:
        count: how many pieces of news have come in all.
        status: the state of the connection, in one or two words.
        reason: why it is in that state; empty while all is well.
        figures: what else the client reports about itself, in a few words.
    """

    def __init__(self) -> None:
        self.count = 0
        self.status = "stopped"
        self.reason = ""
        self.figures = ""
        self._news: deque[str] = deque(maxlen=KEPT_NEWS)
        self._changed = threading.Condition()
        self._heard = time.monotonic()

    @property
    def news(self) -> list[str]:
        """The news that came, oldest first; at most the last thousand pieces."""
        return list(self._news)

    @property
    def latest(self) -> str:
        """The newest piece of news; empty before any came."""
        news = self.news
        return news[-1] if news else ""

    @property
    def silence(self) -> float:
        """How many seconds the client has heard nothing. A line can be dead long before anybody is told."""
        return time.monotonic() - self._heard

    def hear(self) -> None:
        """Note that the line is alive; a heartbeat shows that without being news."""
        self._heard = time.monotonic()

    def tell(self, text: str) -> None:
        """Add a piece of news."""
        with self._changed:
            self.hear()
            self.count += 1
            self._news.append(_well_formed(text))
            self._changed.notify_all()

    def report(self, status: str, reason: str = "") -> None:
        """Set the state of the connection.

        Args:
            status: one or two words, such as `connected`, `trying again`, `stopped`.
            reason: why, if something is wrong; only the beginning of a long one is kept.
        """
        with self._changed:
            self.hear()
            self.status = status
            self.reason = _well_formed(reason if len(reason) <= LONGEST_REASON else f"{reason[:LONGEST_REASON]} …")
            self._changed.notify_all()

    def wait(self, count: int = 1, timeout: float = 10.0) -> list[str]:
        """Wait until `count` pieces of news have come in all, and return the news.

        Args:
            count: how many, including those that came before.
            timeout: seconds to wait at most.

        Raises:
            LessonError: if they don't come in time; it gives the state of the connection.
        """
        with self._changed:
            if not self._changed.wait_for(lambda: self.count >= count, timeout):
                reason = f" ({self.reason})" if self.reason else ""
                raise LessonError(
                    f"{self.count} of {count} pieces of news came within {timeout:g} s; "
                    f"the client is {self.status}{reason}"
                )
            return self.news

    def wait_for_status(self, status: str, timeout: float = 10.0) -> None:
        """Wait until the connection is in the given state.

        Args:
            status: the state, such as `connected`.
            timeout: seconds to wait at most.

        Raises:
            LessonError: if it doesn't get there in time.
        """
        with self._changed:
            if not self._changed.wait_for(lambda: self.status == status, timeout):
                why = f" ({self.reason})" if self.reason else ""
                raise LessonError(f"after {timeout:g} s the client is {self.status}{why}, not {status}")


def one_line(text: str) -> str:
    """Return a text as one line: a line break in it must not pass for the start of somebody else's line."""
    return " ⏎ ".join(text.splitlines())


def _well_formed(text: str) -> str:
    """Replace half a surrogate pair, which JSON can bring but UTF-8 can't encode, by a question mark."""
    return text.encode(errors="replace").decode()
