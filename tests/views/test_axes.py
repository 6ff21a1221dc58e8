from __future__ import annotations

import math
from itertools import pairwise

import pytest
from drawn import find, outside, overlapping, text_boxes

from mlanimated.draw.box import Box
from mlanimated.draw.commands import Text
from mlanimated.draw.scale import Linear
from mlanimated.views.axes import Axis, empty, fading_ticks, padded, plane

SIZES = [Box(0, 0, 300, 200), Box(40, 30, 600, 400), Box(0, 0, 1184, 620), Box(0, 0, 180, 120)]
AXES = [
    (Axis(0, 30, label="step"), Axis(0, 800, label="loss")),
    (Axis(0, 1_000_000, label="step"), Axis(1e-6, 1e3, log=True)),
    (Axis(-3.2, 4.1, label="a long name of an axis"), Axis(-0.00012, 0.00034)),
    (Axis(1950, 2020), Axis(-40_000, 1_400_000)),
]


@pytest.mark.parametrize("box", SIZES)
@pytest.mark.parametrize("axes", AXES)
def test_numbers_and_names_cover_nothing_and_stay_inside(box: Box, axes: tuple[Axis, Axis]) -> None:
    for right in (0.0, 90.0):
        frame = plane(box, *axes, right)
        boxes = text_boxes((frame.group,))
        assert not overlapping(boxes)
        assert not outside(boxes, box)
        assert frame.box.right <= box.right - right + 0.01
        assert frame.box.bottom < box.bottom


@pytest.mark.parametrize("axes", AXES)
def test_scales_span_the_box_and_grow_upwards(axes: tuple[Axis, Axis]) -> None:
    frame = plane(SIZES[1], *axes)
    assert frame.x(axes[0].low) == pytest.approx(frame.box.x)
    assert frame.x(axes[0].high) == pytest.approx(frame.box.right)
    assert frame.y(axes[1].low) == pytest.approx(frame.box.bottom)
    assert frame.y(axes[1].high) == pytest.approx(frame.box.y)


def test_tick_numbers_stand_at_their_places() -> None:
    frame = plane(SIZES[1], Axis(0, 10), Axis(0, 100))
    for text in find((frame.group,), Text):
        if text.anchor == "middle":
            assert text.x == pytest.approx(frame.x(float(text.text)), abs=text.width / 2 + 0.1)


def test_equal_arguments_are_the_same_axes() -> None:
    assert plane(SIZES[1], *AXES[0]).group is plane(Box(*SIZES[1]), *AXES[0]).group


@pytest.mark.parametrize(
    ("low", "high"), [(7.7, 707), (0.0, 1.0), (-3.0, 2.0), (99.0, 101.0), (-5.0, -0.2), (3.0, 3.0), (0.0, 0.0)]
)
def test_padded_bounds_hold_the_values(low: float, high: float) -> None:
    start, stop = padded(low, high)
    assert start <= low <= high <= stop
    assert stop > start
    assert stop - start < 1.6 * (high - low) or high == low or start == 0 or stop == 0
    if low > 0:
        start, stop = padded(low, high, log=True)
        assert 0 < start <= low <= high <= stop


def test_padded_bounds_take_zero_in_when_it_is_near() -> None:
    assert padded(7.7, 707)[0] == 0
    assert padded(99, 101)[0] > 50
    assert padded(-5, -0.2)[1] == 0
    assert padded(math.nan, math.nan) == (0, 1)


def test_ticks_of_a_growing_axis_never_jump() -> None:
    before: dict[float, float] = {}
    for high in [100 * 1.004**power for power in range(1200)]:
        found = {tick.value: opacity for tick, opacity in fading_ticks(Linear(0, high, 0, 600))}
        assert found
        for value in (found.keys() | before.keys()) if before else ():
            if value <= high / 1.01:
                assert abs(found.get(value, 0.0) - before.get(value, 0.0)) < 0.1
        strong = sorted(value for value, opacity in found.items() if opacity > 0.3)
        places = [600 * value / high for value in strong]
        assert all(b - a > 56 for a, b in pairwise(places)), "what can be read does not crowd"
        before = found


def test_empty_says_so_in_its_box() -> None:
    commands = empty(Box(0, 0, 300, 200))
    assert [text.text for text in find(commands, Text)] == ["no finite values yet"]
    assert not outside(text_boxes(empty(Box(0, 0, 80, 60))), Box(0, 0, 80, 60))
