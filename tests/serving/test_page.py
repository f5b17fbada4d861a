"""One module of a script and all that it imports: in order, each file once, and clear words where that can't be."""

import shutil
import subprocess
from pathlib import Path

import pytest

from lessons import chat, iframe, long_polling, polling, rooms, sse, websocket
from lessons.chat.people import window
from lessons.serving.page import bundle


def write(folder: Path, **sources: str) -> Path:
    """Write scripts, `main` the first; return its path."""
    for name, source in sources.items():
        (folder / f"{name}.js").write_text(source, encoding="utf-8")
    return folder / "main.js"


def test_each_file_stands_once_before_those_that_import_it(tmp_path):
    main = write(
        tmp_path,
        main='// main\nimport { b } from "./b.js";\nimport { c, d } from "./c.js";\n\nexport const main = b + c + d;\n',
        b='import { c } from "./c.js";\nexport const b = c + 1;\n',
        c="export const c = 1;\nexport async function d() {}\n",
    )
    assert bundle(main) == (
        "const c = 1;\nasync function d() {}\nconst b = c + 1;\n// main\n\nexport const main = b + c + d;\n"
    )


@pytest.mark.parametrize(
    ("sources", "words"),
    [
        ({"main": 'import { b } from "./b.js";\n'}, "main.js imports from './b.js', where we have no file"),
        ({"main": 'import { b } from "b";\n'}, "main.js imports from 'b', where we have no file"),
        (
            {"main": 'import { b } from "./b.js";\n', "b": "const b = 1;\n"},
            "main.js imports b, which b.js doesn't export",
        ),
        ({"main": 'import * as b from "./b.js";\n'}, "isn't of the form"),
        ({"main": 'import "./b.js";\n'}, "isn't of the form"),
        (
            {
                "main": 'import { b } from "./b.js";\nexport const main = 1;\n',
                "b": 'import { main } from "./main.js";\nexport const b = 1;\n',
            },
            "in a ring: main.js → b.js → main.js",
        ),
        (
            {
                "main": 'import { b } from "./b.js";\nconst a = 1;\n',
                "b": "const a = 2;\nexport const b = a;\n",
            },
            "main.js and b.js become one module, and both declare 'a'",
        ),
    ],
    ids=["no file", "a package", "not exported", "all of it", "no name", "a ring", "one name twice"],
)
def test_what_cannot_be_one_module_is_told(tmp_path, sources, words):
    with pytest.raises(ValueError, match="") as raised:
        bundle(write(tmp_path, **sources))
    assert words in str(raised.value)


CLIENTS = {
    "polling": polling.Panel.page_client,
    "long polling": long_polling.Panel.page_client,
    "iframe": iframe.Panel.page_client,
    "sse": sse.Panel.page_client,
    "websocket": websocket.Panel.page_client,
    "rooms": rooms.Panel.page_client,
    "chat": chat.Panel.page_client,
}
MODULES = {**CLIENTS, "chat window": Path(window.__file__).with_suffix(".js")}


@pytest.mark.skipif(shutil.which("node") is None, reason="needs Node")
@pytest.mark.parametrize("name", MODULES)
def test_every_client_of_a_page_is_one_module_without_imports(tmp_path, name):
    module = tmp_path / "module.mjs"
    module.write_text(bundle(MODULES[name]), encoding="utf-8")
    assert "import {" not in module.read_text(encoding="utf-8")
    done = subprocess.run(["node", "--check", module], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr


@pytest.mark.parametrize("name", CLIENTS)
def test_a_script_imports_what_it_needs(name):
    source = CLIENTS[name].read_text(encoding="utf-8")
    if "backOff(" in source:
        assert 'import { backOff } from "../serving/backoff.js";' in source
