from __future__ import annotations

import numpy as np
import pytest
from drawn import BOX, at, find, outside, overlapping, text_boxes, trace_of

from mlanimated.draw.box import Box
from mlanimated.draw.commands import Circle, Image, Polyline
from mlanimated.errors import MlaError
from mlanimated.trace import Trace
from mlanimated.views.moment import Moment
from mlanimated.views.surface import Surface


def bowl(x, y):
    return x * x / 4 + y * y


def walk(rate: float, steps: int = 20) -> Trace:
    point, rows = np.array([-4.0, 2.0]), {}
    for step in range(steps + 1):
        rows[step] = {"point": point.copy(), "x": float(point[0]), "y": float(point[1])}
        point = point - rate * np.array([point[0] / 2, 2 * point[1]])
    return trace_of(rows)


WINDOW = (-5.0, 5.0, -3.0, 3.0)
RUNS = {"slow": walk(0.1), "good": walk(0.4), "fast": walk(0.95), "adam": walk(0.42)}
VIEW = Surface(bowl, "point", window=WINDOW, runs=tuple(RUNS), minimum=(0, 0))


def moment(step: float) -> Moment:
    return Moment(RUNS, dict.fromkeys(RUNS, step))


def inside(commands) -> Image:
    (image,) = find(commands, Image, "map")
    return image


@pytest.mark.parametrize("step", [0, 3, 20])
def test_balls_stand_at_the_recorded_points(step: int) -> None:
    commands = VIEW.draw(moment(step), BOX)
    place = inside(commands)
    for name, trace in RUNS.items():
        (dot,) = find(commands, Circle, f"ball-{name}")
        x, y = trace.value("point", step)
        assert dot.x == pytest.approx(place.x + (x + 5) / 10 * place.width, abs=0.02)
        assert dot.y == pytest.approx(place.y + (3 - y) / 6 * place.height, abs=0.02)


def test_contour_lines_lie_at_their_height() -> None:
    commands = VIEW.draw(moment(0), BOX)
    place = inside(commands)
    lines = find(commands, Polyline, "map")
    assert len(lines) > 6
    for line in lines:
        points = np.array(line.points).reshape(-1, 2)
        x = (points[:, 0] - place.x) / place.width * 10 - 5
        y = 3 - (points[:, 1] - place.y) / place.height * 6
        assert np.ptp(bowl(x, y)) < 0.15


def test_map_is_darkest_where_it_is_lowest() -> None:
    pixels = inside(VIEW.draw(moment(0), BOX)).pixels
    shade = np.frombuffer(pixels.data, np.uint8).reshape(pixels.rows, pixels.columns)
    row, column = np.unravel_index(int(shade.argmax()), shade.shape)
    assert abs(row - pixels.rows / 2) < 4
    assert abs(column - pixels.columns / 2) < 6


def test_map_is_made_once() -> None:
    first, second = (next(each for each in VIEW.draw(moment(step), BOX) if each.key == "map") for step in (1, 2))
    assert first is second


def test_path_holds_every_step_so_far() -> None:
    commands = VIEW.draw(moment(6), BOX)
    path = find(commands, Polyline, "path-good")[-1]
    assert len(path.points) == 2 * (7 + 1)
    assert path.stroke != find(commands, Polyline, "path-fast")[-1].stroke


@pytest.mark.parametrize("box", [BOX, Box(10, 20, 300, 200), Box(0, 0, 800, 520)])
def test_runs_are_numbered_and_named_once_for_the_film(box: Box) -> None:
    frames = [VIEW.draw(moment(float(step)), box) for step in (0, 3.3, 20)]
    for commands in frames:
        boxes = text_boxes(commands, "legend")
        assert not overlapping(boxes)
        assert not outside(boxes, box)
        assert {"1", "2", "3", "4"} <= set(boxes)
        for index, name in enumerate(RUNS):
            assert list(text_boxes(commands, f"ball-{name}")) in ([], [str(index + 1)])
        numbers = {name: place for index in RUNS for name, place in text_boxes(commands, f"ball-{index}").items()}
        assert not overlapping(numbers), "a ball under another shows no number"
        met = {name: place for index in range(4) for name, place in text_boxes(commands, f"met-{index}").items()}
        assert "4" in {**numbers, **met}
        assert not overlapping(met)
    dots = [find(commands, Circle, "legend") for commands in frames]
    assert dots[0] == dots[1] == dots[2]


