"""Each specimen does on its bytes what the real codec doesn't, and behaves on what everybody tries first."""

import socket
import struct
from concurrent.futures import ThreadPoolExecutor

import pytest

from lessons.exercise.answer import State
from lessons.frames.echo import Echo, converse
from lessons.frames.exercise import EXERCISE
from lessons.frames.solution import decode_frame
from lessons.frames.specimens import DECODERS, ECHOES, HELLO, dies_of_a_reset
from lessons.protocols.websocket_close import ProtocolError
from lessons.protocols.websocket_connection import Connection
from lessons.protocols.websocket_connection import State as ConnectionState
from lessons.protocols.websocket_events import TextMessage
from lessons.protocols.websocket_frames import Frame, FrameReader, Opcode


def name(value):
    return getattr(value, "__name__", "")


BYTES = [(specimen, data) for specimen, every in DECODERS.items() for data in every]
every_exposing_bytes = pytest.mark.parametrize(("specimen", "data"), BYTES, ids=name)
every_decoder = pytest.mark.parametrize("specimen", DECODERS, ids=name)
every_echo = pytest.mark.parametrize(("specimen", "data"), ECHOES.items(), ids=name)


def frames_of(decode, data):
    """The frames that a function cuts bytes into, as the server calls it; `refused` where it stops at one."""
    frames = []
    try:
        while data and (decoded := decode(data)) is not None:
            frames.append(decoded[0])
            data = data[decoded[1] :]
    except ValueError:
        frames.append("refused")
    return frames


def whole_frames_of_the_real_codec(data):
    """What the lessons' own reader makes of the bytes; it passes on unfinished data frames, which are left out here."""
    frames = []
    try:
        for raw in FrameReader(masked=True, max_payload=2**20).feed(data):
            frames.append(Frame.from_raw(*raw))
    except ProtocolError:
        frames.append("refused")
    return [] if data == HELLO[:8] else frames


@every_exposing_bytes
def test_the_bytes_expose_the_decoder(specimen, data):
    assert frames_of(specimen, data) != whole_frames_of_the_real_codec(data)


@every_exposing_bytes
def test_the_solution_agrees_with_the_real_codec(specimen, data):
    assert frames_of(decode_frame, data) == whole_frames_of_the_real_codec(data)


@every_decoder
def test_a_decoder_looks_right_on_hello(specimen):
    assert specimen(HELLO) == (Frame(Opcode.TEXT, b"Hello"), len(HELLO))


@every_decoder
def test_the_exercise_finds_the_decoder(specimen):
    assert EXERCISE.check(specimen).state is State.FAILED


def real_conversation(data):
    connection = Connection(server=True)
    sent = b""
    for event in connection.receive(data):
        sent += connection.send(event) if isinstance(event, TextMessage) else connection.answer(event)
    return sent, connection.state is ConnectionState.FINISHED


def without_reason(sent, ended):
    """A Close frame of ours gives a reason for people; specimens give a code alone."""
    return (b"close " + sent[2:4] if sent[:1] == b"\x88" else sent), ended


@every_echo
def test_the_bytes_expose_the_echo(specimen, data):
    assert without_reason(*converse(specimen(), data)) != without_reason(*real_conversation(data))


@every_echo
def test_the_right_echo_agrees_with_the_real_connection(specimen, data):
    assert without_reason(*converse(Echo(), data)) == without_reason(*real_conversation(data))


@every_echo
def test_an_echo_looks_right_on_hello(specimen, data):
    assert converse(specimen(), HELLO) == (b"\x81\x05Hello", False)


def test_one_reset_ends_the_server_that_forgets_it():
    with socket.create_server(("127.0.0.1", 0)) as listener, ThreadPoolExecutor() as threads:
        ended = threads.submit(dies_of_a_reset, listener)
        with socket.create_connection(listener.getsockname()) as client:
            client.sendall(b"hello")
            assert client.recv(5) == b"hello"
            client.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))  # to close is to reset
        assert isinstance(ended.exception(timeout=10), ConnectionResetError)
