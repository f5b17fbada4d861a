"""Annotated bytes: every byte shown once, everything escaped, and the same in plain text."""

import itertools
import re
from html.parser import HTMLParser

from hypothesis import given
from hypothesis import strategies as st

from lessons.wire import annotated_bytes
from lessons.wire.message import FieldBits, Reading, Span
from lessons.wire.views.annotated import SHOWN_BYTES, bytes_html, bytes_text
from tests.wire.test_http1 import GET, messages_of

TAGS = {"div", "span", "b", "p", "table", "tbody", "tr", "th", "td", "code", "cite", "small"}
TAGS |= {"figure", "figcaption", "pre"}
ATTRIBUTES = {"class", "data-span", "title", "tabindex", "scope", "aria-hidden", "aria-label", "role"}


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
        "   4-4    request target  /                            which resource it means (RFC 9112 §3)",
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


# --- bits, and what bytes are once decoded ---

TWO_FIELDS = (FieldBits(1, "flag", "1", "it is set", "§1"), FieldBits(7, "count", "5", "how many"))
IN_BITS = Span(1, 2, "flag to count", bits=TWO_FIELDS)


def test_bits_are_shown_digit_by_digit_each_group_with_its_name_and_its_meaning():
    page = Page(bytes_html(b"\x00\x85", [Span(0, 1, "first"), IN_BITS]))
    groups = {
        attributes["data-span"]: attributes for _, attributes in page.elements if attributes.get("class") == "bit"
    }
    assert {key: each["aria-label"] for key, each in groups.items()} == {
        "1.0": "flag 1: it is set (§1)",
        "1.1": "count 5: how many",
    }
    assert all(each["tabindex"] == "0" for each in groups.values())
    assert "".join(page.text).count("0000101") == 1


def test_bits_have_a_row_each_in_the_list_of_fields():
    rows = re.findall(r'<tr data-span="([^"]*)".*?<th scope="row">([^<]*)</th>', bytes_html(b"\x00\x85", [IN_BITS]))
    assert rows == [("0.0", "flag"), ("0.1", "count")]


def test_the_text_form_tells_bits_by_byte_and_bit():
    assert repr(annotated_bytes(b"\x00\x85", [IN_BITS])).splitlines() == [
        "   1.0    flag            1                            it is set (§1)",
        "   1.1-7  count           5                            how many",
    ]


def test_bits_may_run_over_several_bytes():
    span = Span(0, 2, "pair", bits=(FieldBits(4, "a", "1"), FieldBits(12, "b", "2")))
    assert [line.split()[0] for line in repr(annotated_bytes(b"\x10\x02", [span])).splitlines()] == ["0.0-3", "0.4-1.7"]


def test_bits_that_break_a_rule_stand_out():
    span = Span(0, 1, "byte", bits=(FieldBits(8, "all", "0", "wrong", error=True),), error=True)
    html = bytes_html(b"\x00", [span])
    assert '<tr class="error" data-span="0.0"' in html
    assert '<span class="bit error"' in html
    assert "✗ wrong" in bytes_text(b"\x00", [span])


def test_what_bytes_are_once_decoded_stands_beside_them():
    span = Span(0, 2, "payload", readings=(Reading("as sent", b"\x01\x02", 2), Reading("decoded", b"<b>" * 8, 99)))
    html = bytes_html(b"\x01\x02", [span])
    page = Page(html)
    assert [tag for tag, _ in page.elements].count("figure") == 2
    assert "payload, decoded: 99 B" in "".join(page.text)
    assert "… 75 more bytes" in "".join(page.text)
    assert "<b>&lt;" not in html
    assert bytes_text(b"\x01\x02", [span]).splitlines()[1:] == [
        "          as sent         01 02                                             ··",
        "          decoded         3c 62 3e 3c 62 3e 3c 62 3e 3c 62 3e 3c 62 3e 3c   <b><b><b><b><b><",
    ]


@given(st.binary(max_size=20), st.text(max_size=10))
def test_bits_and_readings_are_escaped_too(data, words):
    span = Span(
        0, len(data), words, bits=(FieldBits(8, words, words, words, words),), readings=(Reading(words, data, 20),)
    )
    for tag, attributes in Page(bytes_html(data, [span])).elements:
        assert tag in TAGS
        assert set(attributes) <= ATTRIBUTES
