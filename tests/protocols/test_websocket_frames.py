"""Frames, bit by bit: RFC 6455, section 5."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lessons.protocols.websocket_close import CloseCode, ProtocolError
from lessons.protocols.websocket_frames import (
    OPCODES,
    RSV1,
    RSV2,
    RSV3,
    Frame,
    FrameReader,
    Opcode,
    decode_frame,
    encode_frame,
    mask_bytes,
)
from lessons.serving.compiled_mask import mask as compiled_mask

KEY = bytes.fromhex("37fa213d")

# Section 5.7: value, hexadecimal, masking key.
RFC_VECTORS = [
    (Frame(Opcode.TEXT, b"Hello"), "81 05 48 65 6c 6c 6f", b""),
    (Frame(Opcode.TEXT, b"Hello"), "81 85 37 fa 21 3d 7f 9f 4d 51 58", KEY),
    (Frame(Opcode.TEXT, b"Hel", fin=False), "01 03 48 65 6c", b""),
    (Frame(Opcode.CONTINUATION, b"lo"), "80 02 6c 6f", b""),
    (Frame(Opcode.PING, b"Hello"), "89 05 48 65 6c 6c 6f", b""),
    (Frame(Opcode.PONG, b"Hello"), "8a 85 37 fa 21 3d 7f 9f 4d 51 58", KEY),
    (Frame(Opcode.BINARY, bytes(256)), "82 7e 01 00" + "00" * 256, b""),
    (Frame(Opcode.BINARY, bytes(65536)), "82 7f 00 00 00 00 00 01 00 00" + "00" * 65536, b""),
    # The edges of the three length forms, and every bit of the first byte.
    (Frame(Opcode.BINARY, bytes(125)), "82 7d" + "00" * 125, b""),
    (Frame(Opcode.BINARY, bytes(126)), "82 7e 00 7e" + "00" * 126, b""),
    (Frame(Opcode.BINARY, bytes(65535)), "82 7e ff ff" + "00" * 65535, b""),
    (Frame(Opcode.CLOSE, b""), "88 80 37 fa 21 3d", KEY),
    (Frame(3, b"", fin=False, rsv=RSV1), "43 00", b""),
    (Frame(15, b"", rsv=RSV2 | RSV3), "bf 00", b""),
]


@pytest.mark.parametrize(("frame", "text", "key"), RFC_VECTORS, ids=lambda value: repr(value)[:40])
def test_vector(frame: Frame, text: str, key: bytes):
    data = bytes.fromhex(text)
    assert encode_frame(frame, key) == data
    decoded = decode_frame(b"--" + data + b"trailing", start=2)
    assert decoded is not None
    assert (decoded.frame, decoded.masking_key, decoded.end) == (frame, key, 2 + len(data))
    assert decode_frame(data[:-1]) is None


def test_repr_is_stable_and_says_what_matters():
    assert repr(Frame(Opcode.TEXT, "Grüße".encode())) == "<Frame FIN TEXT, 7 bytes: 'Grüße'>"
    assert repr(Frame(Opcode.CONTINUATION, b"x", fin=False)) == "<Frame CONTINUATION, 1 byte: 'x'>"
    assert repr(Frame(3, b"", rsv=RSV1 | RSV3)) == "<Frame FIN RSV1 RSV3 opcode 3, 0 bytes: ''>"
    assert repr(Frame(Opcode.BINARY, b"\xff\x00")) == "<Frame FIN BINARY, 2 bytes: ff 00>"
    assert repr(Frame(Opcode.TEXT, "é".encode() * 40)) == f"<Frame FIN TEXT, 80 bytes: '{'é' * 16}'…>"
    assert repr(Frame(Opcode.TEXT, b"a" + "é".encode() * 40)).endswith(f", 81 bytes: 'a{'é' * 15}'…>")
    assert repr(Frame(Opcode.BINARY, b"\xff" * 99)) == f"<Frame FIN BINARY, 99 bytes: {' '.join(['ff'] * 16)}…>"


# --- the mask (section 5.3) ---------------------------------------------------------------------


@given(st.binary(min_size=4, max_size=4), st.binary(max_size=2000))
def test_mask_is_the_loop_of_the_standard_and_equals_its_compiled_twin(key: bytes, data: bytes):
    masked = mask_bytes(key, data)
    assert masked == bytes(octet ^ key[i % 4] for i, octet in enumerate(data))
    assert masked == compiled_mask(key, data)
    assert mask_bytes(key, masked) == data


# --- the reader: whole, byte by byte, with more behind ------------------------------------------------


def read_all(reader: FrameReader, pieces: list[bytes]) -> list[Frame]:
    return [Frame.from_raw(*raw) for piece in pieces for raw in reader.feed(piece)]


def join_parts(frames: list[Frame]) -> list[tuple[int, bytes, bool, int]]:
    """Undo what the reader does to frames on their way: join a frame's parts."""
    joined: list[tuple[int, bytes, bool, int]] = []
    for frame in frames:
        if frame.opcode == Opcode.CONTINUATION and joined and not joined[-1][2] and joined[-1][0] < 8:
            opcode, payload, _, rsv = joined.pop()
            joined.append((opcode, payload + frame.payload, frame.fin, rsv))
        else:
            joined.append((frame.opcode, frame.payload, frame.fin, frame.rsv))
    return joined


