"""The people of the panel: who they are, what they said, and what each of them heard."""

from __future__ import annotations

import threading
from collections import Counter, deque
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from lessons.clients.feed import one_line
from lessons.errors import LessonError

PEOPLE = {"Ann": "/", "Bob": "/", "Eve": "/", "Dan": "/news"}
"""Who they are, and in which namespace each of them is."""

KEPT_LINES = 50
KEPT_UTTERANCES = 200

WAYS = {
    "to_one": "{}",
    "to_all": "all",
    "to_all_but_me": "all but me",
    "to_room": "room {}",
    "to_room_but_me": "room {} but me",
    "to_rooms": "rooms {}",
    "to_namespace": "{} room {}",
}
"""The ways to say something to somebody: the server's event, and in words whom it is said to."""

Report = Mapping[str, Any]
"""What one person's client reports: `who`, `transport`, and `connected`, `lost`, `heard` or `answer`."""


@dataclass(eq=False)
class Utterance:
    """Something that somebody said.

    Attributes:
        speaker: who.
        target: to whom, in words.
        text: what was said.
        heard: how often each person heard it.
        answer: what the server acknowledged; None before.
    """

    speaker: str
    target: str
    text: str
    heard: Counter[str] = field(default_factory=Counter)
    answer: dict[str, Any] | None = None

    @property
    def title(self) -> str:
        """Who said what to whom, in words."""
        return one_line(f"{self.speaker} to {self.target}: {self.text}")


@dataclass(eq=False)
class Window:
    """What one person has on the screen.

    Attributes:
        namespace: where the person is.
        id: the connection's id in that namespace; empty without a connection.
        transport: how it is connected, by `polling` or `websocket`.
        lines: what was heard and answered, oldest first.
    """

    namespace: str
    id: str = ""
    transport: str = ""
    lines: deque[str] = field(default_factory=lambda: deque(maxlen=KEPT_LINES))


class People:
    """The windows of some people, and what was said; any thread may read and write them.

    Args:
        people: each person's namespace, by name.
    """

    def __init__(self, people: Mapping[str, str]) -> None:
        self.windows = {name: Window(namespace) for name, namespace in people.items()}
        self.utterances: deque[Utterance] = deque(maxlen=KEPT_UTTERANCES)
        self.lock = threading.Condition()
        self._asked: dict[int, Utterance | None] = {}
        self._calls = 0

    @property
    def are_connected(self) -> bool:
        """Whether each of them has a connection."""
        return all(window.id for window in self.windows.values())

    def name_of(self, id: str) -> str:
        """Return the name of whoever has this id, else the id."""
        return next((name for name, window in self.windows.items() if window.id == id), id)

    def ask(self, who: str, event: str, arguments: list[Any]) -> int:
        """Note that somebody is about to send an event, and return the number of this call."""
        with self.lock:
            self._calls += 1
            utterance = self._utterance(who, event, arguments) if event in WAYS else None
            if utterance is not None:
                self.utterances.append(utterance)
            self._asked[self._calls] = utterance
            return self._calls

    def wait_for_answers(self, timeout: float) -> None:
        """Wait until every event has its answer.

        Args:
            timeout: seconds to wait at most.

        Raises:
            LessonError: if an answer doesn't come in time.
        """
        with self.lock:
            if not self.lock.wait_for(lambda: not self._asked, timeout):
                raise LessonError(f"{len(self._asked)} answers from the server didn't come within {timeout:g} s")

    def forget_connections(self) -> None:
        """Forget who is connected, and what wasn't answered."""
        with self.lock:
            self._asked.clear()
            for window in self.windows.values():
                window.id = ""

    def _utterance(self, who: str, event: str, arguments: list[Any]) -> Utterance:
        *target, text = arguments
        parts = [", ".join(each) if isinstance(each, list) else self.name_of(each) for each in target]
        return Utterance(who, WAYS[event].format(*parts), text)

    def take(self, report: Report) -> str:
        """Take what a person's client reports; return in words what was heard, if something was."""
        with self.lock:
            window = self.windows[report["who"]]
            window.transport = str(report.get("transport", ""))
            if "connected" in report:
                window.id = str(report["connected"])
            if "lost" in report:
                window.id = ""
            if "answer" in report:
                self._answered(window, report)
                self.lock.notify_all()
            return self._heard(str(report["who"]), report["heard"]) if "heard" in report else ""

    def _heard(self, who: str, message: Mapping[str, str]) -> str:
        speaker, text = self.name_of(str(message["from"])), str(message["text"])
        self.windows[who].lines.append(one_line(f"{speaker}: {text}"))
        said = [each for each in self.utterances if (each.speaker, each.text) == (speaker, text)]
        if said:
            said[-1].heard[who] += 1
        return one_line(f"{who} heard {speaker}: {text}")

    def _answered(self, window: Window, report: Report) -> None:
        answer = dict(report["answer"])
        utterance = self._asked.pop(report["call"], None)
        if utterance is not None:
            utterance.answer = answer
        window.lines.append(one_line(f"✓ {report['event']}{_in_words(answer)}"))


def _in_words(answer: Mapping[str, Any]) -> str:
    if "error" in answer:
        return f": {answer['error']}"
    return f": in {', '.join(answer['rooms']) or 'no room'}" if "rooms" in answer else ""
