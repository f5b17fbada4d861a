"""The HTTP server of the lessons, by raw requests: answers in order, refusals in words, limits, and those who go."""

import asyncio
import socket
from contextlib import ExitStack

import pytest

from lessons.serving import runtime
from lessons.serving.http_service import HTTPService
from lessons.serving.limits import MAX_CONTENT, MAX_HEAD
from lessons.serving.response import Response
from lessons.serving.runtime import Server
from tests.waiting import running_tasks, wait_until
from tests.wire.line import in_background, receive_all

PATIENCE = 10.0
LAB = "http://localhost:8888"
LARGE = 100_000


class Post(Server):
    """A server with an answer of each kind."""

    def __init__(self, **options):
        self.answered = 0
        self.parked = []
        self.streams = []
        answers = {
            "/": lambda request: self.count(request.target.encode()),
            "/large": lambda request: self.count(bytes(LARGE)),
            "/fail": self.fail,
            "/parked": self.park,
            "/stream": lambda request: Response(200, begin=self.stream),
            "/last": lambda request: Response(200, headers={"Connection": "close"}, begin=self.stream),
        }
        self.http = HTTPService(answers, **options)
        super().__init__(self.http, name="post")

    def count(self, content):
        self.answered += 1
        return Response(200, content)

    def fail(self, request):
        raise ValueError("a mistake of the student's")

    def park(self, request):
        self.parked.append(asyncio.get_running_loop().create_future())
        return self.parked[-1]

    def stream(self, stream):
        stream.on_gone = lambda: self.streams.remove(stream)
        stream.send(b"begun")
        self.streams.append(stream)

    def release(self, number=0, error=None):
        pending = self.parked[number]
        if error is None:
            runtime.call_soon(pending.set_result, Response(200, b"news"))
        else:
            runtime.call_soon(pending.set_exception, error)

    @property
    def connections(self):
        return len(self.http.connections)


class Asker:
    """A client made of a bare socket."""

    def __init__(self, server, buffer=None):
        self.socket = socket.socket()
        if buffer:
            self.socket.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, buffer)
        self.socket.settimeout(PATIENCE)
        self.socket.connect(("127.0.0.1", server.port))
        self._received = b""

    def ask(self, path="/", *fields, method="GET", version="1.1", host="127.0.0.1", content=b""):
        self.send("\r\n".join([f"{method} {path} HTTP/{version}", f"Host: {host}", *fields, "", ""]).encode() + content)

    def send(self, data):
        self.socket.sendall(data)

    def answer(self, content=True):
        """Return the status, the fields and the content of the next answer."""
        head = self._until(b"\r\n\r\n").decode()
        status, *lines = head.removesuffix("\r\n\r\n").split("\r\n")
        fields = dict(line.split(": ", 1) for line in lines)
        length = int(fields.get("Content-Length", 0)) if content else 0
        while len(self._received) < length:
            self._receive()
        taken, self._received = self._received[:length], self._received[length:]
        return int(status.split()[1]), fields, taken.decode()

    def rest(self):
        return self._received + receive_all(self.socket)

    def _until(self, end):
        while end not in self._received:
            self._receive()
        head, _, self._received = self._received.partition(end)
        return head + end

    def _receive(self):
        data = self.socket.recv(65536)
        assert data, f"the server closed the connection after {self._received!r}"
        self._received += data


@pytest.fixture
def server():
    with Post() as server:
        server.allow(LAB)
        yield server


@pytest.fixture
def connect():
    with ExitStack() as stack:

        def make(server, **options):
            asker = Asker(server, **options)
            stack.enter_context(asker.socket)
            return asker

        yield make


# --- what is answered ---


def test_a_request_is_answered(server, connect):
    client = connect(server)
    client.ask("/?a=1")
    status, fields, content = client.answer()
    assert (status, content) == (200, "/?a=1")
    assert list(fields) == ["Date", "Cache-Control", "Content-Length"]
    client.ask("/")
    assert client.answer()[2] == "/", "the connection is kept"


