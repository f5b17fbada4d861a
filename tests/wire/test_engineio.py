"""Engine.IO and Socket.IO in the trace: how packets are named and labelled, in bodies and in WebSocket messages."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lessons.protocols.websocket_frames import Frame, Opcode, encode_frame
from lessons.wire.decoders.engineio import EngineIOContent, read_message
from tests.wire.test_http1 import assert_covered, messages_of
from tests.wire.test_websocket_decoder import KEY, PLAIN

PATH = b"/socket.io/?EIO=4&transport=polling&sid=x"
EVENT = b'42["message","hello"]'


def poll(body, path=PATH, media_type=b"text/plain; charset=UTF-8"):
    """Return the messages of a poll that is answered so."""
    head = b"HTTP/1.1 200 OK\r\nContent-Type: %b\r\nContent-Length: %d\r\n\r\n" % (media_type, len(body))
    return messages_of(("up", b"GET %b HTTP/1.1\r\nHost: a\r\n\r\n" % path), ("down", head + body))


def post(body):
    head = b"POST %b HTTP/1.1\r\nHost: a\r\nContent-Type: text/plain\r\nContent-Length: %d\r\n\r\n" % (PATH, len(body))
    ok = b"HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\nContent-Length: 2\r\n\r\nok"
    return messages_of(("up", head + body), ("down", ok))


def frames(*steps, path=PATH):
    """Return the WebSocket messages behind a handshake at a path."""
    request = PLAIN[0].replace(b"GET / ", b"GET %b " % path, 1)
    return messages_of(("up", request), ("down", PLAIN[1]), *steps)[2:]


def parts(message):
    return [(span.name, span.value) for span in message.spans if "IO" in span.section and not span.minor]


@pytest.mark.parametrize(
    ("body", "title"),
    [
        (b'0{"sid":"x"}', "Engine.IO open"),
        (b"2", "Engine.IO ping"),
        (b"6", "Engine.IO noop"),
        (b'40{"sid":"y"}', "Socket.IO connect"),
        (b'40/news,{"sid":"y"}', "Socket.IO connect /news"),
        (b'44{"message":"no"}', "Socket.IO connect error"),
        (b"41/news,", "Socket.IO disconnect /news"),
        (EVENT, 'Socket.IO event "message"'),
        (b'42/news,7["join","red"]', 'Socket.IO event "join" /news #7'),
        (b'42["a\\nb"]', 'Socket.IO event "a·b"'),
        (b'42["%b"]' % (b"x" * 30), f'Socket.IO event "{"x" * 24}…"'),
        (b'437[{"rooms":[]}]', "Socket.IO ack #7"),
        (EVENT + b"\x1e2", "2 packets, the last Engine.IO ping"),
        (b"bAQI=", "Socket.IO attachment, 2 B"),
        (b"42{", "Engine.IO message"),
        (b"hello", "no packet"),
    ],
)
def test_a_body_is_named_by_its_packets(body, title):
    assert poll(body)[1].title == f"200 OK: {title}"
    assert post(body)[0].title == f"POST: {title}"


def test_a_body_is_labelled_packet_by_packet():
    message = poll(EVENT + b"\x1e2")[1]
    assert_covered(message)
    assert parts(message) == [
        ("Engine.IO type", "4"),
        ("Socket.IO type", "2"),
        ("data", '["message","hello"]'),
        ("Engine.IO type", "2"),
    ]
    assert message.content == len('["message","hello"]')


def test_a_post_is_taken_with_a_word():
    answer = post(EVENT)[1]
    assert answer.title == "200 OK"
    assert parts(answer) == [("taken", "")]


def test_text_elsewhere_and_other_content_is_no_packet():
    for answer in (poll(EVENT, path=b"/clock")[1], poll(EVENT, media_type=b"application/json")[1]):
        assert (answer.title, parts(answer)) == ("200 OK", [])


def test_a_body_in_chunks_is_named_where_it_begins():
    head = b"HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\nTransfer-Encoding: chunked\r\n\r\n"
    asked = ("up", b"GET %b HTTP/1.1\r\nHost: a\r\n\r\n" % PATH)
    *_, first, second, _ = messages_of(asked, ("down", head + b"15\r\n" + EVENT + b"\r\n2\r\n, \r\n0\r\n\r\n"))
    assert (first.title, second.title) == ('Socket.IO event "message"', "chunk of 2 B")


@pytest.mark.parametrize("key", [KEY, None])
def test_a_websocket_message_is_named_and_labelled_masked_or_not(key):
    (message,) = frames(("up" if key else "down", encode_frame(Frame(Opcode.TEXT, EVENT), key)))
    assert_covered(message)
    assert message.title == 'Socket.IO event "message"'
    assert parts(message) == [("Engine.IO type", "4"), ("Socket.IO type", "2"), ("data", '["message","hello"]')]
    assert message.content == len('["message","hello"]')


def test_probe_upgrade_and_attachment():
    sent = [Frame(Opcode.TEXT, b"2probe"), Frame(Opcode.TEXT, b"5"), Frame(Opcode.BINARY, b"\x01")]
    told = frames(("up", b"".join(encode_frame(each, KEY) for each in sent)))
    assert [each.title for each in told] == ["Engine.IO ping probe", "Engine.IO upgrade", "Socket.IO attachment, 1 B"]


def test_a_fragmented_message_is_named_where_it_ends():
    sent = [Frame(Opcode.TEXT, EVENT[:5], fin=False), Frame(Opcode.CONTINUATION, EVENT[5:])]
    first, last = frames(("down", b"".join(map(encode_frame, sent))))
    assert (first.title, last.title) == ("text fragment, 5 B", 'Socket.IO event "message"')


def test_messages_elsewhere_and_control_frames_are_left_alone():
    (message,) = frames(("down", encode_frame(Frame(Opcode.TEXT, EVENT))), path=b"/echo")
    assert message.title.startswith("text ")
    (ping,) = frames(("down", encode_frame(Frame(Opcode.PING, b"2"))))
    assert ping.title == 'ping "2"'


pieces = st.sampled_from([b"4", b"2", b"51-", b"/n,", b'["x"]', b"\x1e", b"b", b"AQI=", b"\xff"]) | st.binary()


@given(st.lists(pieces, max_size=8).map(b"".join), st.booleans())
def test_whatever_the_bytes_all_are_labelled(data, is_text):
    for title, spans in (read_message(data, is_text), EngineIOContent().receive(data)):
        assert title or data.lower() == b"ok"
        assert b"".join(data[span.start : span.end] for span in spans) == data
