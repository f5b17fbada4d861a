"""Annotated bytes: every byte shown once, everything escaped, and the same in plain text."""

import itertools
import re
from html.parser import HTMLParser

from hypothesis import given
from hypothesis import strategies as st

from lessons.wire import annotated_bytes
from lessons.wire.annotated import SHOWN_BYTES, bytes_html, bytes_text
from lessons.wire.message import Span
from tests.wire.test_http1 import GET, messages_of

TAGS = {"div", "span", "b", "p", "table", "tbody", "tr", "th", "td", "code", "cite"}
ATTRIBUTES = {"class", "data-span", "title", "tabindex", "scope", "aria-hidden"}


class Page(HTMLParser):
    """Reads the HTML as a browser would: which elements there are, and which text in them."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.elements, self.text, self.titles = [], [], []
        self.feed(html)
        self.close()

    def handle_starttag(self, tag, attributes):
        self.elements.append((tag, dict(attributes)))
        self.titles += [value for name, value in attributes if name == "title"]

    def handle_data(self, data):
        self.text.append(data)


def hexadecimal(html: str) -> bytes:
    """Return the bytes that the hexadecimal part shows."""
    parts = re.findall(r'<span class="hex">(.*?)</span><span class="text">', html, re.DOTALL)
    return bytes.fromhex(re.sub("<[^>]*>", "", " ".join(parts)))


@given(st.binary(max_size=100), st.lists(st.integers(0, 100), max_size=5), st.text(max_size=20), st.text(max_size=20))
def test_whatever_is_shown_is_escaped_and_every_byte_is_there(data, places, name, meaning):
    bounds = [0, *sorted(min(place, len(data)) for place in places), len(data)]
    spans = [Span(start, end, name, meaning, meaning, name) for start, end in itertools.pairwise(bounds)]
    html = bytes_html(data, spans)
    assert hexadecimal(html) == data
    for tag, attributes in Page(html).elements:
        assert tag in TAGS
        assert set(attributes) <= ATTRIBUTES


def test_markup_in_bytes_names_values_and_meanings_stays_text():
    attack = "<script>alert('\"&')</script>"
    page = Page(bytes_html(attack.encode(), [Span(0, 10, attack, attack, attack, attack)]))
    assert {tag for tag, _ in page.elements} <= TAGS
    assert "".join(page.text).count(attack) == 4
    assert f"{attack}: {attack}" in page.titles


def test_bytes_of_a_span_and_its_field_carry_the_same_number():
    (request,) = messages_of(("up", GET))
    html = annotated_bytes(request).html
    numbers = [span for span in range(len(request.spans)) if not request.spans[span].minor]
    for number in numbers:
        assert re.search(f'<b class="tint{number % 2}" data-span="{number}"', html)
        assert re.search(f'<tr data-span="{number}"', html)


def test_only_the_beginning_of_long_data_is_shown_and_the_rest_is_counted():
    data = bytes(range(256)) * 10
    assert hexadecimal(bytes_html(data, ())) == data[:SHOWN_BYTES]
    assert "… 1,536 more bytes" in bytes_html(data, ())
    text = bytes_text(data, ())
    assert text.splitlines()[-1] == "… 1,536 more bytes"
    assert len(text.splitlines()) == SHOWN_BYTES // 16 + 1


def test_data_that_fits_is_not_said_to_go_on():
    assert "more bytes" not in bytes_html(bytes(SHOWN_BYTES), ()) + bytes_text(bytes(SHOWN_BYTES), ())


def test_the_text_form_of_bytes_alone_is_a_hex_dump():
    assert repr(annotated_bytes(b"GET /\r\n\x00\xff<abcdefgh")) == (
        "0000  47 45 54 20 2f 0d 0a 00 ff 3c 61 62 63 64 65 66   GET /·↵··<abcdef\n"
        "0010  67 68                                             gh"
    )


def test_the_text_form_of_a_message_is_a_line_a_field():
    (request,) = messages_of(("up", b"GET / HTTP/1.1\r\nHost: a\r\nX:\r\n\r\n"))
    assert repr(annotated_bytes(request)).splitlines() == [
        "   0-2    method          GET                          what the client wants done (RFC 9112 §3)",
        "   4-4    request target  /                            what it wants it done to (RFC 9112 §3)",
        "   6-13   version         HTTP/1.1                     "
        "the version of HTTP that the client speaks (RFC 9112 §3)",
        "  22-22   Host            a                            "
        "which of the server's names the client used (RFC 9110 §7.2)",
        "  27      X                                             (RFC 9112 §5)",
        "  29-30   empty line      ·↵                           the head ends here (RFC 9112 §2.1)",
    ]


def test_errors_stand_out():
    assert '<tr class="error"' in bytes_html(b"x", [Span(0, 1, "x", error=True)])
    assert '<tr class="error"' not in bytes_html(b"x", [Span(0, 1, "x")])


def test_bytes_that_no_span_covers_are_shown_plainly():
    html = bytes_html(b"abc", [Span(1, 2, "middle")])
    assert hexadecimal(html) == b"abc"
    assert html.count("data-span") == 3


def test_nothing_is_shown_as_nothing():
    assert repr(annotated_bytes(b"")) == ""
    assert hexadecimal(annotated_bytes(b"").html) == b""
