"""The head of an HTTP/1.1 message: RFC 9112, sections 2 to 5."""

import h11
import pytest
from hypothesis import given
from hypothesis import strategies as st

from lessons.protocols.http_head import (
    HeadError,
    Headers,
    HeadTooLargeError,
    format_head,
    in_origin_form,
    parse_request,
    parse_response,
    split_head,
)

REQUEST = b"GET /chat?x=1 HTTP/1.1\r\nHost: example.org\r\nX-A: 1\r\nx-a:  2 , 3\t\r\nEmpty:"


def test_request():
    request = parse_request(REQUEST)
    assert (request.method, request.target, request.version) == ("GET", "/chat?x=1", "HTTP/1.1")
    assert request.headers.get_all("HOST") == ["example.org"]
    assert request.headers.get_all("X-a") == ["1", "2 , 3"]
    assert request.headers.get_list("X-A") == ["1", "2", "3"]
    assert request.headers.get_all("empty") == [""]
    assert request.headers.get_all("absent") == []


def test_response():
    response = parse_response(b"HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket")
    assert (response.status, response.reason) == (101, "Switching Protocols")
    assert response.headers.has_token("upgrade", "WebSocket")


def test_token_is_a_whole_member_of_the_list():
    headers = Headers((("Connection", "keep-alive, Upgrade"),))
    assert headers.has_token("connection", "UPGRADE")
    assert not headers.has_token("connection", "alive")


@pytest.mark.parametrize(
    ("head", "words"),
    [
        (b"", "request line"),
        (b"GET /", "request line"),
        (b"GET  / HTTP/1.1", "request line"),
        (b"GET / HTTP/1.1 ", "request line"),
        (b"G@T / HTTP/1.1", "request line"),
        (b"GET /\x00 HTTP/1.1", "request line"),
        (b"GET / HTTP/1.0", "not HTTP/1.1"),
        (b"GET / HTTP/2", "not HTTP/1.1"),
        (b"GET / HTTP/1.1\r\nHost", "header line 'Host'"),
        (b"GET / HTTP/1.1\r\nHost : x", "header line"),
        (b"GET / HTTP/1.1\r\n: x", "header line"),
        (b"GET / HTTP/1.1\r\nA: x\r\n folded", "header line"),
        (b"GET / HTTP/1.1\r\nA: x\ny", "header line"),
        (b"GET / HTTP/1.1\r\nA: x\x00", "header line"),
    ],
)
def test_malformed_request_is_refused(head: bytes, words: str):
    with pytest.raises(HeadError, match=words) as error:
        parse_request(head)
    assert "RFC" in str(error.value)


@pytest.mark.parametrize("head", [b"", b"HTTP/1.1", b"HTTP/1.1 1O1 x", b"HTTP/1.1 99 x", b"HTTP/1.0 101 x", b"101"])
def test_malformed_response_is_refused(head: bytes):
    with pytest.raises(HeadError):
        parse_response(head)


def test_head_is_cut_behind_its_blank_line():
    assert split_head(b"A\r\nB\r\n\r\nrest\r\n\r\n", 100) == (b"A\r\nB", b"rest\r\n\r\n")
    assert split_head(b"A\r\nB\r\n\r", 100) is None


def test_head_of_exactly_the_limit_is_taken():
    head = b"A" * 16 + b"\r\n\r\n"
    assert split_head(head + b"x", len(head)) == (b"A" * 16, b"x")
    with pytest.raises(HeadTooLargeError, match="19 bytes"):
        split_head(head, len(head) - 1)
    assert split_head(head[:-1], len(head)) is None
    with pytest.raises(HeadTooLargeError):
        split_head(b"A" * 20, 20)


TOKENS = st.text("abcXYZ0189-_!#$%&'*+.^`|~", min_size=1, max_size=12)
VALUES = st.text(st.characters(min_codepoint=0x21, max_codepoint=0x7E), max_size=20)


@given(TOKENS, st.lists(st.tuples(TOKENS, VALUES), max_size=6))
def test_what_is_written_is_read_as_it_was_and_h11_agrees(method: str, fields: list[tuple[str, str]]):
    head = format_head(f"{method} /x HTTP/1.1", fields)
    found = split_head(head, 10_000)
    assert found is not None
    request = parse_request(found[0])
    assert (request.method, request.headers.fields) == (method, tuple(fields))


@given(st.binary(max_size=200))
def test_any_bytes_are_a_head_or_an_error(data: bytes):
    for parse in (parse_request, parse_response):
        try:
            parse(data)
        except HeadError as error:
            assert "RFC" in str(error)


LINES = st.lists(st.sampled_from([b"Host: a", b"X: 1", b" y", b"X : 1", b"X:", b"\x00: 1", b"A: \x7f", b"A:\tb\t"]))


@given(LINES)
def test_what_is_taken_h11_takes_too(lines: list[bytes]):
    head = b"\r\n".join([b"GET / HTTP/1.1", b"Host: example.org", *[line for line in lines if b"Host" not in line]])
    try:
        parse_request(head)
    except HeadError:
        return
    judge = h11.Connection(h11.SERVER)
    judge.receive_data(head + b"\r\n\r\n")
    assert isinstance(judge.next_event(), h11.Request)


@pytest.mark.parametrize("fold", ["\r\n ", "\r\n\t", " \r\n \t ", " \r\n \r\n "])
def test_a_folded_field_of_a_response_is_read_as_one(fold):
    head = parse_response(f"HTTP/1.1 101 Switching Protocols\r\nX-A: one{fold}two\r\nX-B: 3".encode())
    assert head.headers.fields == (("X-A", "one two"), ("X-B", "3"))


ABSOLUTE = [
    ("http://a.example/b?c", "/b?c", "a.example"),
    ("HTTPS://a.example:81", "/", "a.example:81"),
    ("http://a.example?c", "/?c", "a.example"),
    ("/http://a.example/", "/http://a.example/", "host"),
    ("http://user@a.example/", "http://user@a.example/", "host"),
    ("ftp://a.example/", "ftp://a.example/", "host"),
    ("a.example:80", "a.example:80", "host"),
    ("*", "*", "host"),
]


@pytest.mark.parametrize(("target", "origin_form", "host"), ABSOLUTE)
def test_a_target_in_absolute_form_names_path_and_host(target, origin_form, host):
    request = in_origin_form(parse_request(f"GET {target} HTTP/1.1\r\nX: y\r\nHost: host".encode()))
    assert (request.target, request.headers.get_all("Host")) == (origin_form, [host])
    assert request.headers.get("X") == "y"


@pytest.mark.parametrize(
    ("lines", "names_it"),
    [
        (['"a"'], True),
        (['W/"a"'], True),
        (['"b", W/"a"'], True),
        (['"b"', '"a"'], True),
        (["*"], True),
        (['"b,"a"'], False),
        (["a"], False),
        (['"b"'], False),
        ([], False),
    ],
)
def test_a_list_of_tags(lines, names_it):
    headers = Headers(tuple(("If-None-Match", line) for line in lines))
    assert headers.has_tag("if-none-match", '"a"') == names_it


def test_a_start_line_can_not_be_folded():
    with pytest.raises(HeadError, match="header line"):
        parse_response(b"HTTP/1.1 101 Switching Protocols\r\n X: y\r\nA: b")


def test_a_long_run_of_blanks_is_read_once():
    """Read anew from each blank, it would take hours."""
    assert parse_response(b"HTTP/1.1 200 OK\r\nX: a" + b" " * 2_000_000 + b"b").headers.get("X")[-1] == "b"
