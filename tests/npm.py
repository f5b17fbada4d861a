"""Packages for Node, kept in the user's cache folder from one run to the next."""

import contextlib
import os
import shutil
import subprocess
import tempfile
from pathlib import Path

import pytest

CACHE = Path(os.environ.get("XDG_CACHE_HOME", Path.home() / ".cache")) / "news-to-the-page" / "npm"


def npm_folder(package: str) -> Path:
    """Return a folder whose `node_modules` has a package, such as `ws@8`; npm fills it when it is first needed.

    Two workers may need it at once: each installs beside, and whoever is first puts the folder in its place.
    """
    folder = CACHE / package
    if folder.is_dir():
        return folder
    if shutil.which("npm") is None and os.environ.get("CI") != "true":
        pytest.skip(f"npm is not installed: Node's {package} can't be tried")
    CACHE.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=CACHE) as made:
        options = ["--prefer-offline", "--no-audit", "--no-fund", "--silent"]
        subprocess.run(["npm", "install", "--prefix", made, *options, package], check=True)
        with contextlib.suppress(OSError):  # another worker was first
            Path(made).rename(folder)
    return folder
