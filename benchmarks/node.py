"""The packages for Node to compare with, installed by npm into a cache folder when first needed."""

from __future__ import annotations

import json
import os
import subprocess
from pathlib import Path

from benchmarks.harness import HERE, BenchmarkError, Peer

PACKAGES = ("ws", "express", "socket.io")


def node_peer(package: str, script: str, *arguments: str) -> Peer:
    """Return a peer that runs under Node, named by its package and version.

    Args:
        package: The package that it shows, one of `PACKAGES`.
        script: A file in `peers/`.
        arguments: What the script is given.
    """
    modules = _install()
    version = json.loads((modules / package / "package.json").read_text())["version"]
    # A script finds packages by NODE_PATH when they aren't in a folder above it.
    settings = ["NODE_ENV=production", f"NODE_PATH={modules}"]
    command = ["env", *settings, "node", str(HERE / "peers" / script), *arguments]
    return Peer(f"{package} {version} (Node)", command)


def _install() -> Path:
    folder = _cache_folder()
    if not all((folder / "node_modules" / package).is_dir() for package in PACKAGES):
        folder.mkdir(parents=True, exist_ok=True)
        command = ["npm", "install", "--silent", "--prefix", str(folder), *PACKAGES]
        if subprocess.run(command, check=False).returncode:
            raise BenchmarkError(f"npm could not install {' and '.join(PACKAGES)} into {folder}.")
    return folder / "node_modules"


def _cache_folder() -> Path:
    base = os.environ.get("NEWS_TO_THE_PAGE_CACHE") or Path.home() / ".cache" / "news-to-the-page"
    return Path(base) / "npm"
