"""HTTP/1.1 out of records: which messages, which spans, whatever the bytes and however they are split."""

import itertools

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from lessons.wire import annotated_bytes
from lessons.wire.decode import Decoder
from lessons.wire.decoders.http1 import CONTENT_READERS, LARGEST_WHOLE, UPGRADES
from lessons.wire.message import Message, Span
from lessons.wire.record import Record
from lessons.wire.trace import Trace

GET = b"GET /clock HTTP/1.1\r\nHost: 127.0.0.1:1\r\n\r\n"
HEAD = b"HEAD /clock HTTP/1.1\r\nHost: 127.0.0.1:1\r\n\r\n"
POST = b"POST /say HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\n\r\nhello"
OK = b"HTTP/1.1 200 OK\r\nContent-Length: 8\r\n\r\n12:00:00"
EMPTY = b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n"
CHUNKED = b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n"
ENDLESS = b"HTTP/1.0 200 OK\r\nContent-Type: text/plain\r\n\r\n"
NOT_MODIFIED = b'HTTP/1.1 304 Not Modified\r\nETag: "x"\r\nContent-Length: 8\r\n\r\n'
NO_CONTENT = b"HTTP/1.1 204 No Content\r\n\r\n"
CONTINUE = b"HTTP/1.1 100 Continue\r\n\r\n"
UPGRADE = b"GET /x HTTP/1.1\r\nHost: a\r\nConnection: Upgrade\r\nUpgrade: tally/1, other\r\n\r\n"
SWITCH = b"HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: tally/1\r\n\r\n"


def trace_of(*steps) -> Trace:
    """Return a trace of one connection: `("up", bytes)`, `("down", bytes)`, `("up", "end")` and the like."""
    trace = Trace()
    trace.add(Record(0.0, 1, "up", "open"))
    for number, (direction, what) in enumerate(steps, 1):
        kind, data = ("data", what) if isinstance(what, bytes) else (what, b"")
        trace.add(Record(float(number), 1, direction, kind, data))
    return trace


def messages_of(*steps) -> list[Message]:
    """Return the messages of a trace, without those about the connection itself."""
    return [message for message in trace_of(*steps).messages() if message.kind != "connection"]


def told(messages) -> list[tuple[str, str]]:
    return [(message.kind, message.title) for message in messages]


def names(message: Message) -> list[str]:
    return [span.name for span in message.spans if not span.minor]


def assert_covered(message: Message) -> None:
    """Check that the spans are in order, don't overlap, leave no gap and no byte out."""
    position = 0
    for span in message.spans:
        assert span.start == position
        assert span.end >= span.start
        position = span.end
    assert position == len(message.data)


# --- whole messages ---


def test_a_request_and_its_answer():
    request, response = messages_of(("up", GET), ("down", OK))
    assert (request.kind, request.title, request.direction, request.content) == ("request", "GET /clock", "up", 0)
    assert (response.kind, response.title, response.direction, response.content) == ("response", "200 OK", "down", 8)
    assert request.data == GET
    assert response.data == OK
    assert response.answers is request
    assert response.delay == 1.0
    assert names(request) == ["method", "request target", "version", "Host", "empty line"]
    assert names(response) == ["version", "status code", "reason phrase", "Content-Length", "empty line", "content"]


def test_spans_point_at_the_bytes_they_name():
    request, response = messages_of(("up", GET), ("down", OK))
    shown = {span.name: request.data[span.start : span.end] for span in request.spans}
    assert shown["method"] == b"GET"
    assert shown["request target"] == b"/clock"
    assert shown["Host"] == b"127.0.0.1:1"
    assert response.data[response.spans[-1].start :] == b"12:00:00"


def test_content_of_a_request_belongs_to_it():
    (request,) = messages_of(("up", POST))
    assert request.data == POST
    assert request.content == 5


def test_requests_kept_alive_on_one_connection_are_paired_with_their_answers():
    messages = messages_of(("up", GET), ("down", OK), ("up", POST), ("down", NO_CONTENT), ("up", GET), ("down", OK))
    assert [message.answers for message in messages] == [None, messages[0], None, messages[2], None, messages[4]]


def test_requests_in_a_pipeline_are_answered_in_their_order():
    messages = messages_of(("up", GET + POST + HEAD), ("down", OK + NO_CONTENT + OK[:-8] + OK))
    assert [message.title for message in messages[:3]] == ["GET /clock", "POST /say", "HEAD /clock"]
    assert [message.answers for message in messages[3:6]] == messages[:3]


