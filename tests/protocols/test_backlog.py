"""The log against a list that keeps everything, and each kind of cursor by name."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lessons.protocols.backlog import Backlog, BadCursorError, Entry, TooOld
from lessons.protocols.event_stream import EventStreamParser, write_event


def backlog_of(*items, run="k3f9", size=3):
    backlog = Backlog(run, size)
    for item in items:
        backlog.append(item)
    return backlog


def test_gives_each_item_the_next_id():
    backlog = Backlog("k3f9", 3)
    assert [backlog.append("a"), backlog.append("b")] == ["k3f9-1", "k3f9-2"]


def test_returns_what_came_after_the_cursor_oldest_first():
    assert backlog_of("a", "b", "c").since("k3f9-1") == [Entry("k3f9-2", "b"), Entry("k3f9-3", "c")]


def test_nothing_has_come_after_the_latest():
    backlog = backlog_of("a", "b")
    assert backlog.latest == "k3f9-2"
    assert backlog.since(backlog.latest) == []


def test_an_empty_log_has_a_cursor_to_start_from():
    backlog = backlog_of()
    start = backlog.latest
    assert start == "k3f9-0"
    assert backlog.since(start) == []
    backlog.append("a")
    assert backlog.since(start) == [Entry("k3f9-1", "a")]


def test_the_oldest_cursor_that_still_works_brings_all_that_is_kept():
    assert [entry.item for entry in backlog_of(*"abcde").since("k3f9-2")] == ["c", "d", "e"]


def test_a_cursor_behind_which_items_have_gone_is_too_old():
    assert backlog_of(*"abcde").since("k3f9-1") == TooOld(
        reason="4 items came after k3f9-1, and the log keeps 3.", oldest="k3f9-3", resume="k3f9-2"
    )


def test_a_cursor_of_another_run_is_too_old_whatever_its_number():
    for number in (0, 2, 99):
        answer = backlog_of("a", "b").since(f"dead-{number}")
        assert answer == TooOld(
            reason=f"The cursor dead-{number} is from another run of the server; its news is gone.",
            oldest="k3f9-1",
            resume="k3f9-0",
        )


def test_an_empty_log_has_no_oldest_item():
    answer = backlog_of().since("dead-7")
    assert (answer.oldest, answer.resume) == (None, "k3f9-0")


def test_a_cursor_ahead_of_the_newest_item_is_refused():
    with pytest.raises(BadCursorError, match=r"^The cursor k3f9-3 is ahead of the newest item, k3f9-2\.$"):
        backlog_of("a", "b").since("k3f9-3")


@pytest.mark.parametrize(
    "cursor",
    [
        *("", "41", "k3f9", "k3f9-", "-1", "a-b-1", "é-1", " k3f9-1", "k3f9-1 ", "k3f9-1\n"),
        *("k3f9--1", "k3f9-+1", "k3f9-01", "k3f9-1.0", "k3f9-١", "k3f9-" + "9" * 5000, "k" * 33 + "-1"),
    ],
)
def test_text_that_is_no_cursor_is_refused(cursor):
    with pytest.raises(BadCursorError, match="is no cursor: a run, a hyphen and a number, as in k3f9-41"):
        backlog_of("a").since(cursor)


def test_a_refusal_repeats_no_more_than_the_beginning():
    for cursor, shown in (
        ("x" * 40, "x" * 40),
        ("x" * 41, "x" * 40 + "…"),
        ("x" * 1_000_000, "x" * 40 + "…"),
    ):
        with pytest.raises(BadCursorError, match=f"^'{shown}' is no cursor"):
            backlog_of().since(cursor)


@pytest.mark.parametrize("run", ["", "k3-f9", "k3 f9", "k3\n", "é", "k" * 33])
def test_refuses_a_run_that_a_cursor_could_not_carry(run):
    with pytest.raises(ValueError, match="A run is named by 1 to 32 letters"):
        Backlog(run, 3)


@pytest.mark.parametrize("size", [0, -1])
def test_refuses_to_keep_nothing(size):
    with pytest.raises(ValueError, match=f"keeps at least 1 item, not {size}"):
        Backlog("k3f9", size)


def test_an_id_comes_back_unchanged_from_an_event_stream():
    backlog = backlog_of("a", "b")
    parser = EventStreamParser()
    parser.receive(write_event("a", id="k3f9-1"))
    assert [entry.item for entry in backlog.since(parser.last_event_id)] == ["b"]


@given(st.integers(1, 5), st.integers(0, 12), st.integers(0, 15))
def test_agrees_with_a_list_that_keeps_everything(size, appended, seen):
    items = list(range(appended))
    backlog = backlog_of(*items, size=size)
    if seen > appended:
        with pytest.raises(BadCursorError):
            backlog.since(f"k3f9-{seen}")
        return
    answer = backlog.since(f"k3f9-{seen}")
    if appended - seen > size:
        assert [entry.item for entry in backlog.since(answer.resume)] == items[-size:]
        assert backlog.since(answer.resume)[0].id == answer.oldest
    else:
        assert [entry.item for entry in answer] == items[seen:]


@given(st.integers(1, 5), st.lists(st.booleans(), max_size=40))
def test_a_reader_who_follows_the_cursors_gets_every_item_once_or_is_told(size, steps):
    backlog = Backlog("k3f9", size)
    cursor, heard, appended = backlog.latest, [], 0
    for reads in [*steps, True]:
        if not reads:
            backlog.append(appended)
            appended += 1
            continue
        answer = backlog.since(cursor)
        if isinstance(answer, TooOld):
            heard = list(range(appended - size))  # the reader knows now that it will never hear these
            answer = backlog.since(answer.resume)
        heard += [entry.item for entry in answer]
        cursor = answer[-1].id if answer else cursor
    assert heard == list(range(appended))
