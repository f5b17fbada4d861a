"""The stream of iframe streaming: an endless HTML document in which each `<script>` block brings one item.

A browser runs a block as soon as its `</script>` has come (WHATWG HTML, section 13.2.6.4.8). So a block is
this stream's unit of news, and a call to the parent page carries the news out of the frame.
"""

import json
import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import NamedTuple

from lessons.protocols.script_escape import script_json

BLOCK_START = b"<script>"
LONGEST_END_TAG = 80
"""The longest end tag that is looked for, `</script>` with what may stand in it, in bytes.

With this limit only the last few bytes of an unfinished document are searched again when more come.
"""
END_TAG = re.compile(rb"</script(?:[\t\n\f\r /][^>]{0,%d})?>" % (LONGEST_END_TAG - len("</script >")), re.IGNORECASE)
CALL_START = re.compile(rb"<script>((?:parent\.)?[A-Za-z0-9_$]+)\(")
FUNCTION = re.compile(r"[A-Za-z_$][A-Za-z0-9_$]*")
ORIGIN = re.compile(r"https?://[^/?#@\s]+")


def call_parent(function: str, value: object) -> str:
    """Write the block that calls a function of the parent page, which must have the frame's own origin.

    Args:
        function: the function's name, such as `news`.
        value: its one argument, anything JSON can hold.

    Raises:
        TypeError: if JSON has no form for a value of this type.
        ValueError: if `function` isn't a name of ASCII letters, digits, `_` and `$`, or JSON has no form for the value.
    """
    if not FUNCTION.fullmatch(function):
        raise ValueError(f"{function!r} can't name the parent's function: use letters, digits, _ and $.")
    return f"<script>parent.{function}({script_json(value)})</script>\n"


def post_to_parent(value: object, target_origin: str) -> str:
    """Write the block that posts a message to a parent page of any origin (WHATWG HTML, section 9.3).

    Args:
        value: the message, anything JSON can hold.
        target_origin: the one origin that may read it, such as `http://localhost:8888`.

    Raises:
        TypeError: if JSON has no form for a value of this type.
        ValueError: if `target_origin` isn't an origin (`*`, which lets any page read, is refused), or JSON has no form
            for the value.
    """
    if not ORIGIN.fullmatch(target_origin):
        raise ValueError(f"{target_origin!r} is no origin: give the parent's scheme, host and port, no path.")
    arguments = f"{script_json(value)}, {script_json(target_origin)}"
    return f"<script>parent.postMessage({arguments})</script>\n"


class ScriptBlock(NamedTuple):
    """A script block that does nothing but call one function.

    Attributes:
        start: where its `<script>` begins, in bytes from the start of the document.
        function: the function, such as `parent.news`.
        arguments: what stands between the brackets.
        end_tag: the tag that ends it, `</script>` as a rule.
        end: the offset after that, counted in the same way.
    """

    start: int
    function: str
    arguments: bytes
    end_tag: bytes
    end: int


def find_script_blocks(document: bytes) -> Iterator[ScriptBlock]:
    """Find the blocks in a piece of a document; everything else is passed over, scripts of other forms included.

    A script ends at the next end tag, as it does for a browser, since no value holds a `<`. The tag may be in any case,
    and have blanks and attributes (WHATWG HTML, section 13.2.5.17).
    """
    start = 0
    for tag in END_TAG.finditer(document):
        call = CALL_START.search(document, start, tag.start())
        start = tag.end()
        if call is not None and document.endswith(b")", call.end(), tag.start()):
            arguments = document[call.end() : tag.start() - 1]
            yield ScriptBlock(call.start(), call[1].decode(), arguments, tag[0], tag.end())


@dataclass(frozen=True)
class ParentCall:
    """A call that a block makes: the parent's function, such as `postMessage`, and its arguments."""

    function: str
    arguments: tuple[object, ...]


class ScriptBlockParser:
    """Reads the calls to the parent page from a document that is still growing, without a browser."""

    def __init__(self) -> None:
        self._unfinished = bytearray()

    def receive(self, data: bytes) -> list[ParentCall]:
        """Take the next bytes of the document, however they were split; return the calls they complete."""
        searched = max(0, len(self._unfinished) - LONGEST_END_TAG)
        self._unfinished += data
        ends = [tag.end() for tag in END_TAG.finditer(self._unfinished, searched)]
        if not ends:
            return []
        finished = bytes(self._unfinished[: ends[-1]])
        del self._unfinished[: len(finished)]
        calls = [_read_call(block) for block in find_script_blocks(finished)]
        return [call for call in calls if call]


def _read_call(block: ScriptBlock) -> ParentCall | None:
    parent, _, function = block.function.rpartition(".")
    if not parent:
        return None
    try:
        arguments = json.loads(f"[{block.arguments.decode(errors='replace')}]")
    except (ValueError, RecursionError):
        return None
    return ParentCall(function, tuple(arguments))