@pytest.mark.parametrize(
    ("asked", "answer"), [(HEAD, OK[:-8]), (GET, NO_CONTENT), (GET, NOT_MODIFIED)], ids=["HEAD", "204", "304"]
)
def test_an_answer_without_content_ends_with_its_head(asked, answer):
    messages = messages_of(("up", asked), ("down", answer), ("up", GET), ("down", OK))
    assert messages[1].data == answer
    assert messages[3].data == OK


def test_an_empty_content_is_none():
    assert [message.data for message in messages_of(("up", GET), ("down", EMPTY + EMPTY))][1:] == [EMPTY, EMPTY]


def test_an_informational_response_is_no_answer():
    asked = POST.replace(b"Content-Length", b"Expect: 100-continue\r\nContent-Length")
    messages = messages_of(("up", asked[:-5]), ("down", CONTINUE), ("up", b"hello"), ("down", OK), ("up", GET))
    assert told(messages)[:3] == [("response", "100 Continue"), ("request", "POST /say"), ("response", "200 OK")]
    assert messages[0].answers is None
    assert messages[2].answers is messages[1]


def test_hints_before_the_answer_leave_it_to_its_request():
    hints = b"HTTP/1.1 103 Early Hints\r\nLink: </a>\r\n\r\n"
    messages = messages_of(("up", GET + POST), ("down", hints + OK + NO_CONTENT))
    assert [message.answers for message in messages[2:]] == [None, messages[0], messages[1]]


def test_an_answer_before_its_request_has_come_whole_confuses_no_later_one():
    refusal = b"HTTP/1.1 413 Content Too Large\r\nContent-Length: 0\r\n\r\n"
    messages = messages_of(("up", POST[:-3]), ("down", refusal), ("up", POST[-3:]), ("up", GET), ("down", OK))
    assert messages[0].answers is None
    assert messages[-1].answers is messages[-2]


def test_an_unknown_status_is_shown_by_its_number():
    assert messages_of(("down", b"HTTP/1.1 299 Fine\r\nContent-Length: 0\r\n\r\n"))[0].title == "299"


# --- content that comes piece by piece ---


def test_an_endless_chunked_answer_is_told_chunk_by_chunk():
    trace = trace_of(("up", GET), ("down", CHUNKED))
    told_before = trace.messages()
    assert told(told_before)[-1] == ("response", "200 OK")
    for number in range(3):
        trace.add(Record(10.0 + number, 1, "down", "data", b"8\r\n12:00:0%d\r\n" % number))
        (chunk,) = trace.messages(after=told_before[-1].number + number)
        assert (chunk.kind, chunk.title, chunk.content) == ("chunk", "chunk of 8 B", 8)
        assert names(chunk) == ["chunk size", "content"]


def test_chunks_may_have_extensions_and_trailers_and_another_message_follows():
    body = b"5;x=1\r\nhello\r\n0005 \r\nagain\r\n0\r\nExpires: never\r\n\r\n"
    messages = messages_of(("up", GET + GET), ("down", CHUNKED + body + OK))
    assert told(messages)[2:] == [
        ("response", "200 OK"),
        ("chunk", "chunk of 5 B"),
        ("chunk", "chunk of 5 B"),
        ("chunk", "last chunk"),
        ("response", "200 OK"),
    ]
    assert messages[-1].data == OK
    assert messages[-1].answers is messages[1]


@pytest.mark.parametrize("size", [b"-5", b"+5", b"0x5", b"5_0", b"", b" 5", b"zz", b"ffffffffffffffff", b"5 5"])
def test_what_is_no_chunk_size_is_told_as_such(size):
    messages = messages_of(("up", GET), ("down", CHUNKED + size + b"\r\nhello\r\n"), ("down", b"more"))
    assert told(messages)[2:] == [("bytes", "bytes that are not HTTP")] * 2


def test_a_chunk_that_doesnt_end_where_it_says_is_told_as_such():
    messages = messages_of(("up", GET), ("down", CHUNKED + b"3\r\nhello\r\n"))
    assert told(messages)[2:] == [("bytes", "bytes that are not HTTP")]


def test_a_chunk_size_that_never_ends_is_given_up():
    messages = messages_of(("up", GET), ("down", CHUNKED + b"1" * 2000))
    assert told(messages)[2:] == [("bytes", "bytes that are not HTTP")]


