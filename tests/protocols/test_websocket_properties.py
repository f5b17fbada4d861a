"""What holds of every stream of bytes, legal or not."""

from collections.abc import Iterable
from itertools import pairwise

from hypothesis import given, settings
from hypothesis import strategies as st

from lessons.protocols.websocket_connection import Connection, State
from lessons.protocols.websocket_deflate import Deflate
from lessons.protocols.websocket_events import BinaryMessage, Close, Event, Ping, Pong, TextMessage, Violation
from lessons.protocols.websocket_frames import Frame, encode_frame

KEY = bytes.fromhex("37fa213d")
LIMIT = 300
CODES = {1002, 1007, 1009}

MESSAGES = st.one_of(
    st.builds(TextMessage, st.text(max_size=80)),
    st.builds(BinaryMessage, st.binary(max_size=200)),
    st.builds(Ping, st.binary(max_size=125)),
    st.builds(Pong, st.binary(max_size=125)),
)
CONVERSATIONS = st.lists(st.tuples(MESSAGES, st.none() | st.integers(1, 50)), max_size=6)
DEFLATES = st.none() | st.builds(Deflate, st.booleans(), st.booleans(), st.integers(9, 15), st.integers(9, 15))

FRAMES = st.builds(
    Frame,
    st.sampled_from([0, 0, 1, 1, 2, 8, 9, 10, 3, 15]),
    st.binary(max_size=120)
    | st.text(max_size=40).map(str.encode)
    | st.sampled_from([b"\x03\xe8", b"\x03\xed", bytes(200)]),
    st.booleans(),
    st.sampled_from([0, 0, 0, 0, 0x40, 0x20]),
)
ENCODED = st.builds(encode_frame, FRAMES, st.sampled_from([KEY, KEY, KEY, KEY, b""]))
STREAMS = st.lists(ENCODED | st.binary(max_size=12), max_size=8).map(b"".join)
CUTS = st.lists(st.integers(0, 2000), max_size=12)


def cut(data: bytes, cuts: Iterable[int]) -> list[bytes]:
    edges = [0, *sorted(min(each, len(data)) for each in cuts), len(data)]
    return [data[start:end] for start, end in pairwise(edges)]


def events_of(connection: Connection, pieces: list[bytes]) -> list[Event]:
    return [event for piece in pieces for event in connection.receive(piece)]


def new_server(deflate: Deflate | None = None) -> Connection:
    return Connection(server=True, max_message=LIMIT, deflate=deflate)


@given(CONVERSATIONS, DEFLATES, CUTS)
def test_receiving_undoes_sending_wherever_the_bytes_are_cut(conversation, deflate: Deflate | None, cuts: list[int]):
    left = Connection(server=False, deflate=deflate, new_key=lambda: KEY)
    right = Connection(server=True, deflate=deflate)
    data = b"".join(left.send(event, size) for event, size in conversation) + left.send(Close(1000, "done"))
    assert events_of(right, cut(data, cuts)) == [*(event for event, _ in conversation), Close(1000, "done")]


@settings(max_examples=300)
@given(STREAMS, CUTS)
def test_any_stream_cut_anywhere_gives_the_same_events(data: bytes, cuts: list[int]):
    whole, pieces, single = new_server(), new_server(), new_server()
    events = events_of(whole, [data])
    assert events_of(pieces, cut(data, cuts)) == events
    assert events_of(single, [bytes([octet]) for octet in data]) == events
    assert whole.state is pieces.state is single.state


@settings(max_examples=300)
@given(STREAMS | st.binary(max_size=400), CUTS)
def test_any_compressed_stream_cut_anywhere_gives_the_same_events(data: bytes, cuts: list[int]):
    # Inflating and decoding can both fail over the same bytes; which of them does so first may depend on the cut.
    whole, pieces = new_server(Deflate()), new_server(Deflate())
    assert [code_of(e) for e in events_of(whole, [data])] == [code_of(e) for e in events_of(pieces, cut(data, cuts))]


def code_of(event: Event) -> Event | int:
    return event.code if isinstance(event, Violation) else event


@settings(max_examples=300)
@given(STREAMS | st.binary(max_size=400), st.booleans(), DEFLATES)
def test_any_bytes_end_in_events_or_in_one_violation(data: bytes, server: bool, deflate: Deflate | None):
    connection = Connection(server=server, max_message=LIMIT, deflate=deflate, new_key=lambda: KEY)
    events = connection.receive(data)
    last = [event for event in events if isinstance(event, Close | Violation)]
    assert last in ([], events[-1:])
    assert all(event.code in CODES for event in events if isinstance(event, Violation))
    assert (connection.state is State.OPEN) == (not last)
    for event in events:
        connection.answer(event)
    assert connection.state is (State.FINISHED if last else State.OPEN)
    if last:
        assert connection.receive(data) == []
