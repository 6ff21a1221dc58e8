from __future__ import annotations

import itertools
import math

import numpy as np
import pytest
from drawn import BOX, at, find, outside, overlapping, text_boxes, trace_of

from mlanimated.draw.box import Box
from mlanimated.draw.commands import Circle, Polyline, Text
from mlanimated.errors import MlaError
from mlanimated.trace import Trace
from mlanimated.views.landscape import Landscape
from mlanimated.views.moment import Moment


def valley(x):
    return (x - 10) ** 2


def descent(rate: float, steps: int = 12, start: float = 1.0) -> Trace:
    rows, x = {}, start
    for step in range(steps + 1):
        rows[step] = {"x": x}
        x -= rate * 2 * (x - 10)
    return trace_of(rows)


@pytest.fixture(scope="module")
def good() -> Trace:
    return descent(0.1)


@pytest.fixture(scope="module")
def jumping() -> Trace:
    return descent(0.9)


HILL = Landscape(valley, "x", domain=(-2, 22), heights=(-10, 150))


def slow(trace: Trace, step: float, rate: float = 0.5) -> Moment:
    return Moment({"": trace}, {"": step}, pace={"": rate})


def curve(commands) -> tuple[np.ndarray, np.ndarray]:
    points = np.array([number for line in find(commands, Polyline, "curve") for number in line.points])
    return points[0::2], points[1::2]


def ball(commands, index: int = 0) -> Circle:
    (found,) = find(commands, Circle, f"ball-{index}")
    return found


@pytest.mark.parametrize("step", [0, 0.3, 1, 3.75, 6, 12])
def test_ball_rolls_on_the_curve(good: Trace, step: float) -> None:
    commands = HILL.draw(slow(good, step), BOX)
    xs, ys = curve(commands)
    dot = ball(commands)
    assert dot.y == pytest.approx(np.interp(dot.x, xs, ys), abs=0.3)


def test_ball_stands_where_the_function_says(good: Trace) -> None:
    commands = HILL.draw(slow(good, 4), BOX)
    xs, _ = curve(commands)
    x = float(good.value("x", 4))
    # The curve spans the domain, so that its ends give the scale across.
    assert ball(commands).x == pytest.approx(xs[0] + (x + 2) / 24 * (xs[-1] - xs[0]), abs=0.05)
    texts = text_boxes(commands, "live")
    assert f"{x:.2f}" in texts
    assert f"{valley(x):.1f}" in texts


def test_slope_then_arrow_then_movement(good: Trace) -> None:
    def acts(share: float) -> tuple[bool, bool, bool]:
        commands = HILL.draw(slow(good, 1 + share), BOX)
        lines = find(commands, Polyline, "step-0")
        moved = abs(ball(commands).x - ball(HILL.draw(slow(good, 1), BOX)).x) > 0.01
        return any(line.stroke == "series-1" for line in lines), any(line.fill == "accent" for line in lines), moved

    assert acts(0.0) == (False, False, False)
    assert acts(0.15) == (True, False, False)
    assert acts(0.45) == (True, True, False)
    assert acts(0.85)[1:] == (True, True)


def test_fast_film_tells_no_steps(good: Trace) -> None:
    commands = HILL.draw(slow(good, 1.45, rate=20), BOX)
    assert not find(commands, Polyline, "step-0")
    assert ball(commands).x > ball(HILL.draw(slow(good, 1, rate=20), BOX)).x


def test_arrow_ends_at_the_next_x(good: Trace) -> None:
    commands = HILL.draw(slow(good, 2.53), BOX)
    heads = [line for line in find(commands, Polyline, "step-0") if line.fill == "accent"]
    there = ball(HILL.draw(slow(good, 3), BOX))
    assert heads[0].points[0] == pytest.approx(there.x, abs=0.05)


def test_step_over_the_valley_is_a_hop(jumping: Trace) -> None:
    start, half = (HILL.draw(slow(jumping, step), BOX) for step in (0, 0.75))
    xs, ys = curve(half)
    assert ball(half).y < ball(start).y
    assert np.interp(ball(half).x, xs, ys) - ball(half).y > 100


@pytest.mark.slow
def test_movement_has_no_jumps(jumping: Trace) -> None:
    for rate in (0.5, 2.2, 9.0):
        places = [ball(HILL.draw(slow(jumping, step, rate), BOX)) for step in np.linspace(2, 4, 401)]
        assert max(math.hypot(b.x - a.x, b.y - a.y) for a, b in itertools.pairwise(places)) < 25


