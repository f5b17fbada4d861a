"""JupyterLab as a student has it, in a real browser: on this machine, and behind a hub's proxy."""

import json
import os
import re
import shutil
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from pathlib import Path

import pytest
from playwright.sync_api import Locator, Page, expect

from lessons.notebook import notebooks
from tests.chromium import HUB_NAME, required_chromium

ARTIFACTS = Path(__file__).parents[2] / "artifacts"
TOKEN = "browser-test"


class Lab:
    """A JupyterLab server in a process of its own, with settings that are thrown away."""

    def __init__(self, folder: Path) -> None:
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            self.port = probe.getsockname()[1]
        self.base_url = "/user/student/"
        (folder / "config").mkdir()
        overrides = {
            name: str(folder / name.lower()) for name in ("JUPYTER_CONFIG_DIR", "JUPYTER_DATA_DIR", "IPYTHONDIR")
        }
        options = [
            "--no-browser",
            f"--ServerApp.port={self.port}",
            f"--IdentityProvider.token={TOKEN}",
            f"--ServerApp.base_url={self.base_url}",
            "--ServerApp.allow_remote_access=True",
            f"--LabApp.workspaces_dir={folder / 'workspaces'}",
            f"--LabApp.user_settings_dir={folder / 'settings'}",
        ]
        self._settle(folder / "settings")
        self.notebooks = folder / "notebooks"
        shutil.copytree(notebooks.folder(), self.notebooks)  # JupyterLab saves what it has run
        self.log = folder / "lab.log"
        with self.log.open("w") as log:
            self.process = subprocess.Popen(
                [sys.executable, "-m", "lessons", "lab", *options],
                stdout=log,
                stderr=subprocess.STDOUT,
                cwd=folder,
                env={**os.environ, **overrides},
            )
        self._wait_until_it_answers()

    def _settle(self, folder: Path) -> None:
        """Draw all cells, also those out of sight, and ask nobody about news."""
        for name, settings in (
            ("notebook-extension/tracker", {"windowingMode": "none"}),
            ("apputils-extension/notification", {"fetchNews": "false"}),
        ):
            path = folder / "@jupyterlab" / f"{name}.jupyterlab-settings"
            path.parent.mkdir(parents=True)
            path.write_text(json.dumps(settings))

    def _wait_until_it_answers(self) -> None:
        give_up = time.monotonic() + 60
        while time.monotonic() < give_up and self.process.poll() is None:
            try:
                urllib.request.urlopen(f"http://127.0.0.1:{self.port}{self.base_url}api?token={TOKEN}", timeout=2)
            except (urllib.error.URLError, OSError):
                time.sleep(0.1)
            else:
                return
        pytest.fail(f"JupyterLab didn't start:\n{self.log.read_text()[-3000:]}")

    def solve(self, notebook: str, stub: str, solution: str) -> str:
        """Write a copy of a notebook in which the exercise is solved; return its name."""
        content = json.loads((self.notebooks / notebook).read_text())
        (cell,) = [each for each in content["cells"] if f"def {stub}(" in "".join(each["source"])]
        cell["source"] = solution
        (self.notebooks / f"solved_{notebook}").write_text(json.dumps(content))
        return f"solved_{notebook}"

    def vary(self, notebook: str, words: str, others: str) -> str:
        """Write a copy of a notebook in which some words of one cell are others; return its name."""
        content = json.loads((self.notebooks / notebook).read_text())
        (cell,) = [each for each in content["cells"] if words in "".join(each["source"])]
        cell["source"] = "".join(cell["source"]).replace(words, others)
        (self.notebooks / f"varied_{notebook}").write_text(json.dumps(content))
        return f"varied_{notebook}"

    def url(self, host: str, notebook: str, workspace: str) -> str:
        return f"http://{host}:{self.port}{self.base_url}lab/workspaces/{workspace}/tree/{notebook}?reset&token={TOKEN}"

    def close(self) -> None:
        self.process.terminate()
        try:
            self.process.wait(20)
        except subprocess.TimeoutExpired:
            self.process.kill()


@pytest.fixture(scope="session")
def lab(tmp_path_factory):
    required_chromium()
    lab = Lab(tmp_path_factory.mktemp("jupyter"))
    yield lab
    lab.close()


