from __future__ import annotations

import numpy as np
import pytest
from drawn import BOX, at, drawn, find, trace_of
from matplotlib.figure import Figure as MatplotlibFigure

from mlanimated.draw.commands import Image
from mlanimated.errors import MlaError
from mlanimated.views.figure import Figure
from mlanimated.views.moment import Moment


def plot(moment: Moment) -> MatplotlibFigure:
    figure = MatplotlibFigure(figsize=(4, 4), facecolor="#ff0000")
    axes = figure.add_axes((0.25, 0.25, 0.5, 0.5))
    axes.set_axis_off()
    axes.bar([0], [moment.value("x")], color="#0000ff")
    axes.set_ylim(0, 1)
    return figure


def test_figure_fills_its_box_and_shows_the_moment() -> None:
    trace = trace_of({0: {"x": 0.2}, 1: {"x": 0.9}})
    blue = []
    for step in (0, 1):
        image = find(drawn(Figure(plot), trace, step), Image)[0]
        assert (image.x, image.y, image.width, image.height) == tuple(BOX)
        assert (image.pixels.columns, image.pixels.rows) == (2 * BOX.width, 2 * BOX.height)
        array = np.frombuffer(image.pixels.data, np.uint8).reshape(image.pixels.rows, image.pixels.columns, 3)
        assert array[0, 0].tolist() == [255, 0, 0]
        blue.append(int((array[:, :, 2] > 200).sum()))
    assert blue[1] > 3 * blue[0]


def test_own_size_is_kept_in_proportion() -> None:
    image = find(drawn(Figure(plot, fit=False, density=1), trace_of({0: {"x": 0.2}}), 0), Image)[0]
    assert image.width == image.height == BOX.height
    assert image.x == (BOX.width - BOX.height) / 2


def test_figures_of_pyplot_are_closed() -> None:
    import matplotlib as mpl

    mpl.use("agg")
    from matplotlib import pyplot as plt

    def make(moment: Moment):
        _, axes = plt.subplots()
        axes.plot([0, 1])
        return axes

    drawn(Figure(make), trace_of({0: {"x": 0.2}}), 0)
    assert not plt.get_fignums()


def test_describe_and_mistakes() -> None:
    trace = trace_of({0: {"x": 0.2}})
    assert Figure(plot, alt="A bar.").describe(at(trace, 0)) == "A bar."
    with pytest.raises(MlaError, match="return figure"):
        drawn(Figure(lambda moment: None), trace, 0)
    with pytest.raises(MlaError, match="density=20"):
        Figure(plot, density=20)
