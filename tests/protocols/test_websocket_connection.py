"""A connection from its first frame to its end: RFC 6455, sections 5 to 8, and RFC 7692."""

import itertools
import zlib

import pytest

from lessons.protocols.websocket_connection import (
    TRANSITIONS,
    Action,
    Connection,
    NotAllowedError,
    State,
    encode_message,
)
from lessons.protocols.websocket_deflate import Deflate
from lessons.protocols.websocket_events import (
    BinaryMessage,
    Close,
    Closed,
    Event,
    Ping,
    Pong,
    TextMessage,
    Violation,
)
from lessons.protocols.websocket_frames import RSV1, Frame, Opcode, decode_frame, encode_frame
from lessons.protocols.websocket_keepalive import KeepAlive

KEY = bytes.fromhex("37fa213d")


def server(**options) -> Connection:
    return Connection(server=True, **options)


def client(**options) -> Connection:
    return Connection(server=False, new_key=lambda: KEY, **options)


def masked(*frames: Frame) -> bytes:
    return b"".join(encode_frame(frame, KEY) for frame in frames)


def frame_of(data: bytes) -> Frame:
    decoded = decode_frame(data)
    assert decoded is not None
    assert decoded.end == len(data)
    return decoded.frame


def violation(events: list[Event]) -> Violation:
    assert isinstance(events[-1], Violation)
    return events[-1]


# --- the transition table ------------------------------------------------------------------------------

# Each action, as it is done to a connection from outside. Sending is done by `send`; what is received and what time
# brings are not up to this side, so where the table has no entry for them they must leave everything as it is.


def receive(frame: Frame):
    return lambda connection: connection.receive(masked(frame))


ACTIONS = {
    Action.RECEIVE_FRAME: receive(Frame(Opcode.TEXT, b"x")),
    Action.RECEIVE_CLOSE: receive(Frame(Opcode.CLOSE, b"\x03\xe8")),
    Action.VIOLATION: receive(Frame(3, b"")),
    Action.SEND_FRAME: lambda connection: connection.send(TextMessage("x")),
    Action.SEND_CLOSE: lambda connection: connection.send(Close(1000)),
    Action.END: lambda connection: connection.receive_end(),
}
PATHS = {
    State.OPEN: [],
    State.CLOSE_SENT: [Action.SEND_CLOSE],
    State.CLOSE_RECEIVED: [Action.RECEIVE_CLOSE],
    State.FAILED: [Action.VIOLATION],
    State.FINISHED: [Action.SEND_CLOSE, Action.RECEIVE_CLOSE],
    State.CLOSED: [Action.END],
}


def connection_in(state: State) -> Connection:
    connection = server(keep_alive=KeepAlive(interval=20, timeout=5))
    for action in PATHS[state]:
        ACTIONS[action](connection)
    assert connection.state is state
    return connection


def test_table_knows_every_state():
    assert set(TRANSITIONS) == set(State) == set(PATHS)
    assert {action for row in TRANSITIONS.values() for action in row} == set(Action)


@pytest.mark.parametrize(("state", "action"), list(itertools.product(State, ACTIONS)))
def test_every_state_with_every_action(state: State, action: Action):
    connection = connection_in(state)
    if action in TRANSITIONS[state]:
        ACTIONS[action](connection)
        assert connection.state is TRANSITIONS[state][action]
    elif action in (Action.SEND_FRAME, Action.SEND_CLOSE):
        with pytest.raises(NotAllowedError, match=state.value):
            ACTIONS[action](connection)
        assert connection.state is state
    else:
        assert ACTIONS[action](connection) in ([], Closed(1000), Closed(1006))
        assert connection.state is state


@pytest.mark.parametrize("state", State)
def test_every_state_when_the_peer_is_silent_too_long(state: State):
    connection = connection_in(state)
    first, second = connection.check_time(100), connection.check_time(105)
    if state is State.OPEN:
        assert first == Ping()
        assert isinstance(second, Violation)
    else:
        assert first is None
        assert (second is not None) == (Action.TIME_OUT in TRANSITIONS[state])
    assert connection.state is TRANSITIONS[state].get(Action.TIME_OUT, state)


