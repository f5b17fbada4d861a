"""When to ask a silent peer whether it is still there, and when to give up on it; the time is passed in."""

import math
from dataclasses import dataclass, field
from enum import Enum


class Due(Enum):
    """What silence calls for."""

    NOTHING = "nothing"
    PING = "a Ping"
    GIVE_UP = "to give up"


@dataclass(slots=True)
class KeepAlive:
    """Watches the silence of a peer. Every byte it sends counts as a sign of life, not only a Pong.

    Attributes:
        interval: seconds of silence after which a Ping is due.
        timeout: seconds that the peer then has to send anything at all, and that a closing handshake may take.
        heard: when the peer last sent something, in seconds on the caller's clock; set by the receiver.
    """

    interval: float = math.inf
    timeout: float = math.inf
    heard: float = 0.0
    _asked: float = field(default=math.inf, repr=False)
    _heard_before: float = field(default=math.nan, repr=False)
    _closing: float = field(default=math.inf, repr=False)

    def due(self, now: float) -> Due:
        """Tell what is due at `now`, in seconds on the caller's clock; a Ping is due once in each silence."""
        if self.heard == self._heard_before:  # the last Ping has no answer
            return Due.GIVE_UP if now - self._asked >= self.timeout else Due.NOTHING
        if now - self.heard < self.interval:
            return Due.NOTHING
        self._asked, self._heard_before = now, self.heard
        return Due.PING

    def closing_is_over(self, now: float) -> bool:
        """Tell whether the closing handshake has had its time at `now`; the time starts with the first call."""
        self._closing = min(self._closing, now)
        return now - self._closing >= self.timeout
