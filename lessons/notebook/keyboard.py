"""Keys that reach the widgets: JupyterLab takes every key pressed in a notebook for one of its own commands."""

from __future__ import annotations

import anywidget


class OwnKeys(anywidget.AnyWidget):
    """An invisible widget: keys pressed in the box that holds it belong to the box.

    Without it, `x` on a focused button cuts the cell, and the arrow keys leave a list for the next cell.
    """

    _esm = """
    // JupyterLab looks for this mark on the focused element itself.
    const mark = (event) => { event.target.dataset.lmSuppressShortcuts = "true"; };

    function render({ el }) {
      let box;
      const looking = setInterval(() => {
        box = el.closest(".lessons-own-keys");
        if (!box) return; // not in the page yet
        clearInterval(looking);
        box.addEventListener("focusin", mark);
      }, 50);
      el.style.display = "none";
      return () => {
        clearInterval(looking);
        box?.removeEventListener("focusin", mark);
      };
    }
    export default { render };
    """

    def __repr__(self) -> str:
        return "<own keys>"
