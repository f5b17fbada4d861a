"""The thin layer between pytest and nbval: what is compared, and the order in which tests run.

nbval runs each code cell and compares its outputs with the saved ones. It compares plain text and what was printed, but
neither pictures and HTML, which have a text form beside them, nor stderr, which differs between runners.
"""

from __future__ import annotations

import pytest

NOT_COMPARED = ("stderr", "text/html", "image/svg+xml")


def pytest_collectstart(collector: pytest.Collector) -> None:
    """Tell nbval what not to compare in a notebook."""
    if collector.path.suffix == ".ipynb" and hasattr(collector, "skip_compare"):
        collector.skip_compare += NOT_COMPARED


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Run fast tests first, then slow ones, then the notebooks, then those in a browser: faults show early.

    On several workers, which take a file each (pytest-xdist), it is the other way round: the longest begin first, and
    the shortest fill the time until the last worker is done.
    """
    items.sort(key=_turn, reverse=hasattr(config, "workerinput"))


def _turn(item: pytest.Item) -> int:
    if item.path.suffix == ".ipynb":
        return 2
    if item.get_closest_marker("browser"):
        return 3
    return 1 if item.get_closest_marker("slow") else 0
