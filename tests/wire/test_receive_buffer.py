"""The inbox: every byte comes out once, with the record it came in."""

import re

from hypothesis import given
from hypothesis import strategies as st

from lessons.wire.decoders.receive_buffer import Inbox
from lessons.wire.record import Record

pieces = st.lists(st.binary(min_size=1, max_size=8), min_size=1, max_size=8)


def inbox_of(contents) -> tuple[Inbox, list[Record]]:
    inbox, records = Inbox(), [Record(0.0, 1, "up", "data", piece) for piece in contents]
    for record in records:
        inbox.add(record)
    return inbox, records


@given(pieces, st.data())
def test_bytes_are_taken_with_the_records_of_the_first_and_the_last_of_them(contents, chance):
    inbox, records = inbox_of(contents)
    origin = [record for record in records for _ in record.data]
    whole, position = b"".join(contents), 0
    while len(inbox):
        count = chance.draw(st.integers(1, len(inbox)))
        assert inbox.peek(count) == whole[position : position + count]
        taken, first, last = inbox.take(count)
        assert taken == whole[position : position + count]
        assert first is origin[position]
        assert last is origin[position + count - 1]
        position += count
    assert position == len(whole)


@given(pieces, st.data())
def test_what_is_left_is_drained_with_the_records_it_came_in(contents, chance):
    inbox, records = inbox_of(contents)
    count = chance.draw(st.integers(0, len(inbox)))
    if count:
        inbox.take(count)
    drained = inbox.drain()
    assert b"".join(rest.data for rest, _ in drained) == b"".join(contents)[count:]
    assert all(any(original is record for record in records) for _, original in drained)
    assert len(inbox) == 0


def test_the_end_of_a_pattern():
    inbox, _ = inbox_of([b"ab", b"cab"])
    assert inbox.end_of(re.compile(b"bca")) == 4
    assert inbox.end_of(re.compile(b"x")) == 0


def test_records_without_bytes_leave_no_mark():
    inbox, _ = inbox_of([b"", b"a"])
    assert len(inbox) == 1
    assert inbox.take(1)[0] == b"a"