@pytest.mark.parametrize("state", State)
def test_may_send_is_what_the_table_says(state: State):
    assert connection_in(state).may_send == (Action.SEND_FRAME in TRANSITIONS[state])


def test_every_state_leads_to_the_end():
    reached = {State.CLOSED}
    for _ in State:
        reached |= {state for state, row in TRANSITIONS.items() if reached & set(row.values())}
    assert reached == set(State)


# --- messages (sections 5.4 to 5.6) ----------------------------------------------------------------------

BIG = bytes(range(256)) * 300
MESSAGES = [
    ("empty text", [Frame(Opcode.TEXT, b"")], [TextMessage("")]),
    ("text", [Frame(Opcode.TEXT, "Grüße, 世界 🌍".encode())], [TextMessage("Grüße, 世界 🌍")]),
    ("binary", [Frame(Opcode.BINARY, BIG)], [BinaryMessage(BIG)]),
    (
        "fragments, a character cut in two",
        [Frame(Opcode.TEXT, b"\xc3", fin=False), Frame(Opcode.CONTINUATION, b"\xa9")],
        [TextMessage("é")],
    ),
    (
        "fragments, some of them empty",
        [Frame(Opcode.BINARY, b"", fin=False), Frame(0, b"", fin=False), Frame(0, b"a", fin=False), Frame(0, b"")],
        [BinaryMessage(b"a")],
    ),
    (
        "control frames between fragments",
        [
            Frame(Opcode.TEXT, b"a", fin=False),
            Frame(Opcode.PING, b"1"),
            Frame(Opcode.CONTINUATION, b"b", fin=False),
            Frame(Opcode.PONG, b"2"),
            Frame(Opcode.CONTINUATION, b"c"),
        ],
        [Ping(b"1"), Pong(b"2"), TextMessage("abc")],
    ),
    (
        "line ends stay as they are",
        [Frame(Opcode.TEXT, b"\r\n\n", fin=False), Frame(Opcode.CONTINUATION, b"\r")],
        [TextMessage("\r\n\n\r")],
    ),
    ("close without a code", [Frame(Opcode.CLOSE, b"")], [Close(None)]),
    ("close with a reason", [Frame(Opcode.CLOSE, b"\x0f\xa1Bye")], [Close(4001, "Bye")]),
    ("what is behind a Close isn't read", [Frame(Opcode.CLOSE, b""), Frame(3, b"")], [Close(None)]),
]


@pytest.mark.parametrize("size", [1, 5, 1_000_000], ids=["byte by byte", "five bytes", "whole"])
@pytest.mark.parametrize(("frames", "events"), [case[1:] for case in MESSAGES], ids=[case[0] for case in MESSAGES])
def test_received(frames: list[Frame], events: list[Event], size: int):
    data = masked(*frames)
    connection = server()
    assert [e for i in range(0, len(data), size) for e in connection.receive(data[i : i + size])] == events


VIOLATIONS = [
    ("5.4, continuation of nothing", [Frame(0, b"x")], 1002, "no message has begun"),
    ("5.4, new message inside another", [Frame(1, b"a", fin=False), Frame(1, b"b")], 1002, "before the last fragment"),
    ("5.4, new fragments inside others", [Frame(1, b"", fin=False), Frame(2, b"", fin=False)], 1002, "before the last"),
    ("5.5.1, half a code", [Frame(8, b"\x03")], 1002, "two bytes"),
    ("7.4, code that may not be sent", [Frame(8, b"\x03\xed")], 1002, "1005 may not be sent"),
    ("8.1, text", [Frame(1, b"\xff")], 1007, "not UTF-8"),
    ("8.1, text that ends early", [Frame(1, b"\xc3")], 1007, "not UTF-8"),
    ("8.1, fragments that end early", [Frame(1, b"\xc3", fin=False), Frame(0, b"")], 1007, "not UTF-8"),
    ("8.1, a surrogate", [Frame(1, b"\xed\xa0\x80")], 1007, "not UTF-8"),
    ("8.1, beyond U+10FFFF", [Frame(1, b"\xf4\x90\x80\x80")], 1007, "not UTF-8"),
    ("8.1, reason of a Close", [Frame(8, b"\x03\xe8\xff")], 1007, "not UTF-8"),
    ("10.4, a frame too long", [Frame(2, bytes(1001))], 1009, "1001 bytes"),
    ("10.4, fragments too long", [Frame(2, bytes(600), fin=False), Frame(0, bytes(401))], 1009, "400 more"),
]


