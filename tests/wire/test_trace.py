"""The trace: its bounds, its parts, its file, and what it keeps to itself."""

import itertools
import json
import threading
from concurrent.futures import ThreadPoolExecutor

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lessons.errors import LessonError
from lessons.wire.cost import size
from lessons.wire.decode import Decoder
from lessons.wire.record import Record
from lessons.wire.redact import redact
from lessons.wire.trace import Trace


def data(text: bytes = b"x", *, time: float = 0.0, connection: int = 1, direction: str = "up") -> Record:
    return Record(time, connection, direction, "data", text)


def filled(count: int, **limits) -> Trace:
    trace = Trace(**limits)
    for number in range(count):
        trace.add(data(b"%d" % number, time=float(number)))
    return trace


def texts(trace_or_records) -> list[bytes]:
    records = trace_or_records.records() if isinstance(trace_or_records, Trace) else trace_or_records
    return [record.data for record in records]


# --- bounds ---


def test_past_its_limit_of_records_the_oldest_go_and_are_counted():
    trace = filled(5, max_records=3)
    assert texts(trace) == [b"2", b"3", b"4"]
    assert (len(trace), trace.dropped_records, trace.dropped_bytes) == (3, 2, 2)
    assert trace.bytes == {"up": 5, "down": 0}
    assert repr(trace) == "<trace of 3 records on 1 connections, 2 older ones dropped>"


def test_past_its_limit_of_bytes_the_oldest_go_and_are_counted():
    trace = Trace(max_bytes=10)
    for text in (b"aaaa", b"bbbb", b"cc", b"dddd"):
        trace.add(data(text))
    assert texts(trace) == [b"bbbb", b"cc", b"dddd"]
    assert (trace.dropped_records, trace.dropped_bytes) == (1, 4)


def test_a_record_larger_than_the_limit_is_not_kept():
    trace = Trace(max_bytes=10)
    trace.add(data(bytes(11)))
    assert (len(trace), trace.dropped_bytes, trace.bytes["up"]) == (0, 11, 11)


def test_sums_hold_whatever_was_dropped():
    trace = Trace(max_records=1)
    for connection in (1, 2):
        trace.add(Record(0.0, connection, "up", "open"))
        trace.add(data(b"ask", connection=connection))
        trace.add(data(b"answer", connection=connection, direction="down"))
    assert trace.connections == 2
    assert trace.bytes == {"up": 6, "down": 12}


@given(st.lists(st.binary(max_size=20)), st.integers(1, 10), st.integers(1, 50))
def test_a_trace_never_holds_more_than_its_limits_and_counts_the_rest(pieces, max_records, max_bytes):
    trace = Trace(max_records, max_bytes)
    for piece in pieces:
        trace.add(data(piece))
    assert len(trace) <= max_records
    assert sum(map(len, texts(trace))) <= max_bytes
    assert len(trace) + trace.dropped_records == len(pieces)
    assert sum(map(len, texts(trace))) + trace.dropped_bytes == trace.bytes["up"] == sum(map(len, pieces))
    assert texts(trace) == pieces[len(pieces) - len(trace) :]


# --- reading while it grows ---


def test_since_tells_each_record_once():
    trace = filled(2)
    position, records = trace.since(0)
    assert texts(records) == [b"0", b"1"]
    assert trace.since(position) == (position, [])
    trace.add(data(b"new"))
    assert texts(trace.since(position)[1]) == [b"new"]


def test_since_leaves_out_what_was_dropped():
    trace = filled(3, max_records=2)
    assert texts(trace.since(0)[1]) == [b"1", b"2"]
    assert texts(trace.since(2)[1]) == [b"2"]


def test_since_goes_on_after_the_trace_was_cleared():
    trace = filled(3)
    position, _ = trace.since(0)
    trace.clear()
    assert trace.since(position) == (position, [])
    trace.add(data(b"new"))
    assert texts(trace.since(position)[1]) == [b"new"]
    assert texts(trace.since(1)[1]) == [b"new"]


def test_clearing_forgets_everything():
    trace = filled(5, max_records=2)
    trace.clear()
    assert (len(trace), trace.dropped_records, trace.dropped_bytes, trace.connections) == (0, 0, 0, 0)
    assert trace.bytes == {"up": 0, "down": 0}
    trace.add(data(b"a"))
    trace.add(data(b"b"))
    assert texts(trace) == [b"a", b"b"]


def test_a_reader_in_another_thread_gets_every_record_once():
    trace = Trace()
    writer = threading.Thread(target=lambda: [trace.add(data(b"%d" % number)) for number in range(5000)])
    writer.start()
    position, seen = 0, []
    while writer.is_alive() or position < 5000:
        position, records = trace.since(position)
        seen += texts(records)
    writer.join()
    assert seen == [b"%d" % number for number in range(5000)]


