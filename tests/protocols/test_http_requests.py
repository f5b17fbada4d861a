"""Requests read from a connection: however its bytes are cut, what is refused and why, and limits."""

from itertools import pairwise

import h11
import pytest
from hypothesis import given
from hypothesis import strategies as st

from lessons.protocols.http_head import Request
from lessons.protocols.http_requests import RequestReader
from lessons.protocols.origin import Refusal

HOST = b"Host: 127.0.0.1\r\n"
GET = b"GET /clock?since=1 HTTP/1.1\r\n" + HOST + b"X-A: 1\r\nx-a:  2 \r\n\r\n"
FIXED = b"POST /a HTTP/1.1\r\n" + HOST + b"Content-Length: 5\r\n\r\nGET /"
CHUNKED = (
    b"PUT /b HTTP/1.1\r\n" + HOST + b"Transfer-Encoding: chunked\r\n\r\n3;x=y\r\nabc\r\n1\r\nd\r\n0\r\nT: u\r\n\r\n"
)
UPGRADE = b"GET /c HTTP/1.1\r\n" + HOST + b"Connection: Upgrade\r\nUpgrade: websocket\r\n\r\n"
ALL = GET + FIXED + CHUNKED + UPGRADE + GET


def read(data, *, max_head=1000, max_content=1000):
    return RequestReader(max_head, max_content).receive(data)


def test_a_request():
    (request,) = read(GET)
    assert isinstance(request, Request)
    assert (request.method, request.target, request.version) == ("GET", "/clock?since=1", "HTTP/1.1")
    assert (request.path, request.query_value("since"), request.query_value("other")) == ("/clock", "1", None)
    assert request.headers.get("HOST") == "127.0.0.1"
    assert request.headers.get_all("X-A") == ["1", "2"]
    assert request.headers.get("absent") is None


@pytest.mark.parametrize(
    ("query", "value"), [("since=", ""), ("since", ""), ("since=1&since=2", "2"), ("since=%61+b", "a b"), ("x=1", None)]
)
def test_a_value_of_the_query(query, value):
    (request,) = read(f"GET /?{query} HTTP/1.1\r\nHost: a\r\n\r\n".encode())
    assert request.query_value("since") == value


@given(st.lists(st.integers(0, len(ALL)), max_size=30))
def test_requests_are_the_same_however_they_are_cut(cuts):
    reader, edges = RequestReader(1000, 1000), [0, *sorted(cuts), len(ALL)]
    found = [each for start, end in pairwise(edges) for each in reader.receive(ALL[start:end])]
    assert found == read(ALL)
    assert [request.target for request in found] == ["/clock?since=1", "/a", "/b", "/c", "/clock?since=1"]


TOKENS = st.text("abcXYZ09-_!", min_size=1, max_size=8)
VALUES = st.text(st.characters(min_codepoint=0x21, max_codepoint=0x7E), max_size=12)


@given(st.sampled_from(["GET", "HEAD", "DELETE"]), st.text("abc/?=&%", max_size=8), st.dictionaries(TOKENS, VALUES))
def test_a_request_is_read_as_h11_reads_it(method, path, fields):
    lines = [f"{method} /{path} HTTP/1.1", "Host: a", *(f"x{name}: {value}" for name, value in fields.items()), "", ""]
    data = "\r\n".join(lines).encode()
    judge = h11.Connection(h11.SERVER)
    judge.receive_data(data)
    event = judge.next_event()
    (request,) = read(data)
    assert (request.method.encode(), request.target.encode()) == (event.method, event.target)
    assert [(n.lower().encode(), v.encode()) for n, v in request.headers.fields] == [*event.headers]