@pytest.mark.parametrize("size", [1, 1_000_000], ids=["byte by byte", "whole"])
@pytest.mark.parametrize(("frames", "code", "words"), [case[1:] for case in VIOLATIONS], ids=[c[0] for c in VIOLATIONS])
def test_violation_is_named_and_answered_by_its_code(frames: list[Frame], code: int, words: str, size: int):
    data = masked(Frame(1, b"before"), *frames) + b"never read"
    connection = server(max_message=1000)
    events = [e for i in range(0, len(data), size) for e in connection.receive(data[i : i + size])]
    assert events[0] == TextMessage("before")
    assert len(events) == 2
    found = violation(events)
    assert found.code == code
    assert words in found.sentence
    assert found.section.startswith("RFC 6455, section ")
    reply = frame_of(connection.answer(found))
    assert reply.opcode == Opcode.CLOSE
    assert reply.payload == code.to_bytes(2, "big") + f"{found.sentence} ({found.section})".encode()
    assert connection.state is State.FINISHED
    assert connection.receive(masked(Frame(1, b"x"))) == []


def test_what_came_before_a_violation_may_still_be_answered_until_the_close():
    connection = server()
    message, found = connection.receive(masked(Frame(Opcode.TEXT, b"x"), Frame(3, b"")))
    assert message == TextMessage("x")
    assert connection.send(message) == b"\x81\x01x"
    connection.answer(found)
    with pytest.raises(NotAllowedError):
        connection.send(message)


def test_bad_character_is_found_before_its_frame_is_there():
    data = masked(Frame(Opcode.TEXT, b"ok \xff and a long rest" + bytes(500)))
    events = server().receive(data[:12])
    assert violation(events).code == 1007


def test_message_of_exactly_the_limit_is_taken_in_any_fragments():
    connection = server(max_message=1000)
    halves = [Frame(Opcode.BINARY, bytes(500), fin=False), Frame(0, bytes(500))]
    assert connection.receive(masked(Frame(Opcode.BINARY, bytes(1000)), *halves)) == [BinaryMessage(bytes(1000))] * 2


def test_too_long_a_frame_is_refused_by_its_header():
    data = masked(Frame(Opcode.BINARY, bytes(1001)))
    assert violation(server(max_message=1000).receive(data[:8])).code == 1009


def test_many_fragments_are_no_matter():
    fragments = [Frame(Opcode.TEXT, b"", fin=False), *[Frame(0, b"ab", fin=False)] * 50_000, Frame(0, b"")]
    assert server().receive(masked(*fragments)) == [TextMessage("ab" * 50_000)]


# --- sending -----------------------------------------------------------------------------------------


def test_server_does_not_mask_and_client_does_with_a_new_key_each_time():
    assert server().send(TextMessage("Hello")) == bytes.fromhex("81 05 48 65 6c 6c 6f")
    keys = iter([KEY, b"abcd"])
    connection = Connection(server=False, new_key=lambda: next(keys))
    assert connection.send(TextMessage("Hello")) == bytes.fromhex("81 85 37 fa 21 3d 7f 9f 4d 51 58")
    assert connection.send(TextMessage("Hello"))[2:6] == b"abcd"


@pytest.mark.parametrize("message", [TextMessage("héllo wörld"), BinaryMessage(b"hello"), TextMessage("")])
@pytest.mark.parametrize("size", [1, 3, 100])
def test_message_is_sent_in_fragments(message: TextMessage | BinaryMessage, size: int):
    data = client().send(message, fragment_size=size)
    assert server().receive(data) == [message]
    decoded = decode_frame(data)
    assert decoded is not None
    assert len(decoded.frame.payload) <= size


def test_control_frame_is_never_cut():
    assert frame_of(server().send(Ping(b"abc"), fragment_size=1)) == Frame(Opcode.PING, b"abc")


def test_encoded_once_for_all():
    assert encode_message(BinaryMessage(b"x")) == server().send(BinaryMessage(b"x"))