def test_a_request_may_come_byte_by_byte(server, connect):
    client = connect(server)
    client.socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    for (
        byte
    ) in b"POST / HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Length: 3\r\n\r\nabcGET / HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n":
        client.send(bytes([byte]))
    assert client.answer()[0] == 405
    assert client.answer()[0] == 200


def test_requests_at_once_are_answered_in_their_order(server, connect):
    client = connect(server)
    paths = [f"/?{number}" for number in range(1000)]
    client.send("".join(f"GET {path} HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n" for path in paths).encode())
    assert [client.answer()[2] for _ in paths] == paths


def test_requests_behind_one_that_waits_are_answered_after_it(server, connect):
    client = connect(server)
    for path in ("/parked", "/?1", "/parked", "/?2", "/none"):
        client.ask(path)
    for number in range(2):
        wait_until(lambda number=number: len(server.parked) == number + 1)
        assert server.answered == number
        server.release(number)
    assert [client.answer()[2] for _ in range(4)] == ["news", "/?1", "news", "/?2"]
    assert client.answer()[0] == 404


def test_many_requests_behind_one_that_waits_are_not_lost(server, connect):
    client = connect(server)
    client.ask("/parked")
    paths = [f"/?{number}" for number in range(5000)]
    with in_background(client.send, "".join(f"GET {p} HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n" for p in paths).encode()):
        wait_until(lambda: server.parked)
        server.release()
        assert client.answer()[2] == "news"
        assert [client.answer()[2] for _ in paths] == paths


def test_a_client_that_asks_without_end_while_one_request_waits_is_read_no_more(server, connect):
    client = connect(server)
    client.ask("/parked")
    wait_until(lambda: server.parked)
    (connection,) = server.http.connections
    client.send(b"GET / HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n" * 100)
    wait_until(lambda: not connection.transport.is_reading())
    server.release()
    assert [client.answer()[2] for _ in range(101)] == ["news", *["/"] * 100]


def test_no_news_of_one_client_delays_another(server, connect):
    waiting, asking = connect(server), connect(server)
    waiting.ask("/parked")
    wait_until(lambda: server.parked)
    asking.ask()
    assert asking.answer()[0] == 200


def test_head_gets_the_head_alone(server, connect):
    client = connect(server)
    client.ask("/large", method="HEAD")
    status, fields, _ = client.answer(content=False)
    assert (status, fields["Content-Length"]) == (200, str(LARGE))
    client.ask("/stream", method="HEAD")
    assert client.answer()[1]["Transfer-Encoding"] == "chunked"
    client.ask("/none", method="HEAD")
    assert client.answer(content=False)[0] == 404
    client.ask()
    assert client.answer()[2] == "/"
    assert server.streams == []


def test_other_methods_are_refused_and_named(server, connect):
    client = connect(server)
    client.ask(method="DELETE")
    status, fields, content = client.answer()
    assert (status, fields["Allow"]) == (405, "GET, HEAD")
    assert content == "This path answers GET and HEAD only.\n"


def test_a_preflight_is_answered(server, connect):
    client = connect(server)
    client.ask("/", f"Origin: {LAB}", method="OPTIONS")
    status, fields, _ = client.answer()
    assert (status, fields["Access-Control-Allow-Methods"]) == (204, "GET")
    assert fields["Access-Control-Allow-Origin"] == LAB
    assert "Content-Length" not in fields


def test_a_path_that_is_not_there_is_told_in_words(server, connect):
    client = connect(server)
    client.ask("/no/such?x=1", f"Origin: {LAB}")
    status, fields, content = client.answer()
    assert (status, content) == (404, "There is nothing at /no/such on this server.\n")
    assert fields["Access-Control-Allow-Origin"] == LAB, "the page may read what went wrong"
    assert fields["Vary"] == "Origin"


