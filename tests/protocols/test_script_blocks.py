"""Script blocks as text, read back by our parser, and run by Chromium in a real frame."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lessons.protocols.script_blocks import ParentCall, ScriptBlockParser, call_parent, post_to_parent
from tests.protocols.test_event_stream import split_at
from tests.protocols.test_script_escape import any_json

THEFT = "</script><script>parent.stolen = true</script>"
ATTACKS = [
    *(THEFT, "<!--<script>", "</SCRIPT >" + THEFT, {THEFT: [THEFT]}, "-->", "<!--", "]]>"),
    *('"); parent.stolen = true; ("', "\\", "\\u003c", "\u2028parent.stolen = true\u2029"),
    *("\ud83d", "é€😀", "\0", None),
]


def read(*pieces):
    parser = ScriptBlockParser()
    return [call for piece in pieces for call in parser.receive(piece)]


class TestWriters:
    def test_call_a_function_of_the_parent(self):
        assert call_parent("news", {"time": "12:00:05"}) == '<script>parent.news({"time": "12:00:05"})</script>\n'

    def test_post_a_message_to_one_origin(self):
        block = post_to_parent("12:00:05", "http://localhost:8888")
        assert block == '<script>parent.postMessage("12:00:05", "http://localhost:8888")</script>\n'

    @pytest.mark.parametrize("function", ["", "1st", "a.b", "a b", "f()", "</script>", "news\n", "é"])
    def test_refuse_what_is_no_function_name(self, function):
        with pytest.raises(ValueError, match="can't name the parent's function"):
            call_parent(function, 1)

    @pytest.mark.parametrize("origin", ["*", "", "localhost:8888", "http://", "http://a/b", "http://a\n", "file://a"])
    def test_refuse_what_is_no_origin(self, origin):
        with pytest.raises(ValueError, match="is not an origin"):
            post_to_parent(1, origin)


class TestParser:
    def test_reads_calls_between_other_things(self):
        document = b"<!doctype html><script>let parent_of = 1</script>" + call_parent("news", 1).encode()
        document += b"<p>parent.news(2)</p><script>parent.news(2 + 3)</script>"
        document += post_to_parent({"a": [2]}, "http://a").encode() + b"<script>parent.news(3)</scr"
        assert read(document) == [
            ParentCall("news", (1,)),
            ParentCall("postMessage", ({"a": [2]}, "http://a")),
        ]

    @pytest.mark.parametrize("tag", [b"</SCRIPT>", b"</script >", b"</Script\n>", b"</script/>", b"</script a=b>"])
    @pytest.mark.parametrize("size", [1, 3, 100])
    def test_an_end_tag_is_one_in_any_case_and_with_blanks(self, tag, size):
        document = b"<script>parent.news(1)" + tag + b"<script>parent.news(2)</script>"
        pieces = [document[at : at + size] for at in range(0, len(document), size)]
        assert read(*pieces) == [ParentCall("news", (1,)), ParentCall("news", (2,))]

    @pytest.mark.parametrize("arguments", [b"9" * 5000, b"[" * 100_000, b"1 +", b"", b"}"])
    def test_a_call_that_is_no_json_or_has_no_arguments_harms_no_other(self, arguments):
        document = b"<script>parent.news(" + arguments + b")</script><script>parent.news(1)</script>"
        assert read(document)[-1] == ParentCall("news", (1,))

    def test_passes_over_bytes_that_are_no_text(self):
        assert read(b"\xff<script>parent.news(1)</script>") == [ParentCall("news", (1,))]

    @pytest.mark.parametrize("arguments", ["[" * 100_000, "1" * 5000, "nothing", "1,"])
    def test_passes_over_arguments_that_are_no_json(self, arguments):
        block = f"<script>parent.news({arguments})</script>".encode()
        assert read(block + call_parent("news", 1).encode()) == [ParentCall("news", (1,))]

    @given(st.lists(any_json, max_size=3), st.sets(st.integers(0, 200)))
    def test_reads_what_was_written_however_it_is_split(self, values, cuts):
        blocks = [call_parent("news", value) + post_to_parent(value, "http://a") for value in values]
        document = "".join(blocks).encode()
        pieces = split_at(document, {cut for cut in cuts if cut < len(document)})
        as_json = [json.loads(json.dumps(value)) for value in values]
        expected = [arguments for value in as_json for arguments in ((value,), (value, "http://a"))]
        assert [call.arguments for call in read(*pieces)] == expected


PARENT = """
<!doctype html><meta charset="utf-8">
<script>
    window.heard = [];
    window.stolen = false;
    window.news = (value) => heard.push(value);
    onmessage = (event) => { if (event.origin === "http://frame.test") heard.push(event.data); };
</script>
<iframe src="FRAME"></iframe>
"""


def hear(browser, page_url, frame_url, document):
    """Say what a page hears from the document in its frame, and whether it was robbed."""
    bodies = {page_url: PARENT.replace("FRAME", frame_url), frame_url: f'<meta charset="utf-8">{document}'}
    page = browser.new_page()
    page.route("**", lambda route: route.fulfill(body=bodies[route.request.url], content_type="text/html"))
    page.goto(page_url)
    page.wait_for_function("count => stolen || heard.length >= count", arg=len(ATTACKS))
    heard, stolen = page.evaluate("[JSON.stringify(heard), stolen]")
    return json.loads(heard), stolen


@pytest.mark.browser
class TestInChromium:
    def test_the_attack_is_real(self, browser):
        document = f'<script>parent.news("{THEFT}")</script>'
        assert hear(browser, "http://page.test/", "http://page.test/clock", document) == ([], True)

    def test_a_page_of_the_same_origin_hears_the_attacks_as_text(self, browser):
        document = "".join(call_parent("news", attack) for attack in ATTACKS)
        assert hear(browser, "http://page.test/", "http://page.test/clock", document) == (ATTACKS, False)

    def test_a_page_of_another_origin_hears_them_as_messages(self, browser):
        document = "".join(post_to_parent(attack, "http://page.test") for attack in ATTACKS)
        assert hear(browser, "http://page.test/", "http://frame.test/clock", document) == (ATTACKS, False)
