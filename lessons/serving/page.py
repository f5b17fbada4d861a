"""The page of a lesson outside Jupyter: the same client.js as in the panel, for a browser alone."""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from html import escape
from pathlib import Path
from typing import Any

from lessons.serving.http_service import Answer
from lessons.serving.response import Response

HERE = Path(__file__).parent
POLICY = "default-src 'self'; style-src 'unsafe-inline'; base-uri 'none'"
"""What the page may load: its own server's scripts and news, nothing else (Content Security Policy)."""

_IMPORT = re.compile(r'^import \{[^}]*\} from "(\.[^"]*)";$', re.MULTILINE)


@dataclass(frozen=True)
class PageFile:
    """A file of the page.

    Attributes:
        fields: the header fields that belong to it.
        content: its bytes.
    """

    fields: list[tuple[str, str]]
    content: bytes


def page_files(title: str, client: Path, options: dict[str, Any]) -> dict[str, PageFile]:
    """Return the page of a lesson and its scripts, by the path that each is asked for with.

    Args:
        title: the lesson's title.
        client: the script of the lesson's client in the page.
        options: what that client takes as its options.
    """
    page = (HERE / "page.html").read_text(encoding="utf-8").replace("{title}", escape(title))
    page = page.replace("{options}", escape(json.dumps(options)))
    html = [("Content-Type", "text/html; charset=utf-8"), ("Content-Security-Policy", POLICY)]
    return {
        "/": PageFile(html, page.encode()),
        "/page.js": _script((HERE / "page.js").read_text(encoding="utf-8")),
        "/client.js": _script(client_source(client)),
    }


def client_source(path: Path) -> str:
    """Return a lesson's client.js as the one module that the page loads.

    What all clients may use stands before it, and a file that it imports stands in the place of the import.
    """
    return (HERE / "backoff.js").read_text(encoding="utf-8") + _with_imports(path)


def _with_imports(path: Path) -> str:
    source = path.read_text(encoding="utf-8")
    return _IMPORT.sub(lambda found: _with_imports(path.parent / found[1]), source)


def _script(source: str) -> PageFile:
    return PageFile([("Content-Type", "text/javascript; charset=utf-8")], source.encode())


def page_answers(title: str, client: Path, options: dict[str, Any]) -> dict[str, Answer]:
    """Return what answers the requests for a lesson's page; the arguments are those of `page_files`."""
    files = page_files(title, client, options)
    return {path: _answer_with(Response(200, file.content, dict(file.fields))) for path, file in files.items()}


def _answer_with(response: Response) -> Answer:
    return lambda request: response
