"""What every server of the lessons does with HTTP, whoever reads it: by raw requests, over real sockets."""

import contextlib
import re
import socket
import subprocess
import sys
import time

import pytest

from lessons import chat, handshake, iframe, long_polling, polling, rooms, sse, websocket
from lessons.serving import runtime
from lessons.serving.clock import ManualClock
from tests.wire.line import receive_all

OURS = {
    "polling": (polling.Server, "/clock"),
    "long polling": (long_polling.Server, "/"),
    "iframe": (iframe.Server, "/"),
    "sse": (sse.Server, "/"),
    "websocket": (websocket.Server, "/"),
}
ALL = OURS | {
    "ready made": (websocket.ReadyMadeServer, "/"),
    "rooms": (rooms.Server, "/"),
    "chat": (chat.Server, "/"),
}
HAND_MADE = {"websocket": websocket.Server, "without a page": lambda: websocket.Server(with_page=False)}
TAG = '"12:00:00"'
UPGRADE = (
    "Upgrade: {}",
    "Connection: Upgrade",
    "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==",
    "Sec-WebSocket-Version: {}",
)


@pytest.fixture
def ours(request):
    make, path = OURS[request.param]
    with make() as server:
        yield server, path


@pytest.fixture
def any_server(request):
    make, path = ALL[request.param]
    with make() as server:
        yield server, path


@pytest.fixture
def hand_made(request):
    with (HAND_MADE | {"simple": handshake.SimpleServer})[request.param]() as server:
        yield server


each_of_ours = pytest.mark.parametrize("ours", OURS, indirect=True)
each_server = pytest.mark.parametrize("any_server", ALL, indirect=True)


def ask(server, start, *fields, content=b"", host=True) -> bytes:
    """Send a request as it is, end our side of the connection, and return all that comes."""
    lines = [start, *([f"Host: 127.0.0.1:{server.port}"] if host else []), *fields, "", ""]
    return send(server, "\r\n".join(lines).encode() + content)


def send(server, data) -> bytes:
    with socket.create_connection(("127.0.0.1", server.port), timeout=10) as client:
        client.sendall(data)
        return receive_all(client)


def statuses(answer) -> list[int]:
    return [int(status) for status in re.findall(rb"HTTP/1\.1 (\d{3}) ", answer)]


# --- what a request with an offer brings ---


@each_of_ours
@pytest.mark.parametrize(
    ("start", "fields"),
    [
        (
            "POST {}",
            ["Connection: Upgrade, HTTP2-Settings", "Upgrade: h2c", "HTTP2-Settings: AAMAAABkAAQAoAAA"],
        ),
        ("GET /none", ["Connection: Upgrade", "Upgrade: h2c"]),
        ("POST {}", ["Connection: Upgrade", "Upgrade: websocket, h2c"]),
        ("CONNECT a:1", []),
        ("POST {}", []),
    ],
    ids=["h2c", "GET", "websocket by POST", "CONNECT", "no offer"],
)
@pytest.mark.parametrize("chunked", [False, True])
def test_a_content_is_no_request(ours, start, fields, chunked):
    server, path = ours
    inner = f"GET /inner HTTP/1.1\r\nHost: 127.0.0.1:{server.port}\r\n\r\n".encode()
    framing = "Transfer-Encoding: chunked" if chunked else f"Content-Length: {len(inner)}"
    content = b"%x\r\n%b\r\n0\r\n\r\n" % (len(inner), inner) if chunked else inner
    last = f"GET /last HTTP/1.1\r\nHost: 127.0.0.1:{server.port}\r\nConnection: close\r\n\r\n".encode()
    answer = ask(server, f"{start.format(path)} HTTP/1.1", *fields, framing, content=content + last)
    assert b"/inner" not in answer
    if server.service.upgrades_to and "Upgrade: websocket, h2c" in fields:
        assert statuses(answer) == [405], "a handshake that is refused ends the connection"
        return
    assert b"/last" in answer
    assert len(statuses(answer)) == 2


@pytest.mark.parametrize("hand_made", [*HAND_MADE, "simple"], indirect=True)
def test_an_upgrade_with_a_content_is_refused_and_that_is_no_frame(hand_made):
    frame = b"\x81\x85\0\0\0\0hello"
    fields = [each.format("websocket" if "Upgrade:" in each else 13) for each in UPGRADE]
    answer = ask(hand_made, "GET / HTTP/1.1", *fields, f"Content-Length: {len(frame)}", content=frame)
    assert statuses(answer) == [400]
    assert b"\x81\x05hello" not in answer


