from __future__ import annotations

import math

import numpy as np
import pytest
from drawn import BOX, at, drawn, find, outside, text_boxes, trace_of

from mlanimated.draw.box import Box
from mlanimated.draw.commands import Circle, Polyline
from mlanimated.errors import MlaError
from mlanimated.views.triangle import Triangle

NAMES = ("deer", "frog", "ship")
SHARES = np.array([[1.0, 0.0, 0.0], [0.0, 1.0, 0.0], [0.0, 0.0, 1.0], [1 / 3, 1 / 3, 1 / 3], [0.2, 0.7, 0.1]])
TRACE = trace_of({0: {"p": SHARES, "c": np.array([0, 1, 2, 0, 0])}, 10: {"p": SHARES[:, [1, 2, 0]]}})
VIEW = Triangle("p", names=NAMES, classes="c")


def dots(step: float, view: Triangle = VIEW, box: Box = BOX) -> list[Circle]:
    return find(drawn(view, TRACE, step, box), Circle, "dots")


@pytest.mark.parametrize("box", [BOX, Box(5, 9, 200, 500)])
def test_sure_is_a_corner_and_knowing_nothing_the_middle(box: Box) -> None:
    (top, left, right, middle, _) = [(dot.x, dot.y) for dot in dots(0, box=box)]
    sides = [math.dist(a, b) for a, b in ((top, left), (left, right), (right, top))]
    assert sides == pytest.approx([sides[0]] * 3, abs=0.05)
    assert middle == pytest.approx(np.mean((top, left, right), axis=0), abs=0.02)
    assert top[1] < left[1] == right[1]
    assert left[0] < right[0]
    (outline,) = (line for line in find(drawn(VIEW, TRACE, 0, box), Polyline, "ground") if line.closed)
    assert outline.points == pytest.approx((*top, *left, *right))
    assert not outside(text_boxes(drawn(VIEW, TRACE, 0, box)), box)


def test_a_points_distance_from_each_side_is_a_probability() -> None:
    top, left, right, _, point = dots(0)
    tall = left.y - top.y
    assert (left.y - point.y) / tall == pytest.approx(0.2, abs=1e-3)
    for corner, share in ((left, 0.7), (right, 0.1)):
        a, b = [other for other in (top, left, right) if other is not corner]
        area = abs((b.x - a.x) * (point.y - a.y) - (b.y - a.y) * (point.x - a.x))
        assert area / math.dist((a.x, a.y), (b.x, b.y)) / tall == pytest.approx(share, abs=1e-3)


def test_a_disc_is_right_a_ring_is_wrong_and_without_classes_nobody_says() -> None:
    shown = dots(0)
    assert [dot.fill for dot in shown] == ["series-1", "series-2", "series-3", "series-1", None]
    assert shown[4].stroke == "series-1"
    assert VIEW.describe(at(TRACE, 0)) == "4 of 5 points lie nearest to their own corner."
    plain = Triangle("p", names=NAMES)
    assert {dot.fill for dot in dots(0, plain)} == {"accent"}
    assert plain.describe(at(TRACE, 0)) == "Nearest, of 5: 2 to deer, 2 to frog, 1 to ship."


def test_points_glide_and_are_judged_by_what_was_recorded() -> None:
    start, half, end = dots(0)[0], dots(7.5)[0], dots(10)[0]
    assert min(start.y, end.y) < half.y < max(start.y, end.y)
    assert half.fill == "series-1"
    assert end.fill is None


def test_what_does_not_fit_is_told() -> None:
    with pytest.raises(MlaError, match="three corners"):
        Triangle("p", names=("a", "b"))
    with pytest.raises(MlaError, match="n x 3"):
        drawn(Triangle("p", names=NAMES), trace_of({0: {"p": np.zeros((4, 2))}}), 0)
    with pytest.raises(MlaError, match="0, 1 or 2"):
        drawn(VIEW, trace_of({0: {"p": SHARES, "c": np.array([0, 1, 2, 3, 0])}}), 0)