@pytest.mark.parametrize(
    "event", [Ping(bytes(126)), Pong(bytes(126)), Close(1006), Close(None, "x"), Close(1000, "x" * 124)], ids=str
)
def test_what_would_break_a_rule_is_not_sent(event: Ping | Pong | Close):
    connection = server()
    with pytest.raises(ValueError, match="RFC 6455"):
        connection.send(event)
    assert connection.state is State.OPEN


def test_lone_surrogate_is_not_sent():
    with pytest.raises(ValueError, match="surrogates"):
        server().send(TextMessage("\ud800"))


# --- ping, close and the end (sections 5.5 and 7) ----------------------------------------------------------


def test_ping_is_answered_with_its_payload():
    assert frame_of(server().answer(Ping(b"abc"))) == Frame(Opcode.PONG, b"abc")


@pytest.mark.parametrize("event", [Pong(b"x"), TextMessage("x"), BinaryMessage(b"x"), Closed(1000)], ids=str)
def test_nothing_is_owed_for_the_rest(event: Event):
    assert server().answer(event) == b""


def test_ping_behind_our_close_is_not_answered():
    connection = server()
    connection.send(Close(1000))
    assert connection.receive(masked(Frame(Opcode.PING, b"x"))) == [Ping(b"x")]
    assert connection.answer(Ping(b"x")) == b""


@pytest.mark.parametrize(("payload", "code"), [(b"", None), (b"\x03\xe8", 1000), (b"\x0f\xa1why", 4001)])
def test_close_of_the_peer_is_answered_by_its_code(payload: bytes, code: int | None):
    connection = server()
    (event,) = connection.receive(masked(Frame(Opcode.CLOSE, payload)))
    assert frame_of(connection.answer(event)).payload == payload[:2]
    assert connection.state is State.FINISHED
    assert connection.receive_end() == Closed(code or 1005, "why" if code == 4001 else "")


def test_close_of_ours_is_not_answered_again():
    connection = server()
    connection.send(Close(1001, "bye"))
    (event,) = connection.receive(masked(Frame(Opcode.CLOSE, b"\x03\xe9")))
    assert connection.answer(event) == b""
    assert connection.state is State.FINISHED


def test_both_close_at_once():
    left, right = client(), server()
    from_left, from_right = left.send(Close(1000)), right.send(Close(1001))
    assert left.receive(from_right) == [Close(1001)]
    assert right.receive(from_left) == [Close(1000)]
    assert left.state is right.state is State.FINISHED


def test_end_without_close_is_abnormal():
    assert server().receive_end() == Closed(1006)


def test_message_half_arrived_is_lost_with_the_connection():
    connection = server()
    assert connection.receive(masked(Frame(Opcode.TEXT, b"half", fin=False))) == []
    assert connection.receive_end() == Closed(1006)


# --- time ----------------------------------------------------------------------------------------------


def test_silent_peer_is_asked_then_given_up():
    connection = server(keep_alive=KeepAlive(interval=20, timeout=5))
    connection.receive(masked(Frame(Opcode.TEXT, b"x")), now=10)
    assert connection.check_time(29.9) is None
    assert connection.check_time(30) == Ping()
    assert connection.check_time(34) is None
    found = connection.check_time(35)
    assert isinstance(found, Violation)
    assert (found.code, connection.state) == (1011, State.FAILED)
    assert frame_of(connection.answer(found)).payload[:2] == b"\x03\xf3"
    assert connection.check_time(36) is None
    assert connection.check_time(41) == Closed(1006)
    assert connection.state is State.CLOSED
    assert connection.check_time(99) is None


def test_peer_that_answers_is_kept():
    connection = server(keep_alive=KeepAlive(interval=20, timeout=5))
    for now in range(20, 2000, 20):
        assert connection.check_time(now) == Ping()
        connection.receive(masked(Frame(Opcode.PONG, b"")), now)


def test_peer_that_never_answers_our_close_is_given_up_though_it_goes_on_talking():
    connection = server(keep_alive=KeepAlive(interval=20, timeout=5))
    connection.send(Close(1000))
    for now in range(5):
        assert connection.receive(masked(Frame(Opcode.TEXT, b"x")), now) == [TextMessage("x")]
        assert connection.check_time(now) is None
    assert connection.check_time(5) == Closed(1006)


