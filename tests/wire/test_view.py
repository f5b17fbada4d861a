"""The views of a trace in a notebook: a picture each, and the same in words."""

from html.parser import HTMLParser

import pytest

from lessons.wire import annotated_bytes, folded, sequence, table
from lessons.wire.record import Record
from lessons.wire.trace import Trace
from lessons.wire.views.view import SHOWN_MESSAGES
from tests.wire.test_http1 import GET, OK, POST, trace_of

ATTACK = b"GET /<script>alert(1)</script> HTTP/1.1\r\nHost: a\r\n\r\n"


class Cells(HTMLParser):
    """Reads the rows of a table, and which elements there are."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.rows, self.tags = [], set()
        self.feed(html)

    def handle_starttag(self, tag, attributes):
        self.tags.add(tag)
        if tag == "tr":
            self.rows.append([])
        elif tag in ("td", "th"):
            self.rows[-1].append("")

    def handle_data(self, data):
        if self.rows and self.rows[-1]:
            self.rows[-1][-1] += data


def test_the_table_has_a_row_a_message():
    view = table(trace_of(("up", GET), ("down", OK), ("up", POST[:-1]), ("up", "reset")))
    assert Cells(view.html).rows == [
        ["time", "connection", "way", "message", "bytes", "content", "delay"],
        ["0.000 s", "1", "→", "opened", "0", "0", ""],
        ["1.000 s", "1", "→", "GET /clock", str(len(GET)), "0", ""],
        ["2.000 s", "1", "←", "200 OK", str(len(OK)), "8", "1000.0 ms"],
        ["3.000 s", "1", "→", "POST /say (incomplete)", str(len(POST) - 1), "4", ""],
        ["4.000 s", "1", "→", "reset (RST)", "0", "0", ""],
    ]
    assert repr(view).splitlines()[1:3] == [
        f"1.000 s    1    →  GET /clock                        {len(GET)}      0",
        f"2.000 s    1    ←  200 OK                            {len(OK)}      8       1000.0 ms",
    ]


@pytest.mark.parametrize("view", [table, sequence])
def test_what_came_over_the_line_is_never_markup(view):
    shown = view(trace_of(("up", ATTACK)))
    assert "script" not in Cells(shown.html).tags
    assert "<script>" in repr(shown)


@pytest.mark.parametrize("view", [table, sequence])
def test_a_long_trace_is_shown_by_its_newest_messages_and_the_rest_counted(view):
    shown = view(trace_of(*[("up", GET)] * (SHOWN_MESSAGES + 9)))
    assert shown.text.splitlines()[0] == "10 earlier messages not shown"
    assert '<p class="note">10 earlier messages not shown</p>' in shown.html
    assert len(shown.text.splitlines()) == SHOWN_MESSAGES + 1


@pytest.mark.parametrize("view", [table, sequence])
def test_what_the_trace_has_dropped_is_said(view):
    trace = Trace(max_records=2)
    for _ in range(3):
        trace.add(Record(0.0, 1, "up", "data", GET))
    assert view(trace).text.splitlines()[0] == f"1 older record dropped ({len(GET)} B)"


@pytest.mark.parametrize("view", [table, sequence])
def test_an_empty_trace_is_shown_without_a_failure(view):
    assert view(Trace()).text == ""
    assert "note" not in view(Trace()).html


def test_the_sequence_brings_its_text_form_along():
    view = sequence(trace_of(("up", GET), ("down", OK)))
    assert "<svg " in view.html
    assert '<pre class="text-form">' in view.html
    assert repr(view).splitlines()[1] == f"   1.000 s  -> GET /clock, {len(GET)} B, not arrived"


def test_folded_views_show_under_their_titles_one_below_the_other():
    request, response = annotated_bytes(GET), annotated_bytes(OK)
    view = folded({"<both>": [request, response], "none": []})
    assert view.html.startswith(f"<details><summary>&lt;both&gt;</summary>{request.html}{response.html}</details>")
    assert repr(view) == f"<both>\n{request.text}\n{response.text}\n\nnone"


def test_a_notebook_gets_the_style_with_it():
    html = table(trace_of(("up", GET)))._repr_html_()
    assert html.startswith("<style>")
    assert "<table" in html
