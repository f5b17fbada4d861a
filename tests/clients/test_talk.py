"""The barest clients: all that a server says comes back, to its end."""

from lessons import websocket
from lessons.clients.talk import talk, talk_frames
from lessons.frames.specimens import HELLO
from lessons.handshake.requests import REQUEST


def test_talking_from_the_first_byte():
    with websocket.Server() as server:
        answer = talk(server, REQUEST[:20], REQUEST[20:], HELLO)
    head, _, frames = answer.partition(b"\r\n\r\n")
    assert head.startswith(b"HTTP/1.1 101 ")
    assert frames == b"\x81\x05Hello"


def test_talking_behind_the_handshake():
    with websocket.Server() as server:
        assert talk_frames(server, HELLO * 2) == b"\x81\x05Hello" * 2
        assert talk_frames(server, b"\x81\x05Hello")[:4] == b"\x88\x38\x03\xea"
