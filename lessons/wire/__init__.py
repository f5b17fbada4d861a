"""The wire: a tap that records every byte and can break the line, the trace that it writes, and views of the trace."""

from lessons.wire.record import Record
from lessons.wire.tap import Tap
from lessons.wire.trace import Trace
from lessons.wire.views.view import annotated_bytes, folded, sequence, table

__all__ = ["Record", "Tap", "Trace", "annotated_bytes", "folded", "sequence", "table"]
