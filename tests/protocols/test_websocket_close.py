"""Close codes and the payload of a Close frame: RFC 6455, sections 5.5.1 and 7."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lessons.protocols.websocket_close import (
    CloseCode,
    ProtocolError,
    encode_close,
    may_be_sent,
    parse_close,
    shorten_reason,
)

SENDABLE = {*range(1000, 1004), *range(1007, 1015), *range(3000, 5000)}


def test_every_code_that_may_be_sent():
    assert {code for code in range(65536) if may_be_sent(code)} == SENDABLE


@pytest.mark.parametrize(
    ("payload", "expected"),
    [
        (b"", (None, "")),
        (b"\x03\xe8", (1000, "")),
        (b"\x03\xe9Bye \xc3\xa9", (1001, "Bye é")),
        (b"\x13\x87" + b"x" * 123, (4999, "x" * 123)),
    ],
)
def test_payload(payload: bytes, expected: tuple[int | None, str]):
    assert parse_close(payload) == expected
    assert encode_close(*expected) == payload


@pytest.mark.parametrize(
    ("payload", "code"),
    [
        (b"\x03", 1002),
        *((code.to_bytes(2, "big"), 1002) for code in (0, 999, 1004, 1005, 1006, 1015, 1016, 2999, 5000, 65535)),
        (b"\x03\xe8\xff", 1007),
        (b"\x03\xe8\xce\xba\xe1\xbd", 1007),
    ],
)
def test_payload_is_refused(payload: bytes, code: int):
    with pytest.raises(ProtocolError) as error:
        parse_close(payload)
    assert error.value.code == code
    assert str(error.value).endswith(")")


@pytest.mark.parametrize(("code", "reason"), [(1005, ""), (1006, ""), (999, ""), (None, "why"), (1000, "é" * 62)])
def test_what_may_not_be_sent_is_an_error(code: int | None, reason: str):
    with pytest.raises(ValueError, match="RFC 6455"):
        encode_close(code, reason)


@given(st.sampled_from(sorted(SENDABLE)), st.text(max_size=30))
def test_parsing_undoes_encoding(code: int, reason: str):
    assert parse_close(encode_close(code, reason)) == (code, reason)


@given(st.text())
def test_reason_is_shortened_to_fit(text: str):
    short = shorten_reason(text)
    assert text.startswith(short)
    assert len(encode_close(CloseCode.NORMAL_CLOSURE, short)) <= 125
    assert short == text or len((short + text[len(short)]).encode()) > 123


@given(st.binary(max_size=125))
def test_any_payload_is_parsed_or_refused(payload: bytes):
    try:
        code, _ = parse_close(payload)
    except ProtocolError as error:
        assert error.code in (1002, 1007)
    else:
        assert code is None or code in SENDABLE
