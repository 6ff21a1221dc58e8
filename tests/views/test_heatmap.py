from __future__ import annotations

import math

import numpy as np
import pytest
from drawn import BOX, at, drawn, find, outside, overlapping, text_boxes, trace_of

from mlanimated.draw.box import Box
from mlanimated.draw.commands import Image, InkOn, Rect, Text
from mlanimated.errors import MlaError
from mlanimated.trace import Trace
from mlanimated.views.heatmap import HeatMap


@pytest.fixture(scope="module")
def weights() -> Trace:
    table = np.linspace(-1, 1, 12).reshape(3, 4)
    return trace_of({0: {"w": table * 0.1, "lit": np.array([1, 2])}, 10: {"w": table * 2, "lit": np.array([0, 3])}})


def bytes_of(commands) -> np.ndarray:
    image = find(commands, Image, "cells")[0]
    return np.frombuffer(image.pixels.data, np.uint8).reshape(image.pixels.rows, image.pixels.columns)


def test_colours_are_positions_between_the_films_limits(weights: Trace) -> None:
    for step in (0, 10):
        found = bytes_of(drawn(HeatMap("w"), weights, step))
        expected = np.round((weights.value("w", step) + 2) / 4 * 255)
        assert np.abs(found - expected).max() <= 1
    assert find(drawn(HeatMap("w"), weights, 0), Image, "cells")[0].pixels.map == "diverging"
    positive = trace_of({0: {"m": np.arange(6.0)}})
    assert find(drawn(HeatMap("m"), positive, 0), Image, "cells")[0].pixels.map == "sequential"


def test_limits_can_be_given_and_cut_off(weights: Trace) -> None:
    found = bytes_of(drawn(HeatMap("w", limits=(0, 1), map="grey"), weights, 10))
    assert found.min() == 0
    assert found.max() == 255
    assert ((found > 0) & (found < 255)).sum() == np.sum((np.linspace(-2, 2, 12) > 0) & (np.linspace(-2, 2, 12) < 1))


def test_colours_glide_and_numbers_are_recorded_ones(weights: Trace) -> None:
    commands = drawn(HeatMap("w", numbers=True), weights, 7.5)
    before, after = (np.asarray(weights.value("w", step)) for step in (0, 10))
    assert np.abs(bytes_of(commands) - np.round(((before + after) / 2 + 2) / 4 * 255)).max() <= 1
    told = [float(text.text.replace("−", "-")) for text in find(commands, Text, "numbers")]
    assert told == pytest.approx(before.ravel().tolist(), abs=0.0005)
    assert all(isinstance(text.fill, InkOn) for text in find(commands, Text, "numbers"))


@pytest.mark.parametrize("box", [BOX, Box(0, 0, 300, 200), Box(10, 10, 1184, 560)])
def test_nothing_overlaps_and_cells_are_square(weights: Trace, box: Box) -> None:
    view = HeatMap(
        "w",
        row_names=("first", "second", "third"),
        column_names=("left", "down", "right", "up"),
        square=True,
        numbers=True,
    )
    commands = drawn(view, weights, 3, box)
    assert not overlapping(text_boxes(commands))
    assert not outside(text_boxes(commands), box)
    image = find(commands, Image, "cells")[0]
    assert image.width / 4 == image.height / 3 == int(image.height / 3)
    assert not image.smooth


def test_numbers_without_room_are_left_out() -> None:
    trace = trace_of({0: {"w": np.random.default_rng(0).standard_normal((40, 60))}})
    assert not find(drawn(HeatMap("w", numbers=True), trace, 0), Text, "numbers")


def test_highlight_frames_the_cell(weights: Trace) -> None:
    image = find(drawn(HeatMap("w"), weights, 0), Image, "cells")[0]
    for highlight in ((1, 2), "lit"):
        group = next(
            command
            for command in drawn(HeatMap("w", highlight=highlight), weights, 0)
            if getattr(command, "key", "") == "lit"
        )
        assert group.x == pytest.approx(image.x + image.width / 4 * 2)
        assert group.y == pytest.approx(image.y + image.height / 3)
    flat_index = trace_of({0: {"w": np.zeros((3, 4)), "best": 6}})
    commands = drawn(HeatMap("w", highlight="best"), flat_index, 0)
    image = find(commands, Image, "cells")[0]
    group = next(command for command in commands if getattr(command, "key", "") == "lit")
    assert group.x == pytest.approx(image.x + image.width / 4 * 2)


def test_what_is_not_finite_is_crossed_out() -> None:
    trace = trace_of({0: {"w": np.array([[1.0, math.nan], [math.inf, 0.0]])}, 10: {"w": np.ones((2, 2))}})
    commands = drawn(HeatMap("w", numbers=True), trace, 0)
    assert len(find(commands, Rect, "cells")) == 2
    assert [text.text for text in find(commands, Text, "cells")] == ["×", "×"]
    assert len(find(commands, Text, "numbers")) == 2
    assert find(drawn(HeatMap("w", numbers=True), trace, 5), Rect, "cells") == find(commands, Rect, "cells"), (
        "it does not glide"
    )
    nothing = trace_of({0: {"w": np.full((2, 2), math.nan)}})
    assert [text.text for text in find(drawn(HeatMap("w"), nothing, 0), Text)] == ["no finite values yet"]


def test_large_arrays_are_averaged() -> None:
    table = np.random.default_rng(0).uniform(0, 1, (1500, 1300))
    image = find(drawn(HeatMap("w"), trace_of({0: {"w": table}}), 0), Image, "cells")[0]
    assert image.pixels.rows <= 2 * BOX.height
    assert image.pixels.columns <= 2 * BOX.width
    assert np.frombuffer(image.pixels.data, np.uint8).mean() == pytest.approx(127.5, abs=2)


def test_strip_and_part_of_a_larger_array() -> None:
    trace = trace_of({0: {"strip": np.arange(5.0), "conv": np.arange(24.0).reshape(2, 3, 4)}})
    assert bytes_of(drawn(HeatMap("strip"), trace, 0)).shape == (1, 5)
    assert bytes_of(drawn(HeatMap("conv", at=(1,)), trace, 0)).shape == (3, 4)
    with pytest.raises(MlaError, match="2x3x4"):
        drawn(HeatMap("conv"), trace, 0)
    with pytest.raises(MlaError, match="outside"):
        drawn(HeatMap("conv", at=(5,)), trace, 0)


def test_still_parts_are_the_same_objects(weights: Trace) -> None:
    bars = [
        next(command for command in drawn(HeatMap("w"), weights, step) if getattr(command, "key", "") == "bar")
        for step in (0, 7)
    ]
    assert bars[0] is bars[1]


def test_describe_and_mistakes(weights: Trace) -> None:
    assert HeatMap("w").describe(at(weights, 10)) == "w lies between −2.000 and 2.000."
    with pytest.raises(MlaError, match="Did you mean 'sequential'"):
        HeatMap("w", map="sequentail")
    with pytest.raises(MlaError, match="3 rows, but 1 row_names"):
        drawn(HeatMap("w", row_names=("a",)), weights, 0)
    with pytest.raises(MlaError, match="in order"):
        HeatMap("w", limits=(1, 1))
