"""The labels against the bytes they stand for, and against the parser."""

import re
from itertools import pairwise

import pytest
from hypothesis import given

from lessons.protocols.event_stream import EventStreamParser
from lessons.protocols.event_stream_labels import label_event_stream
from tests.protocols.event_stream_cases import CASES
from tests.protocols.test_event_stream import streams


def labelled(stream):
    return [(span.kind, stream[span.start : span.end]) for span in label_event_stream(stream)]


def meanings(stream, kind):
    return [span.meaning for span in label_event_stream(stream) if span.kind == kind]


def test_labels_each_part_of_each_line():
    assert labelled("\ufeff: hi\r\nid:7\rdata: a: b\n\n".encode()) == [
        ("byte order mark", b"\xef\xbb\xbf"),
        ("colon", b": "),
        ("comment", b"hi"),
        ("line end", b"\r\n"),
        ("field name", b"id"),
        ("colon", b":"),
        ("value", b"7"),
        ("line end", b"\r"),
        ("field name", b"data"),
        ("colon", b": "),
        ("value", b"a: b"),
        ("line end", b"\n"),
        ("blank line", b"\n"),
    ]


def test_labels_an_unfinished_line_as_far_as_it_goes():
    assert labelled(b"data: a\n\nda")[-1] == ("field name", b"da")
    assert labelled(b"data: a\n\ndata: 12:0")[-1] == ("value", b"12:0")


def test_a_line_without_colon_is_a_name():
    assert labelled(b"data\n") == [("field name", b"data"), ("line end", b"\n")]


def test_says_where_the_standard_says_so():
    sections = {span.kind: span.section for span in label_event_stream("\ufeffdata: a\n\n".encode())}
    assert sections == {
        "byte order mark": "WHATWG HTML 9.2.5",
        "field name": "WHATWG HTML 9.2.6",
        "colon": "WHATWG HTML 9.2.6",
        "value": "WHATWG HTML 9.2.6",
        "line end": "WHATWG HTML 9.2.5",
        "blank line": "WHATWG HTML 9.2.6",
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
    assert meanings(stream, "field name") == meanings(stream, "value") == [meaning]


def test_says_that_comments_are_ignored():
    assert meanings(b": hi\n", "comment") == ["a comment: readers ignore it, servers send it as a heartbeat"]


def test_says_what_a_blank_line_dispatches():
    assert meanings(b"\ndata: a\n\nid: 1\n\n", "blank line") == [
        "no data stands before it: dispatches nothing",
        "dispatches <message id='' data='a'>",
        "no data stands before it: dispatches nothing",
    ]


@given(streams)
def test_leaves_no_byte_out(stream):
    spans = label_event_stream(stream)
    assert b"".join(stream[span.start : span.end] for span in spans) == stream
    assert all(before.end == after.start for before, after in pairwise(spans))
    assert all(span.start < span.end for span in spans)


@given(streams)
def test_dispatches_what_the_parser_dispatches(stream):
    expected = [f"dispatches {event!r}" for event in EventStreamParser().receive(stream)]
    assert [meaning for meaning in meanings(stream, "blank line") if meaning.startswith("d")] == expected


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)
def test_without_what_is_labelled_as_ignored_a_stream_reads_the_same(case):
    kept = b"".join(
        case.stream[span.start : span.end]
        for span in label_event_stream(case.stream)
        if not re.match("ignored|a comment|says UTF-8", span.meaning)
    )
    before, after = EventStreamParser(), EventStreamParser()
    assert after.receive(re.sub(rb"(?m)^: ?$", b": ", kept)) == before.receive(case.stream)
