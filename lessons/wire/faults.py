"""What a line can do to the bytes on it: delay them, let them through slowly, or hold them back."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from lessons.errors import LessonError


def check_amount(what: str, value: object, unit: str) -> float:
    """Return an amount as a number from 0 up.

    Args:
        what: what it is an amount of, for the error.
        value: what somebody gave for it.
        unit: its unit, for the error.

    Raises:
        LessonError: if it isn't such a number.
    """
    if isinstance(value, bool) or not isinstance(value, int | float) or not 0 <= value < float("inf"):
        raise LessonError(f"{what} is a number of {unit} from 0 up, not {value!r}")
    return float(value)


@dataclass
class Faults:
    """The current state of a line.

    Attributes:
        delay: seconds that every byte takes, each way.
        jitter: seconds by which the delay may be longer or shorter, at random.
        bandwidth: bytes a second that the line carries each way, for all connections together; 0 for unlimited.
        stalled: whether everything is held back.
        refusing: whether new connections are refused.
        cut_after: how many more bytes reach the clients before the line breaks; `None` if it won't.
    """

    delay: float = 0.0
    jitter: float = 0.0
    bandwidth: float = 0.0
    stalled: bool = False
    refusing: bool = False
    cut_after: int | None = None

    @property
    def clear(self) -> bool:
        """Whether bytes pass at once."""
        return not (self.delay or self.jitter or self.bandwidth or self.stalled)

    def describe(self) -> str:
        """Return the state in a few words, for a panel or a note in the trace."""
        parts = [
            f"delay {self.delay * 1000:.0f} ms" if self.delay else "",
            f"jitter {self.jitter * 1000:.0f} ms" if self.jitter else "",
            f"bandwidth {self.bandwidth:.0f} B/s" if self.bandwidth else "",
            "stalled" if self.stalled else "",
            "refusing" if self.refusing else "",
            "" if self.cut_after is None else f"cut after {self.cut_after} B more",
        ]
        return ", ".join(part for part in parts if part) or "clear"

    def before_cut(self, data: bytes) -> bytes:
        """Return the part of some bytes for a client that still passes; if it isn't all, the line breaks now."""
        if self.cut_after is None:
            return data
        passing = data[: self.cut_after]
        self.cut_after = self.cut_after - len(passing) if passing == data else None
        return passing


class Schedule:
    """When bytes that enter a line in one direction come out at its other end; the time is passed in.

    Args:
        faults: the state of the line, read at every call.
        random: returns a random number from 0 up to 1, for the jitter.
    """

    def __init__(self, faults: Faults, random: Callable[[], float]) -> None:
        self._faults = faults
        self._random = random
        self._busy_until = 0.0

    def due(self, size: int, now: float, not_before: float) -> float:
        """Return when `size` bytes that enter at `now` are out, in seconds on the same clock.

        Args:
            size: how many bytes.
            now: the current time, in seconds.
            not_before: when the bytes before them on the same connection come out, since TCP keeps their order.
        """
        faults = self._faults
        through = now
        if faults.bandwidth:
            through = self._busy_until = max(now, self._busy_until) + size / faults.bandwidth
        late = faults.delay + faults.jitter * (2 * self._random() - 1)
        return max(through + max(late, 0.0), not_before)

    def restart(self, now: float) -> None:
        """Forget what is on the line, since its state has changed; holders of bytes ask again when these are due."""
        self._busy_until = now