def test_trailers_that_never_end_are_given_up():
    messages = messages_of(("up", GET), ("down", CHUNKED + b"0\r\n" + b"X: y\r\n" * 12_000))
    assert told(messages)[2:] == [("bytes", "bytes that are not HTTP")]


def test_an_answer_that_lasts_until_its_connection_ends_is_told_as_it_comes():
    messages = messages_of(("up", GET), ("down", ENDLESS + b"12:00"), ("down", b":00"), ("down", "end"))
    assert told(messages)[1:] == [("response", "200 OK"), ("chunk", "5 B of content"), ("chunk", "3 B of content")]


def test_large_content_is_told_as_it_comes_and_another_message_follows():
    head = b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n" % (LARGEST_WHOLE + 10)
    messages = messages_of(("up", GET), ("down", head), ("down", bytes(LARGEST_WHOLE)), ("down", bytes(10) + OK))
    assert told(messages)[1:] == [
        ("response", "200 OK"),
        ("chunk", f"{LARGEST_WHOLE} B of content"),
        ("chunk", "10 B of content"),
        ("response", "200 OK"),
    ]


def test_the_reader_of_a_media_type_labels_its_content(monkeypatch):
    class Shouting:
        def receive(self, data):
            return data.decode().upper(), [Span(0, len(data), "shout")]

    monkeypatch.setitem(CONTENT_READERS, "text/shout", Shouting)
    head = b"HTTP/1.1 200 OK\r\nContent-Type: Text/Shout; charset=utf-8\r\nTransfer-Encoding: chunked\r\n\r\n"
    chunk = messages_of(("down", head + b"2\r\nhi\r\n"))[1]
    assert chunk.title == "HI"
    assert [span.name for span in chunk.spans] == ["chunk size", "line end", "shout", "line end"]
    assert_covered(chunk)


# --- what goes wrong ---


def test_a_connection_cut_in_the_middle_of_content_leaves_an_incomplete_message():
    for end in ("end", "reset"):
        response = messages_of(("up", GET), ("down", OK[:-3]), ("down", end))[-1]
        assert (response.complete, response.data, response.content) == (False, OK[:-3], 5)
        assert response.answers.title == "GET /clock"
        assert "incomplete" in repr(response)


@pytest.mark.parametrize("way", ["up", "down"])
@pytest.mark.parametrize("cut", [1, 20, 30, 36])
def test_a_connection_cut_in_the_middle_of_a_head_leaves_its_bytes_labelled(way, cut):
    data = (GET if way == "up" else OK)[:cut]
    (rest,) = messages_of((way, data), (way, "end"))
    assert (rest.kind, rest.title, rest.complete, rest.data) == ("bytes", "unfinished head", False, data)
    assert_covered(rest)
    assert [span.name for span in rest.spans if span.error] == ["cut short"]


def test_the_whole_lines_of_a_head_without_end_say_what_they_are():
    (rest,) = messages_of(("up", b"GET /clock HTTP/1.1\r\nHost: a\r\nX-Endless: aaaa"), ("up", "end"))
    listed = [(span.name, rest.data[span.start : span.end]) for span in rest.spans if not span.minor]
    assert listed[0] == ("method", b"GET")
    assert listed[-2:] == [("Host", b"a"), ("cut short", b"X-Endless: aaaa")]


def test_a_head_without_end_keeps_its_secrets():
    (rest,) = messages_of(("up", GET[:-2] + b"Cookie: secret\r\nAuthorization: secret"), ("up", "end"))
    assert b"secret" not in rest.data
    assert "secret" not in str(rest.spans)


def test_a_connection_cut_in_the_middle_of_a_chunk_leaves_its_bytes():
    rest = messages_of(("up", GET), ("down", CHUNKED + b"5\r\nhel"), ("down", "end"))[-1]
    assert (rest.title, rest.complete, rest.data) == ("unfinished", False, b"5\r\nhel")


def test_a_reset_leaves_what_was_unfinished_both_ways():
    messages = messages_of(("up", GET + POST[:-2]), ("down", OK[:-1]), ("down", "reset"))
    assert [message.complete for message in messages] == [True, False, False]


MALFORMED = [
    b"GET  /clock HTTP/1.1\r\nHost: a\r\n\r\n",
    b"GET /clock HTTP/1.1\r\n\r\n",
    b"GET /clock HTTP/9\r\nHost: a\r\n\r\n",
    b"GET /clock\r\n\r\n",
    b"GET /clock HTTP/1.1\r\nHost: a\r\nno colon here\r\n\r\n",
    b"GET /clock HTTP/1.1\r\nHost: a\r\nA b: c\r\n\r\n",
    b"POST / HTTP/1.1\r\nHost: a\r\nContent-Length: -1\r\n\r\n",
    b"POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\n",
]


