"""The rules of sessions, over both servers of Socket.IO: who is refused and told why, and when a session ends."""

import json
import threading

import pytest
import requests
import websockets.exceptions
import websockets.sync.client

from lessons.chat.server import ChatServer
from lessons.rooms.server import RoomsServer
from lessons.serving import runtime
from lessons.serving.waiting import wait_until
from lessons.socket_io import engineio_driver, handler, service
from lessons.socket_io.limits import MAX_ATTACHMENTS, MAX_MESSAGE, MAX_PACKETS

KEY = {"Upgrade": "websocket", "Connection": "Upgrade", "Sec-WebSocket-Key": "dGhlIHNhbXBsZSBub25jZQ=="}


@pytest.fixture(params=[RoomsServer, ChatServer])
def server(request, monkeypatch):
    """A server of Socket.IO; at its end it has posted no notice: nothing that a client did was an error of its own."""
    count = runtime.notices.count
    monkeypatch.setattr(engineio_driver, "UPGRADE_SECONDS", 0.2)
    with request.param() as running:
        yield running
    assert runtime.notices.since(count) == []


def address(server, transport="polling", **query):
    query = {"EIO": "4", "transport": transport, **query}
    return f"{server.url}/socket.io/?" + "&".join(f"{name}={value}" for name, value in query.items())


def open_session(server):
    """Begin a session by polling, in the namespace `/`; return its address."""
    polled = address(server, sid=json.loads(requests.get(address(server), timeout=10).text[1:])["sid"])
    requests.post(polled, data="40", timeout=10)
    assert requests.get(polled, timeout=10).text.startswith("40")
    return polled


def websocket(server, **query):
    return websockets.sync.client.connect(address(server, "websocket", **query).replace("http", "ws"), legacy=True)


def connected(server):
    """A WebSocket in the namespace `/`."""
    line = websocket(server)
    line.recv(10)
    line.send("40")
    while not line.recv(10).startswith("40"):
        pass
    return line


def close_code(line):
    """Read to the end; return the code of the Close."""
    with pytest.raises(websockets.exceptions.ConnectionClosed) as closed:
        while True:
            line.recv(10)
    return closed.value.rcvd.code


# --- refusals ---------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("query", "code"),
    [
        ("EIO=4", 0),
        ("EIO=4&transport=carrier-pigeon", 0),
        ("EIO=4&transport=polling&sid=gone", 1),
        ("EIO=3&transport=polling", 5),
        ("transport=polling", 5),
        ("EIO=4&transport=websocket", 3),
    ],
)
def test_a_request_without_a_session_to_belong_to_is_told_why(server, query, code):
    answer = requests.get(f"{server.url}/socket.io/?{query}", timeout=10)
    assert (answer.status_code, answer.json()["code"]) == (400, code)
    assert answer.json()["message"]


@pytest.mark.parametrize(
    ("query", "code"),
    [
        ("EIO=4&transport=websocket&sid=gone", 1),
        ("EIO=3&transport=websocket", 5),
        ("EIO=4&transport=polling", 3),
        ("EIO=4", 0),
    ],
)
def test_an_upgrade_that_cannot_be_is_refused_before_it_is_one(server, query, code):
    fields = {**KEY, "Sec-WebSocket-Version": "13"}
    answer = requests.get(f"{server.url}/socket.io/?{query}", headers=fields, timeout=10)
    assert (answer.status_code, answer.json()["code"]) == (400, code)


def test_a_post_without_a_session_is_refused(server):
    assert requests.post(address(server), data="40", timeout=10).json() == {
        "code": 2,
        "message": "Bad handshake method",
    }


def test_an_unknown_version_of_websocket_is_told_the_known_one(server):
    fields = {**KEY, "Sec-WebSocket-Version": "8"}
    answer = requests.get(address(server, "websocket"), headers=fields, timeout=10)
    assert answer.status_code == 426
    assert answer.headers["Sec-WebSocket-Version"] == "13"
    assert answer.headers["Upgrade"] == "websocket"


def test_an_upgrade_may_name_other_protocols_too(server):
    fields = {**KEY, "Upgrade": "h2c, WebSocket", "Sec-WebSocket-Version": "13"}
    assert requests.get(address(server, "websocket"), headers=fields, timeout=10).status_code == 101


def test_an_unknown_namespace_is_refused_with_a_message(server):
    with websocket(server) as line:
        line.recv(10)
        line.send("40/admin,")
        assert line.recv(10) == '44/admin,{"message":"Unable to connect"}'


# --- sessions ---------------------------------------------------------------------------------------------------


def test_two_polls_at_once_end_the_session(server):
    polled, answers = open_session(server), []
    first = threading.Thread(target=lambda: answers.append(requests.get(polled, timeout=10).text))
    first.start()
    session = server.service.sio.eio.sockets[polled.rpartition("=")[2]]
    wait_until(lambda: session.queue.poll, "the first poll")
    assert requests.get(polled, timeout=10).status_code == 400
    first.join(10)
    assert answers == ["1"]
    assert requests.get(polled, timeout=10).json()["code"] == 1


def test_a_dropped_poll_ends_the_session(server):
    polled = open_session(server)
    session = server.service.sio.eio.sockets[polled.rpartition("=")[2]]
    with pytest.raises(requests.exceptions.ReadTimeout):
        requests.get(polled, timeout=(10, 0.2))
    wait_until(lambda: session.closed, "the session's end")
    assert requests.get(polled, timeout=10).json()["code"] == 1


