"""The opening handshake, both sides: RFC 6455, sections 1.3 and 4."""

import base64
from functools import partial

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lessons.protocols.http_head import parse_request, parse_response, split_head
from lessons.protocols.origin import check_origin
from lessons.protocols.websocket_deflate import Deflate
from lessons.protocols.websocket_handshake import (
    Agreement,
    HandshakeError,
    UpgradeRefusedError,
    accept_request,
    accept_token,
    check_response,
    format_request,
    read_request,
    wants_upgrade,
)

KEY = "dGhlIHNhbXBsZSBub25jZQ=="
ACCEPT = "s3pPLMBiTxaQ9kYGzzhZRbK+xOo="

FIELDS = {
    "Host": "127.0.0.1:8000",
    "Upgrade": "websocket",
    "Connection": "Upgrade",
    "Sec-WebSocket-Key": KEY,
    "Sec-WebSocket-Version": "13",
}


def head(line: str = "GET /chat HTTP/1.1", **changes: str | None) -> bytes:
    """A good request with some header fields changed, added, or (None) left out; `_` stands for `-`."""
    fields = FIELDS | {name.replace("_", "-"): value for name, value in changes.items()}
    return "\r\n".join([line, *(f"{name}: {value}" for name, value in fields.items() if value is not None)]).encode()


def refuse(data: bytes, **options) -> UpgradeRefusedError:
    with pytest.raises(UpgradeRefusedError) as error:
        accept_request(read_request(data), **options)
    return error.value


# --- the server's side (section 4.2) ------------------------------------------------------------------


@pytest.mark.parametrize(
    ("key", "accept"), [(KEY, ACCEPT), ("nkn9FKfNeUAg/SCLsFaD+w==", "knnYRiRuQnwyP6A12QAMUeE1Pvc=")]
)
def test_accept_token(key: str, accept: str):
    assert accept_token(key) == accept


def test_accepted():
    response, agreement = accept_request(read_request(head()))
    assert response == (
        b"HTTP/1.1 101 Switching Protocols\r\n"
        b"Upgrade: websocket\r\n"
        b"Connection: Upgrade\r\n"
        b"Sec-WebSocket-Accept: " + ACCEPT.encode() + b"\r\n\r\n"
    )
    assert agreement == Agreement()


@pytest.mark.parametrize(
    "changes",
    [
        {"Connection": "keep-alive, Upgrade"},
        {"Connection": "keep-alive,\tUPGRADE , x"},
        {"Upgrade": "WebSocket"},
        {"Upgrade": "h2c, websocket"},
        {"Origin": "http://127.0.0.1:8000"},
        {"Origin": "http://localhost:8000", "Host": "localhost:8000"},
    ],
    ids=str,
)
def test_spelled_otherwise_and_accepted(changes: dict[str, str]):
    assert accept_request(read_request(head(**changes)))[0].startswith(b"HTTP/1.1 101 ")


def test_header_names_in_any_case_are_accepted():
    data = head()
    for upper in (data.replace(b"Sec-WebSocket", b"SEC-WEBSOCKET"), data.replace(b"Sec-WebSocket", b"sec-websocket")):
        assert accept_request(read_request(upper))[0].startswith(b"HTTP/1.1 101 ")


NONCE_OF_15 = base64.b64encode(bytes(15)).decode()
NONCE_OF_17 = base64.b64encode(bytes(17)).decode()