@pytest.mark.parametrize(
    ("data", "status", "section", "words"),
    [
        (b"nonsense\r\n\r\n", 400, "RFC 9112 §3", "method"),
        (b"GET /a b HTTP/1.1\r\n", 400, "RFC 9112 §3", "HTTP/"),
        (b"GET / HTTP/1.2\r\n", 400, "RFC 9112 §3", "version"),
        (b"GET /\x00 HTTP/1.1\r\n", 400, "RFC 9112 §3", "url"),
        (b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03", 400, "RFC 9112 §3", "method"),
        (b"GET / HTTP/1.1\r\nHost : a\r\n\r\n", 400, "RFC 9112 §5", "header"),
        (b"GET / HTTP/1.1\r\nHost\r\n\r\n", 400, "RFC 9112 §5", "header"),
        (b"GET / HTTP/1.1\r\nHost: a\r\n folded\r\n\r\n", 400, "RFC 9112 §5", "header"),
        (b"GET / HTTP/1.1\r\nHost: a\x00\r\n\r\n", 400, "RFC 9112 §5", "header"),
        (b"GET / HTTP/1.1\r\n\r\n", 400, "RFC 9112 §3.2", "one Host field"),
        (b"GET / HTTP/1.1\r\nHost: a\r\nHost: b\r\n\r\n", 400, "RFC 9112 §3.2", "one Host field"),
        (b"GET / HTTP/1.1\r\nHost: u@a\r\n\r\n", 400, "RFC 9112 §3.2", "one Host field"),
        (b"GET / HTTP/1.1\r\nHost: a/b\r\n\r\n", 400, "RFC 9112 §3.2", "one Host field"),
        (b"GET / HTTP/1.1\r\nHost: a:1, a:1\r\n\r\n", 400, "RFC 9112 §3.2", "one Host field"),
        (b"GET / HTTP/1.1\r\nHost: [::1\r\n\r\n", 400, "RFC 9112 §3.2", "one Host field"),
        (b"GET / HTTP/1.0\r\nHost: a:b\r\n\r\n", 400, "RFC 9112 §3.2", "one Host field"),
        (b"GET / HTTP/1.1\r\nHost: a\r\nContent-Length: x\r\n\r\n", 400, "RFC 9112 §5", "Content-Length"),
        (
            b"GET / HTTP/1.1\r\nHost: a\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\n",
            400,
            "RFC 9112 §5",
            "Content-",
        ),
        (
            b"GET / HTTP/1.1\r\nHost: a\r\nContent-Length: 1\r\nTransfer-Encoding: chunked\r\n\r\n",
            400,
            "RFC 9112 §5",
            "Transfer-Encoding",
        ),
        (b"GET / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: gzip\r\n\r\n", 400, "RFC 9112 §7", "Transfer-Encoding"),
        (b"GET / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\nxyz\r\n", 400, "RFC 9112 §7", "chunk size"),
        (b"GET /\r\n\r\n", 505, "RFC 9110 §15.6.6", "not HTTP/0.9"),
        (b"GET / HTTP/2.0\r\nHost: a\r\n\r\n", 505, "RFC 9110 §15.6.6", "not HTTP/2.0"),
        (b"POST / HTTP/1.1\r\nHost: a\r\nExpect: 100-continue\r\n\r\n", 417, "RFC 9110 §10.1.1", "support Expect"),
    ],
)
def test_what_is_no_request_is_refused_in_words(data, status, section, words):
    refusal = read(data)[-1]
    assert isinstance(refusal, Refusal)
    assert (refusal.status, refusal.section) == (status, section)
    assert words in refusal.reason


def test_a_request_before_what_is_none_counts():
    request, refusal = read(GET + b"nonsense\r\n")
    assert (request.target, refusal.status) == ("/clock?since=1", 400)


def test_behind_what_is_no_request_nothing_is_read():
    reader = RequestReader(1000, 1000)
    assert len(reader.receive(b"nonsense\r\n" + GET)) == 1
    assert reader.receive(GET) == []


@pytest.mark.parametrize("fields", ["HTTP/1.1\r\nHost: a\r\nConnection: x, Close\r\n", "HTTP/1.0\r\n"])
def test_behind_the_last_request_nothing_is_read(fields):
    reader = RequestReader(1000, 1000)
    (request,) = reader.receive(f"GET / {fields}\r\n".encode())
    assert not request.keeps_alive
    assert reader.receive(GET) == []


def in_pieces(reader, data, size=100):
    return [each for start in range(0, len(data), size) for each in reader.receive(data[start : start + size])]


@pytest.mark.parametrize("data", [b"GET /" + b"x" * 2000, GET[:-2] + b"X: " + b"y" * 2000, GET[:-2] + b"X: \r\n" * 400])
def test_a_head_over_the_limit_is_refused(data):
    reader = RequestReader(1000, 1000)
    (refusal,) = in_pieces(reader, data)
    assert (refusal.status, refusal.section) == (431, "RFC 6585 §5")
    assert "1,000 bytes" in refusal.reason


def test_a_head_is_measured_alone():
    assert len(in_pieces(RequestReader(1000, 1000), GET * 100)) == 100


@pytest.mark.parametrize(
    "data",
    [
        b"POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 1001\r\n\r\n",
        b"POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n" + b"7d0\r\n" + bytes(2000),
        b"POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n" + b"1\r\nx\r\n" * 400,
        b"POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n0\r\nTrailer: " + b"x" * 2000,
    ],
    ids=["announced", "a large chunk", "many chunks", "a trailer"],
)
def test_a_content_over_the_limit_is_refused(data):
    refusal = in_pieces(RequestReader(1000, 1000), data)[-1]
    assert (refusal.status, refusal.section) == (413, "RFC 9110 §15.5.14")


def test_a_content_up_to_the_limit_is_taken():
    data = b"POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 1000\r\n\r\n" + bytes(1000)
    assert [request.method for request in in_pieces(RequestReader(1000, 1000), data + GET)] == ["POST", "GET"]


def test_it_tells_whether_a_request_has_begun():
    reader = RequestReader(1000, 1000)
    seen = [reader.inside]
    for piece in (FIXED[:3], FIXED[3:-2], FIXED[-2:]):
        reader.receive(piece)
        seen.append(reader.inside)
    assert seen == [False, True, True, False]


# --- offers to change to another protocol ---

OFFER = b"Connection: Upgrade\r\nUpgrade: h2c, websocket\r\n"
INNER = b"GET /inner HTTP/1.1\r\n" + HOST + b"\r\n"
SIZED = b"Content-Length: %d\r\n\r\n%b" % (len(INNER), INNER)
IN_CHUNKS = b"Transfer-Encoding: chunked\r\n\r\n%x\r\n%b\r\n0\r\n\r\n" % (len(INNER), INNER)


@pytest.mark.parametrize("upgrades_to", ["", "websocket"])
@pytest.mark.parametrize("content", [SIZED, IN_CHUNKS], ids=["sized", "in chunks"])
@pytest.mark.parametrize(
    "start", [b"POST /a HTTP/1.1\r\n" + OFFER, b"GET /a HTTP/1.1\r\n" + OFFER, b"CONNECT a:1 HTTP/1.1\r\n"]
)
def test_what_a_request_with_an_offer_brings_is_its_content(start, content, upgrades_to):
    data = (start + HOST + content) * 2 + GET
    for size in (1, 7, len(data)):
        reader = RequestReader(1000, 1000, upgrades_to)
        requests = [each for at in range(0, len(data), size) for each in reader.receive(data[at : at + size])]
        assert [each.path for each in requests[2:]] == ["/clock"]
        assert requests[0].headers.get("Connection") == (None if b"CONNECT" in start else "Upgrade")
        assert not reader.inside


@pytest.mark.parametrize("length", [b"0", b"00", b"000"])
def test_an_offer_with_a_content_of_no_bytes_is_a_request_as_it_came(length):
    request, other = read(b"POST /a HTTP/1.1\r\n" + HOST + OFFER + b"Content-Length: " + length + b"\r\n\r\n" + GET)
    assert (request.path, request.headers.get("Host"), other.path) == ("/a", "127.0.0.1", "/clock")


@pytest.mark.parametrize("host", ["a", "a:80", "a:", "", "127.0.0.1:1", "[::1]", "[::1]:80", "x_y.example", "%C3%BC"])
def test_a_host_is_a_name_or_an_address_and_a_port(host):
    (request,) = read(f"GET / HTTP/1.1\r\nHost: {host}\r\n\r\n".encode())
    assert request.headers.get("Host") == host


def test_a_content_behind_an_offer_has_the_same_rules_and_limits():
    head = b"POST /a HTTP/1.1\r\n" + HOST + OFFER + b"Transfer-Encoding: chunked\r\n\r\n"
    (unreadable,) = read(head + b"xyz")
    assert (unreadable.status, unreadable.section) == (400, "RFC 9112 §7")
    (too_long,) = read(head + b"fff\r\n" + bytes(1500))
    assert too_long.status == 413


@pytest.mark.parametrize("size", [1, 50, 10_000])
def test_the_protocol_that_is_spoken_here_gets_all_that_follows(size):
    data = GET + UPGRADE + b"\x81\x80abcd" + GET
    reader = RequestReader(1000, 1000, "websocket")
    requests = [each for at in range(0, len(data), size) for each in reader.receive(data[at : at + size])]
    assert [each.path for each in requests] == ["/clock", "/c"]
    assert reader.upgrade
    assert reader.rest == b"\x81\x80abcd" + GET


@pytest.mark.parametrize("size", [1, 100, 100_000])
def test_a_head_is_as_long_as_it_may_be_and_no_longer_however_it_comes(size):
    def statuses(length):
        data = GET * 20 + b"GET / HTTP/1.1\r\n" + HOST + b"X: " + b"x" * length + b"\r\n\r\n"
        reader = RequestReader(1000, 1000)
        requests = [each for at in range(0, len(data), size) for each in reader.receive(data[at : at + size])]
        return [each.status for each in requests if isinstance(each, Refusal)]

    assert statuses(900) == []
    assert statuses(2000) == [431]
