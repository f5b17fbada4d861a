"""Ten thousand streams, legal and damaged, judged by our connection, by `wsproto` and by `websockets` alike."""

import random
from collections import Counter
from collections.abc import Callable, Iterator

import pytest
import websockets.frames
import wsproto
import wsproto.events
from websockets.protocol import Protocol, Side
from wsproto.connection import ConnectionType

from lessons.protocols.websocket_close import ProtocolError
from lessons.protocols.websocket_connection import NO_LIMIT, Connection
from lessons.protocols.websocket_events import BinaryMessage, Close, Ping, Pong, TextMessage, Violation
from lessons.protocols.websocket_frames import Frame, FrameReader, Opcode, encode_frame

STREAMS = 10_000
SHARDS = 5

# What each judge says of a stream: messages and control frames in order, and ("end", code) where it ends by a
# Close (code None if it has none) or by a violation.
Verdict = list[tuple[str, object]]


# --- the streams -----------------------------------------------------------------------------------------


def legal_frames(rng: random.Random) -> Iterator[Frame]:
    for _ in range(rng.randrange(1, 5)):
        yield from message_frames(rng)
        if rng.random() < 0.3:
            yield Frame(rng.choice([Opcode.PING, Opcode.PONG]), rng.randbytes(rng.choice([0, 3, 125])))
    if rng.random() < 0.5:
        yield Frame(Opcode.CLOSE, rng.choice([b"", b"\x03\xe8", b"\x03\xe9bye", b"\x0f\xa1\xc3\xa9"]))


