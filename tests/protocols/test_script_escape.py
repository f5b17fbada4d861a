"""JSON for script blocks: the same value, and nothing that the HTML parser looks for."""

import json
import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lessons.protocols.script_escape import script_json

SPECIAL = ["</script>", "<!--", *"<>/\\\"'\u2028\u2029\ud800\udfff"]
any_text = st.lists(st.characters(exclude_categories=[]) | st.sampled_from(SPECIAL), max_size=10).map("".join)
scalars = any_text | st.integers() | st.booleans() | st.none()
any_json = scalars | st.lists(scalars, max_size=3) | st.dictionaries(any_text, scalars, max_size=3)


@pytest.mark.parametrize(
    ("value", "text"),
    [
        ("12:00:05", '"12:00:05"'),
        ("</script>", r'"\u003c/script>"'),
        ("<!--", r'"\u003c!--"'),
        ("a\u2028b\u2029c", r'"a\u2028b\u2029c"'),
        ("half a pair \ud83d", r'"half a pair \ud83d"'),
        ("\\<", r'"\\\u003c"'),
        ("é€😀", '"é€😀"'),
        ({"<": ["<"]}, r'{"\u003c": ["\u003c"]}'),
    ],
)
def test_escapes_what_a_script_block_must_not_hold(value, text):
    assert script_json(value) == text


@given(any_json)
def test_means_the_same_and_holds_nothing_unsafe(value):
    text = script_json(value)
    assert json.loads(text) == json.loads(json.dumps(value))
    assert not set("<\u2028\u2029") & set(text)
    text.encode()


@pytest.mark.parametrize("value", [math.inf, math.nan])
def test_refuses_numbers_that_json_does_not_have(value):
    with pytest.raises(ValueError, match="not JSON compliant"):
        script_json(value)