def test_trail_grows_and_fades(good: Trace) -> None:
    commands = HILL.draw(slow(good, 8), BOX)
    marks = find(commands, Circle, "trail-0")
    assert len(marks) == 9
    opacities = [mark.opacity for mark in marks]
    assert opacities == sorted(opacities)
    xs, ys = curve(commands)
    assert all(mark.y == pytest.approx(np.interp(mark.x, xs, ys), abs=0.3) for mark in marks)


FAR = {
    "diverging": (descent(1.05, 16), HILL),
    "exploding": (descent(1.3, 12), HILL),
    "no domain": (descent(1.2, 12), Landscape(valley, "x")),
    "far start": (descent(0.1, 10, 500.0), HILL),
    "heights alone": (descent(1.2, 20), Landscape(valley, "x", domain=(-2000, 2000), heights=(0, 100))),
}


@pytest.mark.parametrize("rate", [0.5, 20.0])
@pytest.mark.parametrize("name", FAR)
def test_axes_take_a_ball_that_goes_far_along(name: str, rate: float) -> None:
    trace, view = FAR[name]
    last = trace.last_step
    widths: list[float] = []
    lefts: set[float] = set()
    for step in np.linspace(0, last, 5 * last + 1):
        commands = view.draw(slow(trace, float(step), rate), BOX)
        dot = ball(commands)
        xs, ys = curve(commands)
        assert BOX.x <= dot.x <= BOX.right
        assert BOX.y <= dot.y <= BOX.bottom
        if step == round(step):
            if name != "heights alone":  # there the curve's points lie too far apart to compare with
                assert dot.y == pytest.approx(np.interp(dot.x, xs, ys), abs=1.0)
            faint = {text.text for text in find(commands, Text, "axes") if text.opacity < 0.15}
            told = {text: box for text, box in text_boxes(commands, "axes").items() if text.split(" (")[0] not in faint}
            assert not overlapping(told)
        ground = next(line for line in reversed(find(commands, Polyline, "axes")) if line.stroke == "muted")
        lefts.add(ground.points[0])
        reach = view._reach(slow(trace, float(step), rate), ("",)).x
        widths.append(reach[1] - reach[0])
    assert len(lefts) == 1, "the axis itself stands still"
    growth = np.array(widths[1:]) / np.array(widths[:-1])
    assert growth.min() >= 1.0, "never narrower"
    assert growth.max() < 1.8, "never at once"


def test_axes_that_nearly_hold_a_run_are_a_little_longer_from_the_beginning() -> None:
    trace = trace_of({step: {"x": x} for step, x in enumerate((-1.5, 4.0, 10.0))})
    view = Landscape(valley, "x", domain=(-2, 22), heights=(-8, 130), trail="dots")
    first, last = (view.draw(at(trace, step), BOX) for step in (0, 2))
    assert find(first, Polyline, "axes") == find(last, Polyline, "axes")
    (ring,) = find(first, Circle, "best")
    (clip,) = [command for command in first if command.key == "curve"]  # type: ignore[union-attr]
    assert ring.y > clip.children[0].y + 5, "all of the highest point is inside"  # type: ignore[union-attr]
    asked = Landscape(valley, "x", domain=(-2, 22), heights=(-8, 140), trail="dots")
    assert asked._reach(at(trace, 0), ("",)).y[1] == 140, "axes that hold all are as asked for"  # type: ignore[index]


def test_panels_of_one_film_keep_the_same_scales() -> None:
    runs = {"good": descent(0.1, 20), "bad": descent(1.2, 20)}
    for step in (0, 3.7, 20):
        moment = Moment(runs, dict.fromkeys(runs, step), pace=dict.fromkeys(runs, 20.0))
        curves = [curve(HILL.of(run).draw(moment, BOX)) for run in runs]
        assert np.array_equal(curves[0], curves[1])


def test_readout_is_gone_while_fast_steps_hop(jumping: Trace) -> None:
    def seen(step: float, rate: float) -> float:
        (group,) = [c for c in HILL.draw(slow(jumping, step, rate), BOX) if c.key == "live"]  # type: ignore[union-attr]
        return group.opacity  # type: ignore[union-attr]

    assert [seen(2 + share, 20) for share in (0.0, 0.3, 0.8)] == [0, 0, 0]
    assert seen(2, 0.5) == 1
    assert seen(2.75, 0.5) == 0
    assert seen(12, 0.0) == 1