def test_legend_reads_the_height_where_there_is_room() -> None:
    commands = VIEW.draw(moment(2), Box(0, 0, 800, 520))
    height = bowl(*RUNS["slow"].value("point", 2))
    assert f"{height:.2f}" in text_boxes(commands, "legend")
    assert f"height {height:.3f}" in VIEW.describe(moment(2))


def test_two_scalar_series_are_a_point() -> None:
    trace = RUNS["good"]
    one = Surface(bowl, "point", window=WINDOW).draw(at(trace, 5), BOX)
    two = Surface(bowl, ("x", "y"), window=WINDOW).draw(at(trace, 5), BOX)
    assert find(one, Circle) == find(two, Circle)
    assert find(one, Polyline) == find(two, Polyline)


def test_a_run_outside_is_an_arrow_at_the_edge() -> None:
    trace = trace_of(
        {
            0: {"point": np.array([0.0, 0.0])},
            1: {"point": np.array([900.0, 0.0])},
            2: {"point": np.array([np.nan, 0.0])},
        }
    )
    view = Surface(bowl, "point", window=WINDOW)
    commands = view.draw(at(trace, 1), BOX)
    assert not find(commands, Circle, "ball-")
    xs = [x for line in find(commands, Polyline, "ball-") for x in line.points[0::2]]
    assert xs
    assert max(xs) <= BOX.right
    assert view.draw(at(trace, 2), BOX)


def test_bad_arguments_are_one_line() -> None:
    with pytest.raises(MlaError, match="window"):
        Surface(bowl, "point", window=(1, 1, 0, 1))
    with pytest.raises(MlaError, match="names for"):
        Surface(bowl, "point", window=WINDOW, runs=("a", "b"), called=("a",))
    with pytest.raises(MlaError, match="Did you mean"):
        Surface(bowl, "pint", window=WINDOW).draw(at(RUNS["good"], 0), BOX)
    with pytest.raises(MlaError, match="two numbers"):
        Surface(bowl, "x", window=WINDOW).draw(at(RUNS["good"], 0), BOX)


def test_runs_at_one_place_are_one_ball_with_a_sector_and_a_number_for_each() -> None:
    commands = VIEW.draw(moment(0), BOX)
    sectors = find(commands, Polyline, "met-0")
    assert [sector.fill for sector in sectors] == ["series-1", "series-2", "series-3", "series-4"]
    assert list(text_boxes(commands, "met-0")) == ["1", "2", "3", "4"]
    assert not any(text_boxes(commands, f"ball-{name}") for name in RUNS), "no number stands for all"
    for sector in sectors:
        x, y = np.array(sector.points[0::2]), np.array(sector.points[1::2])
        area = 0.5 * abs(np.dot(x, np.roll(y, 1)) - np.dot(y, np.roll(x, 1)))
        assert area == pytest.approx(np.pi * 11**2 / 4, rel=0.02)
    assert not find(VIEW.draw(moment(3), BOX), Polyline, "met-0")


def test_heights_near_the_floor_keep_digits_and_places() -> None:
    frames = [VIEW.draw(moment(step), Box(0, 0, 800, 520)) for step in (0, 8, 20)]
    told = [text_boxes(commands, "legend") for commands in frames]
    assert not any(text == "0.00" for texts in told for text in texts)
    names = [{name: texts[name].x for name in RUNS} for texts in told]
    assert names[0] == names[1] == names[2]
