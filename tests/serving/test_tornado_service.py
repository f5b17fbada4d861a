"""What the tornado servers share, by raw requests: who is refused, what pages of other origins may read, limits."""

import socket

import pytest

from lessons.serving import runtime, tornado_service
from lessons.serving.limits import MAX_CONTENT
from lessons.serving.runtime import Server
from lessons.serving.tornado_service import Handler, TornadoService, application
from tests.wire.line import receive_all

LAB = "http://localhost:8888"


class Box(Handler):
    """`POST /` answers how much came; `GET /` fails."""

    def get(self):
        raise ValueError("a mistake")

    def post(self):
        self.finish(str(len(self.request.body)))


class BoxServer(Server):
    def __init__(self):
        super().__init__(TornadoService(application([("/", Box)])), name="box")


@pytest.fixture
def server():
    with BoxServer() as server:
        server.allow(LAB)
        yield server


def dial(server) -> socket.socket:
    return socket.create_connection(("127.0.0.1", server.port), timeout=10)


def ask(server, start="POST / HTTP/1.1", *fields, body=b"", host=None) -> tuple[int, dict[str, str], str]:
    """Send a request as it is; return the answer's status, fields and content."""
    lines = [start, f"Host: {host or f'127.0.0.1:{server.port}'}", "Connection: close", *fields]
    if body:
        lines.append(f"Content-Length: {len(body)}")
    with dial(server) as client:
        client.sendall("\r\n".join([*lines, "", ""]).encode() + body)
        head, _, content = receive_all(client).decode().partition("\r\n\r\n")
    status, *answered = head.split("\r\n")
    return int(status.split()[1]), dict(field.split(": ", 1) for field in answered), content


def test_a_program_is_welcome(server):
    status, fields, content = ask(server, body=b"hello")
    assert (status, content) == (200, "5")
    assert "Access-Control-Allow-Origin" not in fields
    assert fields["Cache-Control"] == "no-store"
    assert "Server" not in fields


def test_a_page_that_is_allowed_may_read_the_answer(server):
    status, fields, _ = ask(server, "POST / HTTP/1.1", f"Origin: {LAB}")
    assert status == 200
    assert fields["Access-Control-Allow-Origin"] == LAB
    assert fields["Vary"] == "Origin"


@pytest.mark.parametrize("path", ["/", "/nothing-here"])
def test_a_page_that_is_allowed_may_read_what_went_wrong_too(server, path):
    status, fields, _ = ask(server, f"GET {path} HTTP/1.1", f"Origin: {LAB}")
    assert status == (500 if path == "/" else 404)
    assert fields["Access-Control-Allow-Origin"] == LAB
    assert "Server" not in fields


@pytest.mark.parametrize("start", ["POST / HTTP/1.1", "GET / HTTP/1.1", "OPTIONS / HTTP/1.1", "GET /no HTTP/1.1"])
@pytest.mark.parametrize("origin", ["http://evil.example", "null"])
def test_a_foreign_page_is_refused_in_words(server, start, origin):
    status, fields, content = ask(server, start, f"Origin: {origin}")
    assert status == 403
    assert content == f"Pages of the origin '{origin}' may not use this server. (RFC 6454 §7)\n"
    assert fields["Content-Type"] == "text/plain; charset=utf-8"
    assert "Access-Control-Allow-Origin" not in fields


def test_a_name_that_is_not_ours_is_refused_in_words(server):
    status, _, content = ask(server, host="evil.example")
    assert (status, content) == (403, "This server doesn't answer to the name 'evil.example'. (RFC 9110 §7.2)\n")


def test_a_path_that_is_not_there_is_told_in_words(server):
    status, _, content = ask(server, "GET /no/such HTTP/1.1")
    assert (status, content) == (404, "There is nothing at /no/such on this server.\n")


def test_a_preflight_is_answered_with_what_was_asked_for(server):
    status, fields, _ = ask(
        server,
        "OPTIONS / HTTP/1.1",
        f"Origin: {LAB}",
        "Access-Control-Request-Method: POST",
        "Access-Control-Request-Headers: content-type, x-news",
    )
    assert status == 204
    assert fields["Access-Control-Allow-Origin"] == LAB
    assert fields["Access-Control-Allow-Headers"] == "content-type, x-news"
    assert "POST" in fields["Access-Control-Allow-Methods"]


def test_content_up_to_the_limit_is_taken(server):
    assert ask(server, body=bytes(MAX_CONTENT))[2] == str(MAX_CONTENT)


def test_content_over_the_limit_is_refused_before_it_comes(server):
    with dial(server) as client:
        head = f"POST / HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Length: {MAX_CONTENT + 1}\r\n\r\n"
        client.sendall(head.encode())
        assert receive_all(client).startswith(b"HTTP/1.1 400 ")


def test_chunked_content_over_the_limit_is_refused(server):
    with dial(server) as client:
        client.sendall(b"POST / HTTP/1.1\r\nHost: 127.0.0.1\r\nTransfer-Encoding: chunked\r\n\r\n")
        try:
            for _ in range(2 * MAX_CONTENT // 65536):
                client.sendall(b"10000\r\n" + bytes(65536) + b"\r\n")
            answer = receive_all(client)
        except (ConnectionResetError, BrokenPipeError):
            return  # it has closed the connection while we were still sending
        assert answer == b"" or answer.startswith(b"HTTP/1.1 400 ")


def test_a_head_over_the_limit_ends_the_connection(server):
    with dial(server) as client:
        try:
            client.sendall(b"GET / HTTP/1.1\r\n" + b"X: y\r\n" * 20_000)
            assert receive_all(client) == b""
        except (ConnectionResetError, BrokenPipeError):
            pass


@pytest.mark.parametrize(
    "words",
    [
        b"",
        b"POST / HT",
        b"POST / HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Length: 9\r\n\r\nhalf",
        b"POST / HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n",
    ],
    ids=["nothing", "half a head", "half a content", "an answered request"],
)
def test_a_client_that_falls_silent_is_dropped(monkeypatch, words):
    monkeypatch.setattr(tornado_service, "IDLE_SECONDS", 0.1)
    with BoxServer() as server, dial(server) as client:
        client.sendall(words)
        receive_all(client)


def test_closing_what_was_never_opened_is_fine():
    runtime.run(TornadoService(application([])).close())
