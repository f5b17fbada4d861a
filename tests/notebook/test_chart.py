"""Charts stay whole whatever else happens in the kernel, and say in words what they show."""

import base64
import re

import matplotlib.pyplot
from matplotlib.image import imread
from matplotlib_inline.backend_inline import flush_figures

from lessons.notebook.chart import Chart


def picture(chart, tmp_path):
    encoded = re.search(r'src="data:image/png;base64,([^"]+)"', chart._repr_html_())[1]
    (tmp_path / "chart.png").write_bytes(base64.b64decode(encoded))
    return imread(tmp_path / "chart.png")


def draw(chart, between=lambda: None):
    chart.axes.plot([1, 2, 3], [3, 1, 2])
    between()
    chart.axes.set(xlabel="n", ylabel="bytes")
    return chart


def test_a_message_of_a_page_in_the_middle_changes_nothing(tmp_path):
    """Behind each one the kernel does what it does behind a cell: it shows and closes the figures of pyplot."""
    undisturbed = picture(draw(Chart("a line")), tmp_path)
    disturbed = picture(draw(Chart("a line"), flush_figures), tmp_path)
    assert (undisturbed == disturbed).all()
    assert matplotlib.pyplot.get_fignums() == []


def test_says_in_words_what_it_shows():
    chart = Chart('fewer than "h" & more')
    assert 'alt="fewer than &quot;h&quot; &amp; more"' in chart._repr_html_()
    assert repr(chart) == '<chart: fewer than "h" & more>'


def test_counts_in_whole_numbers():
    chart = draw(Chart("a count"))
    chart.count_along("x", "y")
    for axis in (chart.axes.xaxis, chart.axes.yaxis):
        assert all(tick == int(tick) for tick in axis.get_major_locator()())
