"""Keys for the widgets themselves: JupyterLab takes what is pressed anywhere in a notebook for its own commands."""

from __future__ import annotations

import anywidget


class OwnKeys(anywidget.AnyWidget):
    """An invisible part of a box of widgets: keys that are pressed in the box are the box's own.

    Without it `x` on a focused button cuts the cell away, and the arrow keys leave a list for the next cell.
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
