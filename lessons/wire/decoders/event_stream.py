"""Event streams on the wire: what each byte of a `text/event-stream` means, piece by piece (WHATWG HTML, section 9.2).

The server's writer, the client's parser and these labels are one code: what is shown is what is run.
"""

from __future__ import annotations

from collections.abc import Sequence

from lessons.protocols import event_stream_labels as labels
from lessons.protocols.event_stream import EventStreamParser, MessageEvent
from lessons.wire.message import Span

PUNCTUATION = frozenset({"field name", "colon", "line end"})


class EventStreamContent:
    """Reads the content of one response; an event may be split over pieces, and a piece may hold several."""

    def __init__(self) -> None:
        self._labeller = labels.EventStreamLabeller()
        self._parser = EventStreamParser()

    def receive(self, data: bytes) -> tuple[str, list[Span]]:
        """Label the next piece; the title says which events it completes."""
        spans = [_span(data, label) for label in self._labeller.receive(data)]
        return _title(self._parser.receive(data), spans), spans


def _span(data: bytes, label: labels.Span) -> Span:
    value = label.kind == "value"
    return Span(
        label.start,
        label.end,
        label.field if value else label.kind,
        data[label.start : label.end].decode(errors="replace") if value else "",
        label.meaning,
        label.section.replace("HTML ", "HTML §"),
        minor=label.kind in PUNCTUATION,
        content=value and label.field == "data",
    )


def _title(events: Sequence[MessageEvent], spans: Sequence[Span]) -> str:
    if len(events) > 1:
        return f"{len(events)} events, the last {_name(events[-1])}"
    if events:
        return f"event {_name(events[0])}"
    names = [span.name for span in spans if not span.minor]
    if "comment" in names and "data" not in names:
        return "heartbeat"
    settings = [name for name in ("retry", "id") if name in names and names[-1] == "blank line"]
    return " and ".join(settings) or "part of an event"


def _name(event: MessageEvent) -> str:
    return f"{event.type} id {event.last_event_id}" if event.last_event_id else event.type
