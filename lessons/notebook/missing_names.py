"""A hint for whoever runs a cell before the cells above it: what is missing, and how to get it."""

from __future__ import annotations

import sys
from types import TracebackType
from typing import Any


def watch_for_missing_names() -> None:
    """In a notebook, print a hint after each `NameError`: cells build on one another. Elsewhere, do nothing."""
    shell = _shell()
    if shell is not None and not shell.custom_exceptions:
        shell.set_custom_exc((NameError,), _explain)


def hint(name: str) -> str:
    """Return what to do when a cell uses a name that no cell has defined yet."""
    return (
        f"`{name}` isn't there yet: a cell further up makes it, and that cell hasn't run in this kernel. "
        "Choose Run → Run All Above Selected Cell, then run this cell again."
    )


def _shell() -> Any:  # noqa: ANN401  IPython has no types for its shell
    ipython = sys.modules.get("IPython")
    return None if ipython is None else ipython.get_ipython()


def _explain(
    shell: Any,  # noqa: ANN401
    kind: type[NameError],
    error: NameError,
    trace: TracebackType,
    tb_offset: int | None = None,
) -> None:
    shell.showtraceback((kind, error, trace), tb_offset=tb_offset)
    print(hint(error.name or "a name"), file=sys.stderr)
