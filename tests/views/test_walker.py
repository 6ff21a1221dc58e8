from __future__ import annotations

import math

import numpy as np
import pytest
from drawn import BOX, at, drawn, find, flat, trace_of

from mlanimated.draw.commands import Circle, Clip, Group, Polyline, Text
from mlanimated.errors import MlaError
from mlanimated.views.walker import HIGH, SEEN, Walker

GROUND = np.stack([np.linspace(0, 90, 200), np.full(200, 3.0)], axis=1)
UNIT = min(BOX.width / SEEN, BOX.height / HIGH)


def bodies(x: float, tilt: float = 0.0) -> np.ndarray:
    """Straight legs below a hull at x, in which a part's middle is half a length below the one above."""
    return np.array([(x, 5.3, tilt), (x, 4.5, 0), (x, 3.5, 0), (x, 4.5, 0), (x, 3.5, 0)], np.float32)


def parts(trace: object, step: float, **given: object) -> Group:
    (clip,) = drawn(Walker(**given), trace, step)  # type: ignore[arg-type]
    assert isinstance(clip, Clip)
    return next(part for part in clip.children if isinstance(part, Group) and part.key == "walker")


TRACE = trace_of(
    {
        0: {"bodies": bodies(10), "ground": GROUND, "contact": np.array([1, 0]), "lidar": np.linspace(0.5, 1.0, 10)},
        1: {"bodies": bodies(10.4, 0.3), "contact": np.array([0, 0])},
        2: {"bodies": bodies(40)},
    }
)


def test_legs_stand_where_they_were_recorded() -> None:
    walker = parts(TRACE, 0)
    left = next(part for part in walker.children if isinstance(part, Group) and part.key == "left")
    thigh, shin = [line.points for line in left.children if isinstance(line, Polyline) and line.stroke != "ground"]
    assert thigh[0] == thigh[2] == shin[0] == 0  # below the hull's middle
    assert (thigh[1] + thigh[3]) / 2 == pytest.approx(0.8 * UNIT, abs=0.1)
    assert (shin[1] + shin[3]) / 2 == pytest.approx(1.8 * UNIT, abs=0.1)
    assert not [part for part in left.children if isinstance(part, Circle)]


def test_the_hull_turns_and_the_picture_goes_with_it() -> None:
    first, second = parts(TRACE, 0), parts(TRACE, 1)
    hull = next(part for part in second.children if isinstance(part, Group) and part.key == "hull")
    assert hull.rotate == pytest.approx(-math.degrees(0.3), abs=0.01)
    assert first.x == second.x
    posts = {name: find_x(TRACE, step, name) for step, name in ((0, "10 m"), (1, "10 m"))}
    assert find_x(TRACE, 0, "10 m") - find_x(TRACE, 1, "10 m") == pytest.approx(0.4 * UNIT, abs=0.1)
    assert posts


def find_x(trace: object, step: float, text: str) -> float:
    for command, x, _, _ in flat(drawn(Walker(), trace, step)):  # type: ignore[arg-type]
        if isinstance(command, Text) and command.text == text:
            return x
    raise AssertionError(text)


def test_it_glides_within_a_game_and_not_to_the_next() -> None:
    assert find_x(TRACE, 0.5, "10 m") == pytest.approx(
        (find_x(TRACE, 0, "10 m") + find_x(TRACE, 1, "10 m")) / 2, abs=0.1
    )
    assert find_x(TRACE, 1.5, "10 m") == find_x(TRACE, 1, "10 m")


def test_feet_rays_and_flag() -> None:
    walker = parts(TRACE, 0, contact="contact", lidar="lidar")
    feet = {
        part.key: [mark for mark in part.children if isinstance(mark, Circle)]
        for part in walker.children
        if isinstance(part, Group) and part.key in {"left", "right"}
    }
    assert len(feet["left"]) == 1
    assert not feet["right"]
    rays = find([walker], Polyline, "rays")
    assert len(rays) == 10
    assert math.hypot(*rays[0].points[2:]) == pytest.approx(0.5 * 5.3333 * UNIT, abs=0.1)
    assert rays[0].points[2] == 0  # the first points down
    (clip,) = drawn(Walker(goal=12.0), TRACE, 0)
    assert any(isinstance(part, Group) and part.key == "flag" for part in clip.children)


def test_words_and_mistakes() -> None:
    assert (
        Walker(contact="contact").describe(at(TRACE, 0)) == "The walker has come 5.5 m; its left foot is on the ground."
    )
    with pytest.raises(MlaError, match="record \\(5, 3\\)"):
        drawn(Walker(), trace_of({0: {"bodies": np.zeros(4), "ground": GROUND}}), 0)
