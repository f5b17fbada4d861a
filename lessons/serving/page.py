"""The page of a lesson outside Jupyter: the same client.js as in the panel, for a browser alone."""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from html import escape
from pathlib import Path
from typing import Any

from lessons.serving.http_service import Respond
from lessons.serving.response import Response

HERE = Path(__file__).parent
POLICY = "default-src 'self'; style-src 'unsafe-inline'; base-uri 'none'"
"""What the page may load: its own server's scripts and news, nothing else (Content Security Policy)."""

IMPORT = re.compile(r'^import \{([^}]*)\} from "([^"]*)";\n', re.MULTILINE)
OTHER_IMPORT = re.compile(r"^import\b.*", re.MULTILINE)
DECLARATION = re.compile(r"^(export )?(?:async )?(?:function\*?|class|const|let) (\w+)", re.MULTILINE)


@dataclass(frozen=True)
class PageFile:
    """A file of the page.

    Attributes:
        fields: the header fields that belong to it.
        content: its bytes.
    """

    fields: dict[str, str]
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
    html = {"Content-Type": "text/html; charset=utf-8", "Content-Security-Policy": POLICY}
    return {
        "/": PageFile(html, page.encode()),
        "/page.js": _script((HERE / "page.js").read_text(encoding="utf-8")),
        "/client.js": _script(bundle(client)),
    }


def _script(source: str) -> PageFile:
    return PageFile({"Content-Type": "text/javascript; charset=utf-8"}, source.encode())


def page_routes(title: str, client: Path, options: dict[str, Any]) -> dict[str, Respond]:
    """Return what answers the requests for a lesson's page; the arguments are those of `page_files`."""
    files = page_files(title, client, options)
    return {path: _always(Response(200, file.content, file.fields)) for path, file in files.items()}


def _always(response: Response) -> Respond:
    return lambda request: response


# --- one module of several --------------------------------------------------------------------------------------


def bundle(path: Path) -> str:
    """Return a script and all that it imports as one module, each file once, before those that import it.

    A panel's page is handed a script as text: it has no address from which it could import anything. What a file
    imports has one name everywhere, and stands in a file beside or above it: `import { backOff } from "./backoff.js";`.

    Args:
        path: the script; what it exports, the module exports.

    Raises:
        ValueError: if an import is of another form, finds no file or no such name in it, or runs in a ring, or if two
            files have one name at their top.
    """
    modules: dict[Path, str] = {}
    _add_module(path.resolve(), (), modules)
    owners: dict[str, str] = {}
    for file, source in reversed(modules.items()):
        for _, name in DECLARATION.findall(source):
            if owners.setdefault(name, file.name) != file.name:
                raise ValueError(f"{owners[name]} and {file.name} both have a name {name!r}, and become one module")
    return "".join(modules.values())


def _add_module(path: Path, importers: tuple[Path, ...], modules: dict[Path, str]) -> None:
    """Add a file to the modules behind those that it imports."""
    if path in modules:
        return
    if path in importers:
        ring = " → ".join(each.name for each in (*importers[importers.index(path) :], path))
        raise ValueError(f"these scripts import each other in a ring: {ring}")
    source = path.read_text(encoding="utf-8")
    for names, address in IMPORT.findall(source):
        imported = (path.parent / address).resolve()
        if not address.startswith(".") or not imported.is_file():
            raise ValueError(f"{path.name} imports from {address!r}, where no file of ours is")
        _check_names(path, names, imported)
        _add_module(imported, (*importers, path), modules)
    without_imports = IMPORT.sub("", source)
    if other := OTHER_IMPORT.search(without_imports):
        raise ValueError(f'{path.name}: {other[0]!r} isn\'t of the form import {{ name }} from "./file.js";')
    modules[path] = without_imports if not importers else re.sub(r"^export ", "", without_imports, flags=re.MULTILINE)


def _check_names(path: Path, names: str, imported: Path) -> None:
    exported = {name for export, name in DECLARATION.findall(imported.read_text(encoding="utf-8")) if export}
    for name in names.replace(",", " ").split():
        if name not in exported:
            raise ValueError(f"{path.name} imports {name}, which {imported.name} doesn't export")
