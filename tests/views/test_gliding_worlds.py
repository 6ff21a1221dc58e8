"""PuckWorld and WaterWorld: things stand where the state says, and glide between steps, not between games."""

from __future__ import annotations

import numpy as np
import pytest
from drawn import BOX, at, drawn, find, trace_of

from mlanimated.draw.commands import Circle, Image, Polyline
from mlanimated.errors import MlaError
from mlanimated.games import puck_world, water_world
from mlanimated.views import puck_world as puck_view
from mlanimated.views import water_world as water_view
from mlanimated.views.puck_world import PuckWorld
from mlanimated.views.water_world import WaterWorld

SIDE, LEFT = 400, 100  # of the square in a box of 600 by 400

PUCK = np.array([0.5, 0.25, 0.01, 0.0, 0.8, 0.2, 0.1, 0.9, 3.0])


def test_the_numbers_are_those_of_the_games() -> None:
    assert (puck_view.NUMBERS, puck_view.PUCK, puck_view.REACH) == (
        puck_world.NUMBERS,
        puck_world.PUCK,
        puck_world.REACH,
    )
    for name in ("BALLS", "FOOD", "EYES", "NUMBERS", "SWIMMER", "BALL"):
        assert getattr(water_view, name) == getattr(water_world, name)


def test_the_puck_glides_within_a_game_alone() -> None:
    moved, away = PUCK.copy(), PUCK.copy()
    moved[:2] += (0.02, 0.01)
    away[:2] = 0.9, 0.9
    trace = trace_of({0: {"state": PUCK}, 1: {"state": moved}, 2: {"state": away}})
    for step, place in ((0, PUCK), (0.5, (PUCK + moved) / 2), (1, moved), (1.9, moved), (2, away)):
        (puck,) = find(drawn(PuckWorld(), trace, step), Circle, "puck")
        assert (puck.x, puck.y) == pytest.approx((LEFT + SIDE * place[0], SIDE * place[1]), abs=0.02)
    assert len(find(drawn(PuckWorld(), trace, 1), Polyline)) == 1
    assert not find(drawn(PuckWorld(), trace, 2), Polyline), "a new game has no trail yet"


def test_the_ice_is_coloured_by_the_field() -> None:
    field = np.arange(12.0).reshape(3, 4)
    trace = trace_of({0: {"state": PUCK, "field": field}})
    (image,) = find(drawn(PuckWorld(field="field"), trace, 0), Image)
    assert (image.pixels.columns, image.pixels.rows) == (4, 3)
    assert list(image.pixels.data) == sorted(image.pixels.data)
    flat = trace_of({0: {"state": PUCK, "field": np.zeros((3, 4))}})
    assert not find(drawn(PuckWorld(field="field"), flat, 0), Image)


def test_it_says_how_far_things_are() -> None:
    trace = trace_of({0: {"state": PUCK}})
    told = PuckWorld().describe(at(trace, 0))
    assert "0.30 from the green place" in told
    assert "out of its reach" in told


def test_a_ball_that_is_eaten_jumps() -> None:
    first = water_world.begin(1, np.random.default_rng(0))[0]
    second = first.copy()
    second[4] = first[4] + 0.01
    second[10] = (first[10] + 0.5) % 1
    trace = trace_of({0: {"state": first}, 1: {"state": second}})
    circles = find(drawn(WaterWorld(), trace, 0.5), Circle)
    assert circles[0].x == pytest.approx(LEFT + SIDE * (first[4] + 0.005), abs=0.02)
    assert circles[1].x == pytest.approx(LEFT + SIDE * first[10], abs=0.02)


def test_rays_end_where_something_is() -> None:
    state = water_world.begin(1, np.random.default_rng(0))
    look = water_world.eyes(state)
    rays = np.stack([look.distance[0], look.kind[0]], axis=1)
    trace = trace_of({0: {"state": state[0], "eyes": rays}})
    lines = [line for line in find(drawn(WaterWorld(eyes="eyes"), trace, 0), Polyline) if line.stroke != "ground"]
    assert len(lines) == 24
    for line, direction, (distance, kind) in zip(lines, water_world.DIRECTIONS, rays, strict=True):
        end = state[0, :2] + direction * distance
        assert line.points[2:] == pytest.approx((LEFT + SIDE * end[0], SIDE * end[1]), abs=0.02)
        assert line.stroke == ("faint", "good", "bad", "muted")[int(kind)]
    assert "eyes see green" in WaterWorld(eyes="eyes").describe(at(trace, 0))


@pytest.mark.parametrize("view", [PuckWorld(), WaterWorld()])
def test_another_shape_is_told(view) -> None:
    with pytest.raises(MlaError, match=r"has the shape \(4,\); record"):
        drawn(view, trace_of({0: {"state": np.zeros(4)}}), 0)


def test_the_box_is_the_one_that_is_meant() -> None:
    assert (BOX.width, BOX.height) == (600, 400)