@pytest.mark.parametrize("hand_made", [*HAND_MADE, "simple"], indirect=True)
def test_a_refused_upgrade_says_which_there_is(hand_made):
    fields = [each.format("websocket" if "Upgrade:" in each else 8) for each in UPGRADE]
    answer = ask(hand_made, "GET / HTTP/1.1", *fields)
    assert statuses(answer) == [426]
    assert b"\r\nUpgrade: websocket\r\n" in answer
    assert b"\r\nSec-WebSocket-Version: 13\r\n" in answer
    assert b"RFC 6455, section 4.4" in answer


# --- one reader for all ---


@each_server
def test_a_target_in_absolute_form_is_taken(any_server):
    server, path = any_server
    for version in ("1.1", "1.0"):
        origin, absolute = (
            ask(server, f"GET {prefix}{path} HTTP/{version}", "Connection: close")
            for prefix in ("", f"http://127.0.0.1:{server.port}")
        )
        assert statuses(absolute) == statuses(origin) == [200]


@each_server
def test_the_host_of_the_target_counts_not_that_of_the_field(any_server):
    server, path = any_server
    assert statuses(ask(server, f"GET http://evil.example{path} HTTP/1.1", "Connection: close")) == [403]


@each_of_ours
def test_who_names_no_host_or_two_is_refused_in_words(ours):
    server, path = ours
    for hosts in ([], ["Host: a", "Host: b"]):
        answer = ask(server, f"GET {path} HTTP/1.1", *hosts, host=False)
        assert statuses(answer) == [400]
        assert "RFC 9112 §3.2".encode() in answer


@each_server
@pytest.mark.parametrize("others", ["Host: u@{}", "Host: {}/x", "Host: {0}, {0}"])
def test_a_host_that_is_no_name_with_a_port_is_refused(any_server, others):
    server, path = any_server
    answer = ask(server, f"GET {path} HTTP/1.1", others.format(f"127.0.0.1:{server.port}"), host=False)
    assert statuses(answer) == [400]


@each_server
def test_two_pages_cannot_ask_at_once(any_server):
    server, path = any_server
    own, foreign = f"Origin: http://127.0.0.1:{server.port}", "Origin: http://evil.example"
    for origins in ([own, foreign], [foreign, own]):
        assert statuses(ask(server, f"GET {path} HTTP/1.1", *origins, "Connection: close")) == [403]


@each_of_ours
def test_a_blank_line_before_a_request_is_passed_over_and_the_connection_kept(ours):
    server, _ = ours
    request = f"GET /page.js HTTP/1.1\r\nHost: 127.0.0.1:{server.port}\r\n"
    assert statuses(send(server, f"\r\n{request}\r\n{request}Connection: close\r\n\r\n".encode())) == [200, 200]


@each_server
def test_head_gets_no_content_and_http_1_0_is_spoken(any_server):
    server, _ = any_server
    head = ask(server, "HEAD / HTTP/1.1", "Connection: close")
    assert head.endswith(b"\r\n\r\n")
    assert int(re.search(rb"Content-Length: (\d+)", head)[1]) > 100
    old = ask(server, "GET / HTTP/1.0")
    assert statuses(old) == [200]
    assert old.endswith(b"</html>\n")


@each_of_ours
def test_an_expectation_is_refused_but_not_of_http_1_0(ours):
    server, path = ours
    fields = ["Expect: 100-continue", "Content-Length: 2"]
    assert statuses(ask(server, f"POST {path} HTTP/1.1", *fields, content=b"hi")) == [417]
    assert statuses(ask(server, f"POST {path} HTTP/1.0", *fields, content=b"hi")) == [405]


TORNADO = {"ready made": "/echo", "rooms": "/socket.io/?EIO=4&transport=websocket"}
TORNADO["chat"] = TORNADO["rooms"]


@pytest.mark.parametrize("any_server", TORNADO, indirect=True)
def test_a_client_of_http_1_0_has_no_expectations(any_server):
    server, path = any_server
    fields = ["Expect: 100-continue", "Content-Length: 2"]
    assert statuses(ask(server, f"POST {path} HTTP/1.0", *fields, content=b"hi")) == [405]