# --- what the records mean, while it grows ---

ASK = b"GET /clock HTTP/1.1\r\nHost: a\r\n\r\n"
ANSWER = b"HTTP/1.1 200 OK\r\nContent-Length: 8\r\n\r\n12:00:05"


def poll(trace: Trace, connection: int = 1) -> None:
    trace.add(data(ASK, connection=connection))
    trace.add(data(ANSWER, connection=connection, direction="down", time=0.5))


@pytest.fixture
def read(monkeypatch) -> list[Record]:
    """Return the list of all records that any decoder reads from now on."""
    records = []

    def counted(decoder, record, read=Decoder.read):
        records.append(record)
        return read(decoder, record)

    monkeypatch.setattr(Decoder, "read", counted)
    return records


def test_each_record_is_decoded_once_however_often_one_asks(read):
    trace = Trace()
    for number in range(1, 6):
        poll(trace)
        assert len(trace.messages()) == 2 * number
        assert len(trace.messages("request")) == trace.cost().requests == number
        assert len(trace.wait("response", number)) == number
    assert read == trace.records()


def test_messages_after_a_number_are_those_that_are_new():
    trace = Trace()
    poll(trace)
    seen = trace.messages()[-1].number
    assert trace.messages(after=seen) == []
    poll(trace)
    assert [message.kind for message in trace.messages(after=seen)] == ["request", "response"]
    assert [message.kind for message in trace.messages("response", after=seen)] == ["response"]
    assert trace.messages(after=0) == trace.messages()


def test_a_message_that_was_read_before_it_arrived_hears_of_its_arrival():
    trace = Trace()
    record = data(ASK)
    trace.add(record)
    assert [message.delivered for message in trace.messages()] == [None]
    record.delivered = 2.0
    assert [message.delivered for message in trace.messages()] == [2.0]
    record.delivered = None  # the tap takes back what the system hadn't taken from it
    assert [message.delivered for message in trace.messages()] == [None]


def test_messages_go_with_their_records_and_stay_in_the_bill():
    trace = Trace(max_records=4)
    for number in range(1, 11):
        poll(trace)
        assert len(trace.messages()) == min(2 * number, 4)
    assert [message.number for message in trace.messages()] == [17, 18, 19, 20]
    cost = trace.cost()
    assert (cost.requests, cost.content) == (10, 80)
    assert (cost.up, cost.down, cost.delay) == (10 * len(ASK), 10 * len(ANSWER), 0.5)


def test_no_more_messages_are_kept_than_records_may_be():
    trace = Trace(max_records=3)
    trace.add(data(ASK * 10))
    assert [message.number for message in trace.messages()] == [8, 9, 10]
    assert trace.cost().requests == 10


def test_what_was_dropped_before_anyone_asked_has_no_message():
    trace = Trace(max_records=2)
    for _ in range(3):
        poll(trace)
    assert [message.kind for message in trace.messages()] == ["request", "response"]
    assert trace.cost().requests == 1


def test_behind_records_that_nobody_read_connections_are_read_afresh():
    trace = Trace(max_records=2)
    trace.add(data(ASK))  # its answer is dropped, and no other one answers it
    trace.add(data(ASK[:10]))
    assert len(trace.messages()) == 1
    trace.add(data(ANSWER, direction="down"))
    poll(trace)
    request, response = trace.messages()
    assert (request.data, response.answers) == (ASK, request)


@given(st.lists(st.sampled_from(["poll", "ask", "clear", "half"])))
def test_asking_early_and_often_changes_no_message(steps):
    """Two traces of the same records, of which one is asked all the time, and the other at the end and when cleared."""
    asked, patient = Trace(), Trace()
    for step in steps:
        for trace in (asked, patient):
            if step == "poll":
                poll(trace)
            elif step == "half":
                trace.add(data(ASK[:10]))
                trace.add(data(ASK[10:]))
            elif step == "clear":
                trace.clear()
        if step == "ask":
            asked.messages()
            asked.cost()
    told = [[(m.number, m.title, m.data, m.delay) for m in trace.messages()] for trace in (asked, patient)]
    assert told[0] == told[1]
    assert asked.cost() == patient.cost()


@pytest.mark.parametrize("asked_before", [True, False])
def test_behind_a_clear_open_connections_are_understood_and_the_bill_is_new(asked_before):
    trace = Trace()
    trace.add(data(ASK))
    trace.add(data(ANSWER[:40], direction="down"))
    if asked_before:
        trace.messages()
    trace.clear()
    assert (trace.messages(), trace.cost().requests) == ([], 0)
    trace.add(data(ANSWER[40:], direction="down", time=1.0))
    (answer,) = trace.messages()
    assert (answer.kind, answer.data, answer.delay) == ("response", ANSWER, 0.0)