STREAM = [
    Frame(Opcode.TEXT, b"Hello"),
    Frame(Opcode.PING, b""),
    Frame(Opcode.BINARY, bytes(range(256)) * 3),
    Frame(Opcode.TEXT, b"", fin=False),
    Frame(Opcode.CONTINUATION, b"x" * 70_000),
    Frame(Opcode.CLOSE, b"\x03\xe8"),
]


@pytest.mark.parametrize("key", [b"", KEY], ids=["unmasked", "masked"])
@pytest.mark.parametrize("size", [1, 2, 3, 7, 1000, 1_000_000])
def test_reader_takes_any_cut(key: bytes, size: int):
    data = b"".join(encode_frame(frame, key) for frame in STREAM)
    reader = FrameReader(masked=bool(key), max_payload=100_000)
    pieces = [data[i : i + size] for i in range(0, len(data), size)]
    assert join_parts(read_all(reader, pieces)) == join_parts(STREAM)


def test_reader_gives_frames_whole_that_come_whole():
    data = b"".join(encode_frame(frame, KEY) for frame in STREAM)
    assert read_all(FrameReader(masked=True, max_payload=100_000), [data]) == STREAM


def test_reader_passes_on_what_has_arrived_of_a_data_frame():
    reader = FrameReader(masked=True, max_payload=100)
    data = encode_frame(Frame(Opcode.TEXT, b"Hello"), KEY)
    assert read_all(reader, [data[:9]]) == [Frame(Opcode.TEXT, b"Hel", fin=False)]
    assert read_all(reader, [data[9:]]) == [Frame(Opcode.CONTINUATION, b"lo")]


def test_reader_waits_for_all_of_a_control_frame():
    reader = FrameReader(masked=False, max_payload=100)
    data = encode_frame(Frame(Opcode.PING, b"Hello"))
    assert read_all(reader, [data[:-1]]) == []
    assert read_all(reader, [data[-1:]]) == [Frame(Opcode.PING, b"Hello")]


# --- what a reader refuses, by section -------------------------------------------------------------

