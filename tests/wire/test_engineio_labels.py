"""The labels of Engine.IO's and Socket.IO's bytes: no byte left out, whatever the bytes."""

from hypothesis import given
from hypothesis import strategies as st

from lessons.wire.decoders.engineio import EngineIOContent, read_message


def label_message(message, is_text=True):
    return read_message(message, is_text)[1]


def label_payload(payload):
    return EngineIOContent().receive(payload)[1]


def labels(spans, data):
    return [(data[span.start : span.end], span.name) for span in spans]


def test_an_event_in_a_namespace():
    message = '42/news,7["你好"]'.encode()
    assert labels(label_message(message), message) == [
        (b"4", "Engine.IO type"),
        (b"2", "Socket.IO type"),
        (b"/news,", "namespace"),
        (b"7", "acknowledgement id"),
        ('["你好"]'.encode(), "data"),
    ]


def test_a_binary_event_in_a_payload():
    payload = b'451-["x",{"_placeholder":true,"num":0}]\x1ebAQI='
    assert [kind for _, kind in labels(label_payload(payload), payload)] == [
        *("Engine.IO type", "Socket.IO type", "attachments", "data"),
        *("record separator", "base64 mark", "base64"),
    ]


def test_a_probe():
    spans = label_message(b"2probe")
    assert [span.name for span in spans] == ["Engine.IO type", "Engine.IO data"]
    assert spans[0].meaning == "ping: are you there?"


def test_a_binary_message_is_an_attachment():
    assert [span.name for span in label_message(b"\x01\x02", is_text=False)] == ["binary message"]


def test_what_is_no_packet_is_labelled_with_the_reason():
    (four, rest) = label_message(b"42[")
    assert (four.name, rest.name) == ("Engine.IO type", "no packet")
    assert rest.meaning.startswith("the packet's data is not JSON")


pieces = st.sampled_from([b"4", b"2", b"51-", b"/n,", b'["x"]', b"\x1e", b"b", b"AQI=", b"0", b"\xff"]) | st.binary()


@given(st.lists(pieces).map(b"".join))
def test_no_byte_is_left_out(data):
    for spans in (label_payload(data), label_message(data), label_message(data, is_text=False)):
        ends = [0, *(span.end for span in spans)]
        assert [span.start for span in spans] == ends[:-1]
        assert ends[-1] == len(data) or not data
