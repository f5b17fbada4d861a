"""The parser against the table of cases, however the bytes are split; the writer against the parser."""

import re
from itertools import pairwise

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from lessons.protocols.event_stream import (
    EventStreamParser,
    MessageEvent,
    UnwritableFieldError,
    write_comment,
    write_event,
    write_retry,
)
from tests.protocols.event_stream_cases import CASES, Event

FRAGMENTS = [
    *(b"data", b"event", b"id", b"retry", b"tick", b"7", b"\0", b":", b": ", b" "),
    *(b"\n", b"\r", b"\r\n", b"\n\n", b"data: a\n\n", b"id: 1\r\n", b"retry: 5\r"),
    *("\ufeff".encode(), "€".encode(), b"\xe2\x82", b"\xff"),
]

streams = st.lists(st.sampled_from(FRAGMENTS) | st.binary(max_size=3), max_size=20).map(b"".join)
texts = st.text(st.characters(codec="utf-8") | st.sampled_from("\r\n\0 :\ufeff"), max_size=20)
lines = texts.filter(lambda text: not re.search("[\r\n\0]", text))


def read(*pieces: bytes) -> tuple[list[Event], str, int | None]:
    """Everything a reader learns from a stream that arrives in these pieces."""
    parser = EventStreamParser()
    events = [(e.type, e.data, e.last_event_id) for piece in pieces for e in parser.receive(piece)]
    return events, parser.last_event_id, parser.reconnection_time


def split_at(stream: bytes, cuts: set[int]) -> list[bytes]:
    bounds = [0, *sorted(cuts), len(stream)]
    return [stream[start:end] for start, end in pairwise(bounds)]


def read_by_the_book(stream: bytes) -> tuple[list[Event], str, int | None]:
    """The standard, step by step, on a whole stream: decode first, then cut lines, then fill buffers."""
    text = stream.decode(errors="replace").removeprefix("\ufeff")
    *complete, _ = re.split("\r\n|\n|\r", text)
    data = event_type = id_buffer = last_event_id = ""
    reconnection_time, events = None, []
    for line in complete:
        field, _, value = line.partition(":")
        value = value[1:] if value.startswith(" ") else value
        if line == "":
            last_event_id = id_buffer
            if data:
                events.append((event_type or "message", data[:-1], last_event_id))
            data = event_type = ""
        elif line.startswith(":"):
            continue
        elif field == "event":
            event_type = value
        elif field == "data":
            data += value + "\n"
        elif field == "id" and "\0" not in value:
            id_buffer = value
        elif field == "retry" and value and not value.strip("0123456789"):
            reconnection_time = int(value)
    return events, last_event_id, reconnection_time


class TestParser:
    @pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)
    def test_reads_a_stream_whole_byte_by_byte_and_cut_anywhere(self, case):
        expected = case.events, case.last_event_id
        assert read(case.stream)[:2] == expected
        assert read(*split_at(case.stream, set(range(len(case.stream)))))[:2] == expected
        for cut in range(len(case.stream) + 1):
            assert read(case.stream[:cut], case.stream[cut:])[:2] == expected, f"cut at byte {cut}"

    @given(streams)
    @example(b"\xef\xbb\xbf\xef\xbb\xbfdata: a\n\n")
    def test_reads_as_the_standard_words_it(self, stream):
        assert read(stream) == read_by_the_book(stream)

    @given(streams, st.sets(st.integers(0, 80)))
    def test_no_split_changes_the_result(self, stream, cuts):
        assert read(*split_at(stream, {cut for cut in cuts if cut < len(stream)})) == read(stream)

    @pytest.mark.parametrize("stream", [b"data: a\n\n", b"data: a\r\r", b"data: a\r\n\r"])
    def test_dispatches_at_the_first_byte_that_can_end_the_blank_line(self, stream):
        assert read(stream[:-1])[0] == []
        assert read(stream)[0] == [("message", "a", "")]

    @pytest.mark.parametrize(
        ("value", "milliseconds"),
        [(b"0", 0), (b"1500", 1500), (b"007", 7), (b"9" * 18, 10**18 - 1)],
    )
    def test_retry_takes_digits(self, value, milliseconds):
        assert read(b"retry: " + value + b"\n")[2] == milliseconds

    @pytest.mark.parametrize("value", ["", "1s", "-1", "+1", "1.5", " 1", "1 ", "1_0", "١", "²", "9" * 5000])
    def test_retry_takes_nothing_else(self, value):
        # Chromium departs from the standard for an empty value: it goes back to its own 3 seconds.
        assert read(f"retry: {value}\n".encode())[2] is None

    def test_a_bad_retry_leaves_the_last_good_one(self):
        assert read(b"retry: 20\nretry: soon\nretry\n")[2] == 20

    def test_a_new_stream_discards_an_unfinished_event_with_its_id(self):
        parser = EventStreamParser()
        parser.receive(b"retry: 20\nid: 1\ndata: a\n\nevent: tick\nid: 2\ndata: b\ndata: half a li")
        parser.new_stream()
        assert (parser.last_event_id, parser.reconnection_time) == ("1", 20)
        assert parser.receive("\ufeffdata: c\n\n".encode()) == [MessageEvent("message", "c", "1")]

    def test_a_new_stream_does_not_take_its_first_line_feed_for_the_rest_of_a_cr(self):
        parser = EventStreamParser()
        parser.receive(b"data: a\r")
        parser.new_stream()
        assert parser.receive(b"\ndata: b\n\n") == [MessageEvent("message", "b", "")]

    def test_goes_on_from_the_id_it_is_given(self):
        parser = EventStreamParser("k3f9-41")
        assert parser.last_event_id == "k3f9-41"
        assert parser.receive(b"data: a\n\n") == [MessageEvent("message", "a", "k3f9-41")]


