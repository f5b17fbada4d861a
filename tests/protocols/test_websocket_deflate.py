"""Compression a message at a time: RFC 7692."""

import zlib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lessons.protocols.websocket_close import ProtocolError
from lessons.protocols.websocket_deflate import (
    TAIL,
    Compressor,
    Decompressor,
    Deflate,
    ExtensionError,
    accept_offers,
    check_answer,
    format_answer,
    format_offer,
    parse_extensions,
)

LIMIT = 1_000_000


# --- negotiation (sections 5 and 7.1) ------------------------------------------------------------------


def test_extensions_are_read():
    values = ["a, b; x; y=1", ' c ; z="q" ,']
    assert parse_extensions(values) == [("a", []), ("b", [("x", None), ("y", "1")]), ("c", [("z", "q")])]


@pytest.mark.parametrize("text", ["a b", "a;", "a;=1", "a; x=", 'a; x="', 'a; x="b c"', ";"])
def test_malformed_extensions_are_refused(text: str):
    with pytest.raises(ExtensionError, match="RFC 6455"):
        parse_extensions([text])


def test_a_quoted_value_is_unescaped_and_another_extensions_parameters_may_repeat():
    assert parse_extensions([r'a; x="1\0"; x; x=2']) == [("a", [("x", "10"), ("x", None), ("x", "2")])]


@pytest.mark.parametrize("parameter", ["server_no_context_takeover", "client_max_window_bits=10"])
def test_an_offer_that_says_a_thing_twice_is_declined_and_the_next_one_taken(parameter: str):
    twice = f"permessage-deflate; {parameter}; {parameter}"
    assert accept_offers([twice]) is None
    assert accept_offers([f"x-unknown; a=1; a=1, {twice}, permessage-deflate"]) == Deflate()
    with pytest.raises(ExtensionError, match="RFC 7692"):
        check_answer([twice], offered=True)


OFFERS = [
    # offer, what is agreed on, what is answered
    ("permessage-deflate", Deflate(), ""),
    ("permessage-deflate; client_max_window_bits", Deflate(), ""),
    (
        "permessage-deflate; client_max_window_bits=10",
        Deflate(client_max_window_bits=10),
        "; client_max_window_bits=10",
    ),
    ("permessage-deflate; client_max_window_bits=8", Deflate(client_max_window_bits=8), "; client_max_window_bits=8"),
    ("permessage-deflate; server_max_window_bits=9", Deflate(server_max_window_bits=9), "; server_max_window_bits=9"),
    ('permessage-deflate; server_max_window_bits="9"', Deflate(server_max_window_bits=9), "; server_max_window_bits=9"),
    (
        "permessage-deflate; server_no_context_takeover; client_no_context_takeover",
        Deflate(server_no_context_takeover=True, client_no_context_takeover=True),
        "; server_no_context_takeover; client_no_context_takeover",
    ),
]


@pytest.mark.parametrize(("offer", "agreed", "answer"), OFFERS)
def test_offer_is_accepted(offer: str, agreed: Deflate, answer: str):
    assert accept_offers([offer]) == agreed
    assert format_answer(agreed) == "permessage-deflate" + answer


@pytest.mark.parametrize(
    "offer",
    [
        "x-webkit-deflate-frame",
        "permessage-deflate; unknown",
        "permessage-deflate; server_no_context_takeover=1",
        "permessage-deflate; server_max_window_bits",
        "permessage-deflate; server_max_window_bits=7",
        "permessage-deflate; server_max_window_bits=16",
        "permessage-deflate; server_max_window_bits=09",
        "permessage-deflate; client_max_window_bits=x",
        "permessage-deflate; server_max_window_bits=8",  # legal, but beyond zlib
    ],
)
def test_offer_is_declined_and_the_next_one_taken(offer: str):
    assert accept_offers([offer]) is None
    assert accept_offers([offer, "permessage-deflate; server_max_window_bits=12"]) == Deflate(server_max_window_bits=12)


def test_no_offer_at_all():
    assert accept_offers([]) is None


def test_answer_to_our_own_offer_is_taken():
    agreed = accept_offers([format_offer()])
    assert agreed is not None
    assert check_answer([format_answer(agreed)], offered=True) == agreed
    for _, deflate, answer in OFFERS:
        if deflate.client_max_window_bits != 8:
            assert check_answer(["permessage-deflate" + answer], offered=True) == deflate
    assert check_answer([], offered=True) is None


@pytest.mark.parametrize(
    "answer",
    [
        "permessage-deflate, permessage-deflate",
        "other",
        "permessage-deflate; client_max_window_bits",
        "permessage-deflate; client_max_window_bits=8",
        "permessage-deflate; server_max_window_bits=99",
        "permessage-deflate; what",
    ],
)
def test_answer_is_refused(answer: str):
    with pytest.raises(ExtensionError, match="RFC"):
        check_answer([answer], offered=True)


# --- the streams (section 7.2) -------------------------------------------------------------------------