# --- compression (RFC 7692) ------------------------------------------------------------------------------

PARAMETERS = [
    Deflate(*flags, *bits)
    for flags in itertools.product([False, True], repeat=2)
    for bits in [(15, 15), (9, 12), (12, 9)]
]


@pytest.mark.parametrize("deflate", PARAMETERS, ids=str)
@pytest.mark.parametrize("fragment_size", [None, 7])
def test_compressed_both_ways_by_all_four_parameters(deflate: Deflate, fragment_size: int | None):
    left, right = client(deflate=deflate), server(deflate=deflate)
    text, data = TextMessage("news " * 2000), BinaryMessage(bytes(range(256)) * 20)
    for message in (text, data, text, TextMessage("")):
        upstream = left.send(message, fragment_size)
        assert upstream[0] & RSV1
        assert right.receive(upstream) == [message]
        downstream = right.send(message, fragment_size)
        assert downstream[0] & RSV1
        assert left.receive(downstream) == [message]


def test_compressed_message_is_short_on_the_wire():
    assert len(server(deflate=Deflate()).send(TextMessage("news " * 2000))) < 100


def test_message_may_come_uncompressed_though_compression_is_agreed_on():
    assert server(deflate=Deflate()).receive(masked(Frame(Opcode.TEXT, b"plain"))) == [TextMessage("plain")]


def test_control_frame_between_compressed_fragments():
    data = client(deflate=Deflate()).send(TextMessage("Hello, hello, hello"), fragment_size=4)
    connection = server(deflate=Deflate())
    assert connection.receive(data[:10] + masked(Frame(Opcode.PING, b"")) + data[10:]) == [
        Ping(b""),
        TextMessage("Hello, hello, hello"),
    ]


def deflated(payload: bytes) -> bytes:
    stream = zlib.compressobj(wbits=-15)
    return (stream.compress(payload) + stream.flush(zlib.Z_SYNC_FLUSH))[:-4]


@pytest.mark.parametrize(
    ("payload", "code"),
    [
        (deflated(b"\xff"), 1007),
        (b"\xff\xff\xff", 1007),
        (deflated(bytes(1001)), 1009),
        (deflated(bytes(9_000_000)), 1009),
        (deflated("é".encode() * 600), 1009),
    ],
    ids=["not UTF-8", "not deflate", "one byte too long", "bomb", "too long, a character cut by the limit"],
)
def test_compressed_message_is_refused(payload: bytes, code: int):
    connection = server(deflate=Deflate(), max_message=1000)
    assert violation(connection.receive(masked(Frame(Opcode.TEXT, payload, rsv=RSV1)))).code == code


def test_limit_holds_for_the_inflated_size_and_only_for_it():
    noise = zlib.compress(bytes(i * i % 251 for i in range(1000)), 9)[:200]
    connection = server(deflate=Deflate(), max_message=200)
    stored = zlib.compressobj(0, wbits=-15)
    payload = b"".join(stored.compress(noise[i : i + 1]) + stored.flush(zlib.Z_SYNC_FLUSH) for i in range(200))[:-4]
    assert len(payload) > 1000
    assert connection.receive(masked(Frame(Opcode.BINARY, payload, rsv=RSV1))) == [BinaryMessage(noise[:200])]
    begin, rest = Frame(Opcode.BINARY, payload[:900], fin=False, rsv=RSV1), Frame(0, payload[900:])
    assert connection.receive(masked(begin, rest)) == [BinaryMessage(noise[:200])]


def test_compressed_frames_without_agreement_are_refused():
    assert violation(server().receive(masked(Frame(Opcode.TEXT, b"", rsv=RSV1)))).code == 1002


# --- how things look -------------------------------------------------------------------------------------


def test_repr_of_a_long_message_is_short():
    assert repr(TextMessage("x" * 100)) == f"TextMessage('{'x' * 64}'… 100 characters)"
    assert repr(BinaryMessage(b"\x00")) == "BinaryMessage(b'\\x00')"
    assert repr(Close(1000, "bye")) == "Close(code=1000, reason='bye')"
