"""WebSocket frames out of records: which messages, which bits, whatever the bytes and however they are split."""

import itertools

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from lessons.protocols.http_head import parse_request
from lessons.protocols.websocket_deflate import Deflate
from lessons.protocols.websocket_frames import (
    RSV1,
    RSV2,
    RSV3,
    Frame,
    Opcode,
    decode_frame,
    encode_frame,
    mask_bytes,
    read_header,
)
from lessons.protocols.websocket_handshake import accept_request, format_request
from lessons.wire import annotated_bytes
from lessons.wire.decoders.websocket import LARGEST_WHOLE
from lessons.wire.decoders.websocket_spans import frame_spans
from lessons.wire.message import Span
from lessons.wire.record import Record
from tests.wire.test_http1 import assert_covered, messages_of, trace_of

KEY = bytes.fromhex("37fa213d")


def handshake(compression: bool) -> tuple[bytes, bytes]:
    """Return the heads of a client and of the lessons' server that agree on WebSocket."""
    request = format_request("127.0.0.1:1", "/", "dGhlIHNhbXBsZSBub25jZQ==", compression=compression)
    response, _ = accept_request(parse_request(request[:-4]))
    return request, response


PLAIN, DEFLATED = handshake(False), handshake(True)


def client(*frames: Frame) -> bytes:
    return b"".join(encode_frame(frame, KEY) for frame in frames)


def server(*frames: Frame) -> bytes:
    return b"".join(encode_frame(frame) for frame in frames)


def text(words: str, **options) -> Frame:
    return Frame(Opcode.TEXT, words.encode(), **options)


def close(code: int, reason: bytes = b"") -> Frame:
    return Frame(Opcode.CLOSE, code.to_bytes(2, "big") + reason)


def frames_of(*steps, heads=PLAIN):
    """Return the messages behind a handshake."""
    return messages_of(("up", heads[0]), ("down", heads[1]), *steps)[2:]


def titles(*steps, heads=PLAIN) -> list[str]:
    return [message.title for message in frames_of(*steps, heads=heads)]


def field(message, name):
    """Return the span, or the bits, of a name."""
    every = [each for span in message.spans for each in (span, *span.bits)]
    return next(each for each in every if each.name == name)


def broken_rules(message) -> dict[str, tuple[str, str]]:
    """Return what breaks a rule in a message: name, sentence and section."""
    every = [each for span in message.spans for each in (span.bits or (span,))]
    return {each.name: (each.meaning, each.section) for each in every if each.error}


# --- where the fields stand ---


def layout(data: bytes) -> list[tuple[str, int, int]]:
    """Return the fields of a frame, with their first bit and the one behind their last."""
    fields = []
    payload = [Span(0, decode_frame(data).end - read_header(data).begin, "payload")]
    for span in frame_spans(data, payload if payload[0].end else []):
        position = 8 * span.start
        for field in span.bits:
            fields.append((field.name, position, position + field.width))
            position += field.width
        if not span.bits:
            fields.append((span.name, position, 8 * span.end))
    return fields


def test_fields_of_the_shortest_frame():
    assert layout(bytes.fromhex("8100")) == [
        ("FIN", 0, 1),
        ("RSV1", 1, 2),
        ("RSV2", 2, 3),
        ("RSV3", 3, 4),
        ("opcode", 4, 8),
        ("MASK", 8, 9),
        ("length", 9, 16),
    ]


@pytest.mark.parametrize(("size", "extended"), [(126, 16), (65536, 64)])
def test_fields_of_a_long_masked_frame(size: int, extended: int):
    key = 16 + extended
    assert layout(encode_frame(Frame(Opcode.BINARY, bytes(size)), KEY))[6:] == [
        ("length", 9, 16),
        ("extended length", 16, key),
        ("masking key", key, key + 32),
        ("payload", key + 32, key + 32 + 8 * size),
    ]


