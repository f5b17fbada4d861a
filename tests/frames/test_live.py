"""A frame decoder of the student's own in the running server, over real sockets."""

import pytest

from lessons import websocket
from lessons.frames import exercise
from lessons.frames.solution import decode_frame
from lessons.frames.specimens import believes_everything, reads_bit_0_as_fin
from lessons.protocols.websocket_events import BinaryMessage, Ping, TextMessage
from lessons.protocols.websocket_frames import Frame, Opcode, encode_frame
from lessons.serving import runtime
from tests.waiting import wait_until


@pytest.fixture
def client():
    with websocket.Server(decode=decode_frame) as server, websocket.Client(server.url) as client:
        client.feed.wait_for_status("connected")
        yield client


def closed_reason(client):
    client.feed.wait_for_status("closed")
    return client.feed.reason


def test_chatting_though_the_client_offers_compression(client):
    client.send(TextMessage("Grüße " * 100))
    client.send(BinaryMessage(bytes(70_000)), 10_000)
    client.send(Ping(b"there?"))
    heard = client.feed.wait(3)
    assert heard[0] == "Grüße " * 100
    assert heard[1].startswith("70000 bytes: 00 00")
    assert heard[2] == "pong there?"


def test_what_the_decoder_says_is_what_the_client_is_told(client):
    client.send_raw(encode_frame(Frame(3, b"Hello"), b"abcd"))
    assert closed_reason(client).startswith("1002, A reserved bit or opcode is used")


def test_rules_about_messages_stay_with_the_server(client):
    client.send_raw(encode_frame(Frame(Opcode.TEXT, b"caf\xe9"), b"abcd"))
    assert closed_reason(client).startswith("1007")


def test_a_frame_without_end_is_refused():
    server = websocket.Server(decode=lambda data: None, max_message=1000)
    with server, websocket.Client(server.url) as client:
        client.feed.wait_for_status("connected")
        client.send_raw(bytes(2000))
        assert closed_reason(client).startswith("1009, The decoder has found no frame in 2000 bytes")


def test_a_decoder_that_takes_nothing_is_told_and_does_not_hang():
    count = runtime.notices.count
    with websocket.Server(decode=lambda data: (Frame(1, b""), 0)) as server, websocket.Client(server.url) as client:
        client.feed.wait_for_status("connected")
        client.send(TextMessage("Hello"))
        assert closed_reason(client).startswith("1006")
    wait_until(lambda: runtime.notices.count > count)
    assert "your decoder says it took 0 bytes of 11" in runtime.notices.since(count)[0].text


@pytest.mark.parametrize(
    ("returned", "told"),
    [
        (Frame(1, b"Hello"), "your decoder returned type Frame; return a pair"),
        ((b"Hello", 11), "a pair of type bytes and type int; return one of type Frame and int"),
        ((Frame(1, list(b"Hello")), 11), "your decoder returned a payload of type list; make bytes of it"),
        ((Frame(1, "Hello"), 11), "your decoder returned a payload of type str; make bytes of it"),
    ],
)
def test_what_is_no_frame_ends_the_connection_and_is_told(returned, told):
    count = runtime.notices.count
    with websocket.Server(decode=lambda data: returned) as server, websocket.Client(server.url) as client:
        client.feed.wait_for_status("connected")
        client.send(TextMessage("Hello"))
        assert closed_reason(client).startswith("1006")
    wait_until(lambda: runtime.notices.count > count)
    assert told in runtime.notices.since(count)[0].text


def test_an_unsolved_decoder_is_told():
    count = runtime.notices.count
    with websocket.Server(decode=exercise.decode_frame) as server, websocket.Client(server.url) as client:
        client.feed.wait_for_status("connected")
        client.send(TextMessage("Hello"))
        assert closed_reason(client).startswith("1006")
    wait_until(lambda: runtime.notices.count > count)
    (notice,) = runtime.notices.since(count)
    assert notice.server == "websocket"
    assert notice.text.startswith("An error in the websocket, while reading from a client:")
    assert "NotImplementedError" in notice.text


def test_a_specimen_fails_live():
    with websocket.Server(decode=reads_bit_0_as_fin) as server, websocket.Client(server.url) as client:
        client.feed.wait_for_status("connected")
        client.send(BinaryMessage(b"never echoed: it waits for more fragments"))
        client.send(TextMessage("inside a message"))
        assert closed_reason(client).startswith("1002")


def test_a_decoder_without_rules_lets_reserved_opcodes_reach_the_server():
    with websocket.Server(decode=believes_everything) as server, websocket.Client(server.url) as client:
        client.feed.wait_for_status("connected")
        client.send_raw(encode_frame(Frame(Opcode.TEXT, b"not masked")))
        assert client.feed.wait(1) == ["not masked"]