def test_beyond_all_axes_is_an_arrow_at_the_edge() -> None:
    trace = descent(3.0)
    commands = HILL.draw(slow(trace, 12), BOX)
    assert not find(commands, Circle, "ball-0")
    assert find(commands, Polyline, "ball-0")
    assert any(text.startswith("x = ") for text in text_boxes(commands, "ball-0"))
    for line in find(commands, Polyline, "ball-0"):
        assert all(BOX.x <= x <= BOX.right for x in line.points[0::2])
        assert all(BOX.y <= y <= BOX.bottom for y in line.points[1::2])


def test_search_keeps_its_probes_and_marks_the_best() -> None:
    trace = trace_of({step: {"x": float(x)} for step, x in enumerate((0, 4, 8, 12, 16, 20))})
    view = Landscape(valley, "x", domain=(-2, 22), trail="dots")
    commands = view.draw(at(trace, 4), BOX)
    assert len(find(commands, Circle, "trail-0")) == 5
    assert {mark.opacity for mark in find(commands, Circle, "trail-0")} == {1.0}
    (ring,) = find(commands, Circle, "best")
    probes = find(commands, Circle, "trail-0")
    assert (ring.x, ring.y) == (probes[2].x, probes[2].y)
    assert any("x = 8.00" in text for text in text_boxes(commands, "best"))


def test_several_runs_have_colours_and_names(good: Trace, jumping: Trace) -> None:
    view = Landscape(valley, "x", domain=(-2, 22), runs=("good", "jumping"))
    moment = Moment({"good": good, "jumping": jumping}, {"good": 3.0, "jumping": 3.0})
    commands = view.draw(moment, BOX)
    assert ball(commands, 0).fill != ball(commands, 1).fill
    assert {"good", "jumping"} <= set(text_boxes(commands, "legend"))
    assert "good" in view.describe(moment)


def test_recorded_arrays_can_be_the_curve() -> None:
    grid = np.linspace(0, 20, 101)
    trace = trace_of({0: {"x": 5.0, "grid/x": grid, "grid/y": valley(grid)}, 1: {"x": 7.0}})
    view = Landscape(("grid/x", "grid/y"), "x", domain=(0, 20))
    commands = view.draw(at(trace, 1), BOX)
    xs, ys = curve(commands)
    assert ball(commands).y == pytest.approx(np.interp(ball(commands).x, xs, ys), abs=0.3)


def test_bad_arguments_are_one_line() -> None:
    trace = descent(0.1)
    with pytest.raises(MlaError, match=r"did you mean|Did you mean"):
        Landscape(valley, "xx").draw(at(trace, 0), BOX)
    with pytest.raises(MlaError, match="domain"):
        Landscape(valley, "x", domain=(3, 3))
    with pytest.raises(MlaError, match="trail"):
        Landscape(valley, "x", trail="line")  # type: ignore[arg-type]
    with pytest.raises(MlaError, match="shape"):
        Landscape(lambda x: x[:1], "x", domain=(0, 1)).draw(at(trace, 0), BOX)


@pytest.mark.parametrize("box", [BOX, Box(20, 30, 300, 200), Box(0, 0, 373, 400), Box(0, 0, 800, 520)])
@pytest.mark.parametrize("rate", [0.5, 30.0])
def test_words_stay_in_the_panel_and_apart(jumping: Trace, box: Box, rate: float) -> None:
    for step in np.arange(0, 12, 0.23):
        commands = HILL.draw(slow(jumping, float(step), rate), box)
        boxes = text_boxes(commands, "live") | text_boxes(commands, "step-0")
        assert not outside(boxes, box), step
        assert not overlapping(boxes), step


def test_balls_at_one_place_are_one_with_a_sector_for_each(good: Trace, jumping: Trace) -> None:
    view = Landscape(valley, "x", domain=(-2, 22), runs=("good", "jumping"))
    runs = {"good": good, "jumping": jumping}
    first, later = (view.draw(Moment(runs, dict.fromkeys(runs, step)), BOX) for step in (0.0, 3.0))
    assert [sector.fill for sector in find(first, Polyline, "met-0")] == ["series-1", "series-2"]
    assert not find(later, Polyline, "met-0")