@pytest.mark.parametrize("probe", [[], ["2probe"]])
def test_an_upgrade_that_stalls_gives_delivery_back_to_polling(server, probe):
    polled = open_session(server)
    with websocket(server, sid=polled.rpartition("=")[2]) as line:
        for packet in probe:
            line.send(packet)
        assert close_code(line) == 1000
    wait_until(lambda: requests.post(polled, data='427["shout"]', timeout=10).ok, "the session")
    heard = ""
    while "437[" not in heard:
        heard = requests.get(polled, timeout=10).text


def test_an_upgrade_that_breaks_off_gives_delivery_back_to_polling(server):
    polled = open_session(server)
    session = server.service.sio.eio.sockets[polled.rpartition("=")[2]]
    with websocket(server, sid=polled.rpartition("=")[2]):
        wait_until(lambda: session.upgrading, "the upgrade to begin")
    wait_until(lambda: not session.upgrading, "the upgrade's end")
    requests.post(polled, data='427["shout"]', timeout=10)
    heard = ""
    while "437[" not in heard:
        heard = requests.get(polled, timeout=10).text


def test_who_lets_too_much_wait_is_sent_away(server, monkeypatch):
    monkeypatch.setattr(engineio_driver, "MAX_UNSENT", 1000)
    polled = open_session(server)
    event = '42["to_all","hello"]' if server.name == "rooms server" else '42["unknown"]'
    posts = [requests.post(polled, data=event, timeout=10).status_code for _ in range(30)]
    assert posts[0] == 200
    assert posts[-1] == 400
    assert requests.get(polled, timeout=10).json() == {"code": 1, "message": "Session ID unknown"}


def test_there_is_an_end_to_sessions(server, monkeypatch):
    monkeypatch.setattr(handler, "MAX_SESSIONS", 2)
    first, second = open_session(server), open_session(server)
    refused = requests.get(address(server), timeout=10)
    assert (refused.status_code, refused.text) == (503, "There are 2 sessions already.\n")
    for polled in (first, second):
        assert requests.post(polled, data="3", timeout=10).status_code == 200


def test_who_enters_no_namespace_is_sent_away(monkeypatch):
    monkeypatch.setattr(service, "CONNECT_SECONDS", 0.2)
    with RoomsServer(name="impatient") as server, websocket(server) as idle, connected(server) as busy:
        idle.recv(10)
        assert idle.recv(10) == "1"
        busy.send('427["who_am_i"]')
        assert busy.recv(10).startswith("437[")


def test_a_close_packet_closes_a_websocket(server):
    with connected(server) as line:
        line.send("1")
        assert close_code(line) == 1000


@pytest.mark.parametrize("body", ["4abc", "", "42" + "x" * MAX_MESSAGE, "\x1e".join(["3"] * (MAX_PACKETS + 1)), "1"])
def test_a_post_to_a_session_that_has_ended_is_refused(server, body):
    polled = open_session(server)
    assert requests.post(polled, data=body, timeout=10).status_code in (200, 400, 413)
    assert requests.post(polled, data='427["shout"]', timeout=10).json()["code"] == 1


# --- packets ----------------------------------------------------------------------------------------------------

BAD = {
    "a placeholder beyond the attachments": ['451-["to_all",{"_placeholder":true,"num":5}]'],
    "a placeholder whose number is text": ['451-["to_all",{"_placeholder":true,"num":"0"}]'],
    "a placeholder below 0": ['451-["to_all",{"_placeholder":true,"num":-1}]'],
    "a placeholder without a number": ['451-["to_all",[{"_placeholder":1}]]'],
    "no attachments": ['450-["to_all","a"]'],
    "no count": ['45["to_all"]'],
    "too many attachments": [f'45{MAX_ATTACHMENTS + 1}-["to_all"]'],
    "bytes that nobody announced": [b"\x01"],
    "the same in base64": ["bAQI="],
    "a text where an attachment is due": ['451-["to_all",{"_placeholder":true,"num":0}]', '42["to_all","a"]'],
    "attachments that are too much together": ['452-["to_all"]', *[b"x" * (MAX_MESSAGE // 2 + 1)] * 2],
    "an error": ['44{"message":"x"}'],
}


@pytest.mark.parametrize("frames", BAD.values(), ids=BAD.keys())
def test_a_bad_packet_ends_a_websocket(server, frames):
    with connected(server) as line:
        for frame in frames:
            line.send(frame)
        assert close_code(line) == 1002


@pytest.mark.parametrize("frames", [each for each in BAD.values() if isinstance(each[-1], str)])
def test_a_bad_packet_ends_a_session_of_polling(server, frames):
    polled = open_session(server)
    assert requests.post(polled, data="\x1e".join(frames), timeout=10).status_code == 400
    assert requests.get(polled, timeout=10).json()["code"] == 1


def test_a_whole_binary_packet_is_answered(server):
    with connected(server) as line:
        line.send('452-7["shout",{"_placeholder":true,"num":1},{"_placeholder":true,"num":0}]')
        line.send(b"\x01")
        line.send(b"\x02")
        while not line.recv(10).startswith("437["):
            pass


def test_the_refusals_are_nodes():
    codes = [handler.UNKNOWN_TRANSPORT, handler.UNKNOWN_SESSION, handler.BAD_METHOD, handler.BAD_REQUEST]
    assert [code for code, _ in [*codes, handler.BAD_VERSION]] == [0, 1, 2, 3, 5]