@pytest.mark.parametrize("path", ["/", "/none", "/parked", "/stream"])
@pytest.mark.parametrize("method", ["GET", "POST", "OPTIONS"])
def test_a_foreign_page_is_refused_in_words(server, connect, path, method):
    client = connect(server)
    client.ask(path, "Origin: http://evil.example", method=method)
    status, fields, content = client.answer()
    assert (status, content) == (
        403,
        "Pages of the origin 'http://evil.example' may not use this server. (RFC 6454 §7)\n",
    )
    assert "Access-Control-Allow-Origin" not in fields


def test_a_name_that_is_not_ours_is_refused_in_words(server, connect):
    client = connect(server)
    client.ask(host="evil.example")
    status, _, content = client.answer()
    assert (status, content) == (403, "This server doesn't answer to the name 'evil.example'. (RFC 9110 §7.2)\n")


# --- contents of requests ---


@pytest.mark.parametrize("method", ["GET", "POST"])
def test_a_content_is_passed_over(server, connect, method):
    client = connect(server)
    client.ask("/", "Content-Length: 20", method=method, content=b"GET /evil HTTP/1.1\r\n")
    client.ask("/", "Transfer-Encoding: chunked", method=method, content=b"5;a=b\r\nGET /\r\n0\r\nTrailer: x\r\n\r\n")
    client.ask("/?last")
    assert [client.answer()[0] for _ in range(2)] == [200 if method == "GET" else 405] * 2
    assert client.answer()[2] == "/?last"


def test_a_content_up_to_the_limit_is_taken(server, connect):
    client = connect(server)
    client.ask("/", f"Content-Length: {MAX_CONTENT}", content=bytes(MAX_CONTENT))
    assert client.answer()[0] == 200


# --- what is no request ---


