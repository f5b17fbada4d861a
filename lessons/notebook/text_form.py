"""Widgets that can be read where no widget can be drawn: in a saved notebook, in a terminal, in a test."""

from __future__ import annotations

from typing import Any


class TextForm:
    """Makes a widget's whole `repr` the plain text that a notebook saves. List it before the widget's class."""

    def _repr_mimebundle_(self, **options: object) -> dict[str, Any]:
        bundle: dict[str, Any] = super()._repr_mimebundle_(**options)  # type: ignore[misc]
        return {**bundle, "text/plain": repr(self)}
