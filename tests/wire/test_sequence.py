"""The sequence diagram: true to time, well-formed, and growing at its lower end only."""

import itertools
import re
from xml.etree import ElementTree

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from lessons.wire.message import Message
from lessons.wire.record import Record
from lessons.wire.views.sequence import (
    CLIENT_X,
    KEPT_FRAGMENTS,
    LONGEST_GAP,
    PIXELS_A_SECOND,
    ROW,
    SERVER_X,
    TOP,
    SequenceDiagram,
    TimeScale,
    milliseconds,
    sequence_line,
    sequence_text,
)

moments = st.floats(0, 1000, allow_nan=False)


def message(number=1, title="GET /", *, time=0.0, arrived=None, direction="up", kind="request") -> Message:
    record = Record(time, 1, direction, "data", b"x" * 10, arrived)
    return Message(
        number=number,
        protocol="HTTP/1.1",
        kind=kind,
        title=title,
        data=record.data,
        spans=(),
        first=record,
        last=record,
    )


def arrow(fragment) -> tuple[float, float]:
    """Return the heights at which a fragment's arrow begins and ends."""
    line = re.search(r'<line x1="\d+" y1="([\d.]+)" x2="[\d.]+" y2="([\d.]+)"', fragment.svg)
    return float(line[1]), float(line[2])


# --- the scale ---


@given(st.lists(st.tuples(moments, st.sampled_from([0.0, ROW])), min_size=1), moments, moments)
def test_later_is_never_higher(placed, one, other):
    scale = TimeScale()
    heights = [scale.append(moment, least) for moment, least in placed]
    labelled = [height for height, (_, least) in zip(heights, placed, strict=True) if least]
    assert all(later >= earlier + ROW for earlier, later in itertools.pairwise(labelled))
    earlier, later = sorted((one, other))
    assert scale.height(earlier) <= scale.height(later)
    assert scale.end == max(heights)


@given(st.lists(moments, min_size=1, unique=True))
def test_what_is_placed_stays_in_place(placed):
    scale = TimeScale()
    heights = {}
    for moment in sorted(placed):
        heights[moment] = scale.append(moment, ROW)
        assert {each: scale.height(each) for each in heights} == heights


def test_time_is_to_scale():
    scale = TimeScale()
    first = scale.append(1.0, ROW)
    second = scale.append(1.4, ROW)
    assert first == TOP + ROW
    assert second - first == pytest.approx(0.4 * PIXELS_A_SECOND)
    assert scale.height(1.2) == pytest.approx((first + second) / 2)
    assert scale.breaks == []


def test_moments_close_together_are_a_row_apart():
    scale = TimeScale()
    assert [scale.append(moment, ROW) for moment in (1.0, 1.001, 1.001)] == [TOP + ROW, TOP + 2 * ROW, TOP + 3 * ROW]


def test_a_moment_that_is_told_late_makes_no_silence_behind_it():
    scale = TimeScale()
    for moment in (0.0, 0.4, 0.0):
        last = scale.append(moment, ROW)
    assert scale.append(0.6, ROW) == last + ROW
    assert scale.breaks == []


def test_a_long_silence_is_broken_off_and_said():
    scale = TimeScale()
    first = scale.append(0.0, ROW)
    assert scale.append(30.0, ROW) == first + LONGEST_GAP
    assert scale.breaks == [(first + LONGEST_GAP / 2, 30.0)]


def test_an_empty_scale_has_a_top():
    assert TimeScale().end == TimeScale().height(5.0) == TOP


# --- the diagram ---


def test_an_arrow_goes_from_its_side_to_the_other_one():
    up, down = SequenceDiagram().add([message(arrived=0.0), message(2, time=0.1, arrived=0.1, direction="down")])
    assert f'x1="{CLIENT_X}"' in up.svg
    assert f'x2="{SERVER_X}"' in up.svg
    assert f'x1="{SERVER_X}"' in down.svg
    assert f'x2="{CLIENT_X}"' in down.svg


def test_a_delay_slants_the_arrow():
    (prompt,) = SequenceDiagram().add([message(arrived=0.0)])
    (late,) = SequenceDiagram().add([message(arrived=0.25)])
    assert arrow(prompt) == (TOP + ROW, TOP + ROW)
    assert arrow(late) == (TOP + ROW, TOP + ROW + 0.25 * PIXELS_A_SECOND)


def test_an_arrow_under_way_is_completed_later_in_its_place():
    diagram = SequenceDiagram()
    slow = message(1, arrived=None)
    (first,) = diagram.add([slow])
    assert "lost" in first.svg
    assert "not arrived" in first.svg
    slow.last.delivered = 0.2
    (second,) = diagram.add([])
    assert second.key == first.key
    assert "lost" not in second.svg
    assert arrow(second)[0] == arrow(first)[0]
    assert diagram.fragments() == [second]