REFUSED = [
    (b"nonsense\r\n\r\n", 400, "RFC 9112 §3"),
    (b"GET / HTTP/1.1\r\nHost: 127.0.0.1\r\nNo colon\r\n\r\n", 400, "RFC 9112 §5"),
    (b"GET / HTTP/1.1\r\n\r\n", 400, "RFC 9112 §3.2"),
    (b"GET / HTTP/1.1\r\nHost: 127.0.0.1\r\nTransfer-Encoding: chunked\r\n\r\nxyz\r\n", 400, "RFC 9112 §7"),
    (b"GET / HTTP/2.0\r\nHost: 127.0.0.1\r\n\r\n", 505, "RFC 9110 §15.6.6"),
    (b"GET / HTTP/1.1\r\nHost: 127.0.0.1\r\nExpect: 100-continue\r\n\r\n", 417, "RFC 9110 §10.1.1"),
    (b"GET / HTTP/1.1\r\n" + b"X: y\r\n" * (MAX_HEAD // 4), 431, "RFC 6585 §5"),
    (b"GET /" + b"x" * 2 * MAX_HEAD, 431, "RFC 6585 §5"),
    (
        f"POST / HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Length: {MAX_CONTENT + 1}\r\n\r\n".encode(),
        413,
        "RFC 9110 §15.5.14",
    ),
    (
        b"POST / HTTP/1.1\r\nHost: 127.0.0.1\r\nTransfer-Encoding: chunked\r\n\r\n"
        + (b"10000\r\n" + bytes(65536) + b"\r\n") * (2 * MAX_CONTENT // 65536),
        413,
        "RFC 9110 §15.5.14",
    ),
]


@pytest.mark.parametrize(("data", "status", "section"), REFUSED, ids=[f"{each[1]} {each[2]}" for each in REFUSED])
def test_what_is_no_request_is_refused_in_words_and_ends_the_connection(server, connect, data, status, section):
    """The words arrive also where the client is still sending when they are said."""
    client = connect(server)
    with in_background(client.send, data):
        answered, fields, content = client.answer()
        assert client.rest() == b""
    assert answered == status
    assert content.endswith(f". ({section})\n")
    assert fields["Connection"] == "close"
    assert fields["Content-Type"] == "text/plain; charset=utf-8"


def test_a_refusal_keeps_its_place_behind_requests_that_are_none_the_worse(server, connect):
    client = connect(server)
    client.ask("/parked")
    client.ask("/?1")
    client.send(b"nonsense\r\n\r\n")
    wait_until(lambda: server.parked)
    server.release()
    assert [client.answer()[0] for _ in range(3)] == [200, 200, 400]
    assert client.rest() == b""


@pytest.mark.parametrize(("version", "fields"), [("1.1", ["Connection: close"]), ("1.0", [])])
@pytest.mark.parametrize("path", ["/", "/none"])
def test_a_client_that_wants_it_has_its_connection_closed(server, connect, path, version, fields):
    client = connect(server)
    client.ask(path, *fields, version=version)
    client.ask(path, *fields, version=version)
    assert client.answer()[1]["Connection"] == "close"
    assert client.rest() == b""


# --- errors ---


def test_an_error_is_told_to_the_client_and_shown_to_the_student(server, connect):
    count = runtime.notices.count
    client = connect(server)
    client.ask("/fail", f"Origin: {LAB}")
    status, fields, content = client.answer()
    assert (status, content) == (500, "An error in the server; it is shown in the notebook.\n")
    assert fields["Access-Control-Allow-Origin"] == LAB
    (notice,) = runtime.notices.since(count)
    assert notice.server == "post"
    assert notice.text.startswith("An error in the post, GET /fail:\n")
    assert 'raise ValueError("a mistake of the student\'s")' in notice.text
    assert "site-packages" not in notice.text
    client.ask()
    assert client.answer()[0] == 200


def test_an_error_that_comes_later_is_told_too(server, connect):
    count = runtime.notices.count
    client = connect(server)
    client.ask("/parked")
    client.ask("/?next")
    wait_until(lambda: server.parked)
    server.release(error=ValueError("too late"))
    assert [client.answer()[0] for _ in range(2)] == [500, 200]
    assert runtime.notices.since(count)[0].text.endswith("ValueError: too late\n")


def test_an_answer_that_is_given_up_ends_the_connection(server, connect):
    client = connect(server)
    client.ask("/parked")
    wait_until(lambda: server.parked)
    runtime.call_soon(server.parked[0].cancel)
    assert client.rest() == b""


# --- those who go, fall silent or don't read ---


@pytest.mark.parametrize("reset", [False, True])
@pytest.mark.parametrize("path", ["/parked", "/stream"])
def test_a_client_that_goes_is_forgotten(server, connect, path, reset):
    tasks = running_tasks()
    clients = [connect(server) for _ in range(5)]
    for client in clients:
        client.ask(path)
        client.ask("/?behind")
    wait_until(lambda: len(server.parked) + len(server.streams) == 5)
    for client in clients:
        if reset:
            client.socket.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, b"\1\0\0\0\0\0\0\0")
        client.socket.close()
    wait_until(lambda: server.connections == 0)
    wait_until(lambda: all(pending.cancelled() for pending in server.parked))
    assert server.streams == []
    assert server.answered == 0
    assert running_tasks() <= tasks


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (b"", b""),
        (b"\r\n", b""),
        (b"GET / HT", b"408"),
        (b"POST / HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Length: 9\r\n\r\nhalf", b"408"),
        (b"GET / HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n", b"200"),
        (b"nonsense\r\n\r\n", b"400"),
    ],
    ids=["nothing", "a blank line", "half a head", "half a content", "an answered request", "nonsense"],
)
def test_a_client_that_falls_silent_is_dropped(connect, words, said):
    with Post(idle_seconds=0.05) as server:
        client = connect(server)
        client.send(words)
        assert client.rest()[9:12] == said
        wait_until(lambda: server.connections == 0)


