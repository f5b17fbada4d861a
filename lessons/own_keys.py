"""Keys for the widgets themselves: JupyterLab takes what is pressed anywhere in a notebook for its own commands."""

from __future__ import annotations

import anywidget


class OwnKeys(anywidget.AnyWidget):
    """An invisible part of a box of widgets: keys that are pressed in the box are the box's own.

    Without it `x` on a focused button cuts the cell away, and the arrow keys leave a list for the next cell.
    """

    _esm = """
    function render({ el }) {
      el.style.display = "none";
      requestAnimationFrame(() => {
        const box = el.closest(".lessons-own-keys");
        if (box) box.dataset.lmSuppressShortcuts = "true";
      });
    }
    export default { render };
    """

    def __repr__(self) -> str:
        return "<own keys>"
