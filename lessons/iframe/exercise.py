"""The exercise of iframe streaming: write a script block that no text can break out of.

The cases read a block as a browser does: first as HTML, then as JavaScript.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from html.parser import HTMLParser

from lessons.exercise import Case, CaseFailedError, Exercise, Hints, NothingReturnedError
from lessons.wire.cost import counted

ScriptBlock = Callable[[str], str]

CALL = re.compile(r"\s*parent\.news\((.*)\);?\s*\Z", re.DOTALL)
SEPARATOR = re.compile("[\u2028\u2029]")


def script_block(text: str) -> str:
    """Write the block that hands a text to the page around the frame: it calls `parent.news` with it.

    Args:
        text: any text at all.
    """
    raise NotImplementedError


BEGIN = (
    "Which three parts does a block have, in the bytes of this lesson's server?",
    "`<script>`, a call of `parent.news(...)`, and `</script>`.",
    "For a start: `return f\"<script>parent.news('{text}')</script>\"`. Then check, and see what breaks it.",
)


class _Scripts(HTMLParser):
    """Finds the scripts of a document, and whatever stands outside of them, as a browser's HTML parser does."""

    def __init__(self) -> None:
        super().__init__()
        self.scripts: list[str] = []
        self.outside = ""
        self._inside = False

    def handle_starttag(self, tag: str, attrs: object) -> None:
        """Take a start tag."""
        self._inside = tag == "script"
        if self._inside:
            self.scripts.append("")
        else:
            self.outside += f"<{tag}>"

    def handle_endtag(self, tag: str) -> None:
        """Take an end tag."""
        self._inside = False

    def handle_data(self, data: str) -> None:
        """Take text, of a script or between them."""
        if self._inside:
            self.scripts[-1] += data
        else:
            self.outside += data.strip()


NOT_A_SCRIPT = (
    "What makes a browser run the text that it reads, instead of showing it?",
    "It has to stand between `<script>` and `</script>`.",
)
NOT_THE_CALL = (
    "What does the script have to do with the text?",
    "It calls a function of the page around the frame: `parent.news(...)`, and nothing else.",
)


def calls_the_page(script_block: ScriptBlock) -> None:
    """Expect a script that calls the page with the text."""
    block = script_block("12:00:05")
    if block is None:
        raise NothingReturnedError("a script block", "nothing", BEGIN)
    if not isinstance(block, str):
        raise CaseFailedError("a block of text", repr(block), NOT_A_SCRIPT)
    if not _read(block).scripts:
        raise CaseFailedError("a script", block, NOT_A_SCRIPT)
    _expect_news(script_block, "12:00:05", NOT_THE_CALL)


QUOTES = (
    "Which character ends a string in JavaScript, and does the text have it, too?",
    "Quotes, backslashes and line ends need escaping. Who has written that for you?",
    "JSON is JavaScript: `json.dumps(text)` gives the string with its quotes and all escapes.",
)


def bears_quotes(script_block: ScriptBlock) -> None:
    """Expect quotes of both kinds, and backslashes, to come through."""
    for text in ("it's noon", 'she said "noon"', "C:\\noon", "\\", "'); alert(1); ('", '"); alert(1); ("'):
        _expect_news(script_block, text, QUOTES)


LINES = (
    "What does JavaScript say to a string that goes on in the next line?",
    "It refuses the whole script. A line end in a string is written `\\n`; `json.dumps` does so.",
)


def bears_line_ends(script_block: ScriptBlock) -> None:
    """Expect line ends to come through."""
    for text in ("two\nlines", "two\r\nlines"):
        _expect_news(script_block, text, LINES)


BREAKS_OUT = (
    "Who reads the block first, the HTML parser or JavaScript? And what is the first of them looking for?",
    "The HTML parser looks for `</script`, inside of strings as well: it knows no strings. What follows is HTML again.",
    "Leave it no `<`: in a string JavaScript reads the six characters `\\u003c` as a `<`. "
    'Python writes them as `r"\\u003c"`, with the `r`: `.replace("<", r"\\u003c")`.',
)