HELLO = bytes.fromhex("f2 48 cd c9 c9 07 00")  # section 7.2.3.1
HELLO_AGAIN = bytes.fromhex("f2 00 11 00 00")  # section 7.2.3.2: the window still holds the first one
HELLO_STORED = bytes.fromhex("00 05 00 fa ff 48 65 6c 6c 6f 00")  # section 7.2.3.3
HELLO_LAST_BLOCK = bytes.fromhex("f3 48 cd c9 c9 07 00 00")  # section 7.2.3.4: BFINAL set
HELLO_TWO_BLOCKS = bytes.fromhex("f2 48 05 00 00 00 ff ff ca c9 c9 07 00")  # section 7.2.3.5


@pytest.mark.parametrize("payload", [HELLO, HELLO_STORED, HELLO_LAST_BLOCK, HELLO_TWO_BLOCKS])
def test_vector_is_inflated_whole_and_byte_by_byte(payload: bytes):
    assert Decompressor(15, fresh=False).decompress(payload, True, LIMIT) == b"Hello"
    stream = Decompressor(15, fresh=False)
    parts = [stream.decompress(payload[i : i + 1], i == len(payload) - 1, LIMIT) for i in range(len(payload))]
    assert b"".join(parts) == b"Hello"


def test_vector_is_compressed():
    compressor = Compressor(15, fresh=False)
    assert [compressor.compress(b"Hello"), compressor.compress(b"Hello")] == [HELLO, HELLO_AGAIN]
    afresh = Compressor(15, fresh=True)
    assert [afresh.compress(b"Hello"), afresh.compress(b"Hello")] == [HELLO, HELLO]


def test_message_behind_a_last_block_is_inflated():
    stream = Decompressor(15, fresh=False)
    assert stream.decompress(HELLO_LAST_BLOCK, True, LIMIT) == b"Hello"
    assert stream.decompress(HELLO, True, LIMIT) == b"Hello"


def test_window_is_kept_or_dropped_as_agreed():
    kept = Decompressor(15, fresh=False)
    assert [kept.decompress(part, True, LIMIT) for part in (HELLO, HELLO_AGAIN)] == [b"Hello", b"Hello"]
    dropped = Decompressor(15, fresh=True)
    dropped.decompress(HELLO, True, LIMIT)
    with pytest.raises(ProtocolError) as error:
        dropped.decompress(HELLO_AGAIN, True, LIMIT)
    assert error.value.code == 1007


def test_garbage_is_refused():
    with pytest.raises(ProtocolError) as error:
        Decompressor(15, fresh=False).decompress(b"\xff\xff\xff\xff", True, LIMIT)
    assert error.value.code == 1007


@pytest.mark.parametrize("limit", [0, 1, 999])
def test_bomb_is_inflated_to_one_byte_beyond_the_limit_and_no_further(limit: int):
    bomb = Compressor(15, fresh=False).compress(bytes(50_000_000))
    assert len(bomb) < 60_000
    assert len(Decompressor(15, fresh=False).decompress(bomb, True, limit)) == limit + 1


def test_bomb_of_last_blocks_is_bounded_too():
    block = zlib.compressobj(wbits=-15)
    bomb = (block.compress(bytes(1000)) + block.flush()) * 1000
    assert len(Decompressor(15, fresh=False).decompress(bomb, True, 2500)) == 2501


@pytest.mark.parametrize("server", [True, False])
def test_each_side_goes_by_its_own_half_of_the_parameters(server: bool):
    # The window of 9 bits can't reach back over 600 bytes, that of 15 can: the second half costs little then.
    noise = zlib.compress(bytes(i * i % 251 for i in range(2000)), 0)[:600]
    deflate = Deflate(server_max_window_bits=9, client_no_context_takeover=True)
    size = len(deflate.compressor(server=server).compress(noise + noise))
    compressor = deflate.compressor(server=server)
    fresh = compressor.compress(noise[:100]) == compressor.compress(noise[:100])
    assert fresh == (not server)
    assert (size > 800) == server
    back = deflate.decompressor(server=server).decompress(
        deflate.compressor(server=server).compress(noise), True, LIMIT
    )
    assert back == noise


@given(st.lists(st.binary(max_size=2000), max_size=5), st.integers(9, 15), st.booleans(), st.integers(1, 100))
def test_inflating_undoes_compressing_in_any_pieces(messages: list[bytes], bits: int, fresh: bool, size: int):
    compressor, decompressor = Compressor(bits, fresh), Decompressor(bits, fresh)
    for message in messages:
        data = compressor.compress(message)
        assert not data.endswith(TAIL)
        pieces = [data[i : i + size] for i in range(0, len(data), size)]
        parts = [decompressor.decompress(piece, i == len(pieces) - 1, LIMIT) for i, piece in enumerate(pieces)]
        assert b"".join(parts) == message


@given(st.binary(max_size=200))
def test_any_bytes_are_inflated_or_refused(data: bytes):
    try:
        Decompressor(15, fresh=False).decompress(data, True, 1000)
    except ProtocolError as error:
        assert error.code == 1007


@given(st.lists(st.text('abc;,= "x1089_', max_size=30), max_size=3))
def test_any_header_is_read_or_refused(values: list[str]):
    for read in (accept_offers, lambda given: check_answer(given, offered=True)):
        try:
            read(values)
        except ExtensionError as error:
            assert "RFC" in str(error)
