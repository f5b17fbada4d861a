"""HTML on the wire: blocks are labelled, every byte once, and only the news counts as content."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lessons.protocols.script_blocks import call_parent, post_to_parent
from lessons.wire.decoders.script_blocks import HtmlContent


def read(text):
    data = text.encode()
    title, spans = HtmlContent().receive(data)
    return title, [(span.name, data[span.start : span.end].decode()) for span in spans], spans


def test_a_block_is_labelled_part_by_part():
    title, parts, spans = read(call_parent("news", "noon"))
    assert title == 'parent.news("noon")'
    assert parts == [
        ("start tag", "<script>"),
        ("function", "parent.news"),
        ("bracket", "("),
        ("quote", '"'),
        ("news", "noon"),
        ("quote", '"'),
        ("bracket", ")"),
        ("end tag", "</script>"),
        ("line end", "\n"),
    ]
    assert [span.name for span in spans if span.content] == ["news"]


@pytest.mark.parametrize(
    ("value", "news"),
    [
        (1, "1"),
        ("", ""),
        ('say "no"', r"say \"no\""),
        ("a\\", r"a\\"),
        ('", "http://localhost:1', r"\", \"http://localhost:1"),
    ],
)
def test_the_news_is_what_stands_between_its_quotes(value, news):
    _, parts, _ = read(call_parent("news", value))
    assert "".join(text for name, text in parts if name == "news") == news


def test_what_stands_around_blocks_is_html():
    title, parts, _ = read(f"<p>{call_parent('news', 1)}</p>{post_to_parent('a', 'http://localhost:1')}")
    assert title == "2 script blocks"
    assert [text for name, text in parts if name == "HTML"] == ["<p>", "</p>"]


def test_the_origin_that_a_message_is_posted_to_is_no_news():
    title, parts, _ = read(post_to_parent("noon", "http://localhost:1"))
    assert title == 'parent.postMessage("noon")'
    assert ("news", "noon") in parts
    assert ("target origin", ', "http://localhost:1"') in parts


def test_a_document_without_blocks_is_html_and_no_news():
    title, parts, spans = read("<!doctype html>")
    assert (title, parts) == ("", [("HTML", "<!doctype html>")])
    assert not spans[0].content


BLOCKS = st.text(max_size=5).map(lambda text: call_parent("n", text).encode())


@given(st.lists(st.one_of(st.binary(max_size=20), BLOCKS)))
def test_labels_cover_every_byte_once(pieces):
    data = b"".join(pieces)
    _, spans = HtmlContent().receive(data)
    ends = [0, *(span.end for span in spans)]
    assert [span.start for span in spans] == ends[:-1]
    assert ends[-1] == len(data)
