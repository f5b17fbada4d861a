"""Every reader is linear in its input: twice the bytes are twice the work, however small the pieces are.

The work is counted, not timed: the bytes that are handed to functions, put into variables, and looked at by methods of
bytes and by patterns. What a pattern does again and again within one call isn't seen; the last test is for that.
"""

import re
import sys
import zlib
from collections.abc import Callable, Iterator
from pathlib import Path
from types import FrameType, ModuleType

import pytest

import lessons
from lessons.protocols.event_stream import EventStreamParser
from lessons.protocols.http_requests import RequestReader
from lessons.protocols.script_blocks import ScriptBlockParser
from lessons.protocols.websocket_connection import Connection
from lessons.protocols.websocket_deflate import Deflate
from lessons.protocols.websocket_frames import RSV1, Frame, FrameReader, Opcode, encode_frame
from lessons.wire.decoders.engineio import EngineIOContent
from lessons.wire.decoders.event_stream import EventStreamContent
from lessons.wire.decoders.script_blocks import HtmlContent
from lessons.wire.record import Record
from lessons.wire.redact import redact
from lessons.wire.trace import Trace
from tests.wire.test_http1 import CHUNKED, GET, SWITCH, UPGRADE
from tests.wire.test_websocket_decoder import DEFLATED, KEY, PLAIN

PACKAGE = str(Path(lessons.__file__).parent)
PIECE = 40
"""How many bytes a reader is given at once."""
PIECES = 60
"""In how many pieces; and then in twice as many."""
MUCH = 1 << 18
"""How many bytes it is given in one piece."""
GROW = frozenset({"append", "extend", "clear", "decode"})
"""What a buffer may do as often as it likes: it costs what is added; decoding is counted by what comes of it."""

Feed = Callable[[bytes], object]


class CountedPattern:
    """A pattern that counts the bytes that it is let loose on."""

    def __init__(self, pattern: re.Pattern, work: "Work") -> None:
        self._pattern = pattern
        self._work = work

    def __getattr__(self, name: str) -> object:
        method = getattr(self._pattern, name)
        return self._counted(name, method) if callable(method) else method

    def _counted(self, name: str, method: Callable) -> Callable:
        def call(*arguments: object) -> object:
            data = arguments[1] if name == "sub" else arguments[0]
            start = arguments[1] if name in ("search", "match", "finditer") and len(arguments) > 1 else 0
            found = method(*arguments)
            if name in ("search", "match") and found is not None:
                self._work.count += found.end() - start
            elif name != "match":
                self._work.count += len(data) - start
            return found

        return call


class Work:
    """Counts what is done to bytes and text while it is entered."""

    def __init__(self) -> None:
        self.count = 0

    def __enter__(self) -> "Work":
        sys.settrace(self._entered)
        sys.setprofile(self._called)
        return self

    def __exit__(self, *_: object) -> None:
        sys.setprofile(None)
        sys.settrace(None)

    def _entered(self, frame: FrameType, event: str, argument: object) -> Callable | None:
        if not frame.f_code.co_filename.startswith(PACKAGE):
            return None
        seen: dict[str, int] = {}

        def look(frame: FrameType, event: str, argument: object) -> Callable:
            for name, value in frame.f_locals.items():
                if isinstance(value, bytes | bytearray | str) and seen.get(name) != id(value):
                    seen[name] = id(value)
                    self.count += len(value)
            return look

        return look(frame, event, argument)

    def _called(self, frame: FrameType, event: str, function: object) -> None:
        if event == "c_call" and frame.f_code.co_filename.startswith(PACKAGE):
            owner = getattr(function, "__self__", None)
            if isinstance(owner, bytes | bytearray | str) and function.__name__ not in GROW:
                self.count += len(owner)


def modules() -> Iterator[ModuleType]:
    for name, module in list(sys.modules.items()):
        if name.startswith(("lessons.protocols", "lessons.wire")):
            yield module


@pytest.fixture
def work(monkeypatch) -> Work:
    work = Work()
    for module in modules():
        for name, value in list(vars(module).items()):
            if isinstance(value, re.Pattern):
                monkeypatch.setattr(module, name, CountedPattern(value, work))
    return work


# --- what is read -----------------------------------------------------------------------------------------------


def cut(data: bytes, size: int = PIECE) -> list[bytes]:
    return [data[start : start + size] for start in range(0, len(data), size)]