@pytest.mark.parametrize("head", MALFORMED)
def test_a_malformed_head_is_told_with_what_is_wrong_and_its_refusal_answers_it(head):
    refusal = b"HTTP/1.1 400 Bad Request\r\nContent-Length: 0\r\n\r\n"
    request, response = messages_of(("up", head), ("down", refusal))
    assert (request.kind, request.title, request.data) == ("request", "malformed head", head)
    assert_covered(request)
    wrong = request.spans[-1]
    assert wrong.error
    assert wrong.meaning
    assert response.title == "400 Bad Request"
    assert response.answers is request


def test_after_a_malformed_head_a_good_one_is_read_again():
    assert messages_of(("up", MALFORMED[0]), ("up", GET))[-1].title == "GET /clock"


def test_a_secret_is_not_told_even_where_it_is_malformed():
    (request,) = messages_of(
        ("up", b"GET / HTTP/1.1\r\nHost: a\r\nCookie: secret\x01\r\nAuthorization: secret\r\n\r\n")
    )
    assert b"secret" not in request.data
    assert "secret" not in repr(request.spans)


def test_a_secret_in_a_known_field_is_blotted_out_of_bytes_and_values():
    (request,) = messages_of(("up", GET[:-2] + b"Cookie: token=secret\r\n\r\n"))
    assert b"Cookie: ************\r\n" in request.data
    assert "secret" not in repr(request.spans)


def test_lines_that_end_with_a_bare_line_feed_are_read_and_marked():
    request, response = messages_of(("up", GET.replace(b"\r\n", b"\n")), ("down", OK))
    assert request.title == "GET /clock"
    assert response.answers is request
    wrong = [span for span in request.spans if span.error]
    assert [span.section for span in wrong] == ["RFC 9112 §2.2"] * 2
    assert_covered(request)


def test_an_empty_line_before_a_request_stands_by_itself():
    messages = messages_of(("up", POST + b"\r\n" + GET))
    assert [message.title for message in messages] == ["POST /say", "empty line before a request", "GET /clock"]


@pytest.mark.parametrize("data", [b"\x16\x03\x01\x02\x00", b'{"a": 1}', b"\0" * 100, b"hello\r\n"])
def test_bytes_that_are_not_http_are_told_at_once(data):
    (message,) = messages_of(("up", data))
    assert (message.kind, message.title, message.data) == ("bytes", "bytes that are not HTTP", data)
    assert_covered(message)


def test_a_head_that_never_ends_is_given_up():
    (message,) = messages_of(("up", b"GET / HTTP/1.1\r\n" + b"X: y\r\n" * 12_000))
    assert message.title == "bytes that are not HTTP"


def test_a_connection_whose_beginning_was_dropped_is_read_from_its_next_head():
    messages = messages_of(("down", b"half of a content"), ("up", GET), ("down", OK))
    assert told(messages) == [("bytes", "bytes that are not HTTP"), ("request", "GET /clock"), ("response", "200 OK")]
    assert messages[2].answers is messages[1]


def test_an_answer_whose_request_was_dropped_answers_none():
    messages = messages_of(("down", OK), ("up", GET), ("down", OK))
    assert [message.answers for message in messages] == [None, None, messages[1]]


def test_what_the_trace_drops_is_not_missed():
    trace = Trace(max_records=3)
    for step in trace_of(("up", GET), ("down", OK), ("up", GET), ("down", OK)).records():
        trace.add(step)
    assert told(trace.messages()) == [("response", "200 OK"), ("request", "GET /clock"), ("response", "200 OK")]


# --- upgrades ---


def test_an_upgrade_to_a_protocol_that_nobody_knows_here():
    messages = messages_of(("up", UPGRADE), ("down", SWITCH + b"\1\2"), ("up", b"\3"), ("down", "end"))
    assert [message.title for message in messages] == [
        "GET /x",
        "101 Switching Protocols",
        "2 B of tally/1",
        "1 B of tally/1",
    ]
    assert messages[1].answers is messages[0]
    assert [message.data for message in messages[2:]] == [b"\1\2", b"\3"]


def test_secrets_in_a_protocol_that_nobody_knows_are_blotted_out_too():
    assert b"secret" not in messages_of(("up", UPGRADE), ("down", SWITCH), ("up", b"x\r\nCookie: secret\r\n"))[-1].data


