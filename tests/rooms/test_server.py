"""Who hears what: each way of addressing, with clients that aren't ours, over each transport."""

import pytest

from lessons.rooms.server import RoomsServer
from tests.socket_io.clients import PythonClient


@pytest.fixture
def url():
    with RoomsServer() as running:
        yield running.url


@pytest.fixture
def clients(url, connect):
    """Ann in red and green, Bob in green, Eve in no room, and Dan, who is in red of another namespace."""
    clients = {name: connect(url) for name in ("Ann", "Bob", "Eve")}
    clients["Dan"] = connect(url, namespace="/news")
    for name, rooms in {"Ann": ["red", "green"], "Bob": ["green"], "Dan": ["red"]}.items():
        for room in rooms:
            clients[name].call("join", room)
    return clients


def ids(clients):
    return {name: client.call("who_am_i")["id"] for name, client in clients.items()}


WAYS = {
    "to_one": (["BOB", "hello"], ["Bob"]),
    "to_all": (["hello"], ["Ann", "Bob", "Eve"]),
    "to_all_but_me": (["hello"], ["Bob", "Eve"]),
    "to_room": (["green", "hello"], ["Ann", "Bob"]),
    "to_room_but_me": (["GREEN", "hello"], ["Bob"]),
    "to_rooms": ([["red", "green"], "hello"], ["Ann", "Bob"]),
    "to_namespace": (["/news", "red", "hello"], ["Dan"]),
}


@pytest.mark.parametrize("way", WAYS)
def test_who_hears_it(clients, way):
    args, hearers = WAYS[way]
    names = ids(clients)
    args = [names["Bob"] if arg == "BOB" else arg for arg in args]
    assert clients["Ann"].call(way, *args) == {}
    for client in clients.values():
        client.call("to_all", "that was it")
    for name, client in clients.items():
        client.inbox.wait_for("message", lambda m: m["text"] == "that was it")
        heard = [m["from"] for m in client.inbox.all("message") if m["text"] == "hello"]
        assert heard == ([names["Ann"]] if name in hearers else [])


def test_rooms_and_members_are_listed_by_namespace(clients):
    names = ids(clients)
    rooms = clients["Ann"].call("list")["rooms"]
    assert rooms["red"] == [names["Ann"]]
    assert rooms["green"] == sorted([names["Ann"], names["Bob"]])
    assert clients["Dan"].call("list")["rooms"] == {"red": [names["Dan"]]}
    assert clients["Ann"].call("leave", "Red") == {"rooms": ["green"]}
    assert "red" not in clients["Ann"].call("list")["rooms"]


@pytest.mark.parametrize(
    ("event", "args"),
    [
        *[("shout", []), ("to_all", []), ("to_all", [5]), ("to_all", ["a", "b"]), ("to_all", ["x" * 2001])],
        *[
            ("join", [""]),
            ("join", ["x" * 33]),
            ("join", [None]),
            ("to_rooms", [[], "x"]),
            ("to_rooms", [[5], "x"]),
        ],
        *[("to_one", ["nobody", "x"]), ("to_namespace", ["/admin", "red", "x"]), ("list", ["x"])],
    ],
)
def test_what_an_event_cannot_mean_is_an_error(url, event, args):
    client = PythonClient(url, ["websocket"])
    assert client.call(event, *args).keys() == {"error"}
    client.close()


def test_a_client_is_in_so_many_rooms_at_most(url):
    client = PythonClient(url, ["websocket"])
    for n in range(8):
        client.call("join", f"room {n}")
    assert "error" in client.call("join", "one more")
    assert len(client.call("join", "Room 1")["rooms"]) == 8
    client.close()


def test_an_unknown_namespace_is_refused(url):
    with pytest.raises(Exception, match="failed to connect"):
        PythonClient(url, ["websocket"], namespace="/admin")