def test_parts_and_read_traces_have_messages_of_their_own(tmp_path):
    trace = Trace()
    for connection in (1, 2):
        poll(trace, connection)
    trace.messages()
    part = trace.where(connection=2)
    assert [message.number for message in part.messages()] == [1, 2]
    assert [message.kind for message in trace[-1:].messages()] == ["response"]
    assert part.cost().requests == 1
    trace.save(tmp_path / "a.trace")
    saved = Trace.load(tmp_path / "a.trace")
    assert [m.title for m in saved.messages()] == [m.title for m in trace.messages()]
    assert saved.cost() == trace.cost()


def test_many_threads_ask_while_it_grows_and_all_get_every_message_once():
    trace, count = Trace(), 300

    def ask() -> list[int]:
        numbers, last = [], 0
        while len(numbers) < 2 * count:
            new = [message.number for message in trace.messages(after=last)]
            numbers += new
            last = numbers[-1] if numbers else 0
            trace.cost()
        return numbers

    with ThreadPoolExecutor(4) as threads:
        asked = [threads.submit(ask) for _ in range(3)]
        threads.submit(lambda: [poll(trace) for _ in range(count)])
        assert [each.result(60) for each in asked] == [list(range(1, 2 * count + 1))] * 3
    assert trace.cost().requests == count


# --- parts ---