class Tally:
    """A protocol for the tests: every byte is a message."""

    def __init__(self, request, response):
        self.agreed = response.get("upgrade")

    def receive(self, record):
        return [
            Message(
                protocol=self.agreed,
                kind="frame",
                title=f"{byte:02x}",
                data=bytes([byte]),
                spans=(Span(0, 1, "byte"),),
                first=record,
                last=record,
                content=1,
            )
            for byte in record.data
        ]

    def end(self, record):
        over = Message(protocol=self.agreed, kind="frame", title="over", data=b"", spans=(), first=record, last=record)
        return [over]


def test_an_upgrade_hands_over_to_the_reader_of_its_protocol(monkeypatch):
    monkeypatch.setitem(UPGRADES, "tally/1", Tally)
    messages = messages_of(("up", UPGRADE), ("up", b"\7"), ("down", SWITCH + b"\1"), ("up", b"\2"), ("down", "end"))
    assert [message.title for message in messages[2:]] == ["07", "01", "02", "over"]


def test_a_request_behind_an_upgrade_that_is_declined_is_read_as_one():
    messages = messages_of(("up", UPGRADE + GET), ("down", OK), ("down", OK))
    assert told(messages) == [
        ("request", "GET /x"),
        ("response", "200 OK"),
        ("request", "GET /clock"),
        ("response", "200 OK"),
    ]
    assert messages[3].answers is messages[2]


def test_an_upgrade_whose_request_was_dropped_is_one_all_the_same(monkeypatch):
    monkeypatch.setitem(UPGRADES, "tally/1", Tally)
    assert [message.title for message in messages_of(("down", SWITCH), ("up", b"\2"))][1:] == ["02"]


def test_what_came_behind_the_head_of_an_upgrade_is_told_when_it_arrives(monkeypatch):
    """It is under way while it is read, and only the tap's own record hears of its arrival."""
    monkeypatch.setitem(UPGRADES, "tally/1", Tally)
    trace = trace_of(("up", UPGRADE), ("down", SWITCH + b"\1"))
    messages = trace.messages()
    assert messages[-1].delivered is None
    trace.records()[-1].delivered = 5.0
    assert messages[-1].delivered == 5.0


# --- any bytes, any split ---

STREAMS = [
    (GET, OK),
    (GET + POST + HEAD + GET, OK + NO_CONTENT + OK[:-8] + NOT_MODIFIED),
    (POST + GET, CONTINUE + EMPTY + CHUNKED + b"5\r\nhello\r\nb;x\r\nhello again\r\n0\r\nX: y\r\n\r\n"),
    (GET.replace(b"\r\n", b"\n") + GET, OK + OK),
    (MALFORMED[4] + GET, OK + OK),
    (GET[:-2] + b"Cookie: a=b; c=d\r\nX:\r\nY:  z \t\r\n\r\n", b"HTTP/1.1 200\r\nContent-Length: 0\r\n\r\n"),
]


def cut_up(data: bytes, places) -> list[bytes]:
    bounds = [0, *sorted(places), len(data)]
    return [data[start:end] for start, end in itertools.pairwise(bounds) if end > start]


@settings(max_examples=150, deadline=None)
@given(st.data())
def test_any_split_of_the_bytes_gives_the_same_messages(data):
    up, down = data.draw(st.sampled_from(STREAMS))
    ups = cut_up(up, data.draw(st.lists(st.integers(0, len(up)), max_size=8)))
    downs = cut_up(down, data.draw(st.lists(st.integers(0, len(down)), max_size=8)))
    whole = messages_of(("up", up), ("down", down))
    split = messages_of(*(("up", piece) for piece in ups), *(("down", piece) for piece in downs))
    assert [(m.kind, m.title, m.data, m.spans, m.content) for m in split] == [
        (m.kind, m.title, m.data, m.spans, m.content) for m in whole
    ]


@pytest.mark.parametrize(("up", "down"), STREAMS)
def test_byte_by_byte_gives_the_same_messages(up, down):
    whole = messages_of(("up", up), ("down", down))
    single = messages_of(*(("up", bytes([b])) for b in up), *(("down", bytes([b])) for b in down))
    assert [(m.title, m.data, m.spans) for m in single] == [(m.title, m.data, m.spans) for m in whole]


