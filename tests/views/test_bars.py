from __future__ import annotations

import math

import numpy as np
import pytest
from drawn import BOX, at, drawn, find, flat, outside, overlapping, text_boxes, trace_of

from mlanimated.draw.box import Box
from mlanimated.draw.commands import Rect, Text
from mlanimated.errors import MlaError
from mlanimated.trace import Trace
from mlanimated.views.bars import Bars

NAMES = ("airplane", "automobile", "bird", "cat", "deer", "dog", "frog", "horse", "ship", "truck")


@pytest.fixture(scope="module")
def classes() -> Trace:
    even, sure = np.full(10, 0.1), np.full(10, 0.01)
    sure[9] = 0.91
    return trace_of({0: {"p": even}, 10: {"p": sure}})


def bars(commands) -> dict[str, Rect]:
    return {
        keys[-1]: command
        for command, _, _, keys in flat(commands)
        if isinstance(command, Rect) and keys[-1].startswith("bar-")
    }


@pytest.mark.parametrize("vertical", [False, True])
def test_lengths_are_in_proportion_and_glide(classes: Trace, vertical: bool) -> None:
    view = Bars("p", NAMES, vertical=vertical)
    length = [bars(drawn(view, classes, step))["bar-9"] for step in (0, 7.5, 10)]
    sizes = [rect.height if vertical else rect.width for rect in length]
    assert sizes[2] / sizes[0] == pytest.approx(9.1, rel=0.01)
    assert sizes[1] == pytest.approx((sizes[0] + sizes[2]) / 2, abs=0.05)
    assert bars(drawn(view, classes, 4))["bar-9"] == length[0], "it rests first"
    told = {text.text for text in find(drawn(view, classes, 7.5), Text) if text.text == "0.100"}
    assert told == {"0.100"}, "numbers are recorded ones"


def test_the_largest_is_lit_and_none_where_all_are_the_same(classes: Trace) -> None:
    lit = [
        {key for key, rect in bars(drawn(Bars("p", NAMES), classes, step)).items() if rect.fill == "accent"}
        for step in (0, 10)
    ]
    assert lit == [set(), {"bar-9"}]
    smallest = trace_of({0: {"v": np.array([3.0, 1.0, 2.0])}})
    assert bars(drawn(Bars("v", highlight="smallest"), smallest, 0))["bar-1"].fill == "accent"
    assert bars(drawn(Bars("v", ("a", "b", "c"), highlight="c"), smallest, 0))["bar-2"].fill == "accent"
    assert not [rect for rect in bars(drawn(Bars("v", highlight=""), smallest, 0)).values() if rect.fill == "accent"]


def test_axis_is_that_of_the_film(classes: Trace) -> None:
    first = find(drawn(Bars("p", NAMES), classes, 0), Rect, "tracks")
    assert first == find(drawn(Bars("p", NAMES), classes, 7.7), Rect, "tracks")


@pytest.mark.parametrize("box", [BOX, Box(0, 0, 300, 200), Box(30, 20, 1184, 560)])
@pytest.mark.parametrize("vertical", [False, True])
def test_nothing_overlaps(classes: Trace, box: Box, vertical: bool) -> None:
    for step in (0, 3, 10):
        boxes = text_boxes(drawn(Bars("p", NAMES, vertical=vertical), classes, step, box))
        assert not overlapping(boxes)
        assert not outside(boxes, box)


@pytest.mark.parametrize("vertical", [False, True])
def test_negative_values_go_the_other_way(vertical: bool) -> None:
    trace = trace_of({0: {"w": 2.0, "b": -1.0}, 1: {"w": 2.0, "b": math.nan}})
    commands = drawn(Bars(("w", "b"), vertical=vertical), trace, 0)
    found = bars(commands)
    if vertical:
        assert found["bar-0"].y + found["bar-0"].height == pytest.approx(found["bar-1"].y)
        assert found["bar-0"].height == pytest.approx(2 * found["bar-1"].height, abs=0.05)
    else:
        assert found["bar-1"].x + found["bar-1"].width == pytest.approx(found["bar-0"].x)
        assert found["bar-0"].width == pytest.approx(2 * found["bar-1"].width, abs=0.05)
    assert {"w", "b", "2.000", "−1.000"} <= set(text_boxes(commands))
    assert not overlapping(text_boxes(commands))
    assert not outside(text_boxes(commands), BOX)
    assert "bar-1" not in bars(drawn(Bars(("w", "b"), vertical=vertical), trace, 1)), "what is not finite has no bar"


def test_scalars_are_called_by_what_tells_them_apart() -> None:
    trace = trace_of({0: {"q/left": 1.0, "q/right": 2.0}})
    assert {"left", "right"} <= set(text_boxes(drawn(Bars(("q/left", "q/right")), trace, 0)))


def test_describe_and_mistakes(classes: Trace) -> None:
    assert Bars("p", NAMES).describe(at(classes, 10)) == "truck is the largest at 0.910."
    with pytest.raises(MlaError, match="10 values, but 3 names"):
        drawn(Bars("p", ("a", "b", "c")), classes, 0)
    with pytest.raises(MlaError, match="no bar 'lorry'"):
        drawn(Bars("p", NAMES, highlight="lorry"), classes, 0)
    with pytest.raises(MlaError, match="not several arrays"):
        drawn(Bars(("p", "p")), classes, 0)
