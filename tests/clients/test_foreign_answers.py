"""Whatever a server sends, no client ends of it: each says what is wrong, tries again, and finds a good server."""

import gzip

import pytest

from lessons import chat, iframe, long_polling, polling, rooms, sse, websocket
from lessons.chat.people.session import Session
from lessons.clients.feed import Feed
from lessons.rooms.people import People
from lessons.serving import runtime
from tests.clients.odd_server import OddServer, answer
from tests.waiting import wait_until

HTML = b"Content-Type: text/html"
JSON = b"Content-Type: application/json"
STREAM = b"Content-Type: text/event-stream"
SMALL = 10_000
"""The longest answer that the clients take in these tests, in bytes."""
LONG = b"x" * (3 * SMALL)


BROKEN_HTTP = {
    "nothing": b"",
    "a line that is no HTTP": b"hello\r\n\r\n",
    "TLS": bytes.fromhex("15030300020246"),
    "HTTP/2": bytes.fromhex("00001204000000000000030000006400040010000000060000400000"),
    "half a head": b"HTTP/1.1 200 OK\r\nContent-",
    "a status that is none": b"HTTP/1.1 abc\r\n\r\n",
    "a status beyond all": b"HTTP/1.1 999 Odd\r\nContent-Length: 0\r\n\r\n",
    "an interim answer and no more": b"HTTP/1.1 103 Early Hints\r\n\r\n",
    "a switch of protocols unasked": b"HTTP/1.1 101 Switching Protocols\r\nUpgrade: h2c\r\nConnection: Upgrade\r\n\r\n",
    "a field without a name": b"HTTP/1.1 200 OK\r\n: x\r\n\r\n",
    "a field with a NUL": b"HTTP/1.1 200 OK\r\nX: a\0b\r\n\r\n",
    "a head without an end": b"HTTP/1.1 200 OK\r\nX: " + b"x" * 200_000,
    "a length below zero": b"HTTP/1.1 200 OK\r\nContent-Length: -5\r\n\r\nhello",
    "two lengths": b"HTTP/1.1 200 OK\r\nContent-Length: 5\r\nContent-Length: 6\r\n\r\nhello!",
    "a redirect to itself": answer(b"", b"Location: /clock", status=b"302 Found"),
    "a redirect to what is no address": answer(b"", b"Location: http://[", status=b"301 Moved"),
    "a redirect to bytes": answer(b"", b"Location: http://\xff\xfe:x/", status=b"307 Moved"),
    "a redirect to another scheme": answer(b"", b"Location: ftp://127.0.0.1/", status=b"308 Moved"),
    "a redirect to nowhere": answer(b"", status=b"301 Moved"),
    "an endless redirect": answer(LONG, b"Location: /clock", status=b"303 See Other"),
    "an error in a charset that is none": answer(b"oops", b"Content-Type: text/plain; charset=rot13", status=b"500 x"),
    "an error of bytes": answer(b"\xff\0\x1b", b"Content-Type: text/plain", status=b"500 \xff"),
    "an error too long": answer(LONG, b"Content-Type: text/plain", status=b"500 x"),
    "a proxy's page": answer(b"<html><h1>504 Gateway Time-out</h1></html>", HTML, status=b"504 Gateway Time-out"),
}


UNUSABLE_CONTENT = {
    "content cut short": b"HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nContent-Length: 50\r\n\r\nhello",
    "a chunk that is none": b"HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\n"
    b"Transfer-Encoding: chunked\r\n\r\nzz\r\n",
    "a chunk beyond all": b"HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\n"
    b"Transfer-Encoding: chunked\r\n\r\n" + b"f" * 30 + b"\r\n",
    "a transfer coding that is none": b"HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\n"
    b"Transfer-Encoding: foo\r\n\r\nhello",
    "gzip unasked": answer(gzip.compress(b"data: x\n\n"), STREAM, b"Content-Encoding: gzip"),
    "gzip of gzip": answer(gzip.compress(gzip.compress(b"x")), STREAM, b"Content-Encoding: gzip, gzip"),
    "gzip that is none": answer(b"plain", STREAM, b"Content-Encoding: gzip"),
    "a coding that is none": answer(b"plain", STREAM, b"Content-Encoding: x\xff"),
    "too much": answer(LONG, STREAM),
    "too many bytes of blanks": answer(b" " * len(LONG), STREAM),
}
LONG_POLLING = {
    text[:40]: answer(text.encode(), JSON)
    for text in [
        *("not JSON", "", "{}", "[]", '"text"', "null", "5", "NaN", "true", "[" * 8000, '{"a":' * 1900, "9" * 5000),
        *('{"cursor":null}', '{"cursor":""}', '{"cursor":5}', '{"cursor":["a"]}', '{"cursor":{}}', '{"resume":5}'),
        *('{"cursor":"\\ud800","items":[]}', '{"cursor":"a\\nb"}', '{"cursor":"a\\u0000"}'),
        *('{"cursor":"%s"}' % ("a" * 5000), '{"cursor":%s}' % ("9" * 5000)),
        *('{"cursor":"a","items":null}', '{"cursor":"a","items":5}', '{"cursor":"a","items":"text"}'),
        *('{"cursor":"a","items":{"a":1}}', '{"cursor":"a","items":[1]}', '{"cursor":"a","items":[null]}'),
    ]
} | {"bytes": answer(b"\xff\xfe{\0}\0", JSON), "UTF-16": answer("{}".encode("utf-16"), JSON)}
EVENT_STREAM = {
    "a page": answer(b"data: of a page\n\n", HTML),
    "JSON": answer(b"{}", JSON),
    "no media type": answer(b"data: x\n\n"),
    "a media type that is none": answer(b"data: x\n\n", b"Content-Type: \xff;;;="),
    "a line without an end": answer(b"data: " + LONG, STREAM),
    "an event without an end": answer(b"data: x\n" * SMALL, STREAM),
    "a comment without an end": answer(b":" + LONG, STREAM),
}
WEBSOCKET = {
    "another server's page": answer(b"hello", HTML),
    "an answer of HTTP/1.0": b"HTTP/1.0 101 Switching Protocols\r\n\r\n",
    "a switch without a token": b"HTTP/1.1 101 x\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n\r\n",
    "a token of bytes": b"HTTP/1.1 101 x\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
    b"Sec-WebSocket-Accept: \xff\xfe\r\n\r\n",
}
SOCKET_IO = {
    text[:40]: answer(text.encode(), b"Content-Type: text/plain")
    for text in [
        *("", "0", "0{}", "0[]", "0null", "0{", '0{"sid":5}', "4", "6", "9", "b!", "0" * 5000),
        '0{"sid":"a","upgrades":5,"pingInterval":"x"}',
    ]
}


