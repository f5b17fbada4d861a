"""What is fuzzed: every parser and every decoder, each with what must hold of it whatever the bytes are.

A target takes bytes and returns; it raises only if something is wrong. What is refused has to be refused by the error
that the reader promises, and a reader that takes bytes as they come has to find the same however they were cut.
"""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Iterable, Sequence
from typing import Any

from lessons.chat.rules.message import split_private
from lessons.chat.rules.names import is_readable_word, name_key
from lessons.protocols.backlog import Backlog, BadCursorError
from lessons.protocols.engineio_packets import PacketError, parse_payload
from lessons.protocols.event_stream import EventStreamParser
from lessons.protocols.http_head import HeadError, parse_request, parse_response, split_head
from lessons.protocols.http_requests import RequestReader
from lessons.protocols.origin import check_origin
from lessons.protocols.script_blocks import ScriptBlockParser
from lessons.protocols.script_escape import script_json
from lessons.protocols.socketio_packets import parse_socket_packet
from lessons.protocols.websocket_close import ProtocolError, parse_close
from lessons.protocols.websocket_connection import Connection
from lessons.protocols.websocket_deflate import Deflate, ExtensionError, accept_offers
from lessons.protocols.websocket_events import Violation
from lessons.protocols.websocket_frames import Frame, FrameReader, decode_frame, encode_frame
from lessons.protocols.websocket_handshake import (
    HandshakeError,
    UpgradeRefusedError,
    accept_request,
    check_response,
    read_request,
)
from lessons.wire import Record, Trace, annotated_bytes, sequence, table
from tests.protocols.packet_writers import encode_payload, encode_socket_packet

Target = Callable[[bytes], None]

TARGETS: dict[str, Target] = {}
"""Every target by its name; a folder of the corpus has the same name."""

KEY = "dGhlIHNhbXBsZSBub25jZQ=="
MAX_MESSAGE = 4096


def target(function: Target) -> Target:
    TARGETS[function.__name__] = function
    return function


def text(data: bytes) -> str:
    return data.decode("utf-8", "replace")


def cut(data: bytes) -> tuple[list[bytes], bytes]:
    """Cut bytes into pieces: the first byte says how long they are. Return the pieces, and the whole."""
    length, whole = (data[0] % 17 + 1, data[1:]) if data else (1, b"")
    return [whole[start : start + length] for start in range(0, len(whole), length)], whole


def found(receive: Callable[[bytes], Iterable[Any]], pieces: Sequence[bytes]) -> list[Any]:
    """Feed pieces to a reader, and return all that it finds up to a broken rule.

    Of two rules that are broken at once, the cut decides which is told; the close code is the same.
    """
    events: list[Any] = []
    with contextlib.suppress(ProtocolError):
        for piece in pieces:
            events += receive(piece)
    return [each.code if isinstance(each, Violation) else each for each in events]


def same_however_cut(new_reader: Callable[[], Callable[[bytes], Iterable[Any]]], data: bytes) -> None:
    pieces, whole = cut(data)
    in_pieces, at_once = found(new_reader(), pieces), found(new_reader(), [whole])
    assert in_pieces == at_once, f"cut in pieces {in_pieces!r}, at once {at_once!r}"


# --- HTTP -------------------------------------------------------------------------------------------------------


@target
def http_requests(data: bytes) -> None:
    def heads() -> Callable[[bytes], list[Any]]:
        reader = RequestReader(512, 512)
        return lambda piece: [each for each in reader.receive(piece) if hasattr(each, "method")]

    pieces, whole = cut(data)
    in_pieces, at_once = found(heads(), pieces), found(heads(), [whole])
    assert in_pieces[: len(at_once)] == at_once[: len(in_pieces)]  # a limit may be noticed one read later


@target
def http_head(data: bytes) -> None:
    with contextlib.suppress(HeadError):
        head, rest = split_head(data, 1024) or (data, b"")
        assert len(head) + len(rest) <= len(data)
        request = parse_request(head)
        request.query_value("since")
        request.headers.get_list("Connection")
    with contextlib.suppress(HeadError):
        parse_response(data)


@target
def origin(data: bytes) -> None:
    asked, _, host = text(data).partition("\n")
    for loopback in (True, False):
        check_origin(asked, host, ["http://localhost:8888"], loopback)


@target
def cursor(data: bytes) -> None:
    backlog: Backlog[str] = Backlog("k3f9", size=2)
    for item in "abc":
        backlog.append(item)
    with contextlib.suppress(BadCursorError):
        backlog.since(text(data))


# --- streams ----------------------------------------------------------------------------------------------------


@target
def event_stream(data: bytes) -> None:
    same_however_cut(lambda: EventStreamParser().receive, data)


@target
def script_blocks(data: bytes) -> None:
    same_however_cut(lambda: ScriptBlockParser().receive, data)


@target
def script_escape(data: bytes) -> None:
    written = script_json(text(data))
    assert "<" not in written
    assert "\u2028" not in written


# --- WebSocket --------------------------------------------------------------------------------------------------


@target
def websocket_frames(data: bytes) -> None:
    def payloads(pieces: Sequence[bytes]) -> bytes:
        reader = FrameReader(masked=True, max_payload=MAX_MESSAGE)
        frames = found(reader.feed, pieces)
        return b"".join(payload for _, payload in frames)

    pieces, whole = cut(data)
    assert payloads(pieces) == payloads([whole])
    with contextlib.suppress(ProtocolError):
        decoded = decode_frame(data)
        if decoded is not None:
            assert decode_frame(encode_frame(decoded.frame)).frame == decoded.frame  # type: ignore[union-attr]


@target
def websocket_server(data: bytes) -> None:
    same_however_cut(lambda: Connection(server=True, max_message=MAX_MESSAGE).receive, data)


