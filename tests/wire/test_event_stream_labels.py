"""The labels against the bytes they stand for, and against the parser."""

import re
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lessons.protocols.event_stream import EventStreamParser
from lessons.wire.decoders.event_stream import EventStreamContent
from lessons.wire.message import Span
from tests.protocols.event_stream_cases import CASES
from tests.protocols.test_event_stream import streams


def label(stream: bytes) -> list[Span]:
    """Label the bytes of a stream from its first byte on."""
    return EventStreamContent().receive(stream)[1]


def labelled(stream):
    return [(span.name, stream[span.start : span.end]) for span in label(stream)]


def meanings(stream, name):
    return [span.meaning for span in label(stream) if span.name == name]


def test_labels_each_part_of_each_line():
    assert labelled("\ufeff: hi\r\nid:7\rdata: a: b\n\n".encode()) == [
        ("byte order mark", b"\xef\xbb\xbf"),
        ("colon", b": "),
        ("comment", b"hi"),
        ("line end", b"\r\n"),
        ("field name", b"id"),
        ("colon", b":"),
        ("id", b"7"),
        ("line end", b"\r"),
        ("field name", b"data"),
        ("colon", b": "),
        ("data", b"a: b"),
        ("line end", b"\n"),
        ("blank line", b"\n"),
    ]


def test_labels_an_unfinished_line_as_far_as_it_goes():
    assert labelled(b"data: a\n\nda")[-1] == ("field name", b"da")
    assert labelled(b"data: a\n\ndata: 12:0")[-1] == ("data", b"12:0")


def test_a_line_without_colon_is_a_name():
    assert labelled(b"data\n") == [("field name", b"data"), ("line end", b"\n")]


def test_says_where_the_standard_says_so():
    sections = {span.name: span.section for span in label("\ufeffdata: a\n\n".encode())}
    assert sections == {
        "byte order mark": "WHATWG HTML §9.2.5",
        "field name": "WHATWG HTML §9.2.6",
        "colon": "WHATWG HTML §9.2.6",
        "data": "WHATWG HTML §9.2.6",
        "line end": "WHATWG HTML §9.2.5",
        "blank line": "WHATWG HTML §9.2.6",
    }


@pytest.mark.parametrize(
    ("stream", "meaning"),
    [
        (b"data: a", "a line of the event's data"),
        (b"event: tick", "the event's type: listeners of this name hear it"),
        (b"id: 1", "the last event ID: the page sends it back as Last-Event-ID when it reconnects"),
        (b"retry: 10", "how many milliseconds the page waits before it reconnects"),
        (b"id: 1\0", "ignored: an ID must not hold a NUL"),
        (b"retry: soon", "ignored: a reconnection time is digits only"),
        (b"Data: a", "ignored: the standard has no field of this name"),
    ],
)
def test_says_what_a_reader_does_with_a_field(stream, meaning):
    assert meanings(stream, "field name") == meanings(stream, stream.partition(b":")[0].decode()) == [meaning]


def test_does_not_judge_a_name_that_may_go_on():
    assert meanings(b"dat", "field name") == ["the rest of the line is still to come"]
    assert meanings(b"dat\n", "field name") == ["ignored: the standard has no field of this name"]


def test_a_value_bears_the_name_of_its_field():
    assert [(span.name, span.value) for span in label(b"id: 7\n: hi\n\n")] == [
        ("field name", ""),
        ("colon", ""),
        ("id", "7"),
        ("line end", ""),
        ("colon", ""),
        ("comment", ""),
        ("line end", ""),
        ("blank line", ""),
    ]


def test_labels_on_where_a_piece_broke_off():
    reader = EventStreamContent()
    pieces = [b"\xef\xbb", b"\xbfda", b"ta: a", b"b\r", b"\n\r", b"\n"]
    assert [[(span.name, span.start, span.end) for span in reader.receive(piece)[1]] for piece in pieces] == [
        [("byte order mark", 0, 2)],
        [("byte order mark", 0, 1), ("field name", 1, 3)],
        [("field name", 0, 2), ("colon", 2, 4), ("data", 4, 5)],
        [("data", 0, 1), ("line end", 1, 2)],
        [("line end", 0, 1), ("blank line", 1, 2)],
        [("line end", 0, 1)],
    ]


@pytest.mark.parametrize(
    ("pieces", "meaning"),
    [
        ([b"id: " + b"7" * 50, b"\0", b"8" * 50, b"9"], "ignored: an ID must not hold a NUL"),
        ([b"retry:", b" 12", b"a", b"3" * 50], "ignored: a reconnection time is digits only"),
        ([b"retry: 1", b"2" * 10, b"3" * 10], "ignored: a reconnection time is digits only"),
        ([b"retry: ", b"1", b"2" * 10], "how many milliseconds the page waits before it reconnects"),
        ([b"data" * 50, b"data: ", b"x" * 50, b" x"], "ignored: the standard has no field of this name"),
        ([b"da", b"ta", b":", b" ", b" " * 50, b" x"], "a line of the event's data"),
    ],
)
def test_a_long_line_is_judged_by_all_of_it(pieces, meaning):
    reader = EventStreamContent()
    assert [reader.receive(piece)[1][-1] for piece in pieces][-1].meaning == meaning


def test_says_that_comments_are_ignored():
    assert meanings(b": hi\n", "comment") == ["a comment: readers ignore it, servers send it as a heartbeat"]


def test_says_what_a_blank_line_dispatches():
    assert meanings(b"\ndata: a\n\nid: 1\n\n", "blank line") == [
        "there is no data before it: dispatches nothing",
        "dispatches <message id='' data='a'>",
        "there is no data before it: dispatches nothing",
    ]


@given(streams)
def test_leaves_no_byte_out(stream):
    spans = label(stream)
    assert b"".join(stream[span.start : span.end] for span in spans) == stream
    assert all(before.end == after.start for before, after in pairwise(spans))
    assert all(span.start < span.end for span in spans)


@given(streams, st.lists(st.integers(0, 60), max_size=6))
def test_labels_alike_however_the_stream_was_split(stream, cuts):
    reader = EventStreamContent()
    edges = [0, *sorted(min(cut, len(stream)) for cut in cuts), len(stream)]
    labels = [reader.receive(stream[start:end])[1] for start, end in pairwise(edges)]
    in_pieces = [kind for spans in labels for kind in kinds_of_bytes(spans)]
    # The first bytes may look like a mark; and the LF behind a CR that has ended a blank line dispatches nothing more.
    assert in_pieces[3:] == kinds_of_bytes(label(stream))[3:]


def kinds_of_bytes(spans):
    return [span.name.replace("blank line", "line end") for span in spans for _ in range(span.start, span.end)]


@given(streams)
def test_dispatches_what_the_parser_dispatches(stream):
    expected = [f"dispatches {event!r}" for event in EventStreamParser().receive(stream)]
    assert [meaning for meaning in meanings(stream, "blank line") if meaning.startswith("d")] == expected


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)
def test_without_what_is_labelled_as_ignored_a_stream_reads_the_same(case):
    kept = b"".join(
        case.stream[span.start : span.end]
        for span in label(case.stream)
        if not re.match("ignored|a comment|says UTF-8", span.meaning)
    )
    before, after = EventStreamParser(), EventStreamParser()
    assert after.receive(re.sub(rb"(?m)^: ?$", b": ", kept)) == before.receive(case.stream)