def message_frames(rng: random.Random) -> Iterator[Frame]:
    size = rng.choice([0, 1, 5, 30, 125, 126, 200])
    text = "".join(rng.choices("aé世🌍", k=size // 2)).encode()
    opcode, payload = rng.choice([(Opcode.TEXT, text), (Opcode.BINARY, rng.randbytes(size))])
    cuts = sorted(rng.randrange(len(payload) + 1) for _ in range(rng.choice([0, 0, 1, 3])))
    for start, end in zip([0, *cuts], [*cuts, len(payload)], strict=True):
        if start and rng.random() < 0.2:
            yield Frame(Opcode.PING, b"between")
        last = end == len(payload) and start == (cuts[-1] if cuts else 0)
        yield Frame(opcode, payload[start:end], fin=last)
        opcode = Opcode.CONTINUATION
        if last:
            return


def stream(seed: int) -> bytes:
    """Return a legal stream for an even seed, a damaged one for an odd seed."""
    rng = random.Random(seed)
    data = bytearray(b"".join(encode_frame(frame, rng.randbytes(4)) for frame in legal_frames(rng)))
    if seed % 2:
        damage(rng, data)
    return bytes(data)


def damage(rng: random.Random, data: bytearray) -> None:
    place = rng.randrange(min(len(data), 20) if rng.random() < 0.5 else len(data))
    match rng.randrange(4):
        case 0:
            data[place] ^= 1 << rng.randrange(8)
        case 1:
            del data[place]
        case 2:
            data.insert(place, rng.randrange(256))
        case 3:
            data[place] = rng.randrange(256)


# --- the judges --------------------------------------------------------------------------------------------


def judge_ours(data: bytes) -> Verdict:
    verdict: Verdict = []
    for event in Connection(server=True, max_message=NO_LIMIT).receive(data):
        match event:
            case TextMessage(value) | BinaryMessage(value):
                verdict.append(("message", value))
            case Ping(payload) | Pong(payload):
                verdict.append((type(event).__name__.lower(), payload))
            case Close(code) | Violation(code):
                verdict.append(("end", code and int(code)))
    return verdict


def judge_wsproto(data: bytes) -> Verdict:
    connection = wsproto.Connection(ConnectionType.SERVER)
    connection.receive_data(data)
    verdict: Verdict = []
    parts: list[str | bytes] = []
    for event in connection.events():
        match event:
            case wsproto.events.TextMessage(data=part) | wsproto.events.BytesMessage(data=part):
                parts.append(part if isinstance(part, str) else bytes(part))
                if event.message_finished:
                    verdict.append(("message", type(parts[0])().join(parts)))
                    parts = []
            case wsproto.events.Ping(payload=payload) | wsproto.events.Pong(payload=payload):
                verdict.append((type(event).__name__.lower(), bytes(payload)))
            case wsproto.events.CloseConnection(code=code):
                verdict.append(("end", None if code == 1005 else int(code)))
                return verdict
    return verdict


def judge_websockets(data: bytes) -> Verdict:
    protocol = Protocol(Side.SERVER, max_size=None)
    protocol.receive_data(data)
    verdict: Verdict = []
    kind, parts = None, []
    for frame in protocol.events_received():
        if frame.opcode in (1, 2, 0):
            kind = kind if frame.opcode == 0 else frame.opcode
            parts.append(bytes(frame.data))
            if frame.fin:
                try:  # it leaves UTF-8 to the layer above, which would close with 1007
                    verdict.append(("message", b"".join(parts).decode() if kind == 1 else b"".join(parts)))
                except UnicodeDecodeError:
                    return [*verdict, ("end", 1007)]
                parts = []
        elif frame.opcode == 8:
            code = websockets.frames.Close.parse(frame.data).code
            return [*verdict, ("end", None if code == 1005 else code)]
        else:
            verdict.append((frame.opcode.name.lower(), bytes(frame.data)))
    if protocol.parser_exc is not None:
        sent = protocol.close_sent
        assert sent is not None
        verdict.append(("end", sent.code))
    return verdict


def is_early(ours: Verdict, theirs: Verdict) -> bool:
    """Tell whether ours ends by a violation in a frame, or a text, that the other judge waits to see in full.

    It may go on then with control frames, or name another fault where there are two, such as a Close with a bad code
    and a bad reason; but it may not take the message.
    """
    before, rest = theirs[: len(ours) - 1], theirs[len(ours) - 1 :]
    faults = [("end", 1002), ("end", 1007)]
    judged = [said for said in rest if said[0] in ("message", "end")]
    return ours[-1] in faults and before == ours[:-1] and all(said in faults for said in judged)


def websockets_differs(data: bytes) -> bool:
    """Tell whether a stream has one of the two things in which `websockets` goes its own way.

    It takes lengths that are longer than their shortest form, and refuses a Close between two fragments.
    """
    unfinished = False
    try:
        for raw in FrameReader(masked=True, max_payload=NO_LIMIT).feed(data):
            frame = Frame.from_raw(*raw)
            if frame.opcode == Opcode.CLOSE:
                return unfinished
            unfinished = not frame.fin if frame.opcode < 8 else unfinished
    except ProtocolError as error:
        return "shortest form" in error.sentence
    return False


@pytest.mark.parametrize("shard", range(SHARDS))
@pytest.mark.parametrize("judge", [judge_wsproto, judge_websockets])
def test_verdicts_agree(judge: Callable[[bytes], Verdict], shard: int):
    early = 0
    for seed in range(shard, STREAMS, SHARDS):
        data = stream(seed)
        ours, theirs = judge_ours(data), judge(data)
        if ours != theirs and not (judge is judge_websockets and websockets_differs(data)):
            assert ours[-1:] and is_early(ours, theirs), f"seed {seed}: {ours} is not {theirs} for {data.hex(' ')}"
            early += 1
    assert early < STREAMS / SHARDS / 10


def test_the_streams_are_worth_judging():
    verdicts = [judge_ours(stream(seed)) for seed in range(0, STREAMS, 5)]
    ends = Counter(verdict[-1][1] for verdict in verdicts if verdict and verdict[-1][0] == "end")
    assert min(ends[code] for code in (None, 1000, 1001, 4001, 1002, 1007)) > 20
    assert all(verdict[-1][1] not in (1002, 1007) for verdict in verdicts[::2] if verdict)