@pytest.mark.parametrize(
    ("data", "status", "words"),
    [
        (head("POST /chat HTTP/1.1"), 405, "GET, not POST"),
        (head("GET /chat HTTP/1.0"), 400, "not HTTP/1.1"),
        (head("GET chat room HTTP/1.1"), 400, "request line"),
        (head(Host=None), 400, "one Host"),
        (head() + b"\r\nHost: a", 400, "one Host"),
        (head(Upgrade=None), 426, "Upgrade: websocket"),
        (head(Upgrade="h2c"), 426, "Upgrade: websocket"),
        (head(Connection=None), 400, "Connection header"),
        (head(Connection="close"), 400, "Connection header"),
        (head(Connection="UpgradeX"), 400, "Connection header"),
        (head(Sec_WebSocket_Version=None), 426, "must be 13"),
        (head(Sec_WebSocket_Version="8"), 426, "must be 13"),
        (head(Sec_WebSocket_Version="13, 8"), 426, "must be 13"),
        (head(Sec_WebSocket_Key=None), 400, "one Sec-WebSocket-Key"),
        (head() + f"\r\nsec-websocket-key: {KEY}".encode(), 400, "one Sec-WebSocket-Key"),
        (head(Sec_WebSocket_Key=""), 400, "16 bytes"),
        (head(Sec_WebSocket_Key=NONCE_OF_15), 400, "16 bytes"),
        (head(Sec_WebSocket_Key=NONCE_OF_17), 400, "16 bytes"),
        (head(Sec_WebSocket_Key="!" * 24), 400, "16 bytes"),
        (head(Sec_WebSocket_Key="é" * 24), 400, "16 bytes"),
        (head(Origin="http://evil.example"), 403, "evil.example"),
        (head(Origin="null"), 403, "null"),
        (head(Host="evil.example", Origin="http://evil.example"), 403, "evil.example"),
        (head(Sec_WebSocket_Protocol="a, a"), 400, "Subprotocols"),
        (head(Sec_WebSocket_Protocol="a b"), 400, "Subprotocols"),
        (head(Sec_WebSocket_Extensions="a;;b"), 400, "malformed"),
    ],
)
def test_refused(data: bytes, status: int, words: str):
    refusal = refuse(data)
    assert refusal.status == status
    assert words in str(refusal)
    assert "RFC" in str(refusal)
    found = split_head(refusal.response(), 10_000)
    assert found is not None
    response, body = parse_response(found[0]), found[1]
    assert response.status == status
    assert body.decode() == f"{refusal}\n"
    assert response.headers.get_all("Content-Length") == [str(len(body))]
    assert response.headers.has_token("Connection", "close")


def test_what_a_status_calls_for_stands_in_the_refusal():
    assert b"\r\nAllow: GET\r\n" in refuse(head("PUT / HTTP/1.1")).response()
    assert b"\r\nSec-WebSocket-Version: 13\r\n" in refuse(head(Sec_WebSocket_Version="8")).response()
    no_upgrade = refuse(head(Upgrade=None)).response()
    assert b"\r\nUpgrade: websocket\r\n" in no_upgrade
    assert b"\r\nConnection: Upgrade, close\r\n" in no_upgrade


def test_origin_of_the_allow_list_is_accepted():
    allow = partial(check_origin, allowed=["http://lab.example:8888"])
    accept_request(read_request(head(Origin="http://lab.example:8888")), allow)
    assert refuse(head(Origin="http://lab.example"), check_origin=allow).status == 403


def test_two_origins_are_refused():
    data = head(Origin="http://127.0.0.1:8000") + b"\r\nOrigin: http://evil.example"
    assert refuse(data).status == 403


def test_subprotocol_is_the_first_that_the_server_likes_among_those_asked_for():
    request = read_request(head(Sec_WebSocket_Protocol="chat, superchat"))
    response, agreement = accept_request(request, subprotocols=["other", "superchat", "chat"])
    assert agreement.subprotocol == "superchat"
    assert b"\r\nSec-WebSocket-Protocol: superchat\r\n" in response
    response, agreement = accept_request(request, subprotocols=["other"])
    assert agreement.subprotocol is None
    assert b"Sec-WebSocket-Protocol" not in response


def test_compression_is_agreed_on_if_offered_and_wanted():
    request = read_request(head(Sec_WebSocket_Extensions="x-unknown, permessage-deflate; client_max_window_bits"))
    response, agreement = accept_request(request)
    assert agreement.deflate == Deflate()
    assert b"\r\nSec-WebSocket-Extensions: permessage-deflate\r\n" in response
    response, agreement = accept_request(request, compression=False)
    assert agreement.deflate is None
    assert b"Sec-WebSocket-Extensions" not in response


def test_a_page_is_told_from_an_upgrade():
    assert wants_upgrade(parse_request(head()))
    assert not wants_upgrade(parse_request(head(Upgrade=None)))


# --- the client's side (section 4.1) -------------------------------------------------------------------


def answer(**changes: str | None) -> bytes:
    fields = {"Upgrade": "websocket", "Connection": "Upgrade", "Sec-WebSocket-Accept": ACCEPT}
    fields |= {name.replace("_", "-"): value for name, value in changes.items()}
    lines = [f"{name}: {value}" for name, value in fields.items() if value is not None]
    return "\r\n".join(["HTTP/1.1 101 Switching Protocols", *lines]).encode()


