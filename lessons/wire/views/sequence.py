"""The sequence diagram: two lifelines, an arrow a message, time downward and to scale.

It only ever grows at its lower end, so that a live view can append to it. Where nothing happens for long the scale is
interrupted, and the break says for how long.
"""

from __future__ import annotations

import re
from bisect import bisect_right
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from html import escape

from lessons.wire.message import Message

PIXELS_A_SECOND = 120.0
ROW = 24.0
"""Least distance between two labelled arrows, in pixels."""
REMARK_ROW = 16.0
"""The same for a remark on a connection or the line."""
LONGEST_GAP = 60.0
"""A longer time without a message is interrupted, in pixels."""
WIDTH = 470
CLIENT_X = 66
SERVER_X = 356
TOP = 34
KEPT_FRAGMENTS = 1000
"""How many pieces of the diagram are kept; of more, the newest."""

_NOT_IN_XML = re.compile("[\x00-\x1f\x7f-\x9f\ud800-\udfff\ufffe\uffff]")


class TimeScale:
    """Where on the page a moment is: time to pixels, monotone, appended to at its end."""

    def __init__(self) -> None:
        self._times: list[float] = []
        self._heights: list[float] = []
        self.breaks: list[tuple[float, float]] = []

    @property
    def end(self) -> float:
        """The height of the last moment that was placed, in pixels."""
        return self._heights[-1] if self._heights else TOP

    def append(self, moment: float, least: float) -> float:
        """Place a moment at the end, at least so many pixels below the last one; return its height.

        A moment before the last one placed stays where the scale has it.
        """
        if not self._times:
            return self._place(moment, TOP + least)
        elapsed = moment - self._times[-1]
        if elapsed < 0 and least == 0:
            return self.height(moment)
        distance = elapsed * PIXELS_A_SECOND
        if distance > LONGEST_GAP:
            distance = LONGEST_GAP
            self.breaks.append((self.end + LONGEST_GAP / 2, elapsed))
        return self._place(max(moment, self._times[-1]), self.end + max(distance, least))

    def _place(self, moment: float, height: float) -> float:
        self._times.append(moment)
        self._heights.append(height)
        return height

    def height(self, moment: float) -> float:
        """Return the height of a moment, in pixels."""
        index = bisect_right(self._times, moment)
        if index == 0:
            return self._heights[0] if self._heights else TOP
        if index == len(self._times):
            return min(self.end + (moment - self._times[-1]) * PIXELS_A_SECOND, self.end + LONGEST_GAP)
        before, after = self._times[index - 1], self._times[index]
        share = (moment - before) / (after - before)
        return self._heights[index - 1] + share * (self._heights[index] - self._heights[index - 1])


@dataclass(frozen=True)
class Fragment:
    """A piece of the diagram that can be put in, or put in anew, by itself.

    Attributes:
        key: its name; a fragment of the same name replaces the former one.
        svg: one `<g>` element.
        top: where it begins, in pixels from the top of the diagram.
        bottom: where it ends.
    """

    key: str
    svg: str
    top: float
    bottom: float


class SequenceDiagram:
    """The diagram of the messages that it was given so far."""

    def __init__(self) -> None:
        self._scale = TimeScale()
        self._under_way: dict[str, tuple[Message, float]] = {}
        self._fragments: dict[str, Fragment] = {}

    @property
    def height(self) -> int:
        """The height of the whole diagram, in pixels."""
        return int(self._scale.end + ROW)

    def add(self, messages: Sequence[Message]) -> list[Fragment]:
        """Draw further messages, and end the arrows of those that have arrived since; return what is new."""
        breaks = len(self._scale.breaks)
        fragments = [self._start(message) for message in messages]
        arrived = [each for each in self._under_way.values() if each[0].delivered is not None]
        fragments += [self._end(message, height) for message, height in arrived]
        fragments += [_break(number, *each) for number, each in enumerate(self._scale.breaks[breaks:], breaks)]
        newest = {fragment.key: fragment for fragment in fragments}
        self._fragments.update(newest)
        for key in list(self._fragments)[:-KEPT_FRAGMENTS]:
            del self._fragments[key]
            self._under_way.pop(key, None)
        return list(newest.values())

    def fragments(self) -> list[Fragment]:
        """Return all that is drawn, oldest first."""
        return list(self._fragments.values())

    def svg(self) -> str:
        """Return the whole diagram as one SVG element."""
        body = "".join(fragment.svg for fragment in self._fragments.values())
        label = f"sequence diagram of {len(self._fragments)} steps; its text form follows"
        return (
            f'<svg class="sequence" role="img" aria-label="{label}" width="{WIDTH}" height="{self.height}" '
            f'viewBox="0 0 {WIDTH} {self.height}" xmlns="http://www.w3.org/2000/svg">'
            f"{lifelines(self.height)}{body}</svg>"
        )

    def _start(self, message: Message) -> Fragment:
        key = f"m{message.number}"
        if message.kind in ("note", "connection"):
            height = self._scale.append(message.last.time, REMARK_ROW)
            return Fragment(key, _remark(message, height), height - REMARK_ROW, height + 4)
        height = self._scale.append(message.last.time, ROW)
        self._under_way[key] = (message, height)
        return _arrow_fragment(key, message, height, None)

    def _end(self, message: Message, height: float) -> Fragment:
        key = f"m{message.number}"
        del self._under_way[key]
        arrived = message.delivered or 0.0
        end = self._scale.append(arrived, 0) if arrived > message.last.time else height
        return _arrow_fragment(key, message, height, max(end, height))  # one that is told late never points upward


