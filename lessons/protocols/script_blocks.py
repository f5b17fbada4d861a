"""The stream of iframe streaming: an endless HTML document in which each `<script>` block brings one item.

A browser runs a block as soon as its `</script>` has come (WHATWG HTML, section 13.2.6.4.8), so a block is
this stream's unit of news, and a call of the parent page is how the news leaves the frame.
"""

import json
import re
from dataclasses import dataclass

from lessons.protocols.script_escape import script_json

BLOCK_END = b"</script>"
CALL = re.compile(r"<script>parent\.([A-Za-z0-9_$]+)\((.*)\)\Z", re.DOTALL)
FUNCTION = re.compile(r"[A-Za-z_$][A-Za-z0-9_$]*")
ORIGIN = re.compile(r"https?://[^/?#@\s]+")


def call_parent(function: str, value: object) -> str:
    """Write the block that calls a function of the parent page, which must have the frame's own origin.

    Args:
        function: the function's name, such as `news`.
        value: its one argument, anything JSON can hold.

    Raises:
        TypeError: JSON has no form for the value.
        ValueError: `function` is no name of ASCII letters, digits, `_` and `$`, or JSON has no form for
            the value.
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
        TypeError: JSON has no form for the value.
        ValueError: `target_origin` is no origin (`*`, by which any page may read, is refused), or JSON
            has no form for the value.
    """
    if not ORIGIN.fullmatch(target_origin):
        raise ValueError(f"{target_origin!r} is no origin: give the parent's scheme, host and port, no path.")
    arguments = f"{script_json(value)}, {script_json(target_origin)}"
    return f"<script>parent.postMessage({arguments})</script>\n"


@dataclass(frozen=True)
class ParentCall:
    """A call that a block makes: the parent's function, such as `postMessage`, and what it is given."""

    function: str
    arguments: tuple[object, ...]


class ScriptBlockParser:
    """Reads the blocks above out of a document that is still growing, without a browser.

    It looks for the next `</script>` as a browser does, and may, since no value holds a `<`. Everything
    else in the document, scripts of other forms included, is passed over.
    """

    def __init__(self) -> None:
        self._unfinished = b""

    def receive(self, data: bytes) -> list[ParentCall]:
        """Take the next bytes of the document, however they were split; return the calls they complete."""
        *blocks, self._unfinished = (self._unfinished + data).split(BLOCK_END)
        calls = [_read_call(block.decode(errors="replace")) for block in blocks]
        return [call for call in calls if call]


def _read_call(block: str) -> ParentCall | None:
    match = CALL.search(block)
    if match is None:
        return None
    try:
        return ParentCall(match[1], tuple(json.loads(f"[{match[2]}]")))
    except json.JSONDecodeError:
        return None
