from __future__ import annotations

import math

import numpy as np
import pytest
from drawn import BOX, at, find, outside, overlapping, text_boxes, trace_of

from mlanimated.draw.box import Box
from mlanimated.draw.commands import Circle, Polyline, Rect
from mlanimated.errors import MlaError
from mlanimated.views.activation import Activation

XS = (-4.0, -1.0, 0.0, 0.5, 3.0, 4.9)
TRACE = trace_of(
    {step: {"x": x, "inputs": np.array([x, -x]), "scores": np.array([x, 1.0, -0.5])} for step, x in enumerate(XS)}
)
ORACLE = {
    "relu": (lambda x: max(0.0, x), lambda x: float(x > 0)),
    "sigmoid": (lambda x: 1 / (1 + math.exp(-x)), lambda x: math.exp(-x) / (1 + math.exp(-x)) ** 2),
    "tanh": (math.tanh, lambda x: 1 - math.tanh(x) ** 2),
    "linear": (lambda x: x, lambda _: 1.0),
}


@pytest.mark.parametrize("name", ORACLE)
@pytest.mark.parametrize("step", range(len(XS)))
def test_point_lies_on_the_graph_and_numbers_are_right(name: str, step: int) -> None:
    view = Activation(name, "x")
    commands = view.draw(at(TRACE, step), BOX)
    (graph,) = [line for line in find(commands, Polyline, "graph") if len(line.points) > 20]
    (point,) = find(commands, Circle, "point")
    assert point.y == pytest.approx(np.interp(point.x, graph.points[0::2], graph.points[1::2]), abs=0.3)
    value, slope = (function(XS[step]) for function in ORACLE[name])
    texts = text_boxes(commands, "point")

    def written(number: float) -> str:
        return f"{number:.2f}".replace("-0.00", "0.00").replace("-", "−")

    assert f"slope {written(slope)}" in texts
    assert any(text.startswith(written(value)) for text in texts)
    assert view.describe(at(TRACE, step)).startswith(f"{name}({written(XS[step])}) = {written(value)}")


def test_point_glides_and_numbers_do_not() -> None:
    view = Activation("linear", "x")
    places = [find(view.draw(at(TRACE, step), BOX), Circle, "point")[0].x for step in (0, 0.75, 1)]
    assert places[1] == pytest.approx((places[0] + places[2]) / 2, abs=0.02)
    assert "−4.00" in text_boxes(view.draw(at(TRACE, 0.75), BOX), "point")


def test_one_number_of_an_array() -> None:
    one, two = (Activation("relu", name).draw(at(TRACE, 4), BOX) for name in ("x", "inputs[0]"))
    assert find(one, Circle) == find(two, Circle)
    with pytest.raises(MlaError, match="shape"):
        Activation("relu", "inputs[7]").draw(at(TRACE, 4), BOX)


def test_input_beyond_the_graph_stays_at_its_edge() -> None:
    trace = trace_of({0: {"x": 40.0}})
    commands = Activation("sigmoid", "x").draw(at(trace, 0), BOX)
    (point,) = find(commands, Circle, "point")
    assert point.x <= BOX.right
    assert "40.00" in text_boxes(commands, "point")


def test_softmax_shares_are_shares() -> None:
    view = Activation("softmax", "scores", labels=("horse", "deer", "frog"))
    commands = view.draw(at(TRACE, 4), BOX)
    shares = np.exp([3.0, 1.0, -0.5]) / np.exp([3.0, 1.0, -0.5]).sum()
    rects = find(commands, Rect, "bars")
    full, filled = rects[1].width, [rect.width for rect in rects[2::3]]
    assert np.array(filled) / full == pytest.approx(shares, abs=0.001)
    assert {"horse", "deer", "frog", f"{shares[0]:.2f}"} <= set(text_boxes(commands))
    assert view.describe(at(TRACE, 4)) == f"Softmax gives horse the largest share, {shares[0]:.2f}."


@pytest.mark.parametrize("box", [BOX, Box(10, 10, 300, 200), Box(0, 0, 800, 520)])
@pytest.mark.parametrize("name", ["relu", "sigmoid", "tanh", "softmax"])
def test_words_stay_in_the_panel(name: str, box: Box) -> None:
    view = Activation(name, "scores" if name == "softmax" else "x")
    for step in np.arange(0, 5, 0.25):
        boxes = text_boxes(view.draw(at(TRACE, float(step)), box))
        assert not outside(boxes, box), step
        live = text_boxes(view.draw(at(TRACE, float(step)), box), "point")
        assert not overlapping(live), step


def test_bad_arguments_are_one_line() -> None:
    with pytest.raises(MlaError, match="Did you mean 'relu'"):
        Activation("rulu", "x")
    with pytest.raises(MlaError, match="domain"):
        Activation("relu", "x", domain=(1, 1))
