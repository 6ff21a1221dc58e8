from __future__ import annotations

import math

import numpy as np
import pytest
from drawn import BOX, at, drawn, find, outside, overlapping, text_boxes, trace_of

from mlanimated.draw.box import Box
from mlanimated.draw.commands import Circle, Text
from mlanimated.errors import MlaError
from mlanimated.trace import Trace
from mlanimated.views.scatter import MOST, Scatter


@pytest.fixture(scope="module")
def cloud() -> Trace:
    start = np.array([[0.0, 0.0], [1.0, 1.0], [2.0, 0.0], [3.0, 1.0]])
    return trace_of({0: {"e": start, "c": np.array([0, 1, 0, 2])}, 10: {"e": start * 2, "c": np.array([0, 1, 0, 2])}})


def test_cloud_glides_over_axes_that_stand(cloud: Trace) -> None:
    view = Scatter("e")
    first, half, last = (
        [(dot.x, dot.y) for dot in find(drawn(view, cloud, step), Circle, "points")] for step in (0, 7.5, 10)
    )
    assert np.array(half) == pytest.approx((np.array(first) + np.array(last)) / 2, abs=0.02)
    xs = np.array([point[0] for point in last])
    slope, offset = np.polyfit([0.0, 2.0, 4.0, 6.0], xs, 1)
    assert np.abs(xs - (slope * np.array([0.0, 2.0, 4.0, 6.0]) + offset)).max() < 0.02


def test_classes_choose_colours(cloud: Trace) -> None:
    for classes in ("c", (0, 1, 0, 2)):
        fills = [
            dot.fill
            for dot in find(drawn(Scatter("e", classes=classes, names=("a", "b", "d")), cloud, 0), Circle, "points")
        ]
        assert fills == ["series-1", "series-2", "series-1", "series-3"]
    assert {"a", "b", "d"} <= set(
        text_boxes(drawn(Scatter("e", classes="c", names=("a", "b", "d")), cloud, 0), "legend")
    )


def test_scalars_are_a_point_for_each_step_and_the_newest_is_lit() -> None:
    trace = trace_of(
        {step: {"a": float(step), "b": float(step**2)} | ({"late": 1.0} if step > 5 else {}) for step in range(9)}
    )
    for step, count in ((0, 1), (3, 4), (3.9, 4), (8, 9)):
        dots = find(drawn(Scatter("a", "b"), trace, step), Circle, "points")
        assert len(dots) == count + 1
        assert dots[-1].fill == "accent"
        assert (dots[-1].x, dots[-1].y) == (dots[-2].x, dots[-2].y)
    assert len(find(drawn(Scatter("a", "late"), trace, 8), Circle, "points")) == 4


def test_many_points_are_thinned() -> None:
    trace = trace_of({0: {"x": np.arange(20_000.0), "y": np.arange(20_000.0)}})
    assert len(find(drawn(Scatter("x", "y"), trace, 0), Circle, "points")) <= MOST


def test_equal_scales(cloud: Trace) -> None:
    dots = find(drawn(Scatter("e", equal=True), cloud, 10), Circle, "points")
    assert dots[1].x - dots[0].x == pytest.approx(dots[0].y - dots[1].y, abs=0.05)


def test_what_is_not_finite_is_left_out() -> None:
    trace = trace_of({0: {"e": np.array([[0.0, 1.0], [math.nan, 1.0], [1.0, math.inf], [1.0, 0.0]])}})
    assert len(find(drawn(Scatter("e"), trace, 0), Circle, "points")) == 2
    nothing = trace_of({0: {"e": np.full((3, 2), math.nan)}})
    assert find(drawn(Scatter("e"), nothing, 0), Text)[0].text == "no finite values yet"


@pytest.mark.parametrize("box", [BOX, Box(0, 0, 300, 200)])
def test_nothing_overlaps(cloud: Trace, box: Box) -> None:
    boxes = text_boxes(
        drawn(Scatter("e", classes="c", names=("zero", "one", "two"), x_label="first", y_label="second"), cloud, 4, box)
    )
    assert not overlapping(boxes)
    assert not outside(boxes, box)


def test_describe_and_mistakes(cloud: Trace) -> None:
    assert Scatter("e", names=("a", "b")).describe(at(cloud, 0)) == "4 points in 2 classes."
    with pytest.raises(MlaError, match="points x 2"):
        drawn(Scatter("c"), cloud, 0)
    with pytest.raises(MlaError, match="4 points but 2 classes"):
        drawn(Scatter("e", classes=(0, 1)), cloud, 0)
    with pytest.raises(MlaError, match="same length"):
        drawn(Scatter("e", "c"), cloud, 0)
