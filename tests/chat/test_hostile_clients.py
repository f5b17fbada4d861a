"""What clients can send that no library sends: it ends in an answer, or in the end of their connection."""

import itertools

import pytest
import requests
import websockets.exceptions
import websockets.sync.client

from lessons.chat.rules.limits import Limits
from lessons.chat.server import ChatServer
from lessons.protocols.engineio_packets import EngineType, parse_engine_packet, parse_payload
from lessons.protocols.socketio_packets import SocketType, parse_socket_packet

names = (f"Ann{n}" for n in itertools.count())


@pytest.fixture
def url():
    with ChatServer(limits=Limits(burst=10_000)) as running:
        yield running.url


class RawClient:
    """A WebSocket on which a test says what it likes."""

    def __init__(self, url):
        address = url.replace("http", "ws") + "/socket.io/?EIO=4&transport=websocket"
        self._websocket = websockets.sync.client.connect(address, legacy=True)
        self._websocket.recv()
        self.send("40")
        self._next(SocketType.CONNECT)
        self.name = next(names)
        assert self.call(f'["message","{self.name}"]') == [{"name": self.name}]

    def send(self, message):
        self._websocket.send(message)

    def call(self, data):
        """Send an event, and return the arguments of its acknowledgement."""
        self.send("427" + data)
        return self._next(SocketType.ACK).data

    def hears(self):
        return self._next(SocketType.EVENT).data

    def _next(self, kind):
        while True:
            packet = parse_engine_packet(self._websocket.recv(timeout=10))
            if packet.type is EngineType.MESSAGE:
                packet = parse_socket_packet(packet.data)
                if packet.type is kind:
                    return packet

    def close(self):
        self._websocket.close()


@pytest.fixture
def ann(url):
    client = RawClient(url)
    yield client
    client.close()


@pytest.mark.parametrize(
    "event",
    [
        '["disconnect"]',
        '["disconnect","transport close"]',
        '["connect"]',
        '["connect",{"tornado.handler":1},{"token":"0123456789abcdef"}]',
        '["*"]',
        '["*","somebody","message","hello"]',
        '["__class__"]',
        "[5]",
        '["message",null]',
        '["message","\\ud800",7]',
        '["join",{"$gt":""}]',
    ],
)
def test_an_event_of_any_name_is_refused_and_changes_nobody(ann, event):
    assert "error" in ann.call(event)[0]
    ann.send('42["message","still here"]')
    heard = ann.hears()
    while heard[1]["content"] != "still here":
        heard = ann.hears()
    assert heard[1]["username"] == ann.name


def test_a_lone_surrogate_is_replaced(ann):
    assert ann.call('["message","a\\ud800b"]')[0]["id"]


def test_a_binary_argument_is_refused(ann):
    ann.send('451-7["message",{"_placeholder":true,"num":0}]')
    ann.send(b"\x00\xff")
    assert ann._next(SocketType.ACK).data[0]["error"] == "not-a-text"


@pytest.mark.parametrize("message", ["42", "42[", "42[]", "42{}", "4x", "x", "", "b!", "42" + "[" * 5000, "4" * 100])
def test_what_is_no_packet_ends_its_senders_connection(url, ann, message):
    bob = RawClient(url)
    bob.send(message)
    with pytest.raises(websockets.exceptions.ConnectionClosedError) as closed:
        while True:
            bob._websocket.recv(timeout=10)
    assert closed.value.rcvd.code == 1002
    while ann.hears()[1]["content"] != f"{bob.name} left the chat.":
        pass


@pytest.mark.parametrize("body", ["42[", "x", b"\xff\xfe", "4" + "2" * 200])
def test_over_polling_it_ends_its_senders_session(url, body):
    address = url + "/socket.io/?EIO=4&transport=polling"
    opened = requests.get(address, timeout=10).text
    sid = parse_payload(opened)[0].data.split('"sid":"')[1].split('"')[0]
    assert requests.post(f"{address}&sid={sid}", data="40", timeout=10).status_code == 200
    assert requests.post(f"{address}&sid={sid}", data=body, timeout=10).status_code == 400
    requests.get(f"{address}&sid={sid}", timeout=10)
    assert requests.get(f"{address}&sid={sid}", timeout=10).status_code == 400


def test_too_large_a_message_ends_the_connection(url):
    bob = RawClient(url)
    bob.send("4" + "x" * 200_000)
    with pytest.raises(websockets.exceptions.ConnectionClosed):
        while True:
            bob._websocket.recv(timeout=10)


@pytest.mark.parametrize("path", ["", "&transport=websocket"])
def test_a_foreign_origin_is_refused(url, path):
    headers = {"Origin": "http://evil.example"}
    if path:
        with pytest.raises(websockets.exceptions.InvalidStatus) as refused:
            websockets.sync.client.connect(
                url.replace("http", "ws") + "/socket.io/?EIO=4" + path, additional_headers=headers
            )
        assert refused.value.response.status_code == 403
    else:
        answer = requests.get(url + "/socket.io/?EIO=4&transport=polling", headers=headers, timeout=10)
        assert answer.status_code == 403
        assert "Access-Control-Allow-Origin" not in answer.headers


def test_an_allowed_origin_may_connect():
    origin = "http://localhost:8888"
    with ChatServer(name="with an allowed origin") as running:
        running.allow(origin)
        address = running.url + "/socket.io/?EIO=4&transport=polling"
        answer = requests.get(address, headers={"Origin": origin}, timeout=10)
        assert answer.headers["Access-Control-Allow-Origin"] == origin
        address = running.url.replace("http", "ws") + "/socket.io/?EIO=4&transport=websocket"
        with websockets.sync.client.connect(address, origin=origin) as websocket:
            assert parse_engine_packet(websocket.recv(timeout=10)).type is EngineType.OPEN
