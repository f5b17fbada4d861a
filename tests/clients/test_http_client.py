"""What all clients of HTTP share: legal answers of an unusual form, redirects, patience."""

import pytest

from lessons import iframe, long_polling, polling, sse
from lessons.clients.http_client import MAX_REDIRECTS
from tests.clients.odd_server import OddServer, answer
from tests.waiting import wait_until

CLIENTS = {
    "polling": (lambda url: polling.Client(url, interval=0.01), b"text/plain", b"noon!"),
    "long_polling": (long_polling.Client, b"application/json", b'{"items": ["noon!"], "cursor": "a-1"}'),
    "iframe": (iframe.Client, b"text/html", b'<script>parent.news("noon!")</script>'),
    "sse": (sse.Client, b"text/event-stream", b"data: noon!\n\n"),
}


def chunked(head: bytes, content: bytes) -> bytes:
    return head + b"Transfer-Encoding: chunked\r\n\r\n%x;a=b\r\n" % len(content) + content + b"\r\n0\r\nX: y\r\n\r\n"


FORMS = {
    "with a length": lambda kind, content: answer(content, b"Content-Type: " + kind),
    "up to the end": lambda kind, content: b"HTTP/1.1 200 OK\r\nContent-Type: " + kind + b"\r\n\r\n" + content,
    "of HTTP/1.0": lambda kind, content: b"HTTP/1.0 200\r\ncontent-type:" + kind + b"\r\n\r\n" + content,
    "in chunks": lambda kind, content: chunked(b"HTTP/1.1 200 OK\r\nContent-Type: " + kind + b"\r\n", content),
    "behind interim answers": lambda kind, content: (
        b"HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 103 Early Hints\r\nLink: </x>\r\n\r\n"
        + answer(content, b"Content-Type: " + kind)
    ),
    "with a folded field": lambda kind, content: answer(content, b"X: a\r\n b", b"Content-Type:\r\n\t" + kind),
    "with fields of bytes": lambda kind, content: answer(
        content, b"X: \xff\xfe", b"Set-Cookie: \xfc=\xfc; Expires=never", b"Content-Type: " + kind, status=b"200 \xff"
    ),
    **{
        f"in the charset {charset}": lambda kind, content, charset=charset: answer(
            content, b"Content-Type: " + kind.upper() + b" ;charset=" + charset.encode()
        )
        for charset in ("utf-16", "idna", "undefined", "rot13", "foo", '"')
    },
    "not coded, and said so": lambda kind, content: answer(
        content, b"Content-Encoding: identity", b"Content-Type: " + kind
    ),
}


@pytest.mark.parametrize("form", FORMS)
@pytest.mark.parametrize("name", CLIENTS)
def test_a_legal_answer_of_whatever_form_is_heard(name, form):
    client, kind, content = CLIENTS[name]
    with OddServer(FORMS[form](kind, content)) as server, client(server.url) as client:
        assert client.feed.wait(1)[0] == "noon!"


@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
@pytest.mark.parametrize("name", CLIENTS)
def test_a_redirect_is_followed(name, status):
    make, kind, content = CLIENTS[name]
    moved = answer(b"x" * 100, b"Location: elsewhere", status=b"%d Moved" % status)
    there = answer(content, b"Content-Type: " + kind)
    server = OddServer(lambda head: there if head.startswith(b"GET /elsewhere") else moved)
    with server, make(server.url) as client:
        assert client.feed.wait(1)[0] == "noon!"


def test_redirects_are_not_followed_for_ever():
    moved = answer(b"", b"Location: /clock", status=b"302 Found")
    with OddServer(moved) as server, polling.Client(server.url, interval=1000) as client:
        client.feed.wait_for_status("trying again")
        assert client.feed.reason == f"the server redirects more than {MAX_REDIRECTS} times"
        assert len(server.heads) == MAX_REDIRECTS + 1


@pytest.mark.parametrize("name", CLIENTS)
def test_a_proxy_that_has_lost_patience_is_told_without_its_page(name):
    page = answer(b"<html>504 Gateway Time-out</html>", b"Content-Type: text/html", status=b"504 Gateway Time-out")
    with OddServer(page) as server, CLIENTS[name][0](server.url) as client:
        client.feed.wait_for_status("trying again")
        assert client.feed.reason == "504 Gateway Timeout"