REFUSED = [
    ("5.1, a client doesn't mask", True, 0, "81 00", 1002, "client must mask"),
    ("5.1, a server masks", False, 0, "81 80 00000000", 1002, "server must not mask"),
    ("5.2, RSV1 without extension", False, 0, "c1 00", 1002, "reserved bit"),
    ("5.2, RSV2", False, RSV1, "a1 00", 1002, "reserved bit"),
    ("5.2, RSV3", False, RSV1, "91 00", 1002, "reserved bit"),
    ("5.2, RSV1 on a control frame", False, RSV1, "c9 00", 1002, "reserved bit"),
    ("5.2, RSV1 on a continuation", False, RSV1, "c0 00", 1002, "reserved bit"),
    *(
        (f"5.2, opcode {n}", False, 0, f"8{n:x} 00", 1002, f"Opcode {n} is reserved")
        for n in (*range(3, 8), *range(11, 16))
    ),
    ("5.2, 16 bits where 7 do", False, 0, "81 7e 00 7d", 1002, "shortest form"),
    ("5.2, 64 bits where 16 do", False, 0, "81 7f 00000000 0000ffff", 1002, "shortest form"),
    ("5.2, highest bit of the length", False, 0, "81 7f 80000000 00000000", 1002, "highest bit"),
    ("5.5, Ping in fragments", False, 0, "09 00", 1002, "must not be fragmented"),
    ("5.5, Close in fragments", False, 0, "08 00", 1002, "must not be fragmented"),
    ("5.5, Ping of 126 bytes", False, 0, "89 7e 00 7e", 1002, "at most 125 bytes, not 126"),
    ("10.4, longer than allowed", False, 0, "81 7e 03 e9", 1009, "1001 bytes came, where 1000"),
    ("10.4, 2^63 - 1 bytes", False, 0, "81 7f 7fffffff ffffffff", 1009, "9223372036854775807 bytes"),
]


@pytest.mark.parametrize(
    ("masked", "rsv", "text", "code", "words"), [case[1:] for case in REFUSED], ids=[c[0] for c in REFUSED]
)
def test_refused(masked: bool, rsv: int, text: str, code: int, words: str):
    data = bytes.fromhex(text)
    for pieces in ([data], [bytes([octet]) for octet in data]):
        with pytest.raises(ProtocolError, match=words) as error:
            read_all(FrameReader(masked=masked, rsv=rsv, max_payload=1000), pieces)
        assert error.value.code == code
        assert error.value.section.startswith("RFC 6455, section ")


def test_what_came_before_a_bad_frame_is_given():
    reader = FrameReader(masked=False, max_payload=1000).feed(bytes.fromhex("8101 78 8300"))
    assert Frame.from_raw(*next(reader)) == Frame(Opcode.TEXT, b"x")
    with pytest.raises(ProtocolError):
        next(reader)


def test_limit_is_included_and_does_not_hold_for_control_frames():
    reader = FrameReader(masked=False, max_payload=3)
    frames = [Frame(Opcode.TEXT, b"abc"), Frame(Opcode.PING, b"four")]
    assert read_all(reader, [b"".join(map(encode_frame, frames))]) == frames


def test_compressed_frame_is_not_judged_by_its_length_on_the_wire():
    frame = Frame(Opcode.TEXT, b"abcd", rsv=RSV1)
    assert read_all(FrameReader(masked=False, rsv=RSV1, max_payload=3), [encode_frame(frame)]) == [frame]


def test_every_first_byte_is_either_taken_or_refused_as_the_standard_says():
    for first in range(256):
        opcode, fin, rsv = first & 15, first >= 128, first & 0x70
        legal = opcode in OPCODES and (fin or opcode < 8) and (not rsv or (rsv == RSV1 and opcode in (1, 2)))
        reader = FrameReader(masked=False, rsv=RSV1, max_payload=10)
        try:
            assert read_all(reader, [bytes([first, 0])]) == [Frame(opcode, b"", fin, rsv)]
        except ProtocolError as error:
            assert not legal
            assert error.code == CloseCode.PROTOCOL_ERROR
        else:
            assert legal


# --- properties ------------------------------------------------------------------------------------

FRAMES = st.builds(Frame, st.sampled_from([1, 2]), st.binary(max_size=300), st.booleans(), st.sampled_from([0, RSV1]))


@given(FRAMES, st.sampled_from([b"", KEY]))
def test_decoding_undoes_encoding(frame: Frame, key: bytes):
    data = encode_frame(frame, key)
    assert read_all(FrameReader(masked=bool(key), rsv=RSV1, max_payload=300), [data]) == [frame]
    decoded = decode_frame(data)
    assert decoded is not None
    assert decoded.frame == frame


@given(st.binary(max_size=100))
def test_any_bytes_decode_to_a_frame_or_none_or_a_protocol_error(data: bytes):
    try:
        decoded = decode_frame(data)
    except ProtocolError:
        return
    assert decoded is None or decoded.end <= len(data)