def test_a_trace_is_filtered_by_connection_direction_and_time():
    trace = Trace()
    for number in range(8):
        trace.add(data(b"%d" % number, time=number, connection=1 + number // 4, direction=("up", "down")[number % 2]))
    assert texts(trace.where(connection=2)) == [b"4", b"5", b"6", b"7"]
    assert texts(trace.where(direction="down")) == [b"1", b"3", b"5", b"7"]
    assert texts(trace.where(after=2, before=5)) == [b"2", b"3", b"4"]
    assert texts(trace.where(connection=1, direction="up", after=1)) == [b"2"]
    assert texts(trace.where()) == texts(trace)


def test_an_unknown_direction_is_refused_in_words():
    with pytest.raises(LessonError, match=r"'up' .* or 'down' .*, not 'left'"):
        Trace().where(direction="left")


def test_slices_are_traces_with_sums_of_their_own():
    part = filled(10)[-3:]
    assert texts(part) == [b"7", b"8", b"9"]
    assert part.bytes["up"] == 3
    assert len(filled(10)[:0]) == 0


def test_a_trace_is_no_list_and_says_what_to_do():
    for use in (lambda trace: trace[0], list):
        with pytest.raises(LessonError, match=r"trace\[-10:\].*trace\.records\(\)"):
            use(filled(1))


# --- its file ---


def test_a_saved_trace_is_read_back_as_it_was(tmp_path):
    trace = Trace()
    trace.add(Record(0.0, 1, "up", "open", delivered=0.0))
    trace.add(Record(0.5, 1, "up", "data", bytes(range(256)), 0.75))
    trace.add(Record(1.0, 0, "up", "note", "naïve".encode(), 1.0))
    trace.add(Record(1.5, 1, "down", "reset"))
    trace.save(tmp_path / "a.trace")
    read = Trace.load(tmp_path / "a.trace")
    assert read.to_records() == trace.to_records()
    assert [(r.kind, r.data, r.delivered) for r in read.records()] == [
        (r.kind, r.data, r.delivered) for r in trace.records()
    ]
    assert read.bytes == trace.bytes


def test_an_empty_trace_is_read_back_too(tmp_path):
    Trace().save(tmp_path / "a.trace")
    assert len(Trace.load(tmp_path / "a.trace")) == 0


GOOD = {"time": 0.0, "delivered": None, "connection": 1, "direction": "up", "kind": "data", "data": "x"}


@pytest.mark.parametrize(
    "damage",
    [
        {"time": "abc"},
        {"time": None},
        {"time": float("nan")},
        {"delivered": "soon"},
        {"connection": "1"},
        {"connection": None},
        {"direction": "sideways"},
        {"kind": "news"},
        {"data": 5},
        {"data": None},
        {"data": "€"},
        {"more": 1},
    ],
    ids=repr,
)
def test_a_damaged_file_is_told_from_a_trace(tmp_path, damage):
    path = tmp_path / "a.trace"
    path.write_text(json.dumps(GOOD) + "\n" + json.dumps(GOOD | damage) + "\n")
    with pytest.raises(LessonError, match=r"a\.trace' is not a trace that Trace\.save\(\) wrote"):
        Trace.load(path)


@pytest.mark.parametrize("text", ["{", "[]", "5", "null", '"x"', "{}", "\n"])
def test_what_is_no_trace_at_all_is_told_from_one(tmp_path, text):
    (tmp_path / "a.trace").write_text(text)
    with pytest.raises(LessonError, match="is not a trace"):
        Trace.load(tmp_path / "a.trace")


def test_a_picture_is_no_trace(tmp_path):
    (tmp_path / "a.png").write_bytes(b"\x89PNG\r\n\xff\xff")
    with pytest.raises(LessonError, match="is not a trace"):
        Trace.load(tmp_path / "a.png")


def test_a_missing_file_is_told(tmp_path):
    with pytest.raises(LessonError, match=r"can't read the trace .*No such file"):
        Trace.load(tmp_path / "none.trace")


# --- secrets ---

SECRET = b"s3cr3t"
REQUEST = (
    b"GET / HTTP/1.1\r\nHost: a\r\ncookie:  token=s3cr3t; b=s3cr3t\r\nAUTHORIZATION:s3cr3t\r\n"
    b"Proxy-Authorization: s3cr3t\r\nX-XSRFToken \t: s3cr3t\r\nSet-Cookie: s3cr3t\r\nAccept: text\r\n\r\ncontent"
)


def test_secrets_are_blotted_out_at_their_length_and_nothing_else_is():
    blotted = redact(REQUEST)
    assert SECRET not in blotted
    assert len(blotted) == len(REQUEST)
    assert blotted.startswith(b"GET / HTTP/1.1\r\nHost: a\r\ncookie:  **********")
    assert blotted.endswith(b"Accept: text\r\n\r\ncontent")
    assert redact(b"Host: cookie: x\r\nCookies: 3\r\n") == b"Host: cookie: x\r\nCookies: 3\r\n"


@pytest.mark.parametrize("line_end", [b"\r\n", b"\n"])
@pytest.mark.parametrize("fold", [b" ", b"\t", b"  "])
def test_a_secret_in_folded_lines_is_blotted_out_to_its_end(line_end, fold):
    lines = [
        b"GET / HTTP/1.1",
        b"Cookie: a=s3cr3t;",
        fold + b"b=s3cr3t",
        fold + b"c: s3cr3t",
        b"Host: a",
        b"",
        b" body",
    ]
    blotted = redact(line_end.join(lines))
    assert SECRET not in blotted
    assert [len(line) for line in blotted.split(line_end)] == [len(line) for line in lines]
    assert blotted.split(line_end)[4:] == lines[4:]
    assert all(line.startswith(fold[:1]) for line in blotted.split(line_end)[2:4])


def test_a_secret_that_begins_in_a_folded_line_is_blotted_out():
    assert redact(b"Cookie:\r\n s3cr3t\r\n\r\n") == b"Cookie:\r\n ******\r\n\r\n"
    assert SECRET not in redact(b"Cookie: a\rs3cr3t\r\n")


@given(st.lists(st.integers(0, len(REQUEST)), max_size=6))
def test_secrets_are_blotted_out_however_they_are_split_between_records(places):
    bounds = [0, *sorted(places), len(REQUEST)]
    trace = Trace()
    for start, end in itertools.pairwise(bounds):
        trace.add(data(REQUEST[start:end]))
        trace.add(data(b"Cookie: other\r\n", connection=2, direction="down"))
    saved = [record for record in trace.to_records() if record["connection"] == 1]
    assert "".join(record["data"] for record in saved) == redact(REQUEST).decode("latin-1")
    assert [len(record["data"]) for record in saved] == [end - start for start, end in itertools.pairwise(bounds)]


@pytest.mark.parametrize("place", range(len(REQUEST)))
def test_a_secret_that_is_split_anywhere_is_saved_nowhere(place, tmp_path):
    trace = Trace()
    trace.add(data(REQUEST[:place]))
    trace.add(data(REQUEST[place:]))
    trace.save(tmp_path / "a.trace")
    saved = Trace.load(tmp_path / "a.trace")
    assert SECRET not in b"".join(texts(saved))


def test_saving_leaves_the_trace_itself_as_it_was():
    trace = Trace()
    trace.add(data(REQUEST))
    trace.to_records()
    assert texts(trace) == [REQUEST]


# --- words ---


def test_records_say_what_they_are():
    assert repr(data(b"abc")) == "<up on connection 1: 3 bytes>"
    assert repr(Record(0.0, 2, "down", "end")) == "<down on connection 2: end>"
    assert repr(Record(0.0, 0, "up", "note", b"clear")) == "<up on connection 0: clear>"


@pytest.mark.parametrize(
    ("number", "text"),
    [(0, "0 B"), (999, "999 B"), (1000, "1.0 kB"), (999_949, "999.9 kB"), (999_950, "1.0 MB"), (2_500_000, "2.5 MB")],
)
def test_sizes_for_people(number, text):
    assert size(number) == text