def session_with(feed):
    session = Session()
    session.feed = feed
    return session


CLIENTS = {
    "polling": lambda url, feed: polling.Client(url, interval=0.01, feed=feed),
    "long_polling": lambda url, feed: long_polling.Client(url, feed=feed),
    "iframe": lambda url, feed: iframe.Client(url, feed=feed),
    "sse": lambda url, feed: sse.Client(url, feed=feed),
    "websocket": lambda url, feed: websocket.Client(url, feed=feed),
    "rooms": lambda url, feed: rooms.Client(url, feed=feed, people=People({"Ann": "/"})),
    "chat": lambda url, feed: chat.Client(url, session_with(feed)),
}
SERVERS = {
    "polling": lambda port: polling.Server(port=port),
    "long_polling": lambda port: long_polling.Server(port=port, interval=0.1),
    "iframe": lambda port: iframe.Server(port=port),
    "sse": lambda port: sse.Server(port=port),
    "websocket": lambda port: websocket.Server(port=port),
    "rooms": lambda port: rooms.Server(port=port),
    "chat": lambda port: chat.Server(port=port),
}
OF_HTTP = ("polling", "long_polling", "iframe", "sse")
CASES = [
    pytest.param(client, answer, id=f"{client}: {name}")
    for clients, answers in (
        (CLIENTS, BROKEN_HTTP),
        (OF_HTTP, UNUSABLE_CONTENT),
        (["long_polling"], LONG_POLLING),
        (["sse"], EVENT_STREAM),
        (["websocket"], WEBSOCKET),
        (["rooms", "chat"], SOCKET_IO),
    )
    for client in clients
    for name, answer in answers.items()
]


class Reports(Feed):
    """A feed that keeps every report."""

    def __init__(self):
        self.reports = []
        super().__init__()

    def report(self, status, reason=""):
        self.reports.append((status, reason))
        super().report(status, reason)


@pytest.fixture
def impatient(monkeypatch):
    """Wait for nothing, and take short answers only."""
    monkeypatch.setattr("random.random", lambda: 0.0)
    monkeypatch.setattr("lessons.sse.client.RECONNECTION_MILLISECONDS", 1)
    monkeypatch.setattr("lessons.long_polling.client.SHORTEST_WAIT_SECONDS", 0.01)
    for module in ("lessons.clients.http_client", "lessons.sse.client", "lessons.iframe.client"):
        monkeypatch.setattr(f"{module}.MAX_CONTENT", SMALL)


@pytest.mark.usefixtures("impatient")
@pytest.mark.parametrize(("name", "odd"), CASES)
def test_an_answer_of_no_use_is_a_reason_to_try_again(name, odd):
    feed, notices = Reports(), runtime.notices.count
    failed = ("closed" if name == "websocket" else "trying again",)
    with OddServer(odd) as server:
        client = CLIENTS[name](server.url, feed).start()
        wait_until(lambda: any(report[:1] == failed and report[1] for report in feed.reports), f"{feed.reports}")
    try:
        with SERVERS[name](server.port):
            wait_until(lambda: client.running or name == "websocket")
            client.start()  # a WebSocket that was closed stays so
            client.feed.wait_for_status("connected")
    finally:
        client.stop()
    assert "stopped" not in [status for status, _ in feed.reports[:-2]]
    assert [notice.text for notice in runtime.notices.since(notices)] == []