def test_who_waits_for_an_answer_is_not_silent(connect):
    with Post(idle_seconds=0.05) as server:
        parked, silent = connect(server), connect(server)
        parked.ask("/parked")
        wait_until(lambda: server.parked)
        assert silent.rest() == b""
        assert connect(server).rest() == b""
        server.release()
        assert parked.answer()[2] == "news"


def ask_for_much(client, count):
    client.send(b"GET /large HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n" * count)


def test_a_client_that_reads_nothing_is_answered_no_more_and_dropped(connect):
    with Post(idle_seconds=0.2) as server:
        client = connect(server, buffer=4096)
        ask_for_much(client, 1000)
        wait_until(lambda: server.answered)
        wait_until(lambda: server.connections == 0)
        assert server.answered < 500


def test_a_client_that_reads_late_gets_everything(server, connect):
    client = connect(server, buffer=4096)
    ask_for_much(client, 200)
    wait_until(lambda: server.answered)
    assert [len(client.answer()[2]) for _ in range(200)] == [LARGE] * 200


def test_closing_is_prompt_whatever_clients_do(connect):
    server = Post()
    clients = {what: connect(server, buffer=4096) for what in ("idle", "half", "parked", "stream", "deaf")}
    clients["half"].send(b"GET / HT")
    clients["parked"].ask("/parked")
    clients["stream"].ask("/stream")
    ask_for_much(clients["deaf"], 1000)
    wait_until(lambda: server.parked and server.streams and server.answered)
    server.close()
    assert server.connections == 0
    assert all(pending.cancelled() for pending in server.parked)
    assert server.streams == []
    for what in ("idle", "half", "parked"):
        assert clients[what].rest() == b""


# --- streams ---


def test_a_stream_goes_on_until_it_is_ended_and_the_connection_after_it(server, connect):
    client = connect(server)
    client.ask("/stream")
    client.ask("/?after")
    assert client.answer()[1]["Transfer-Encoding"] == "chunked"
    wait_until(lambda: server.streams)
    runtime.call_soon(server.streams[0].send, b"more")
    runtime.call_soon(server.streams[0].end)
    assert client._until(b"0\r\n\r\n") == b"5\r\nbegun\r\n4\r\nmore\r\n0\r\n\r\n"
    assert client.answer()[2] == "/?after"


def test_a_client_of_http_1_0_gets_a_stream_without_chunks(server, connect):
    client = connect(server)
    client.ask("/stream", version="1.0")
    assert "Transfer-Encoding" not in client.answer()[1]
    wait_until(lambda: server.streams)
    runtime.call_soon(server.streams[0].end)
    assert client.rest() == b"begun"


def test_what_comes_during_the_last_response_keeps_nobody_from_being_forgotten(server, connect):
    client = connect(server)
    client.ask("/last")
    wait_until(lambda: server.streams)
    client.send(b"GET / HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n" * 100)
    client.socket.close()
    wait_until(lambda: server.connections == 0)
    assert (server.streams, server.answered) == ([], 0)


def test_a_stream_that_nobody_reads_is_cut_off(server, connect):
    client = connect(server, buffer=4096)
    client.ask("/stream")
    wait_until(lambda: server.streams)
    stream = server.streams[0]
    for _ in range(500):
        runtime.call_soon(stream.send, bytes(LARGE))
    wait_until(lambda: server.connections == 0)
    assert server.streams == []


def test_what_is_said_to_who_has_gone_is_nothing(server, connect):
    count = runtime.notices.count
    client = connect(server)
    client.ask("/stream")
    wait_until(lambda: server.streams)
    stream = server.streams[0]
    client.socket.close()
    wait_until(lambda: not server.streams)
    runtime.call_soon(stream.send, b"to nobody")
    runtime.call_soon(stream.end)
    runtime.run(asyncio.sleep(0))
    assert runtime.notices.since(count) == []
