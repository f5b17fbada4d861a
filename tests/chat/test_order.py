"""What one client sends in one write is done, heard and answered in its order."""

import json
import socket

import pytest

from lessons.chat.rules.limits import Limits
from lessons.chat.server import ChatServer
from lessons.protocols.websocket_connection import Connection
from lessons.protocols.websocket_events import TextMessage
from lessons.socket_io.limits import MAX_WAITING

HANDSHAKE = (
    b"GET /socket.io/?EIO=4&transport=websocket HTTP/1.1\r\nHost: 127.0.0.1\r\nUpgrade: websocket\r\n"
    b"Connection: Upgrade\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Version: 13\r\n\r\n"
)


class OneWriteClient:
    """Sends many packets in one write, and notes in a word each what comes back."""

    def __init__(self, port):
        self._socket = socket.create_connection(("127.0.0.1", port), 10)
        self._connection = Connection(server=False, new_key=lambda: b"\x01\x02\x03\x04")
        self._socket.sendall(HANDSHAKE)
        head = b""
        while b"\r\n\r\n" not in head:
            head += self._socket.recv(1)

    def send(self, *packets):
        self._socket.sendall(b"".join(self._connection.send(TextMessage(packet)) for packet in packets))

    def notes_until(self, last):
        notes = []
        while last not in notes:
            for event in self._connection.receive(self._socket.recv(1 << 16)):
                notes.extend(note_of(event.text))
        return notes

    def close(self):
        self._socket.close()


def note_of(packet):
    """Write an acknowledgement as its number, a message as its text, any other event as its name."""
    if packet.startswith("43"):
        return [packet[2:].partition("[")[0]]
    if packet.startswith("42"):
        event, *args = json.loads(packet[2:])
        return [args[0]["content"] if event == "message" else event]
    return [packet[:2]]


@pytest.fixture
def server():
    with ChatServer(limits=Limits(burst=1000)) as running:
        yield running


@pytest.fixture
def ann(server):
    client = OneWriteClient(server.port)
    client.send("40")
    client.notes_until("40")
    yield client
    client.close()


def test_events_that_come_together_are_done_one_after_the_other(ann):
    ann.send(
        '421["message","Ann"]',
        '422["message","one"]',
        '423["message","two"]',
        '424["join","red"]',
        '425["message","three"]',
        '426["getAllMessages"]',
        '427["message","@Ann four"]',
        '428["message","five"]',
        '429["leave","red"]',
    )
    notes = ann.notes_until("9")
    expected = "Ann joined the chat.,1,one,2,two,3,joined,4,three,5,allMessages,6,four,7,five,8,leaved,9"
    assert notes == expected.split(",")


def test_a_refusal_does_not_overtake_what_is_being_stored(ann):
    ann.send('421["message","Ann"]', '422["message","one"]', '423["shout"]', '424["message","two"]')
    notes = ann.notes_until("4")
    assert notes.pop(4).startswith("This chat knows the events")
    assert notes == ["Ann joined the chat.", "1", "one", "2", "3", "two", "4"]


def test_each_event_of_a_flood_is_answered(ann):
    """More than the server lets wait, in more than one read: it reads on when it has looked at the first."""
    numbers = [str(number) for number in range(20 * MAX_WAITING)]
    ann.send(*(f'42{number}["shout","{"x" * 20}"]' for number in numbers))
    notes = ann.notes_until(numbers[-1])
    assert [note for note in notes if note.isdigit()] == numbers


def test_who_floods_and_goes_harms_nobody(server, ann):
    ann.send('421["message","Ann"]')
    ann.notes_until("1")
    bob = OneWriteClient(server.port)
    bob.send("40", *['42["getAllMessages"]'] * (20 * MAX_WAITING))
    bob.close()
    ann.send('422["message","one"]')
    assert ann.notes_until("2") == ["one", "2"]