def test_no_client_asks_for_compressed_content():
    for name, (make, _, _) in CLIENTS.items():
        with OddServer(b"") as server, make(server.url):
            wait_until(lambda server=server: server.heads)
            assert b"\r\nAccept-Encoding: identity\r\n" in server.heads[0], name


@pytest.mark.parametrize("tag", [b'"a"', b'"\xfc"', '"ü"'.encode(), b'"\xff\xfe\x80"', b'W/"a", "b"', b'"\x01"'])
def test_an_entity_tag_goes_back_as_it_came(tag):
    with OddServer(answer(b"noon!", b"ETag: " + tag)) as server, polling.Client(server.url, interval=0.01):
        wait_until(lambda: len(server.heads) > 1)
        assert b"\r\nIf-None-Match: " + tag + b"\r\n" in server.heads[1]


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b'{"items": [], "cursor": "a-1"}',
        b'{"items": ["again"], "cursor": "a-1"}',
        b'{"reason": "x", "resume": "a-1"}',
    ],
)
def test_long_polling_rests_behind_an_answer_that_brings_nothing_and_was_not_held_back(content, monkeypatch):
    monkeypatch.setattr("lessons.long_polling.client.SHORTEST_WAIT_SECONDS", 1000.0)
    status = b"204 No Content" if not content else b"410 Gone" if b"reason" in content else b"200 OK"
    with OddServer(answer(content, status=status)) as server, long_polling.Client(server.url, since="a-1") as client:
        client.feed.wait_for_status("connected")
        assert client.pause() > 900
        assert len(server.heads) == 1


def test_long_polling_asks_at_once_behind_news_and_behind_an_answer_that_was_held_back(monkeypatch):
    monkeypatch.setattr("lessons.long_polling.client.SHORTEST_WAIT_SECONDS", 0.0)
    with OddServer(answer(status=b"204 No Content")) as server, long_polling.Client(server.url) as client:
        client.feed.wait_for_status("connected")
        assert client.pause() == 0.0
    monkeypatch.undo()
    content = b'{"items": ["news"], "cursor": "a-2"}'
    with OddServer(answer(content)) as server, long_polling.Client(server.url, since="a-1") as client:
        wait_until(lambda: len(server.heads) > 1)
        assert b"since=a-2" in server.heads[1]


@pytest.mark.parametrize("call", [b"news()", b"news(5)", b"news(null)", b"news([])", b"news({})", b"postMessage()"])
def test_a_call_without_text_is_no_news(call):
    document = b"<script>parent." + call + b'</script><script>parent.news("good")</script>'
    with OddServer(answer(document, b"Content-Type: text/html")) as server, iframe.Client(server.url) as client:
        assert client.feed.wait(1)[0] == "good"


@pytest.mark.parametrize(
    ("given", "sent"),
    [
        *(
            (b"5", b"5"),
            ("ü".encode(), "ü".encode()),
            ("😀".encode(), "😀".encode()),
            (b"5 ", b"5"),
            (b" \t5\t ", b"5"),
        ),
        *((b"a b", b"a b"), (b"\xff", "\ufffd".encode()), (b" ", None), (b"a\x01b", None), (b"a\x0bb", None)),
    ],
)
def test_an_event_id_goes_back_in_utf8_without_the_blanks_around_it(given, sent, monkeypatch):
    monkeypatch.setattr("lessons.sse.client.RECONNECTION_MILLISECONDS", 1)
    stream = answer(b"id:" + given + b"\ndata: a\n\n", b"Content-Type: text/event-stream")
    with OddServer(stream) as server, sse.Client(server.url):
        wait_until(lambda: len(server.heads) > 1)
        field = server.heads[1].partition(b"Last-Event-ID: ")[2].partition(b"\r\n")[0]
        assert field == (sent or b"")


def test_a_server_can_not_send_a_client_away_for_good(monkeypatch):
    monkeypatch.setattr("random.random", lambda: 0.0)
    client = sse.Client("http://127.0.0.1:1")
    client._parser.receive(b"retry: 999999999999999999\n")
    client.failures = 1
    assert client.pause() == 45.0


@pytest.mark.parametrize("kind", [b"text/html", b"text/plain", b"text/event-stream-2", b"application/json", b""])
def test_what_is_no_event_stream_is_not_heard(kind):
    content = answer(b"data: of a page\n\n", b"Content-Type: " + kind)
    with OddServer(content) as server, sse.Client(server.url) as client:
        client.feed.wait_for_status("trying again")
        assert client.feed.reason.startswith("the answer is no event stream, but ")
        assert client.feed.news == []
