"""A widget that hears its page while a cell runs.

JupyterLab sends what a widget's page says to a subshell of the kernel, a thread beside the cells. But once Python has
spoken to the page on behalf of a cell, ipykernel sends it to the cells' own thread, where it waits for the running one.
So this widget speaks on behalf of none. (Where a kernel has no subshells, the page waits for the cell.)
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from typing import Any

from ipykernel.kernelbase import Kernel


class HeardAtOnce:
    """Put it before a widget's class."""

    def open(self) -> None:
        """Open the way to the page."""
        with _on_behalf_of_no_cell():
            super().open()  # type: ignore[misc]

    def _send(self, msg: dict[str, Any], buffers: list[Any] | None = None) -> None:
        with _on_behalf_of_no_cell():
            super()._send(msg, buffers)  # type: ignore[misc]


@contextmanager
def _on_behalf_of_no_cell() -> Iterator[None]:
    """For the time of a `with` block, let the kernel's messages belong to no request."""
    parent = getattr(Kernel.instance(), "_shell_parent", None) if Kernel.initialized() else None
    if not isinstance(parent, ContextVar):
        yield
        return
    token = parent.set({})
    try:
        yield
    finally:
        parent.reset(token)
