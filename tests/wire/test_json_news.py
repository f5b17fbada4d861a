"""JSON on the wire: the news of long polling is content, its envelope isn't, and every byte is labelled once."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lessons.wire.decoders.json_news import JsonContent


def read(data):
    _, spans = JsonContent().receive(data)
    return [(span.name, data[span.start : span.end].decode()) for span in spans], spans


def test_news_and_cursor_are_labelled():
    parts, spans = read(json.dumps({"items": ["12:00:05", "tea"], "cursor": "k3f9-2"}).encode())
    assert parts == [
        ("JSON", '{"items": ["'),
        ("news", "12:00:05"),
        ("JSON", '", "'),
        ("news", "tea"),
        ("JSON", '"], "cursor": "'),
        ("cursor", "k3f9-2"),
        ("JSON", '"}'),
    ]
    assert {span.name for span in spans if span.content} == {"news"}


def test_an_answer_without_news_has_no_content():
    _, spans = read(json.dumps({"items": [], "cursor": "k3f9-2"}).encode())
    assert [span.name for span in spans if span.content] == []


@pytest.mark.parametrize("news", ['say "no"', "a\\", "</b>", "], ["])
def test_what_ends_a_string_in_the_news_is_news(news):
    parts, _ = read(json.dumps({"items": [news], "cursor": "c"}).encode())
    assert [json.loads(f'"{text}"') for name, text in parts if name == "news"] == [news]


@pytest.mark.parametrize("data", [b'{"reason": "gone"}', b"[1, 2]", b"not JSON", b'{"items": [1]}', b'{"items": ["cut'])
def test_other_json_is_content_as_it_stands(data):
    assert read(data)[0] == [("content", data.decode())]


@given(
    st.one_of(st.binary(), st.lists(st.text()).map(lambda items: json.dumps({"items": items, "cursor": "c"}).encode()))
)
def test_labels_cover_every_byte_once(data):
    _, spans = JsonContent().receive(data)
    ends = [0, *(span.end for span in spans)]
    assert [span.start for span in spans] == ends[:-1]
    assert ends[-1] == len(data)
