"""Charts for the notebooks, drawn with matplotlib's own objects and never through `pyplot`.

A widget's message may be handled on another thread while a cell runs. After each such message Jupyter shows and closes
whatever figure `pyplot` has open, half drawn or empty. A figure that `pyplot` doesn't know about is left alone.
"""

from __future__ import annotations

import base64
from html import escape
from io import BytesIO

from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import MaxNLocator

INCHES = (6.0, 3.0)
DOTS_PER_INCH = 150
WIDTH = 600
"""How wide a chart is in the notebook, in CSS pixels."""


class Chart:
    """A chart, as the value of a cell.

    Args:
        alt: what the chart shows, in words, for those who can't see it.

    Attributes:
        axes: what to plot on, matplotlib's own.
    """

    def __init__(self, alt: str) -> None:
        self.alt = alt
        self._figure = Figure(figsize=INCHES, layout="constrained")
        self.axes: Axes = self._figure.add_subplot()

    def count_along(self, *axes: str) -> None:
        """Label only whole numbers along axes that count something.

        Args:
            axes: `x` or `y`, or both.
        """
        for name in axes:
            getattr(self.axes, f"{name}axis").set_major_locator(MaxNLocator(integer=True))

    def _repr_html_(self) -> str:
        picture = BytesIO()
        self._figure.savefig(picture, format="png", dpi=DOTS_PER_INCH)
        encoded = base64.b64encode(picture.getvalue()).decode()
        return f'<img src="data:image/png;base64,{encoded}" width="{WIDTH}" alt="{escape(self.alt)}">'

    def __repr__(self) -> str:
        return f"<chart: {self.alt}>"
