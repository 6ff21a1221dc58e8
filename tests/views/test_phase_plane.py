from __future__ import annotations

import numpy as np
import pytest

from mlanimated.draw.box import Box
from mlanimated.draw.commands import Circle, Command, Group, Image, Polyline
from mlanimated.errors import MlaError
from mlanimated.trace import Recorder, Trace
from mlanimated.views.moment import Moment
from mlanimated.views.phase_plane import PhasePlane

BOX = Box(0, 0, 600, 400)
VIEW = PhasePlane("x", "v", values="values", x_limits=(0, 10), y_limits=(-1, 1), goal=8)


def flat(commands: tuple[Command, ...] | list[Command]) -> list[Command]:
    return [inner for each in commands for inner in (flat(each.children) if isinstance(each, Group) else [each])]


def recorded() -> Trace:
    recorder = Recorder()
    for step, height in enumerate((0.0, 1.0)):
        table = np.array([[0.0, 0.0], [0.0, height]])
        recorder.log({"x": np.array([2.0, 4.0]), "v": np.array([0.0, 0.5]), "values": table}, step=step)
        recorder.log({"place": 2.0 + step, "speed": 0.5 * step}, step=step)
    recorder.close()
    return recorder.trace


def drawn(view: PhasePlane, step: float) -> list[Command]:
    return flat(list(view.draw(Moment({"": recorded()}, {"": step}), BOX)))


def test_dots_stand_where_they_were_recorded() -> None:
    picture = drawn(VIEW, 0)
    dots = [each for each in picture if isinstance(each, Circle)]
    ground = next(each for each in picture if isinstance(each, Image))
    assert [round((dot.x - ground.x) / ground.width * 10, 2) for dot in dots] == [2.0, 4.0]
    assert [round((dot.y - ground.y) / ground.height, 2) for dot in dots] == [0.5, 0.25]
    line = next(each for each in picture if isinstance(each, Polyline) and each.dash)
    assert round((line.points[0] - ground.x) / ground.width, 2) == 0.8


def test_colours_span_the_whole_film_and_glide() -> None:
    shades = [
        next(each for each in drawn(VIEW, step) if isinstance(each, Image)).pixels.data[3] for step in (0, 0.5, 1)
    ]
    assert shades[0] == 0
    assert 0 < shades[1] < 255
    assert shades[2] == 255


def test_one_thing_draws_its_path() -> None:
    view = PhasePlane("place", "speed", x_limits=(0, 10), y_limits=(-1, 1))
    paths = [each for each in drawn(view, 1) if isinstance(each, Polyline) and each.stroke == "accent"]
    assert len(paths) == 1
    assert len(paths[0].points) >= 4
    assert not any(isinstance(each, Image) for each in drawn(view, 1))


def test_mistakes_are_one_line() -> None:
    with pytest.raises(MlaError, match="not in order"):
        PhasePlane(x_limits=(1, 0), y_limits=(0, 1))
    with pytest.raises(MlaError, match="different shapes"):
        drawn(PhasePlane("x", "speed", x_limits=(0, 1), y_limits=(0, 1)), 0)
    with pytest.raises(MlaError, match="record"):
        drawn(PhasePlane("x", "v", values="x", x_limits=(0, 1), y_limits=(0, 1)), 0)


def test_it_says_what_it_shows() -> None:
    moment = Moment({"": recorded()}, {"": 1.0})
    assert VIEW.describe(moment).startswith("2 dots")
    one = PhasePlane("place", "speed", x_limits=(0, 10), y_limits=(-1, 1))
    assert one.describe(moment) == "position 3.00, velocity 0.500."
