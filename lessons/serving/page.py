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
"""What the page may load: scripts and news from its own server, nothing else (Content Security Policy)."""

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
    """Return the page of a lesson and its scripts, each under the path that it is requested by.

    Args:
        title: the lesson's title.
        client: the file with the script of the lesson's client in the page.
        options: the options for that client.
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


# --- one module made of several ---------------------------------------------------------------------------------


def bundle(path: Path) -> str:
    """Return a script and all that it imports as one module, each file once, before those that import it.

    A panel's page gets its script as text, which has no address to import from. So imports are of one form, without
    renaming, from a relative path: `import { backOff } from "./backoff.js";`.

    Args:
        path: the script; the module exports what it exports.

    Raises:
        ValueError: if an import has another form, or finds no file or no such name in it, if files import each other
            in a ring, or if two files declare the same name.
    """
    modules: dict[Path, str] = {}
    _add_module(path.resolve(), (), modules)
    owners: dict[str, str] = {}
    for file, source in reversed(modules.items()):
        for _, name in DECLARATION.findall(source):
            if owners.setdefault(name, file.name) != file.name:
                raise ValueError(f"{owners[name]} and {file.name} become one module, and both declare {name!r}")
    return "".join(modules.values())


def _add_module(path: Path, importers: tuple[Path, ...], modules: dict[Path, str]) -> None:
    """Add a file to the modules, after those that it imports."""
    if path in modules:
        return
    if path in importers:
        ring = " → ".join(each.name for each in (*importers[importers.index(path) :], path))
        raise ValueError(f"these scripts import each other in a ring: {ring}")
    source = path.read_text(encoding="utf-8")
    for names, address in IMPORT.findall(source):
        imported = (path.parent / address).resolve()
        if not address.startswith(".") or not imported.is_file():
            raise ValueError(f"{path.name} imports from {address!r}, where we have no file")
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
