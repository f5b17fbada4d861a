"""The thin layer between pytest and nbval: what is compared, and the order in which tests run.

nbval runs each code cell and compares what it gives with what is saved. Compared are the plain-text forms and what was
printed; not compared are pictures and HTML (each has a text form beside it) and stderr, which differs between runners.
"""

from __future__ import annotations

import pytest

NOT_COMPARED = ("stderr", "text/html", "image/svg+xml")


def pytest_collectstart(collector: pytest.Collector) -> None:
    """Tell nbval what not to compare in a notebook."""
    if collector.path.suffix == ".ipynb" and hasattr(collector, "skip_compare"):
        collector.skip_compare += NOT_COMPARED


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Run fast tests first, then slow ones, then the notebooks, then those in a browser: faults show soon.

    On several workers, which take a file each (pytest-xdist), it is the other way round: what takes long begins first,
    and what takes a moment fills the time until the last worker is done.
    """
    items.sort(key=_turn, reverse=hasattr(config, "workerinput"))


def _turn(item: pytest.Item) -> int:
    if item.path.suffix == ".ipynb":
        return 2
    if item.get_closest_marker("browser"):
        return 3
    return 1 if item.get_closest_marker("slow") else 0
