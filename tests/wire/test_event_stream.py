"""Event streams in the trace: how chunks are named, labelled and billed, wherever they were cut."""

from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lessons.protocols.event_stream import EventStreamParser
from lessons.wire.decoders.event_stream import EventStreamContent
from lessons.wire.record import Record
from lessons.wire.trace import Trace
from tests.protocols.test_event_stream import streams

HEAD = b"HTTP/1.1 200 OK\r\nContent-Type: text/event-stream; charset=utf-8\r\nTransfer-Encoding: chunked\r\n\r\n"
TICK = b"event: tick\nid: k3f9-41\ndata: 12:00:05\n\n"


def chunk(content):
    return b"%x\r\n%b\r\n" % (len(content), content)


def messages(*pieces, head=HEAD):
    """Return the chunks, and what else comes behind the head, when the bytes come to the tap in these pieces."""
    trace = Trace()
    trace.add(Record(0.0, 1, "up", "data", b"GET / HTTP/1.1\r\nHost: a\r\n\r\n"))
    for number, piece in enumerate([head, *pieces]):
        trace.add(Record(1.0 + number, 1, "down", "data", piece))
    request, response, *rest = trace.messages()
    assert (request.kind, response.title) == ("request", "200 OK")
    return rest


def titles(*contents):
    return [message.title for message in messages(*map(chunk, contents))]


@pytest.mark.parametrize(
    ("content", "title"),
    [
        (TICK, "event tick id k3f9-41"),
        (b"data: a\n\n", "event message"),
        (TICK + b"id: k3f9-42\ndata: b\n\n", "2 events, the last message id k3f9-42"),
        (b": still here\n\n", "heartbeat"),
        (b"retry: 1000\nid: k3f9-0\n\n", "retry and id"),
        (b"retry: 1000\n\n", "retry"),
        (b"data: not yet fin", "part of an event"),
        (b"event: tick\n", "part of an event"),
        (b"\n", "part of an event"),
    ],
)
def test_a_chunk_is_named_by_what_it_completes(content, title):
    assert titles(content) == [title]


def test_an_event_over_three_chunks_is_named_where_it_is_complete():
    assert titles(b"id: 7\nda", b"ta: a\n", b"\n") == ["part of an event", "part of an event", "event message id 7"]


def test_an_id_holds_for_the_events_behind_it():
    assert titles(b"id: 7\ndata: a\n\n", b"data: b\n\n") == ["event message id 7"] * 2


def test_the_head_is_told_before_any_event_has_come():
    assert messages() == []
    assert [message.title for message in messages(chunk(TICK))] == ["event tick id k3f9-41"]


def test_chunks_are_told_one_by_one_though_they_come_together():
    together = messages(chunk(TICK) + chunk(b": hi\n\n") + chunk(b"data: b\n\n")[:-3])
    assert [message.title for message in together] == ["event tick id k3f9-41", "heartbeat"]


def test_without_chunks_events_are_told_as_they_come():
    head = HEAD.replace(b"Transfer-Encoding: chunked\r\n", b"")
    told = messages(TICK, b"data: b\n\n", head=head)
    assert [message.title for message in told] == ["event tick id k3f9-41", "event message id k3f9-41"]


def test_every_byte_of_a_chunk_is_labelled():
    (message,) = messages(chunk(TICK))
    assert [(span.name, message.data[span.start : span.end]) for span in message.spans if not span.minor] == [
        ("chunk size", b"28"),
        ("event", b"tick"),
        ("id", b"k3f9-41"),
        ("data", b"12:00:05"),
        ("blank line", b"\n"),
    ]
    assert b"".join(message.data[span.start : span.end] for span in message.spans) == message.data
    (data,) = [span for span in message.spans if span.name == "data"]
    assert (data.value, data.section) == ("12:00:05", "WHATWG HTML §9.2.6")


def test_content_is_the_data_alone():
    trace = Trace()
    trace.add(Record(0.0, 1, "down", "data", HEAD + chunk(TICK) + chunk(b": hi\n\n") + chunk(b"data: ab\ndata: c\n\n")))
    assert trace.cost().content == len("12:00:05" + "ab" + "c")


def test_a_field_that_readers_ignore_says_so():
    (message,) = messages(chunk(b"retry: soon\n\n"))
    (span,) = [span for span in message.spans if span.name == "retry"]
    assert span.meaning == "ignored: a reconnection time is digits only"


@given(streams, st.lists(st.integers(1, 40), max_size=5))
def test_however_a_stream_is_cut_its_bytes_are_labelled_and_its_events_named(stream, cuts):
    reader, parser = EventStreamContent(), EventStreamParser()
    edges = [0, *sorted({min(cut, len(stream)) for cut in cuts}), len(stream)]
    for start, end in pairwise(edges):
        piece = stream[start:end]
        title, spans = reader.receive(piece)
        events = parser.receive(piece)
        assert b"".join(piece[span.start : span.end] for span in spans) == piece
        assert title.startswith(("event ", f"{len(events)} events")) == bool(events)