@given(st.binary(max_size=300), st.sampled_from([b"", KEY]))
def test_fields_cover_the_frame_without_a_gap(payload: bytes, key: bytes):
    data = encode_frame(Frame(Opcode.BINARY, payload), key)
    fields = layout(data)
    edges = [0, *(end for _, _, end in fields)]
    assert edges[-1] == 8 * len(data)
    assert [start for _, start, _ in fields] == edges[:-1]


# --- frames that keep the rules ---


@pytest.mark.parametrize(
    ("frame", "title"),
    [
        (text("hello"), 'text "hello"'),
        (text(""), 'text ""'),
        (text("a" * 40), f'text "{"a" * 30}"…'),
        (text("line\nline\x00"), 'text "line·line·"'),
        (Frame(Opcode.BINARY, bytes(1500)), "binary, 1,500 B"),
        (Frame(Opcode.PING, b""), "ping"),
        (Frame(Opcode.PING, b"abc"), 'ping "abc"'),
        (Frame(Opcode.PONG, b"\xff"), "pong, 1 B"),
        (Frame(Opcode.CLOSE, b""), "close"),
        (close(1000), "close 1000"),
        (close(4001, b"bye"), 'close 4001 "bye"'),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_what_a_frame_is_called(frame, title):
    assert titles(("up", client(frame))) == [title]
    assert titles(("down", server(frame))) == [title]


def test_a_frame_in_each_direction():
    up, down = frames_of(("up", client(text("hello"))), ("down", server(text("hello"))))
    assert (up.protocol, up.kind, up.direction, up.data, up.content) == (
        "WebSocket", "frame", "up", client(text("hello")), 5,
    )  # fmt: skip
    assert (down.direction, down.data, down.content) == ("down", server(text("hello")), 5)


def test_every_bit_and_byte_is_named():
    (frame,) = frames_of(("up", client(Frame(Opcode.BINARY, bytes(300)))))
    first, second, *others = frame.spans
    assert [(bits.width, bits.name, bits.value) for bits in first.bits] == [
        (1, "FIN", "1"),
        (1, "RSV1", "0"),
        (1, "RSV2", "0"),
        (1, "RSV3", "0"),
        (4, "opcode", "2 binary"),
    ]
    assert [(bits.width, bits.name, bits.value) for bits in second.bits] == [(1, "MASK", "1"), (7, "length", "126")]
    assert [(span.start, span.end, span.name) for span in others] == [
        (2, 4, "extended length"),
        (4, 8, "masking key"),
        (8, 308, "payload"),
    ]
    assert [span.value for span in others[:2]] == ["300", "37 fa 21 3d"]
    assert_covered(frame)


def test_a_masked_payload_is_shown_unmasked_beside_it():
    (frame,) = frames_of(("up", client(text("Hello"))))
    payload = field(frame, "payload")
    assert [(each.name, each.data, each.length) for each in payload.readings] == [
        ("as sent", bytes.fromhex("7f9f4d5158"), 5),
        ("unmasked", b"Hello", 5),
    ]
    assert payload.value == "Hello"


def test_a_payload_that_stands_on_the_wire_as_it_is_needs_no_reading():
    (frame,) = frames_of(("down", server(text("Hello"))))
    assert field(frame, "payload").readings == ()


def test_a_close_frame_tells_code_and_reason():
    (frame,) = frames_of(("down", server(close(1001, b"good night"))))
    assert (field(frame, "close code").value, field(frame, "close code").meaning) == ("1001", "going away")
    assert field(frame, "close reason").value == "good night"


def test_fragments_with_a_ping_in_between_make_one_message():
    pieces = [text("Hel", fin=False), Frame(Opcode.PING, b""), Frame(Opcode.CONTINUATION, b"lo")]
    messages = frames_of(("up", client(*pieces)))
    assert [each.title for each in messages] == ["text fragment, 3 B", "ping", "last continuation, 2 B"]
    assert field(messages[2], "payload").readings[-1].name == "the whole message"
    assert field(messages[2], "payload").readings[-1].data == b"Hello"


def test_a_character_cut_in_two_is_not_a_broken_rule():
    euro = "€".encode()
    pieces = [Frame(Opcode.TEXT, euro[:1], fin=False), Frame(Opcode.CONTINUATION, euro[1:])]
    assert [broken_rules(each) for each in frames_of(("up", client(*pieces)))] == [{}, {}]


def test_content_is_what_data_frames_carry():
    trace = trace_of(
        ("up", PLAIN[0]), ("down", PLAIN[1]), ("up", client(text("hello"), Frame(Opcode.PING, b"abc"))),
        ("down", server(Frame(Opcode.BINARY, bytes(10)))),
    )  # fmt: skip
    assert trace.cost().content == 15


@pytest.mark.parametrize(
    ("asking", "answering", "ask", "answer"), [("up", "down", client, server), ("down", "up", server, client)]
)
def test_a_pong_answers_the_last_ping_of_its_payload_once(asking, answering, ask, answer):
    pong = Frame(Opcode.PONG, b"2")
    messages = frames_of(
        (asking, ask(Frame(Opcode.PING, b"1"), Frame(Opcode.PING, b"2"))),
        (answering, answer(Frame(Opcode.PONG, b"unasked"), pong, pong)),
    )
    assert [each.answers for each in messages] == [None, None, None, messages[1], None]
    assert messages[3].delay == 1.0


# --- compression ---


def test_a_compressed_payload_is_shown_inflated_with_the_context_of_those_before():
    compressor = Deflate().compressor(server=False)
    words = "the same words again and again"
    frames = [Frame(Opcode.TEXT, compressor.compress(words.encode()), rsv=RSV1) for _ in range(3)]
    messages = frames_of(("up", client(*frames)), heads=DEFLATED)
    assert len(messages[2].data) < len(messages[0].data)
    for message in messages:
        assert message.title == f'deflated text "{words}"'
        readings = field(message, "payload").readings
        assert [each.name for each in readings] == ["as sent", "unmasked", "inflated"]
        assert readings[-1].data == words.encode()
        assert broken_rules(message) == {}


def test_both_directions_have_a_context_of_their_own():
    up, down = Deflate().compressor(server=False), Deflate().compressor(server=True)
    steps = [
        ("up", client(Frame(Opcode.TEXT, up.compress(b"hello hello"), rsv=RSV1))),
        ("down", server(Frame(Opcode.TEXT, down.compress(b"hello you"), rsv=RSV1))),
    ] * 2
    assert titles(*steps, heads=DEFLATED) == ['deflated text "hello hello"', 'deflated text "hello you"'] * 2


def test_the_parameters_that_were_agreed_on_count():
    deflate = Deflate(client_no_context_takeover=True)
    answer = DEFLATED[1].replace(b"permessage-deflate", b"permessage-deflate; client_no_context_takeover")
    frame = Frame(Opcode.TEXT, deflate.compressor(server=False).compress(b"hello"), rsv=RSV1)
    assert titles(("up", client(frame, frame)), heads=(DEFLATED[0], answer)) == ['deflated text "hello"'] * 2


def test_a_compressed_message_in_fragments_is_shown_at_its_last():
    whole = Deflate().compressor(server=True).compress(b"hello hello hello")
    pieces = [Frame(Opcode.TEXT, whole[:3], fin=False, rsv=RSV1), Frame(Opcode.CONTINUATION, whole[3:])]
    first, last = frames_of(("down", server(*pieces)), heads=DEFLATED)
    assert (first.title, last.title) == ("deflated text fragment, 3 B", f"last continuation, {len(whole) - 3} B")
    assert field(last, "payload").readings[-1].data == b"hello hello hello"


def test_a_bomb_is_not_inflated_without_bound():
    bomb = Deflate().compressor(server=False).compress(bytes(40 * 1024 * 1024))
    (message,) = frames_of(("up", client(Frame(Opcode.BINARY, bomb, rsv=RSV1))), heads=DEFLATED)
    assert message.title == f"deflated binary, {len(bomb):,} B"
    assert broken_rules(message) == {}


def test_of_a_long_reading_the_beginning_is_kept():
    payload = bytes(10_000)
    (message,) = frames_of(("up", client(Frame(Opcode.BINARY, payload))))
    assert [(len(each.data), each.length) for each in field(message, "payload").readings] == [(256, 10_000)] * 2


# --- frames that break a rule ---

CONTINUATION = Frame(Opcode.CONTINUATION, b"lo")
BROKEN = [
    ("up", server(text("hi")), "MASK", "A client must mask its frames.", "RFC 6455 §5.1"),
    ("down", client(text("hi")), "MASK", "A server must not mask its frames.", "RFC 6455 §5.1"),
    ("down", server(Frame(3, b"hi")), "opcode", "Opcode 3 is reserved.", "RFC 6455 §5.2"),
    ("down", server(text("hi", rsv=RSV1)), "RSV1", "A reserved bit is set", "RFC 6455 §5.2"),
    ("down", server(text("hi", rsv=RSV2)), "RSV2", "A reserved bit is set", "RFC 6455 §5.2"),
    ("down", server(text("hi", rsv=RSV3)), "RSV3", "A reserved bit is set", "RFC 6455 §5.2"),
    ("down", server(CONTINUATION), "opcode", "no message has begun", "RFC 6455 §5.4"),
    ("down", server(Frame(Opcode.PING, bytes(126))), "length", "at most 125 bytes", "RFC 6455 §5.5"),
    ("down", server(Frame(Opcode.PING, b"", fin=False)), "FIN", "must not be fragmented", "RFC 6455 §5.5"),
    ("down", server(Frame(Opcode.CLOSE, b"\x03")), "payload", "needs two bytes", "RFC 6455 §5.5.1"),
    ("down", server(close(1005)), "close code", "1005 may not be sent", "RFC 6455 §7.4"),
    ("down", server(close(1000, b"\xff")), "close reason", "not UTF-8", "RFC 6455 §8.1"),
    ("down", server(Frame(Opcode.TEXT, b"\xff")), "payload", "not UTF-8", "RFC 6455 §8.1"),
    ("down", bytes([0x81, 126, 0, 5]), "extended length", "shortest form", "RFC 6455 §5.2"),
    ("down", bytes([0x81, 127]) + b"\xff" * 8, "extended length", "highest bit", "RFC 6455 §5.2"),
]


@pytest.mark.parametrize(
    ("direction", "data", "name", "sentence", "section"), BROKEN, ids=lambda value: str(value)[:20]
)
def test_a_broken_rule_is_told_where_it_is_broken(direction, data, name, sentence, section):
    (message,) = frames_of((direction, data))
    assert message.title.startswith("✗ ")
    assert any(span.error for span in message.spans)
    ((where, (said, cited)),) = broken_rules(message).items()
    assert (where, cited) == (name, section)
    assert sentence in said
    assert_covered(message)
    assert f"✗ {said} ({section})" in repr(annotated_bytes(message))


def test_a_rule_broken_by_an_empty_payload_is_told_too():
    half = Frame(Opcode.TEXT, "€".encode()[:2], fin=False)
    _, last = frames_of(("down", server(half, Frame(Opcode.CONTINUATION, b""))))
    assert broken_rules(last) == {"opcode": ("The text is not UTF-8.", "RFC 6455 §8.1")}


def test_what_is_no_deflate_stream_is_told_as_such():
    (message,) = frames_of(("down", server(text("no deflate", rsv=RSV1))), heads=DEFLATED)
    assert broken_rules(message) == {"payload": ("The compressed payload is not a deflate stream.", "RFC 7692 §7.2.2")}


def test_a_message_within_a_message():
    _, second = frames_of(("down", server(text("a", fin=False), text("b"))))
    assert "A new message began" in broken_rules(second)["opcode"][0]


def test_behind_a_broken_rule_frames_are_read_on():
    messages = frames_of(("down", server(Frame(3, b""), text("good"), Frame(3, b""))))
    assert [bool(broken_rules(message)) for message in messages] == [True, False, True]


def test_behind_a_broken_rule_nothing_is_said_of_what_compression_hides():
    compressor = Deflate().compressor(server=True)
    compressor.compress(b"hello hello hello")  # what this leaves in the context was never seen
    lost = Frame(Opcode.TEXT, compressor.compress(b"hello hello hello"), rsv=RSV1)
    messages = frames_of(("down", server(Frame(3, b""), lost)), heads=DEFLATED)
    assert messages[1].title.startswith("deflated text, ")
    assert broken_rules(messages[1]) == {}


def test_no_frame_may_follow_a_close():
    _, late = frames_of(("down", server(close(1000), text("one more word"))))
    assert late.title == '✗ text "one more word"'
    assert broken_rules(late) == {"opcode": ("No frame may follow a Close frame.", "RFC 6455 §5.5.1")}


def test_behind_a_bad_length_bytes_are_only_counted():
    messages = frames_of(("down", bytes([0x81, 126, 0, 5]) + b"hello"), ("down", b"more"))
    assert [each.title for each in messages] == [
        "✗ a length against the rules",
        "5 B after a bad length",
        "4 B after a bad length",
    ]


# --- frames that are cut short, or long ---


@pytest.mark.parametrize(
    ("kept", "title"),
    [
        (1, "the beginning of a frame: binary"),
        (3, "the beginning of a frame: binary"),
        (6, "the beginning of a frame: binary"),
        (8, "binary, 0 of 300 B"),
        (20, "binary, 12 of 300 B"),
    ],
)
@pytest.mark.parametrize("end", ["end", "reset"])
def test_a_frame_that_is_cut_short_is_incomplete(kept, title, end):
    data = client(Frame(Opcode.BINARY, bytes(300)))
    (message,) = frames_of(("up", data[:kept]), ("up", end))
    assert (message.title, message.data, message.complete) == (title, data[:kept], False)
    assert_covered(message)


def test_a_long_frame_is_told_as_it_comes_and_another_follows():
    data = client(Frame(Opcode.BINARY, bytes(LARGEST_WHOLE + 10)), text("next"))
    messages = frames_of(("up", data[:1014]), ("up", data[1014:2000]), ("up", data[2000:]))
    assert [each.title for each in messages] == [
        "binary, 1,000 of 1,048,586 B",
        "986 B more of the payload",
        "1,046,600 B more of the payload",
        'text "next"',
    ]
    assert sum(each.content for each in messages) == LARGEST_WHOLE + 10 + 4


def test_a_rule_broken_late_in_a_long_frame_is_told_there():
    data = server(Frame(Opcode.TEXT, b"a" * (LARGEST_WHOLE + 10) + b"\xff"))
    first, second = frames_of(("down", data[:2000]), ("down", data[2000:]))
    assert broken_rules(first) == {}
    assert broken_rules(second) == {"payload": ("The text is not UTF-8.", "RFC 6455 §8.1")}


def test_frames_behind_the_heads_in_the_same_record():
    messages = messages_of(("up", PLAIN[0] + client(text("early"))), ("down", PLAIN[1] + server(text("welcome"))))
    assert [each.title for each in messages[2:]] == ['text "early"', 'text "welcome"']


def test_an_answer_that_agrees_on_what_cannot_be_met_agrees_on_nothing():
    answer = PLAIN[1][:-2] + b"Sec-WebSocket-Extensions: permessage-deflate; x=1\r\n\r\n"
    (message,) = frames_of(("down", server(text("hi", rsv=RSV1))), heads=(PLAIN[0], answer))
    assert "RSV1" in broken_rules(message)


# --- any bytes, any split ---

STREAMS = [
    (PLAIN, client(text("hello"), Frame(Opcode.BINARY, bytes(300)), close(1000, b"bye")), server(text("ho"))),
    (PLAIN, client(text("a", fin=False), Frame(Opcode.PING, b"x"), CONTINUATION), server(Frame(Opcode.PONG, b"x"))),
    (PLAIN, server(text("not masked")) + client(Frame(3, b""), text("on")), server(Frame(0, b""), close(999))),
    (
        DEFLATED,
        client(Frame(Opcode.TEXT, Deflate().compressor(server=False).compress(b"hello" * 9), rsv=RSV1), text("plain")),
        server(Frame(Opcode.TEXT, b"\xff\xff", rsv=RSV1), text("on")),
    ),
]


def cut_up(data: bytes, places) -> list[bytes]:
    bounds = [0, *sorted(places), len(data)]
    return [data[start:end] for start, end in itertools.pairwise(bounds) if end > start]


def told(messages):
    return [(each.kind, each.title, each.data, each.spans, each.content, each.complete) for each in messages]


@settings(max_examples=150, deadline=None)
@given(st.data())
def test_any_split_of_the_bytes_gives_the_same_messages(data):
    heads, up, down = data.draw(st.sampled_from(STREAMS))
    ups = cut_up(up, data.draw(st.lists(st.integers(0, len(up)), max_size=8)))
    downs = cut_up(down, data.draw(st.lists(st.integers(0, len(down)), max_size=8)))
    split = [*(("up", piece) for piece in ups), *(("down", piece) for piece in downs)]
    assert told(frames_of(*split, heads=heads)) == told(frames_of(("up", up), ("down", down), heads=heads))


PIECES = st.one_of(
    st.binary(max_size=40),
    st.sampled_from([data for _, data, *_ in BROKEN]),
    st.sampled_from([stream for _, *streams in STREAMS for stream in streams]),
    st.sampled_from([b"\x81", b"\x00\x80", b"\xc1\x85", b"\x82\x7e\x10\x00", b"\x82\xff" + bytes(5) + b"\x20\x00\x00"]),
)
ENDS = [[("up", "end"), ("down", "end")], [("down", "end"), ("up", "end")], [("up", "reset")]]


@settings(max_examples=300, deadline=None)
@given(
    st.lists(st.tuples(st.sampled_from(["up", "down"]), PIECES), max_size=12),
    st.sampled_from([PLAIN, DEFLATED]),
    st.sampled_from(ENDS),
)
def test_any_bytes_are_read_without_a_failure_and_every_byte_is_told_once(steps, heads, ends):
    messages = frames_of(*steps, *ends, heads=heads)
    for message in messages:
        assert_covered(message)
        assert 0 <= message.content <= len(message.data)
        assert annotated_bytes(message).text
    for direction in ("up", "down"):
        sent = b"".join(data for way, data in steps if way == direction)
        assert b"".join(each.data for each in messages if each.direction == direction) == sent


@settings(max_examples=150, deadline=None)
@given(st.binary(max_size=60), st.sampled_from([0, 1, 2, 8, 9, 10]), st.booleans(), st.binary(min_size=4, max_size=4))
def test_what_is_shown_unmasked_is_what_was_masked(payload, opcode, fin, key):
    (message, *_) = frames_of(("up", encode_frame(Frame(opcode, payload, fin=fin), key)))
    readings = {each.name: each.data for span in message.spans for each in span.readings}
    assert readings.get("unmasked", payload) == payload
    assert ("unmasked" in readings) == (mask_bytes(key, payload) != payload)


def test_a_trace_that_grows_tells_each_frame_when_it_is_there():
    trace = trace_of(("up", PLAIN[0]), ("down", PLAIN[1]))
    seen = trace.messages()[-1].number
    data = client(text("hello"))
    trace.add(Record(5.0, 1, "up", "data", data[:7]))
    assert trace.messages(after=seen) == []
    trace.add(Record(6.0, 1, "up", "data", data[7:]))
    (message,) = trace.messages(after=seen)
    assert (message.title, message.sent, message.last.time) == ('text "hello"', 5.0, 6.0)
