"""What `check` and `hint` answer, as text and as a little HTML."""

from __future__ import annotations

from collections.abc import Sequence
from enum import Enum
from html import escape

from lessons.wire.views.view import View


class State(Enum):
    """How far an exercise has come; the value is the mark and the words that an answer begins with."""

    SOLVED = "✓ Solved"
    FAILED = "✗ Not yet"
    UNSOLVED = "○ Not solved yet"


class Answer(View):
    """What `check` says about a function. It reads the same in every run.

    Args:
        state: how far the exercise has come.
        sentence: why.
        rows: a name and a text each, of one line or more, such as what was expected and what was seen.
        hints: what `hint` will say about it.
        note: what to do next.
    """

    def __init__(
        self,
        state: State,
        sentence: str,
        rows: Sequence[tuple[str, str]] = (),
        hints: Sequence[str] = (),
        note: str = "",
    ) -> None:
        super().__init__(_html(state.value, sentence, rows, note), _text(state.value, sentence, rows, note))
        self.state = state
        self.hints = tuple(hints)


def hint_view(number: int, hints: Sequence[str]) -> View:
    """Return hint `number`, counted from 1, with how many there are."""
    title, text = f"Hint {number} of {len(hints)}", hints[number - 1]
    return View(_html(title, text), _text(title, text))


def _text(title: str, sentence: str, rows: Sequence[tuple[str, str]] = (), note: str = "") -> str:
    width = max((len(name) for name, _ in rows), default=0)
    margin = " " * (width + 4)
    lines = [f"  {name:<{width}}  {text.replace(chr(10), chr(10) + margin)}" for name, text in rows]
    return "\n".join([f"{title}: {sentence}", *lines, *([f"  {note}"] if note else [])])


def _html(title: str, sentence: str, rows: Sequence[tuple[str, str]] = (), note: str = "") -> str:
    cells = "".join(f'<tr><th scope="row">{escape(name)}</th><td>{_lines_html(text)}</td></tr>' for name, text in rows)
    table = f'<table class="fields"><tbody>{cells}</tbody></table>' if rows else ""
    last = f'<p class="note">{escape(note)}</p>' if note else ""
    return f'<div role="status"><strong>{escape(title)}:</strong> {escape(sentence)}</div>{table}{last}'


def _lines_html(text: str) -> str:
    return f'<pre class="text-form" style="margin: 0; white-space: pre-wrap">{escape(text)}</pre>'