class TestMessageEvent:
    def test_shows_itself_on_a_line(self):
        event = MessageEvent("tick", "12:00:05\nnoon", "k3f9-41")
        assert repr(event) == r"<tick id='k3f9-41' data='12:00:05\nnoon'>"

    def test_shows_the_beginning_of_long_data(self):
        shown = "x" * 60
        assert repr(MessageEvent("message", "x" * 60, "")) == f"<message id='' data='{shown}'>"
        assert repr(MessageEvent("message", "x" * 61, "")) == f"<message id='' data='{shown}' and 1 more>"
        assert repr(MessageEvent("message", "x" * 1300, "")) == f"<message id='' data='{shown}' and 1,240 more>"

    def test_can_be_kept_in_a_set(self):
        assert len({MessageEvent("tick", "a", "1"), MessageEvent("tick", "a", "1")}) == 1


class TestWriter:
    def test_writes_fields_in_the_order_of_their_use(self):
        assert write_event("a", event="tick", id="1") == b"event: tick\nid: 1\ndata: a\n\n"

    def test_leaves_out_what_is_not_given(self):
        assert write_event("12:00:05") == b"data: 12:00:05\n\n"

    def test_writes_an_empty_id_which_readers_forget_by(self):
        assert read(write_event("a", id="1"), write_event("b", id=""))[0][1] == ("message", "b", "")

    @pytest.mark.parametrize("attack", ["a\ndata: b", "a\n\nevent: boss", "a\rid: 9", "a\r\n\r\nretry: 1"])
    def test_lines_in_data_stay_data(self, attack):
        as_read = re.sub("\r\n|\r", "\n", attack)
        assert read(write_event(attack, id="1")) == ([("message", as_read, "1")], "1", None)

    @pytest.mark.parametrize("data", ["a\x0bb", "a\x0cb", "a\x1cb", "a\x85b", "a\u2028b", "a\u2029b"])
    def test_splits_data_only_where_readers_do(self, data):
        assert write_event(data) == b"data: " + data.encode() + b"\n\n"

    @pytest.mark.parametrize("end", ["\n", "\r", "\r\n"])
    @pytest.mark.parametrize("field", ["event", "id"])
    def test_refuses_a_line_end_where_it_would_inject_a_field(self, field, end):
        with pytest.raises(UnwritableFieldError, match=f"^The {field} .* has a line end"):
            write_event("a", **{field: f"tick{end}data: injected"})

    def test_refuses_a_nul_in_an_id_which_readers_would_ignore(self):
        with pytest.raises(UnwritableFieldError, match=r"^The id .* has a NUL, so readers would ignore it"):
            write_event("a", id="1\0")

    @pytest.mark.parametrize("field", ["data", "event", "id"])
    def test_refuses_half_a_surrogate_pair(self, field):
        with pytest.raises(UnwritableFieldError, match=f"^The {field} has half .* at character 2"):
            write_event(**{"data": "", field: "ab\ud800"})

    @pytest.mark.parametrize("text", ["", "still here", "two\nlines", "data: no\r\n\r\ndata: no"])
    def test_comments_reach_nobody(self, text):
        assert read(write_comment(text), write_event("a"))[0] == [("message", "a", "")]

    def test_a_heartbeat_is_three_bytes(self):
        assert write_comment() == b": \n"

    def test_retry_is_read_back(self):
        assert write_retry(1500) == b"retry: 1500\n"
        assert read(write_retry(1500)) == ([], "", 1500)

    @pytest.mark.parametrize("milliseconds", [-1, 10**18])
    def test_refuses_a_retry_that_readers_would_ignore(self, milliseconds):
        with pytest.raises(
            UnwritableFieldError, match=f"^retry takes 0 to {'9' * 18} milliseconds, not {milliseconds}"
        ):
            write_retry(milliseconds)

    @given(texts, lines, st.none() | lines, st.sets(st.integers(0, 80)))
    def test_what_is_written_is_read_back_however_it_is_split(self, data, event, id, cuts):
        stream = write_event(data, event=event, id=id)
        as_read = re.sub("\r\n|\r", "\n", data)
        expected = [(event or "message", as_read, id or "")]
        assert read(*split_at(stream, {cut for cut in cuts if cut < len(stream)}))[0] == expected
