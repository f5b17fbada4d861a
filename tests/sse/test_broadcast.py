"""What is sent to all, without any socket."""

import pytest

from lessons.errors import LessonError
from lessons.protocols.backlog import BadCursorError
from lessons.sse import broadcast as module
from lessons.sse.broadcast import LARGEST_EVENT, Broadcast


class Memory:
    """A subscriber that keeps what it is sent; it may leave, or stop following, on the way."""

    def __init__(self):
        self.received = []
        self.ended = False

    def send(self, data):
        self.received.append(data)

    def end(self):
        self.ended = True


@pytest.fixture
def broadcast():
    return Broadcast("k3f9", 3, 1500)


def test_an_event_is_written_once_however_many_listen(broadcast, monkeypatch):
    written = []
    write_event = module.write_event
    monkeypatch.setattr(
        module, "write_event", lambda *args, **kw: written.append(write_event(*args, **kw)) or written[-1]
    )
    subscribers = [Memory() for _ in range(50)]
    for each in subscribers:
        broadcast.join(each)
    assert broadcast.publish("news", event="tick") == "k3f9-1"
    assert written == [b"event: tick\nid: k3f9-1\ndata: news\n\n"]
    assert all(each.received[0] is written[0] for each in subscribers)


def test_a_stream_begins_with_the_reconnection_time_and_a_cursor(broadcast):
    assert broadcast.opening("") == [b"retry: 1500\nid: k3f9-0\n\n"]
    broadcast.publish("a")
    assert broadcast.opening("") == [b"retry: 1500\nid: k3f9-1\n\n"]


def test_who_was_away_gets_what_came_meanwhile(broadcast):
    for text in "abc":
        broadcast.publish(text)
    assert broadcast.opening("k3f9-1") == [
        b"retry: 1500\nid: k3f9-1\n\n",
        b"id: k3f9-2\ndata: b\n\n",
        b"id: k3f9-3\ndata: c\n\n",
    ]


def test_who_was_away_too_long_is_told_and_gets_what_is_left(broadcast):
    for text in "abcde":
        broadcast.publish(text)
    begin, *rest = broadcast.opening("k3f9-1")
    assert begin == (b"retry: 1500\nevent: gap\nid: k3f9-2\ndata: 4 items came after k3f9-1, and the log keeps 3.\n\n")
    assert [each.splitlines()[-2] for each in rest] == [b"data: c", b"data: d", b"data: e"]


def test_a_cursor_of_another_run_is_a_gap_too(broadcast):
    assert b"event: gap\nid: k3f9-0\n" in broadcast.opening("dead-7")[0]


@pytest.mark.parametrize("cursor", ["nonsense", "k3f9-1", "k3f9-x"])
def test_a_cursor_that_was_never_given_out_is_refused(broadcast, cursor):
    with pytest.raises(BadCursorError):
        broadcast.opening(cursor)


@pytest.mark.parametrize(
    ("data", "event", "reason"),
    [
        ("a", "tick\ndata: b", "has a line end"),
        ("a", "tick\rdata: b", "has a line end"),
        ("\ud800", "", "half a surrogate pair"),
        ("x" * LARGEST_EVENT, "", "publish it in parts"),
        ("\n" * (LARGEST_EVENT // 6), "", "publish it in parts"),
    ],
)
def test_what_cannot_be_published_leaves_no_trace(broadcast, data, event, reason):
    listener = Memory()
    broadcast.join(listener)
    with pytest.raises(LessonError, match=reason):
        broadcast.publish(data, event)
    assert listener.received == []
    assert broadcast.publish("next") == "k3f9-1"
    assert len(broadcast.opening("k3f9-0")) == 2


def test_data_with_line_ends_is_one_event_with_that_data(broadcast):
    listener = Memory()
    broadcast.join(listener)
    broadcast.publish("a\n\nevent: b\rid: 7")
    assert listener.received == [b"id: k3f9-1\ndata: a\ndata: \ndata: event: b\ndata: id: 7\n\n"]


def test_one_that_leaves_while_being_sent_to_disturbs_nobody(broadcast):
    class Leaving(Memory):
        def send(self, data):
            broadcast.leave(self)

    others = [Memory(), Memory()]
    for each in (others[0], Leaving(), others[1]):
        broadcast.join(each)
    broadcast.publish("a")
    broadcast.heartbeat()
    assert [len(each.received) for each in others] == [2, 2]
    assert len(broadcast) == 2


def test_a_heartbeat_is_a_comment_that_readers_ignore(broadcast):
    listener = Memory()
    broadcast.join(listener)
    broadcast.heartbeat()
    assert listener.received == [b": still here\n\n"]


def test_the_end_is_told_to_all_and_they_are_forgotten(broadcast):
    listener = Memory()
    broadcast.join(listener)
    broadcast.end()
    assert (listener.ended, len(broadcast)) == (True, 0)