def bears_end_tags(script_block: ScriptBlock) -> None:
    """Expect that no end tag in the text ends the script, however it is spelled."""
    attack = "</script><script>parent.document.title = 'yours'</script>"
    for text in (attack, attack.upper(), "</SCRIPT >", "</script/", "</script\n>"):
        _expect_news(script_block, text, BREAKS_OUT)


COMMENTS = (
    "Inside of a script `<!--` has a meaning of its own to HTML parsers. Where is it, and how would it stay away?",
    "Behind `<!--` and `<script` it takes the next `</script>` for the text's own. Escape each `<`, not end tags only.",
)


def bears_comments(script_block: ScriptBlock) -> None:
    """Expect no `<!--` in the script: with `<script` behind it, it would swallow the end tag."""
    text = "<!-- <script>"
    block = script_block(text)
    if "<!--" in block:
        raise CaseFailedError("no `<!--` in the block", block, COMMENTS)
    _expect_news(script_block, text, COMMENTS)


CHANGES_THE_TEXT = (
    "Is what the page gets still what you were given?",
    "To drop characters changes the news, and so does `&lt;` for `<`: in a script HTML's entities mean nothing.",
    "JavaScript has escapes of its own: in a string `\\u003c` is a `<`.",
)


def changes_nothing(script_block: ScriptBlock) -> None:
    """Expect every other text to come through as it is."""
    for text in ("", "a < b && b > c", "&lt;b&gt;", "noon 🕛 Mittag 正午", "1 </ 2", "<b>noon</b>"):
        _expect_news(script_block, text, CHANGES_THE_TEXT)


SEPARATORS = (
    "Are line feed and carriage return the only ends of a line in JavaScript?",
    "U+2028 and U+2029 were two more, in strings as well, until ECMAScript 2019. Old browsers know no other rule.",
    "`json.dumps` escapes them unless you tell it `ensure_ascii=False`.",
)


def bears_separators(script_block: ScriptBlock) -> None:
    """Expect the two separators escaped, which end a line in JavaScript of before 2019."""
    text = "one\u2028two\u2029three"
    block = script_block(text)
    if SEPARATOR.search(block):
        raise CaseFailedError("U+2028 and U+2029 written as escapes", ascii(block), SEPARATORS)
    _expect_news(script_block, text, SEPARATORS)


def _expect_news(script_block: ScriptBlock, text: str, hints: Hints) -> None:
    """Expect that the page gets this text, and nothing else happens."""
    block = script_block(text)
    page = _read(block)
    news = _news(page.scripts[0]) if len(page.scripts) == 1 and not page.outside else None
    if news == text:
        return
    seen = f"it hands over {news!r}" if news is not None else f"{_described(page)}: {block!r}"
    expected = f"one script, which hands {text!r} to the page"
    raise CaseFailedError(expected, seen, hints if news is None else CHANGES_THE_TEXT)


def _described(page: _Scripts) -> str:
    """Say what a browser finds in a block."""
    scripts = counted(len(page.scripts), "script")
    return f"{scripts}, and outside of them {page.outside!r}" if page.outside else scripts


def _read(block: str) -> _Scripts:
    page = _Scripts()
    page.feed(block)
    page.close()
    return page


def _news(script: str) -> object:
    """Return what the script calls `parent.news` with, `None` if it isn't that call of one string."""
    match = CALL.match(script)
    if match is None:
        return None
    try:
        return json.loads(_as_json(match[1]))
    except ValueError:
        return None


def _as_json(literal: str) -> str:
    """Return a string in single quotes in double ones, since JSON knows no others."""
    if not re.fullmatch(r"'(?:[^'\\]|\\.)*'", literal):
        return literal
    body = literal[1:-1].replace("\\'", "'").replace('"', '\\"')
    return f'"{body}"'


EXERCISE = Exercise(
    script_block,
    [
        Case("it calls the page with the text", calls_the_page),
        Case("it bears quotes and backslashes", bears_quotes),
        Case("it bears line ends", bears_line_ends),
        Case("no end tag breaks out of it", bears_end_tags),
        Case("no comment swallows its end", bears_comments),
        Case("it changes nothing", changes_nothing),
        Case("it bears the separators of old", bears_separators),
    ],
    hints=BEGIN,
)
check = EXERCISE.check
hint = EXERCISE.hint