def test_request():
    assert format_request("server.example.com", "/chat", KEY, compression=False) == (
        b"GET /chat HTTP/1.1\r\nHost: server.example.com\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
        b"Sec-WebSocket-Key: " + KEY.encode() + b"\r\nSec-WebSocket-Version: 13\r\n\r\n"
    )


def test_request_with_all_that_may_be_asked_for():
    data = format_request("a", "/", KEY, origin="http://a", subprotocols=["x", "y"])
    assert b"\r\nOrigin: http://a\r\n" in data
    assert b"\r\nSec-WebSocket-Protocol: x, y\r\n" in data
    assert b"\r\nSec-WebSocket-Extensions: permessage-deflate; client_max_window_bits\r\n" in data


def test_answer_is_taken():
    assert check_response(answer(), KEY) == Agreement()
    full = answer(Sec_WebSocket_Protocol="y", Sec_WebSocket_Extensions="permessage-deflate", Upgrade="WebSocket")
    assert check_response(full, KEY, subprotocols=["x", "y"]) == Agreement("y", Deflate())


@pytest.mark.parametrize(
    ("data", "words"),
    [
        (b"HTTP/1.1 403 Forbidden", "403 Forbidden, not 101"),
        (b"HTTP/1.1 200 OK", "200 OK"),
        (b"SSH-2.0-OpenSSH", "not HTTP/1.1"),
        (answer(Upgrade=None), "Upgrade header"),
        (answer(Upgrade="h2c"), "Upgrade header"),
        (answer(Connection="close"), "Connection header"),
        (answer(Sec_WebSocket_Accept=None), "doesn't match"),
        (answer(Sec_WebSocket_Accept=ACCEPT.lower()), "doesn't match"),
        (answer(Sec_WebSocket_Protocol="x"), "not asked for"),
        (answer(Sec_WebSocket_Extensions="x-unknown"), "not offered"),
        (answer(Sec_WebSocket_Extensions="permessage-deflate; x"), "can't be met"),
    ],
)
def test_answer_is_refused(data: bytes, words: str):
    with pytest.raises(HandshakeError, match=words) as error:
        check_response(data, KEY)
    assert "RFC" in str(error.value)


def test_compression_that_was_not_offered_is_refused():
    with pytest.raises(HandshakeError, match="not offered"):
        check_response(answer(Sec_WebSocket_Extensions="permessage-deflate"), KEY, compression=False)


# --- both sides together, and anything at all ------------------------------------------------------------


@given(st.binary(min_size=16, max_size=16), st.booleans(), st.lists(st.sampled_from(["a", "b", "c"]), unique=True))
def test_both_sides_agree(nonce: bytes, compression: bool, asked: list[str]):
    key = base64.b64encode(nonce).decode()
    data = format_request("127.0.0.1:1", "/", key, subprotocols=asked, compression=compression)
    response, theirs = accept_request(read_request(data[:-4]), subprotocols=["b", "c"])
    ours = check_response(response[:-4], key, subprotocols=asked, compression=compression)
    assert ours == theirs
    assert (ours.deflate is not None) == compression


LINES = [f"{name}: {value}".encode() for name, value in FIELDS.items()]
LINES += [
    b"Origin: x",
    b"Upgrade: x",
    b"Host:",
    b'Sec-WebSocket-Extensions: permessage-deflate; a="',
    b"bad",
    b"\xff: \xff",
]


@given(st.sampled_from([b"GET / HTTP/1.1", b"PUT / HTTP/1.1", b"x"]), st.lists(st.sampled_from(LINES)))
def test_any_request_is_accepted_or_refused(line: bytes, lines: list[bytes]):
    try:
        response, _ = accept_request(read_request(b"\r\n".join([line, *lines])))
    except UpgradeRefusedError as refusal:
        assert refusal.status in (400, 403, 405, 426)
        response = refusal.response()
    assert split_head(response, 10_000) is not None


@given(st.binary(max_size=300))
def test_any_bytes_are_taken_or_refused_as_an_answer(data: bytes):
    with pytest.raises(HandshakeError):
        check_response(data, KEY)
