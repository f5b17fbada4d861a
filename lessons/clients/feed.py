"""The feed: the news as a client sees it, and how its connection is, whoever the client is.

The client in Python and the client in the page both write to one; the panel shows it, and a cell can wait for it.
"""

from __future__ import annotations

import threading
import time
from collections import deque

from lessons.errors import LessonError

KEPT_NEWS = 1000
LONGEST_REASON = 300


class Feed:
    """What a client has seen; any thread may write and read it."""

    def __init__(self) -> None:
        self.count = 0
        self.status = "stopped"
        self.reason = ""
        self.figures = ""
        """What else the client has to say of itself, in a few words."""
        self._news: deque[str] = deque(maxlen=KEPT_NEWS)
        self._changed = threading.Condition()
        self._heard = time.monotonic()

    @property
    def news(self) -> list[str]:
        """The news that came, oldest first; of more than a thousand, the newest."""
        return list(self._news)

    @property
    def latest(self) -> str:
        """The newest of the news, empty before any came."""
        news = self.news
        return news[-1] if news else ""

    @property
    def silence(self) -> float:
        """For how many seconds the client has heard nothing. A line can be dead long before anybody is told."""
        return time.monotonic() - self._heard

    def hear(self) -> None:
        """Note that the line is alive, as a heartbeat shows that is no news."""
        self._heard = time.monotonic()

    def tell(self, text: str) -> None:
        """Add a piece of news."""
        with self._changed:
            self.hear()
            self.count += 1
            self._news.append(_well_formed(text))
            self._changed.notify_all()

    def report(self, status: str, reason: str = "") -> None:
        """Say how the connection is.

        Args:
            status: one word or two, such as `connected`, `trying again`, `stopped`.
            reason: a sentence on why, for what isn't well; of a long one the beginning is kept.
        """
        with self._changed:
            self.hear()
            self.status = status
            self.reason = _well_formed(reason if len(reason) <= LONGEST_REASON else f"{reason[:LONGEST_REASON]} …")
            self._changed.notify_all()

    def wait(self, count: int = 1, timeout: float = 10.0) -> list[str]:
        """Wait until `count` pieces of news have come in all, and return the news.

        Args:
            count: how many, those that came before included.
            timeout: seconds to wait at the most.

        Raises:
            LessonError: if they don't come in time; it tells how the connection is.
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

        Raises:
            LessonError: if it doesn't get there in time.
        """
        with self._changed:
            if not self._changed.wait_for(lambda: self.status == status, timeout):
                why = f" ({self.reason})" if self.reason else ""
                raise LessonError(f"after {timeout:g} s the client is {self.status}{why}, not {status}")


def one_line(text: str) -> str:
    """Return a text as one line, so that who breaks a line can't make the next one look like somebody else's."""
    return " ⏎ ".join(text.splitlines())


def _well_formed(text: str) -> str:
    """Put a question mark for half a surrogate pair, which JSON can bring, and which has no UTF-8 for a page."""
    return text.encode(errors="replace").decode()
