"""The page of a lesson outside Jupyter: the same client.js as in the panel, for a browser alone."""

from __future__ import annotations

import json
from html import escape
from pathlib import Path
from typing import Any

from lessons.tornado_service import Handler

HERE = Path(__file__).parent


class PageHandler(Handler):
    """`GET /`: a page that runs the lesson's client."""

    def initialize(self, title: str, options: dict[str, Any]) -> None:
        """Take the page's title and the options for its client."""
        self._title = title
        self._options = options

    def get(self) -> None:
        """Answer the page."""
        self.set_header("Content-Security-Policy", "default-src 'self'; style-src 'unsafe-inline'; base-uri 'none'")
        page = (HERE / "page.html").read_text(encoding="utf-8").replace("{title}", escape(self._title))
        self.finish(page.replace("{options}", escape(json.dumps(self._options))))


class ScriptHandler(Handler):
    """A JavaScript module out of the package."""

    def initialize(self, path: Path) -> None:
        """Take the file to answer."""
        self._path = path

    def get(self) -> None:
        """Answer the module."""
        self.set_header("Content-Type", "text/javascript; charset=utf-8")
        self.finish(self._path.read_text(encoding="utf-8"))


def page_routes(title: str, lesson_file: str, options: dict[str, Any]) -> list[Any]:
    """Return tornado's routes for a lesson's page and its scripts.

    Args:
        title: the lesson's title.
        lesson_file: a file in the lesson's folder, where its client.js is.
        options: what client.js takes as its options.
    """
    return [
        ("/", PageHandler, {"title": title, "options": options}),
        ("/page.js", ScriptHandler, {"path": HERE / "page.js"}),
        ("/client.js", ScriptHandler, {"path": Path(lesson_file).with_name("client.js")}),
    ]