def one(start: bytes, unit: bytes) -> Callable[[int], bytes]:
    """Return what makes an input of so many bytes: a start, and behind it the same again and again."""
    return lambda size: start + unit * ((size - len(start)) // len(unit))


EVENT_STREAMS = {
    "a long value": one(b"data: ", b"x"),
    "a long ID": one(b"id: ", b"7"),
    "a long number": one(b"retry: ", b"7"),
    "a long comment": one(b": ", b" x"),
    "a long name": one(b"", b"x"),
    "a name without end": one(b"", b" "),
    "many events": one(b"", b"id: 7\ndata: x\n\n"),
    "an event of many lines": one(b"", b"data: x\r\n"),
    "line ends": one(b"", b"\r"),
}
DOCUMENTS = {
    "text": one(b"", b"<p>text"),
    "a block without end": one(b"<script>parent.a(", b"1,"),
    "a name without end": one(b"<script>parent.", b"a"),
    "begins without end": one(b"", b"<script>parent.a("),
    "blocks": one(b"", b"<script>parent.a(1)</script>\n"),
    "end tags": one(b"", b"</script>"),
    "almost end tags": one(b"", b"</script"),
}
PACKETS = {
    "packets": one(b"", b"2\x1e"),
    "an event": one(b'42["', b"x"),
    "brackets": one(b"42", b"["),
    "a namespace": one(b"42/", b"x"),
    "digits": one(b"42", b"7"),
    "base64": one(b"b", b"AQID"),
    "no packet": one(b"", b"x"),
}


def frame(payload: bytes, opcode: int = Opcode.TEXT, *, fin: bool = True) -> bytes:
    return encode_frame(Frame(opcode, payload, fin), KEY)


def fragments(size: int) -> bytes:
    count = size // 12
    return frame(b"hello", fin=False) + frame(b"hello", Opcode.CONTINUATION, fin=False) * count


FRAMES = {
    "a long text": lambda size: frame(b"x" * size),
    "a long binary message": lambda size: frame(bytes(size), Opcode.BINARY),
    "short texts": one(b"", frame(b"hello")),
    "pings": one(b"", frame(b"x" * 125, Opcode.PING)),
    "fragments": fragments,
}


def deflated(size: int) -> bytes:
    compressor = Deflate().compressor(server=False)
    texts = (compressor.compress(b"hello %d" % number) for number in range(size // 12))
    return b"".join(encode_frame(Frame(Opcode.TEXT, text, rsv=RSV1), KEY) for text in texts)


def last_blocks(size: int) -> bytes:
    """A message of deflate blocks each of which calls itself the last (RFC 7692, section 7.2.3.4)."""
    compressor = zlib.compressobj(wbits=-15)
    block = compressor.compress(b"x") + compressor.flush()
    return encode_frame(Frame(Opcode.TEXT, block * (size // len(block)), rsv=RSV1), KEY)


DEFLATED_FRAMES = {"texts": deflated, "blocks": last_blocks}
REQUESTS = {
    "requests": one(b"", GET),
    "empty lines": one(b"", b"\r\n"),
    "a long target": one(b"GET /", b"x"),
    "a long field": one(GET[:-2] + b"A: ", b"x"),
    "a long cookie": one(GET[:-2] + b"Cookie: ", b" x"),
    "a folded cookie": one(GET[:-2] + b"Cookie: x\r\n", b" x\r\n"),
    "many fields": one(GET[:-2], b"A: x\r\n"),
    "content": lambda size: b"POST / HTTP/1.1\r\nHost: a\r\nContent-Length: %d\r\n\r\n" % size + b"x" * size,
    "bytes that are not HTTP": one(b"\x16\x03", b"x"),
}
STREAM_HEAD = b"HTTP/1.1 200 OK\r\nContent-Type: %b\r\n\r\n"
ANSWERS = {
    "content to the end": one(STREAM_HEAD % b"text/plain", b"x"),
    "chunks": one(CHUNKED, b"5\r\nhello\r\n"),
    "a long chunk": lambda size: CHUNKED + b"%x\r\n" % size + b"x" * size,
    "trailer fields": one(CHUNKED + b"0\r\n", b"A: x\r\n"),
    "a size without end": one(CHUNKED, b"0"),
    "an event": one(STREAM_HEAD % b"text/event-stream" + b"data: ", b"x"),
    "a script block": one(STREAM_HEAD % b"text/html" + b"<script>parent.a(", b"1,"),
}


def trace_of(*before: tuple[str, bytes], direction: str) -> Callable[[], Feed]:
    """Return what makes a trace that is asked for its messages after each piece that comes in a direction."""

    def make() -> Feed:
        trace = Trace()
        for way, data in before:
            trace.add(Record(0.0, 1, way, "data", data))

        def feed(data: bytes) -> object:
            seen = trace.messages()
            trace.add(Record(0.0, 1, direction, "data", data))
            return trace.messages(after=seen[-1].number if seen else 0)

        return feed

    return make


LIMIT = 1 << 24


def frame_reader() -> Feed:
    reader = FrameReader(masked=True, max_payload=LIMIT)
    return lambda data: list(reader.feed(data))


READERS: dict[str, tuple[Callable[[], Feed], dict[str, Callable[[int], bytes]]]] = {
    "the client of event streams": (lambda: EventStreamParser().receive, EVENT_STREAMS),
    "the view of event streams": (lambda: EventStreamContent().receive, EVENT_STREAMS),
    "the client of iframe streaming": (lambda: ScriptBlockParser().receive, DOCUMENTS),
    "the view of iframe streaming": (lambda: HtmlContent().receive, DOCUMENTS),
    "the view of Engine.IO": (lambda: EngineIOContent().receive, PACKETS),
    "the reader of frames": (frame_reader, FRAMES),
    "the WebSocket connection": (lambda: Connection(server=True).receive, FRAMES),
    "the WebSocket connection, deflated": (
        lambda: Connection(server=True, deflate=Deflate()).receive,
        DEFLATED_FRAMES,
    ),
    "the reader of requests": (lambda: RequestReader(LIMIT, LIMIT).receive, REQUESTS),
    "the trace of requests": (trace_of(direction="up"), REQUESTS),
    "the trace of answers": (trace_of(("up", GET), direction="down"), ANSWERS),
    "the trace of frames": (trace_of(("up", PLAIN[0]), ("down", PLAIN[1]), direction="up"), FRAMES),
    "the trace of deflated frames": (
        trace_of(("up", DEFLATED[0]), ("down", DEFLATED[1]), direction="up"),
        DEFLATED_FRAMES,
    ),
    "the trace of an unknown protocol": (
        trace_of(("up", UPGRADE), ("down", SWITCH), direction="up"),
        {"bytes": one(b"", b"x")},
    ),
}
CASES = [
    pytest.param(make_reader, make_input, id=f"{reader}: {what}")
    for reader, (make_reader, inputs) in READERS.items()
    for what, make_input in inputs.items()
]


# --- the tests --------------------------------------------------------------------------------------------------


def done(work: Work, feed: Feed, pieces: list[bytes]) -> int:
    """Return how much work it is to feed a reader these pieces."""
    before = work.count
    with work:
        for piece in pieces:
            feed(piece)
    return work.count - before


@pytest.mark.parametrize(("make_reader", "make_input"), CASES)
def test_twice_the_bytes_are_twice_the_work(work, make_reader, make_input):
    once = done(work, make_reader(), cut(make_input(PIECES * PIECE)))
    twice = done(work, make_reader(), cut(make_input(2 * PIECES * PIECE)))
    assert once > 0
    assert twice < 2.3 * once, f"{once:,} for {PIECES} pieces, and {twice:,} for twice as many"


def test_the_count_sees_what_is_read_anew_with_each_piece(work):
    class Anew:
        """A reader of lines as one would first write it."""

        unfinished = b""

        def receive(self, data: bytes) -> list[bytes]:
            *lines, self.unfinished = (self.unfinished + data).split(b"\n")
            return lines

    Anew.receive.__code__ = Anew.receive.__code__.replace(co_filename=f"{PACKAGE}/anew.py")
    once, twice = (done(work, Anew().receive, cut(bytes(size * PIECE))) for size in (PIECES, 2 * PIECES))
    assert twice > 3.5 * once


@pytest.mark.parametrize(("make_reader", "make_input"), CASES)
def test_much_at_once_is_read_at_all(make_reader, make_input):
    """A pattern that tries each beginning with each end would be at it for many minutes."""
    feed = make_reader()
    feed(make_input(MUCH))


def test_many_secrets_are_blotted_out_at_all():
    for unit in (b"Cookie", b"Cookie: ", b"Cookie: x\n", b"\n ", b" "):
        data = b"Cookie" + unit * (MUCH // len(unit))
        assert len(redact(data)) == len(data)