def _arrow_fragment(key: str, message: Message, start: float, end: float | None) -> Fragment:
    return Fragment(key, _arrow(message, start, end), start - 18, (end or start) + 8)


def lifelines(height: int) -> str:
    """Return the two lifelines with their names, as SVG."""
    return "".join(
        f'<g class="lifeline"><text x="{x}" y="16" text-anchor="middle">{name}</text>'
        f'<line x1="{x}" x2="{x}" y1="24" y2="{height}"/></g>'
        for x, name in ((CLIENT_X, "client"), (SERVER_X, "server"))
    )


def _arrow(message: Message, start: float, end: float | None) -> str:
    """Draw a message: whole if it has arrived, a dashed stub while it is under way or if it never will."""
    up = message.direction == "up"
    x1, x2 = (CLIENT_X, SERVER_X) if up else (SERVER_X, CLIENT_X)
    line = _stub(x1, x2, start) if end is None else _line_with_head(x1, x2, start, end)
    anchor = "start" if up else "end"
    return (
        f'<g class="arrow {message.direction}{" lost" if end is None else ""}" data-message="{message.number}">'
        f"<title>{_escaped(sequence_line(message))}</title>"
        f'<rect x="0" y="{start - 17:.1f}" width="{WIDTH}" height="{ROW:.0f}"/>'
        f"{_time(message, start)}{line}"
        f'<text class="label" x="{x1 + (8 if up else -8)}" y="{start - 5:.1f}" text-anchor="{anchor}">'
        f"{_escaped(_short(message.title))}</text>"
        f'<text class="size" x="{SERVER_X + 10}" y="{start:.1f}">{escape(_size(message))}</text></g>'
    )


def _line_with_head(x1: float, x2: float, start: float, end: float) -> str:
    back = -7 if x2 > x1 else 7
    head = f"M{x2 + back},{end - 4:.1f} L{x2},{end:.1f} L{x2 + back},{end + 4:.1f}"
    return f'<line x1="{x1}" y1="{start:.1f}" x2="{x2}" y2="{end:.1f}"/><path d="{head}"/>'


def _stub(x1: float, x2: float, start: float) -> str:
    middle = (x1 + x2) / 2
    mark = f'<text class="mark" x="{middle}" y="{start + 4:.1f}" text-anchor="middle">×</text>'
    return f'<line x1="{x1}" y1="{start:.1f}" x2="{middle}" y2="{start:.1f}"/>{mark}'


def _time(message: Message, height: float) -> str:
    return f'<text class="time" x="{CLIENT_X - 10}" y="{height:.1f}" text-anchor="end">{message.last.time:.3f}</text>'


def _remark(message: Message, height: float) -> str:
    """Draw what concerns a connection or the line: words across both lifelines."""
    number = f"connection {message.connection}: " if message.connection else ""
    middle = (CLIENT_X + SERVER_X) / 2
    return (
        f'<g class="remark {message.kind}" data-message="{message.number}">{_time(message, height)}'
        f'<line x1="{CLIENT_X}" x2="{SERVER_X}" y1="{height + 2:.1f}" y2="{height + 2:.1f}"/>'
        f'<text class="label" x="{middle}" y="{height - 3:.1f}" text-anchor="middle">'
        f"{_escaped(number + message.title)}</text></g>"
    )


def _break(number: int, height: float, seconds: float) -> Fragment:
    """Draw an interruption of the scale."""
    words = f"{seconds:.1f} s"
    return Fragment(
        f"b{number}",
        f'<g class="break"><line x1="{CLIENT_X}" x2="{CLIENT_X}" y1="{height - 8:.1f}" y2="{height + 8:.1f}"/>'
        f'<line x1="{SERVER_X}" x2="{SERVER_X}" y1="{height - 8:.1f}" y2="{height + 8:.1f}"/>'
        f'<text x="{(CLIENT_X + SERVER_X) / 2}" y="{height + 4:.1f}" text-anchor="middle">{words}</text></g>',
        height - 10,
        height + 10,
    )


def _escaped(text: str) -> str:
    """Return text for SVG, which as XML can't hold control characters at all."""
    return escape(_NOT_IN_XML.sub("·", text))


def _short(title: str, longest: int = 40) -> str:
    return title if len(title) <= longest else title[: longest - 1] + "…"


def _size(message: Message) -> str:
    delay = "" if message.delay is None else f" · {milliseconds(message.delay)}"
    return f"{len(message.data)} B{delay}"


def milliseconds(seconds: float) -> str:
    """Return a duration for people: `0.4 ms`, `12 ms`, `1.25 s`."""
    if seconds < 0.01:
        return f"{seconds * 1000:.1f} ms"
    return f"{seconds * 1000:.0f} ms" if seconds < 1 else f"{seconds:.2f} s"


def sequence_text(messages: Iterable[Message]) -> str:
    """Return the diagram in words, a line a message."""
    return "\n".join(sequence_line(message) for message in messages)


def sequence_line(message: Message) -> str:
    """Return a step of the diagram in words."""
    if message.kind in ("note", "connection"):
        number = f"{message.connection}: " if message.connection else ""
        return f"{message.sent:8.3f} s  -- {number}{message.title}"
    arrow = "->" if message.direction == "up" else "<-"
    answer = "" if message.delay is None else f", {milliseconds(message.delay)} after its request"
    lost = "" if message.delivered is not None else ", not arrived"
    return f"{message.sent:8.3f} s  {arrow} {message.title}, {len(message.data)} B{answer}{lost}"