def test_what_is_drawn_is_not_drawn_again():
    diagram = SequenceDiagram()
    diagram.add([message(1, arrived=0.0), message(2, arrived=None)])
    assert diagram.add([]) == []
    assert [fragment.key for fragment in diagram.add([message(3, time=0.1, arrived=0.1)])] == ["m3"]
    assert [fragment.key for fragment in diagram.fragments()] == ["m1", "m2", "m3"]


def test_what_was_drawn_long_ago_is_left_out():
    diagram = SequenceDiagram()
    lost = message(1)
    diagram.add([lost])
    diagram.add([message(2 + n, time=0.01 * n, arrived=0.01 * n) for n in range(KEPT_FRAGMENTS)])
    assert len(diagram.fragments()) == KEPT_FRAGMENTS
    lost.last.delivered = 1.0
    assert diagram.add([]) == [], "its place is gone"


def test_a_message_that_is_told_late_never_points_upward():
    """What a cut left unfinished is told at the end, though it came long before."""
    diagram = SequenceDiagram()
    diagram.add([message(1, time=0.0, arrived=0.0), message(2, time=0.3, arrived=0.3)])
    (late,) = diagram.add([message(3, time=0.1, arrived=0.2)])
    start, end = arrow(late)
    assert end >= start


def test_a_break_is_drawn_once():
    diagram = SequenceDiagram()
    diagram.add([message(1, arrived=0.0)])
    keys = [fragment.key for fragment in diagram.add([message(2, time=30.0, arrived=30.0)])]
    assert keys == ["m2", "b0"]
    assert "30.0 s" in diagram.fragments()[-1].svg
    assert diagram.add([]) == []


def test_remarks_stand_across_both_lifelines():
    (opened,) = SequenceDiagram().add([message(title="opened", kind="connection")])
    assert "connection 1: opened" in opened.svg
    (note,) = SequenceDiagram().add([message(title="the line: stalled", kind="note")])
    assert 'class="remark note"' in note.svg


def test_long_titles_are_cut_but_not_in_the_words_for_them():
    (drawn,) = SequenceDiagram().add([message(title="GET /" + "x" * 60, arrived=0.0)])
    assert "GET /" + "x" * 34 + "…</text>" in drawn.svg
    assert "x" * 60 in drawn.svg.partition("</title>")[0]


@settings(max_examples=60, deadline=None)
@given(
    st.lists(
        st.tuples(
            st.text(max_size=50),
            moments,
            st.none() | st.floats(0, 5),
            st.sampled_from(["up", "down"]),
            st.sampled_from(["request", "chunk", "note", "connection"]),
        ),
        max_size=8,
    )
)
def test_any_diagram_is_well_formed_xml(steps):
    diagram = SequenceDiagram()
    for number, (title, time, took, direction, kind) in enumerate(steps):
        arrived = None if took is None else time + took
        diagram.add([message(number, title, time=time, arrived=arrived, direction=direction, kind=kind)])
    root = ElementTree.fromstring(diagram.svg().encode())
    assert root.tag == "{http://www.w3.org/2000/svg}svg"
    assert all(fragment.svg.startswith("<g ") for fragment in diagram.fragments())
    drawn = [group.get("data-message") for group in root.iter() if group.get("data-message")]
    assert drawn == [str(number) for number in range(len(steps))]


def test_markup_in_a_title_stays_text():
    diagram = SequenceDiagram()
    diagram.add([message(title="</title><script>", arrived=0.0)])
    root = ElementTree.fromstring(diagram.svg())
    assert "</title><script>" in "".join(root.itertext())


def test_the_picture_has_a_name_and_says_where_its_words_are():
    diagram = SequenceDiagram()
    diagram.add([message(arrived=0.0)])
    root = ElementTree.fromstring(diagram.svg())
    assert root.get("role") == "img"
    assert root.get("aria-label") == "sequence diagram of 1 steps; its text form follows"
    assert int(root.get("height")) == diagram.height


# --- in words ---


def test_the_diagram_in_words():
    asked = message(1, "GET /clock", time=0.5, arrived=0.5)
    answer = message(2, "200 OK", time=0.512, arrived=None, direction="down", kind="response")
    answer.answers = asked
    opened = message(3, "opened", kind="connection")
    assert sequence_text([opened, asked, answer]).splitlines() == [
        "   0.000 s  -- 1: opened",
        "   0.500 s  -> GET /clock, 10 B",
        "   0.512 s  <- 200 OK, 10 B, 12 ms after its request, not arrived",
    ]


def test_a_remark_on_the_whole_line_names_no_connection():
    note = message(title="the line: clear", kind="note")
    note.first.connection = 0
    assert sequence_line(note) == "   0.000 s  -- the line: clear"


@pytest.mark.parametrize(
    ("seconds", "text"),
    [(0.0004, "0.4 ms"), (0.0099, "9.9 ms"), (0.012, "12 ms"), (0.9, "900 ms"), (1.25, "1.25 s")],
)
def test_durations_for_people(seconds, text):
    assert milliseconds(seconds) == text
