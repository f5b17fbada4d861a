"""Iframe streaming's exercise: other right solutions pass too, and what a student reads."""

import json
import re

import pytest

from lessons import iframe
from lessons.exercise.answer import State
from lessons.iframe.exercise import BREAKS_OUT, EXERCISE
from lessons.protocols.script_blocks import call_parent
from tests.iframe import wrong_solutions


def the_lessons_own(text):
    return call_parent("news", text)


def every_character_escaped(text):
    units = text.encode("utf-16-be")
    escapes = "".join(f"\\u{units[at]:02x}{units[at + 1]:02x}" for at in range(0, len(units), 2))
    return f'<script>\n  parent.news("{escapes}");\n</script>\n'


def hexadecimal_in_single_quotes(text):
    written = json.dumps(text)[1:-1].replace('\\"', '"').replace("'", "\\'").replace("<", "\\u003c")
    return f"<SCRIPT>parent.news('{written}')</SCRIPT>"


@pytest.mark.parametrize("right", [the_lessons_own, every_character_escaped, hexadecimal_in_single_quotes])
def test_another_right_solution_passes(right):
    answer = EXERCISE.check(right)
    assert answer.state is State.SOLVED, answer


def test_what_a_student_reads():
    assert repr(iframe.check(wrong_solutions.entities_for_tags_only)).startswith(
        '✗ Not yet: case 4 of 7, no end tag breaks out of it.\n  expected  one script, which hands "</script>'
    )
    assert repr(iframe.hint()).startswith("Hint 1 of 3: Is what the page gets still what you were given?")


def test_what_the_last_hint_against_end_tags_shows_is_right_when_it_is_pasted():
    (replacing,) = re.findall(r"`(\.replace\(.+\))`", BREAKS_OUT[-1])
    answer = iframe.check(eval(f"lambda text: '<script>parent.news(' + json.dumps(text){replacing} + ')</script>'"))
    assert answer.state is State.SOLVED