PIECES = st.one_of(
    st.binary(max_size=40),
    st.sampled_from([GET, HEAD, POST, OK, CHUNKED, ENDLESS, NOT_MODIFIED, CONTINUE, UPGRADE, SWITCH, *MALFORMED]),
    st.sampled_from(
        [b"5\r\nhello\r\n", b"0\r\n\r\n", b"\r\n\r\n", b"\n\n", b"-1\r\n", b"HTTP/", b"GET ", OK[:-4], POST[:-4]]
    ),
)


ENDS = [[("up", "end"), ("down", "end")], [("down", "end"), ("up", "end")], [("up", "reset")]]


@settings(max_examples=300, deadline=None)
@given(st.lists(st.tuples(st.sampled_from(["up", "down"]), PIECES), max_size=12), st.sampled_from(ENDS))
def test_any_bytes_are_read_without_a_failure_and_every_byte_is_told_once(steps, ends):
    steps = [*steps, *ends]
    messages = messages_of(*steps)
    for message in messages:
        assert_covered(message)
        assert 0 <= message.content <= len(message.data)
    for direction in ("up", "down"):
        sent = sum(len(what) for way, what in steps if way == direction and isinstance(what, bytes))
        assert sum(len(message.data) for message in messages if message.direction == direction) == sent
    cost = trace_of(*steps).cost()
    assert cost.content + cost.overhead == cost.up + cost.down
    assert cost.overhead >= 0


# --- the decoder as a whole ---


def test_the_cost_is_what_was_on_the_wire():
    cost = trace_of(("up", GET), ("down", OK), ("up", POST), ("down", NO_CONTENT)).cost()
    assert (cost.requests, cost.connections) == (2, 1)
    assert (cost.up, cost.down, cost.content) == (len(GET + POST), len(OK + NO_CONTENT), 8 + 5)
    assert cost.overhead == len(GET + POST + OK + NO_CONTENT) - 13
    assert cost.delay == 1.0


def test_a_folded_cookie_is_seen_nowhere():
    head = b"GET / HTTP/1.1\r\nHost: a\r\nCookie: a=secret\r\n b=secret\r\n\r\n"
    (request,) = messages_of(("up", head))
    assert request.title == "GET /"
    assert names(request)[-3:] == ["Cookie", "folded line", "empty line"]
    assert b"secret" not in request.data
    assert "secret" not in repr(request.spans) + annotated_bytes(request).html
    assert_covered(request)


def test_chunks_cost_their_framing():
    cost = trace_of(("up", GET), ("down", CHUNKED + b"5\r\nhello\r\n0\r\n\r\n")).cost()
    assert cost.content == 5
    assert cost.down == len(CHUNKED) + 15


def test_nothing_costs_nothing():
    cost = Trace().cost()
    assert (cost.overhead_share, cost.delay) == (0.0, None)
    assert str(cost) == "0 requests · 0 connections · 0 B up · 0 B down · 0 B of it content (0.0% overhead)"


def test_a_trace_that_was_cleared_begins_a_new_bill():
    trace = trace_of(("up", POST), ("down", OK))
    trace.messages()
    trace.clear()
    trace.add(Record(9.0, 1, "up", "data", POST))
    cost = trace.cost()
    assert (cost.requests, cost.up, cost.down, cost.content) == (1, len(POST), 0, 5)


def test_messages_are_numbered_and_connections_are_told():
    messages = trace_of(("up", GET), ("down", OK), ("up", "end"), ("down", "reset")).messages()
    assert [message.number for message in messages] == [1, 2, 3, 4, 5]
    about = [message.title for message in messages if message.kind == "connection"]
    assert about == ["opened", "the client sends no more (FIN)", "reset (RST)"]


def test_remarks_on_the_line_are_told():
    trace = Trace()
    trace.add(Record(0.0, 0, "up", "note", b"delay 100 ms"))
    (message,) = trace.messages()
    assert (message.kind, message.title) == ("note", "the line: delay 100 ms")


@pytest.mark.parametrize("ends", [[("up", "end"), ("down", "end")], [("down", "reset")]])
def test_connections_that_are_over_are_forgotten(ends):
    decoder = Decoder()
    for record in trace_of(("up", GET), ("down", OK), *ends).records():
        decoder.read(record)
    assert not decoder._conversations


def test_each_connection_is_a_conversation_of_its_own():
    trace = Trace()
    for connection, data in ((1, GET[:10]), (2, GET), (1, GET[10:])):
        trace.add(Record(0.0, connection, "up", "data", data))
    assert [(message.connection, message.title) for message in trace.messages()] == [
        (2, "GET /clock"),
        (1, "GET /clock"),
    ]
