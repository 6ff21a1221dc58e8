from __future__ import annotations

import numpy as np
import pytest
from drawn import BOX, at, find, outside, overlapping, text_boxes, trace_of, xs_ys

from mlanimated.draw.box import Box
from mlanimated.draw.commands import Circle, Polyline
from mlanimated.errors import MlaError
from mlanimated.views.curve import Curve

X = np.linspace(-3, 3, 25)
TRACE = trace_of({step: {"x": X, "prediction": step / 10 * np.sin(X), "target": np.sin(X)} for step in range(11)})
VIEW = Curve("x", "prediction", "target", residuals=True)


def test_prediction_meets_the_targets_when_it_is_right() -> None:
    commands = VIEW.draw(at(TRACE, 10), BOX)
    xs, ys = xs_ys(find(commands, Polyline, "prediction"))
    dots = find(commands, Circle, "target")
    assert len(dots) == 25
    assert [dot.x for dot in dots] == pytest.approx(xs)
    assert [dot.y for dot in dots] == pytest.approx(ys)
    assert not find(commands, Polyline, "residuals")


def test_prediction_glides_between_steps() -> None:
    heights = [xs_ys(find(VIEW.draw(at(TRACE, step), BOX), Polyline, "prediction"))[1][20] for step in (4, 4.75, 5)]
    assert heights[1] == pytest.approx((heights[0] + heights[2]) / 2, abs=0.02)


def test_residuals_join_targets_and_prediction() -> None:
    commands = VIEW.draw(at(TRACE, 5), BOX)
    xs, ys = xs_ys(find(commands, Polyline, "prediction"))
    dots = find(commands, Circle, "target")
    sticks = find(commands, Polyline, "residuals")
    assert len(sticks) == 24, "all but the one at x = 0"
    for stick in sticks:
        index = int(np.argmin(np.abs(np.array(xs) - stick.points[0])))
        assert stick.points == pytest.approx((xs[index], dots[index].y, xs[index], ys[index]))


def test_targets_of_a_function_or_many_are_a_line() -> None:
    commands = Curve("x", "prediction", np.sin).draw(at(TRACE, 5), BOX)
    assert not find(commands, Circle, "target")
    assert find(commands, Polyline, "target")
    wide = trace_of({0: {"x": np.arange(100.0), "p": np.arange(100.0)}})
    assert find(Curve("x", "p", tuple(range(100))).draw(at(wide, 0), BOX), Polyline, "target")


def test_axes_hold_still() -> None:
    frames = [VIEW.draw(at(TRACE, step), BOX) for step in (0, 3, 10)]
    dots = [find(frame, Circle, "target") for frame in frames]
    assert dots[0] == dots[1] == dots[2]


def test_targets_elsewhere() -> None:
    view = Curve("x", "prediction", (0.5, -0.5), target_x=(1.0, -1.0), domain=(-3, 3))
    assert len(find(view.draw(at(TRACE, 3), BOX), Circle, "target")) == 2


def test_wild_predictions_are_cut_off_at_the_plot() -> None:
    trace = trace_of({0: {"x": X, "p": X * 1e9, "t": X}, 1: {"x": X, "p": X * np.nan, "t": X}})
    view = Curve("x", "p", "t", residuals=True)
    dots = find(view.draw(at(trace, 0), BOX), Circle, "target")
    assert max(dot.y for dot in dots) - min(dot.y for dot in dots) > 100, "the targets are not squeezed flat"
    assert "not a finite" in view.describe(at(trace, 1))
    assert not find(view.draw(at(trace, 1), BOX), Polyline, "prediction")


def test_describe_says_how_far_off() -> None:
    said = VIEW.describe(at(TRACE, 5))
    off = np.abs(0.5 * np.sin(X))
    assert f"{off.mean():.3f}" in said
    assert f"{off.max():.3f}" in said


@pytest.mark.parametrize("box", [BOX, Box(10, 10, 300, 200), Box(0, 0, 800, 520)])
def test_words_stay_in_the_panel_and_apart(box: Box) -> None:
    boxes = text_boxes(VIEW.draw(at(TRACE, 4), box))
    assert not outside(boxes, box)
    assert not overlapping(boxes)


def test_bad_arguments_are_one_line() -> None:
    with pytest.raises(MlaError, match="it needs one for each"):
        Curve((1.0, 2.0), "prediction").draw(at(TRACE, 0), BOX)
    with pytest.raises(MlaError, match="targets at"):
        Curve("x", "prediction", (1.0,)).draw(at(TRACE, 0), BOX)
    with pytest.raises(MlaError, match="Did you mean"):
        Curve("x", "predictions").draw(at(TRACE, 0), BOX)
