"""Source code, shown as it runs, in the colours of JupyterLab's editor."""

from __future__ import annotations

import inspect
import textwrap
from collections.abc import Callable
from typing import Any

from pygments import highlight
from pygments.formatters import HtmlFormatter
from pygments.lexers import get_lexer_by_name

COLOURS = {
    "keyword": (".k, .kc, .kd, .kn, .kr, .ow", "#008000"),
    "string": (".s, .s1, .s2, .sa, .sb, .sd, .se, .sh, .si, .sr, .dl", "#ba2121"),
    "comment": (".c, .c1, .ch, .cm, .cp", "#408080"),
    "number": (".m, .mf, .mh, .mi", "#080"),
    "def": (".nf, .nc, .fm", "#00f"),
    "builtin": (".nb, .bp", "#008000"),
    "meta": (".nd", "#a2f"),
    "tag": (".nt", "#170"),
    "attribute": (".na", "#00c"),
}
"""By the name of JupyterLab's colour: Pygments' classes for it, and the colour to use outside JupyterLab."""
LAYOUT = """.lessons-source { margin: 0; white-space: pre; overflow-x: auto; font-size: var(--jp-code-font-size, 13px) }
"""


class Source:
    """A piece of source code, as the value of a cell.

    Args:
        text: the code.
        language: the language, as Pygments names it, such as `python`.
    """

    def __init__(self, text: str, language: str) -> None:
        self.text = textwrap.dedent(text).strip("\n")
        self.language = language

    def _repr_html_(self) -> str:
        rules = "".join(
            f".lessons-source :is({classes}) {{ color: var(--jp-mirror-editor-{name}-color, {colour}) }}\n"
            for name, (classes, colour) in COLOURS.items()
        )
        code = highlight(self.text, get_lexer_by_name(self.language), HtmlFormatter(nowrap=True))
        return f'<style>{LAYOUT}{rules}</style><pre class="lessons-source">{code}</pre>'

    def __repr__(self) -> str:
        return self.text


def source(*what: Callable[..., Any]) -> Source:
    """Return the source of functions, methods or classes, as they run.

    Args:
        what: what to show, one below the other.
    """
    return Source("\n\n".join(textwrap.dedent(inspect.getsource(each)).rstrip() for each in what), "python")