@pytest.mark.parametrize(("any_server", "path"), TORNADO.items(), indirect=["any_server"])
def test_a_client_of_http_1_0_changes_to_no_other_protocol(any_server, path):
    server, _ = any_server
    fields = [each.format("websocket" if "Upgrade:" in each else 13) for each in UPGRADE]
    assert statuses(ask(server, f"GET {path} HTTP/1.0", *fields)) == [400]


@each_server
@pytest.mark.parametrize("target", ["/%00", "/%ff", "/../x", "/%2e%2e/x", "//x", "/x/..", "/a%2fb", f"/{'x' * 9000}"])
def test_a_path_where_nothing_is_is_told_in_words_to_the_client_alone(any_server, target, capsys):
    server, _ = any_server
    answer = ask(server, f"GET {target} HTTP/1.1", "Connection: close")
    assert statuses(answer) == [404]
    assert b"There is nothing at " in answer
    assert capsys.readouterr().err == ""


@each_server
def test_a_method_that_is_not_for_a_page_is_refused_with_those_that_are(any_server):
    server, path = any_server
    answer = ask(server, f"DELETE {path} HTTP/1.1", "Connection: close")
    assert statuses(answer) == [405]
    assert re.search(rb"\r\nAllow: GET, HEAD\b", answer)
    assert b"Content-Type: text/plain" in answer


@pytest.mark.parametrize("form", ["{}", "W/{}", '"x", {}', "*", '"x"\r\nIf-None-Match: {}'])
def test_a_tag_is_recognised_in_each_form(form):
    with polling.Server(ManualClock("12:00:00")) as server:
        seen = ask(server, "GET /clock HTTP/1.1", f"If-None-Match: {form.format(TAG)}", "Connection: close")
        other = ask(server, "GET /clock HTTP/1.1", 'If-None-Match: "x", W/"y"', "Connection: close")
    assert (statuses(seen), statuses(other)) == ([304], [200])


# --- out of file descriptors ---

SERVE_WITH_FEW_FILES = """
import resource, sys
if sys.argv[2] == "asyncio":
    sys.modules["uvloop"] = None
from lessons import {module}
from lessons.serving import runtime
from lessons.serving.clock import ManualClock
server = {module}.Server()
resource.setrlimit(resource.RLIMIT_NOFILE, (64, 64))
print(server.port, flush=True)
sys.stdin.read()
"""


@pytest.mark.parametrize("loop", ["asyncio", "the fastest"])
@pytest.mark.parametrize("module", ["polling", "websocket", "rooms", "handshake"])
def test_who_cannot_be_taken_is_turned_away_with_few_words_and_all_goes_on(module, loop):
    script = SERVE_WITH_FEW_FILES.format(module=module)
    if module == "handshake":
        script = script.replace("handshake.Server", "handshake.SimpleServer")
    process = subprocess.Popen(
        [sys.executable, "-c", script, module, loop],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    port = int(process.stdout.readline())
    clients = [socket.create_connection(("127.0.0.1", port), timeout=10) for _ in range(90)]
    assert receive_all(clients[-1]) == b""
    for client in clients:
        client.close()
    assert answers_again(port)
    _, errors = process.communicate("", timeout=20)
    assert errors.count("Too many open files") <= 2
    assert len(errors) < 1000, errors


def answers_again(port) -> bool:
    """Ask until there is an answer: the server has to notice first that the others have gone."""
    for _ in range(100):
        with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", port), timeout=10) as client:
            client.sendall(b"GET / HTTP/1.1\r\nHost: 127.0.0.1\r\nConnection: close\r\n\r\n")
            if client.recv(9) == b"HTTP/1.1 ":
                return True
        time.sleep(0.05)
    return False


def test_a_server_on_all_addresses_answers_at_each_of_both_kinds():
    with polling.Server(host="::") as server:
        assert server.url.startswith("http://[::1]:")
        assert statuses(ask(server, "GET /clock HTTP/1.1", "Connection: close")) == [200]
        with socket.create_connection(("::1", server.port), timeout=10) as client:
            client.sendall(b"GET /clock HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n")
            assert statuses(receive_all(client)) == [200]
    assert server not in runtime.running()