class LessonPage:
    """A notebook, open in JupyterLab in the browser."""

    def __init__(self, page: Page) -> None:
        self.page = page

    def run_all(self, seconds: float = 40) -> None:
        """Run all cells and wait until the last one has; none may end in an error."""
        self.choose("Edit", "Clear Outputs of All Cells")
        self.choose("Run", "Run All Cells")
        prompts = self.page.locator(".jp-CodeCell .jp-InputPrompt")
        has_run = re.compile(r"\[\d+\]:")
        try:
            expect(prompts.last).to_have_text(has_run, timeout=seconds * 1000)
        except AssertionError:
            # JupyterLab drops what it was told to run if it makes its connection to the kernel anew meanwhile.
            expect(prompts.filter(has_text="[*]")).to_have_count(0)
            self.choose("Run", "Run All Cells")
            expect(prompts.last).to_have_text(has_run, timeout=seconds * 1000)
        expect(self.page.locator('[data-mime-type="application/vnd.jupyter.error"]')).to_have_count(0)

    @property
    def outputs(self) -> list[str]:
        """What each cell gives, as text."""
        return [each.strip() for each in self.page.locator(".jp-CodeCell .jp-OutputArea-output").all_inner_texts()]

    def choose(self, menu: str, item: str) -> None:
        """Choose an item of one of JupyterLab's menus."""
        self.page.get_by_role("menuitem", name=menu, exact=True).click()
        self.page.locator(".lm-Menu-itemLabel", has_text=re.compile(f"^{re.escape(item)}$")).click()

    def use_theme(self, name: str) -> None:
        self.page.get_by_role("menuitem", name="Settings", exact=True).click()
        self.page.locator(".lm-Menu-itemLabel", has_text=re.compile(r"^Theme$")).hover()
        self.page.locator(".lm-Menu-itemLabel", has_text=re.compile(f"^{name}$")).click()
        expect(self.page.locator(f'body[data-jp-theme-name="{name}"]')).to_be_attached(timeout=20_000)

    def pictures(self, panels: dict[str, "PanelOnPage"]) -> None:
        """Take pictures of panels, by their names, in the light theme and in the dark one."""
        for theme in ("light", "dark"):
            self.use_theme(f"JupyterLab {theme.title()}")
            for name, panel in panels.items():
                panel.picture(f"{name}_{theme}")

    def panel(self, number: int = 0) -> "PanelOnPage":
        return PanelOnPage(self.page.locator(".lessons-panel").nth(number))


class PanelOnPage:
    """A lesson's panel, as whoever sits before it sees and uses it."""

    def __init__(self, root: Locator) -> None:
        self.root = root
        self.status = root.locator(".state")
        self.latest = root.locator(".latest")
        self.cost = root.locator(".cost")

    def press(self, name: str) -> None:
        self.root.get_by_role("button", name=name, exact=True).click()

    def wait_for_change(self, seconds: float = 15) -> str:
        """Wait until the panel shows other news than now; return it."""
        before = self.latest.inner_text().strip()
        expect(self.latest).not_to_have_text(re.compile(rf"^\s*({re.escape(before)})?\s*$"), timeout=seconds * 1000)
        return self.latest.inner_text().strip()

    def note_news(self) -> None:
        """Note all news that the panel shows from now on, however short the time for which it does."""
        self.root.evaluate("""root => {
            const note = () => root.noted.add(root.querySelector(".latest").textContent.trim());
            root.noted = new Set();
            new MutationObserver(note).observe(root, { subtree: true, childList: true, characterData: true });
        }""")

    def expect_noted(self, news: str) -> None:
        wait = "([root, news]) => root.noted.has(news)"
        self.root.page.wait_for_function(wait, arg=[self.root.element_handle(), news], timeout=60_000)

    def picture(self, name: str) -> None:
        ARTIFACTS.mkdir(exist_ok=True)
        self.root.scroll_into_view_if_needed()
        self.root.screenshot(path=ARTIFACTS / f"{name}.png")


@pytest.fixture(params=["direct", "proxy"])
def route(request):
    return request.param


@pytest.fixture
def open_notebook(request, browser, lab, route):
    """Open a notebook by the route under test; what goes wrong in the page fails the test."""
    context = browser.new_context(viewport={"width": 1400, "height": 1000})
    problems = []

    def open_it(notebook: str, workspace: str = "auto-x") -> LessonPage:
        page = context.new_page()
        page.on("pageerror", lambda error: problems.append(str(error)))
        page.goto(lab.url("127.0.0.1" if route == "direct" else HUB_NAME, notebook, workspace))
        page.locator(".jp-Notebook .jp-Cell").first.wait_for(timeout=60_000)
        expect(page.locator(".jp-StatusBar-Widget, #jp-main-statusbar")).to_contain_text("| Idle", timeout=60_000)
        return LessonPage(page)

    yield open_it
    ARTIFACTS.mkdir(exist_ok=True)
    for page in context.pages:
        page.screenshot(path=ARTIFACTS / f"{request.node.name}.png")
    context.close()
    assert not problems