@target
def websocket_client(data: bytes) -> None:
    same_however_cut(lambda: Connection(server=False, max_message=MAX_MESSAGE, deflate=Deflate()).receive, data)


@target
def websocket_round_trip(data: bytes) -> None:
    key, payload = data[:4].ljust(4, b"k"), data[4:]
    decoded = decode_frame(encode_frame(Frame(2, payload), key))
    assert decoded is not None
    assert decoded.frame.payload == payload


@target
def websocket_close(data: bytes) -> None:
    with contextlib.suppress(ProtocolError):
        parse_close(data)


@target
def websocket_extensions(data: bytes) -> None:
    with contextlib.suppress(ExtensionError):
        accept_offers([text(data)])


@target
def websocket_request(data: bytes) -> None:
    try:
        accept_request(read_request(data), lambda asked, host: None, ["chat"])
    except UpgradeRefusedError as refused:
        assert refused.response().startswith(b"HTTP/1.1 4")


@target
def websocket_response(data: bytes) -> None:
    with contextlib.suppress(HandshakeError):
        check_response(data, KEY, subprotocols=["chat"])


# --- Socket.IO, and the chat ------------------------------------------------------------------------------------


@target
def engineio_payload(data: bytes) -> None:
    with contextlib.suppress(PacketError):
        packets = parse_payload(text(data))
        assert parse_payload(encode_payload(packets)) == packets


@target
def socketio_packet(data: bytes) -> None:
    with contextlib.suppress(PacketError):
        packet = parse_socket_packet(text(data))
        assert parse_socket_packet(encode_socket_packet(packet)) == packet


@target
def chat_name(data: bytes) -> None:
    said = text(data)
    is_readable_word(said)
    assert name_key(name_key(said)) == name_key(said)
    addressed = split_private(said)
    if addressed is not None:
        assert not any(map(str.isspace, addressed[0]))


# --- the wire ---------------------------------------------------------------------------------------------------


def trace_of(data: bytes) -> Trace:
    """A trace of some connections: each record begins with a byte that says whose it is and how long."""
    trace, time = Trace(), 0.0
    for connection in (1, 2):
        trace.add(Record(0.0, connection, "up", "open"))
    while data:
        first, data = data[0], data[1:]
        length = first >> 2 or len(data)
        time += 0.01
        trace.add(Record(time, 1 + (first >> 1 & 1), "up" if first & 1 else "down", "data", data[:length], time))
        data = data[length:]
    for direction in ("up", "down"):
        trace.add(Record(time, 1, direction, "end"))
    return trace


def check_trace(trace: Trace) -> None:
    """Every byte is told once, every byte of a message has a label, and every view can show it."""
    messages = trace.messages()
    sent = sum(len(record.data) for record in trace.records() if record.kind == "data")
    told = sum(len(message.data) for message in messages if message.kind not in ("note", "connection"))
    assert told <= sent
    for message in messages:
        for span in message.spans:
            assert 0 <= span.start <= span.end <= len(message.data), f"{span} is not within {message!r}"
        repr(annotated_bytes(message))
    for view in (table, sequence):
        repr(view(trace))
    trace.cost()


@target
def trace_of_anything(data: bytes) -> None:
    check_trace(trace_of(data))


def upgraded(target_path: bytes, extensions: bytes = b"") -> Trace:
    request = b"GET %b HTTP/1.1\r\nHost: a\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n\r\n" % target_path
    response = b"HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n%b\r\n" % extensions
    trace = Trace()
    trace.add(Record(0.0, 1, "up", "open"))
    trace.add(Record(0.0, 1, "up", "data", request, 0.0))
    trace.add(Record(0.0, 1, "down", "data", response, 0.0))
    return trace


def follow(trace: Trace, data: bytes) -> None:
    pieces, _ = cut(data)
    for number, piece in enumerate(pieces):
        trace.add(Record(1.0 + number, 1, "up" if number % 3 else "down", "data", piece, 1.0 + number))
    trace.add(Record(999.0, 1, "up", "reset"))
    check_trace(trace)


@target
def trace_of_websocket(data: bytes) -> None:
    follow(upgraded(b"/", b"Sec-WebSocket-Extensions: permessage-deflate\r\n"), data)


@target
def trace_of_socketio(data: bytes) -> None:
    follow(upgraded(b"/socket.io/?EIO=4&transport=websocket"), data)


def answered(kind: bytes, data: bytes) -> None:
    trace = Trace()
    trace.add(Record(0.0, 1, "up", "open"))
    trace.add(Record(0.0, 1, "up", "data", b"GET /socket.io/ HTTP/1.1\r\nHost: a\r\n\r\n", 0.0))
    trace.add(Record(0.0, 1, "down", "data", b"HTTP/1.1 200 OK\r\nContent-Type: %b\r\n" % kind, 0.0))
    pieces, _ = cut(data)
    chunks = [b"%x\r\n%b\r\n" % (len(piece), piece) for piece in pieces]
    for number, piece in enumerate([b"Transfer-Encoding: chunked\r\n\r\n", *chunks]):
        trace.add(Record(1.0 + number, 1, "down", "data", piece, 1.0 + number))
    check_trace(trace)


@target
def trace_of_event_stream(data: bytes) -> None:
    answered(b"text/event-stream", data)


@target
def trace_of_html(data: bytes) -> None:
    answered(b"text/html; charset=utf-8", data)


@target
def trace_of_engineio(data: bytes) -> None:
    answered(b"text/plain; charset=UTF-8", data)


# --- to see that a fault is found at all ------------------------------------------------------------------------


def a_planted_fault(data: bytes) -> None:
    assert data[:2] != b"no", "the word was said"
