"""A widget that hears its page while a cell runs.

JupyterLab sends what the page says to a subshell of the kernel, a thread beside the one that runs cells. But once
Python has sent the page something on behalf of a cell, ipykernel takes the page's messages to the cells' own thread,
where they wait for the running cell. So this widget sends on behalf of no cell. (In a kernel without subshells they
wait anyway.)
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from typing import Any

from ipykernel.kernelbase import Kernel


class HeardAtOnce:
    """Lets a widget hear its page while a cell runs. List it before the widget's class."""

    def open(self) -> None:
        """Open the channel to the page."""
        with _on_behalf_of_no_cell():
            super().open()  # type: ignore[misc]

    def _send(self, msg: dict[str, Any], buffers: list[Any] | None = None) -> None:
        with _on_behalf_of_no_cell():
            super()._send(msg, buffers)  # type: ignore[misc]


@contextmanager
def _on_behalf_of_no_cell() -> Iterator[None]:
    """In a `with` block, let the kernel's messages belong to no request."""
    parent = getattr(Kernel.instance(), "_shell_parent", None) if Kernel.initialized() else None
    if not isinstance(parent, ContextVar):
        yield
        return
    token = parent.set({})
    try:
        yield
    finally:
        parent.reset(token)
