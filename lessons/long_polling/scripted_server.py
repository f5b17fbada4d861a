"""A server and a page in virtual time, for the exercise: the server's answers are written beforehand."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Coroutine, Sequence
from dataclasses import dataclass
from typing import Any

from lessons.exercise.virtual_time import StillRunningError, UncancellableError, run

WAITED = 5.0
"""How long an answer takes if nothing else is written, in seconds."""
WATCHED_SECONDS = 300.0


@dataclass(frozen=True)
class Answer:
    """What `fetch` gives.

    Args:
        status: 200 with news; 204 without; 410 if news after the cursor is gone.
        items: the news, oldest first.
        cursor: with 200 and 410, what to ask with next; None with 204.
        seconds: how long the server took.
    """

    status: int
    items: tuple[str, ...] = ()
    cursor: str | None = None
    seconds: float = WAITED

    def __str__(self) -> str:
        said = [str(self.status or "a ConnectionError"), *map(repr, self.items)]
        if self.cursor:
            said.append(f"cursor {self.cursor}")
        return f"{' '.join(said)} after {self.seconds:g} s"


REFUSED = Answer(0, seconds=0.1)
"""No answer: the server can't be reached."""

Fetch = Callable[[str | None], Awaitable[Answer]]
Show = Callable[[str], None]
Draw = Callable[[], float]
Listen = Callable[[Fetch, Show, Draw], Coroutine[Any, Any, None]]


class ScriptedServer:
    """What `listen` deals with: a server, a page and a random draw, with a record of what it does to them.

    Calling it sends a request.

    Args:
        answers: one for each request in turn; the last one is repeated.
        chances: what `draw` gives in turn; the last one is repeated.
    """

    def __init__(self, answers: Sequence[Answer], chances: Sequence[float] = (1.0,)) -> None:
        self.cursors: list[str | None] = []
        """The cursor of each request; None where there was none."""
        self.pauses: list[float] = []
        """Seconds before each request since the answer before it, or since the start."""
        self.shown: list[str] = []
        self.ending = ""
        """How `listen` ended, as the end of a sentence; empty if it went on until it was cancelled."""
        self.cancellable = True
        self._answers = answers
        self._chances = chances
        self._draws = 0
        self._free_since = 0.0

    @property
    def given(self) -> str:
        """What `listen` is given, in words."""
        *first, last = map(str, self._answers)
        answers = ", then ".join([*first, f"always {last}" if first else f"each time {last}"])
        draws = f"draws of {', '.join(map(str, self._chances))}, and " if REFUSED in self._answers else ""
        return f"{draws}a server that answers {answers}"

    def watch(self, listen: Listen) -> ScriptedServer:
        """Let `listen` run for five minutes of virtual time."""
        try:
            run(self._host(listen), WATCHED_SECONDS)
        except UncancellableError:
            self.cancellable = False
        except StillRunningError:
            pass  # as it should be: it goes on until it is cancelled
        return self

    async def _host(self, listen: Listen) -> None:
        try:
            await listen(self, self.shown.append, self._draw)
            self.ending = ", then listen returned"
        except ConnectionError as error:
            self.ending = f", then listen ended with ConnectionError: {error}"

    async def __call__(self, cursor: str | None = None) -> Answer:
        """Answer a request, as `fetch` does for the student's function."""
        answer = self._answers[min(len(self.cursors), len(self._answers) - 1)]
        self.cursors.append(cursor or None)
        self.pauses.append(round(_now() - self._free_since, 3))
        await asyncio.sleep(answer.seconds)
        self._free_since = _now()
        if answer is REFUSED:
            raise ConnectionError("the server refused the connection")
        return answer

    def _draw(self) -> float:
        self._draws += 1
        return self._chances[min(self._draws, len(self._chances)) - 1]


def _now() -> float:
    return asyncio.get_running_loop().time()
