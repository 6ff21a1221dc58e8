from __future__ import annotations

import math

import numpy as np
import pytest
from drawn import BOX, at, drawn, find, outside, overlapping, text_boxes, trace_of

from mlanimated.draw.box import Box
from mlanimated.draw.commands import Polyline, Rect, Text
from mlanimated.errors import MlaError
from mlanimated.trace import Trace
from mlanimated.views.histogram import Histogram


@pytest.fixture(scope="module")
def weights() -> Trace:
    draw = np.random.default_rng(0)
    return trace_of({step: {"w": draw.normal(step / 10, 0.3 + step / 10, (50, 40))} for step in range(11)})


def test_heights_are_those_of_numpy(weights: Trace) -> None:
    rects = find(drawn(Histogram("w", bins=20, limits=(-2, 3)), weights, 4), Rect, "bars")
    counts, _ = np.histogram(np.clip(weights.value("w", 4), -2, 2.9999), bins=20, range=(-2, 3))
    heights = np.array([rect.height for rect in rects])
    assert heights / heights.sum() == pytest.approx(counts[counts > 0] / counts.sum(), abs=0.002)
    assert np.diff([rect.x for rect in rects]).min() > 0


def test_axes_and_bins_stand_still(weights: Trace) -> None:
    axes = [
        next(command for command in drawn(Histogram("w"), weights, step) if getattr(command, "key", "") == "axes")
        for step in (0, 5.5, 10)
    ]
    assert axes[0] is axes[1] is axes[2]
    for step in (0, 3, 7.5, 10):
        rects = find(drawn(Histogram("w"), weights, step), Rect, "bars")
        assert all(rect.y >= 0 for rect in rects)


def test_mean_is_marked_with_the_recorded_value(weights: Trace) -> None:
    commands = drawn(Histogram("w"), weights, 4.5)
    assert find(commands, Text, "mean")[0].text == f"mean {weights.value('w', 4).mean():.3f}"
    assert len(find(commands, Polyline, "mean")) == 1
    assert not find(drawn(Histogram("w", mean=False), weights, 4), Text, "mean")


@pytest.mark.parametrize("box", [BOX, Box(0, 0, 300, 200)])
def test_nothing_overlaps(weights: Trace, box: Box) -> None:
    boxes = text_boxes(drawn(Histogram("w"), weights, 6, box))
    assert not overlapping(boxes)
    assert not outside(boxes, box)


def test_what_is_not_finite_is_not_counted() -> None:
    values = np.array([1.0, 1.0, math.nan, math.inf, 2.0])
    trace = trace_of({0: {"w": values}, 1: {"w": np.full(5, math.nan)}})
    rects = find(drawn(Histogram("w", bins=2, limits=(0.5, 2.5)), trace, 0), Rect, "bars")
    assert rects[0].height == pytest.approx(2 * rects[1].height, abs=0.02)
    assert find(drawn(Histogram("w"), trace, 1), Text)[0].text == "no finite values"
    constant = trace_of({0: {"w": np.zeros(9)}})
    assert len(find(drawn(Histogram("w"), constant, 0), Rect, "bars")) == 1


def test_describe_and_mistakes(weights: Trace) -> None:
    assert Histogram("w").describe(at(weights, 0)).startswith("The values of w have the mean")
    with pytest.raises(MlaError, match="bins=1"):
        Histogram("w", bins=1)
    scalar = trace_of({0: {"loss": 1.0}})
    with pytest.raises(MlaError, match="scalar"):
        drawn(Histogram("loss"), scalar, 0)
