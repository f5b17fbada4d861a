"""What the clients in Python share: they run on the lessons' loop, report to a feed what they see, and try again."""

from __future__ import annotations

import asyncio
import contextlib
from abc import ABC, abstractmethod
from collections.abc import Iterator
from concurrent.futures import Future
from types import TracebackType
from typing import Self

from lessons.clients.feed import Feed
from lessons.errors import LessonError
from lessons.serving import runtime

LONGEST_INTERVAL = 86_400.0
"""A day, in seconds. (A browser's timer takes at most 24 days, and fires at once for longer ones.)"""


class PeerError(Exception):
    """The other side did or failed to do something, so that a client has to try again; the message says what."""


@contextlib.contextmanager
def peer_errors(late: str = "no answer in time") -> Iterator[None]:
    """Turn whatever a library raises while it talks to the other side into a `PeerError`.

    Libraries have many exceptions for what a peer can do wrong, and still miss cases. So every exception counts, and
    only calls of the library belong inside: a mistake in our own code must stay visible.

    Args:
        late: what to say after a timeout.

    Raises:
        PeerError: in place of any other exception.
    """
    try:
        yield
    except PeerError:
        raise
    except TimeoutError as error:
        raise PeerError(late) from error
    except Exception as error:
        raise PeerError(f"{type(error).__name__}: {error}".rstrip(": ")) from error


class Client(ABC):
    """A client in Python that runs in the background until it is stopped. It is a context manager that stops itself.

    Args:
        url: the server's address, such as `http://127.0.0.1:49152`.
        feed: where it reports what it sees; a new one by default.
    """

    def __init__(self, url: str, feed: Feed | None = None) -> None:
        self.url = url
        self.feed = Feed() if feed is None else feed
        self._task: Future[None] | None = None

    @abstractmethod
    async def run(self) -> None:
        """Do the client's work until cancelled.

        Raises:
            LessonError: to stop for good, and say why.
        """

    @property
    def running(self) -> bool:
        """Whether it has been started and not stopped."""
        return self._task is not None and not self._task.done()

    def start(self) -> Self:
        """Start, unless it runs already; return itself."""
        if not self.running:
            self.feed.report("connecting")
            self._task = asyncio.run_coroutine_threadsafe(self._run(), runtime.loop())
        return self

    async def _run(self) -> None:
        self.feed.report("connecting")
        try:
            await self.run()
        except LessonError as error:
            self.feed.report("stopped", str(error))
        except Exception as error:
            self.feed.report("stopped", f"{type(error).__name__}: {error}")
            where = {"message": f"in the client ({type(self).__name__})", "exception": error}
            asyncio.get_running_loop().call_exception_handler(where)

    def stop(self) -> None:
        """Stop; what it has seen stays in its feed."""
        if self._task is not None:
            self._task.cancel()
            self._task = None
            runtime.call_soon(self.feed.report, "stopped")  # after whatever it may be reporting at this moment
        self.feed.report("stopped")

    def __enter__(self) -> Self:
        return self.start()

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stop()

    def __repr__(self) -> str:
        return f"<{type(self).__name__}, {self.feed.status}>"


def check_interval(seconds: object) -> float:
    """Return an interval as a number of seconds, above zero and at most a day.

    Args:
        seconds: what somebody gave for the interval: a number, or text that holds one.

    Raises:
        LessonError: if it isn't such a number.
    """
    try:
        value = float(seconds) if isinstance(seconds, int | float | str) and seconds is not True else 0.0
    except ValueError:
        value = 0.0
    if not 0 < value <= LONGEST_INTERVAL:
        raise LessonError(f"an interval is a number of seconds above 0, such as 0.5, not {seconds!r}")
    return value
