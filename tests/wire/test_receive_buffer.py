"""The receive buffer: every byte comes out once, with the record it came in."""

import re

from hypothesis import given
from hypothesis import strategies as st

from lessons.wire.decoders.receive_buffer import ReceiveBuffer
from lessons.wire.record import Record

pieces = st.lists(st.binary(min_size=1, max_size=8), min_size=1, max_size=8)


def buffer_of(contents) -> tuple[ReceiveBuffer, list[Record]]:
    buffer, records = ReceiveBuffer(), [Record(0.0, 1, "up", "data", piece) for piece in contents]
    for record in records:
        buffer.add(record)
    return buffer, records


@given(pieces, st.data())
def test_bytes_are_taken_with_the_records_of_the_first_and_the_last_of_them(contents, chance):
    buffer, records = buffer_of(contents)
    origin = [record for record in records for _ in record.data]
    whole, position = b"".join(contents), 0
    while len(buffer):
        count = chance.draw(st.integers(1, len(buffer)))
        assert buffer.peek(count) == whole[position : position + count]
        taken, first, last = buffer.take(count)
        assert taken == whole[position : position + count]
        assert first is origin[position]
        assert last is origin[position + count - 1]
        position += count
    assert position == len(whole)


@given(pieces, st.data())
def test_what_is_left_is_drained_with_the_records_it_came_in(contents, chance):
    buffer, records = buffer_of(contents)
    count = chance.draw(st.integers(0, len(buffer)))
    if count:
        buffer.take(count)
    drained = buffer.drain()
    assert b"".join(rest.data for rest, _ in drained) == b"".join(contents)[count:]
    assert all(any(original is record for record in records) for _, original in drained)
    assert len(buffer) == 0


def test_the_end_of_a_pattern():
    buffer, _ = buffer_of([b"ab", b"cab"])
    assert buffer.end_of(re.compile(b"bca")) == 4
    assert buffer.end_of(re.compile(b"x")) == 0


ENDS = [re.compile(pattern) for pattern in (rb"\n\r?\n", rb"\r\n")]


@given(st.lists(st.text("\r\na", min_size=1, max_size=4).map(str.encode), max_size=8), st.sampled_from(ENDS))
def test_the_end_of_a_pattern_is_found_wherever_the_bytes_were_cut(contents, pattern):
    buffer, _ = buffer_of([])
    for number, piece in enumerate(contents, 1):
        buffer.add(Record(0.0, 1, "up", "data", piece))
        found = pattern.search(b"".join(contents[:number]))
        assert buffer.end_of(pattern) == (found.end() if found else 0)
        for each in ENDS:
            buffer.end_of(each)


def test_the_length_of_what_comes_first():
    buffer, _ = buffer_of([b"aa", b"ab"])
    assert buffer.length_of(re.compile(b"a+")) == 3
    assert buffer.length_of(re.compile(b"b")) == 0


def test_records_without_bytes_leave_no_mark():
    buffer, _ = buffer_of([b"", b"a"])
    assert len(buffer) == 1
    assert buffer.take(1)[0] == b"a"
