from __future__ import annotations

import math

import pytest
from drawn import BOX, at, drawn, find, trace_of

from mlanimated.draw.commands import Group, Polyline
from mlanimated.games.mountain_car import height
from mlanimated.views.mountain_car import FLAG, LEFT, RIGHT, MountainCar

TRACE = trace_of({0: {"x": -0.5, "action": 2}, 1: {"x": -0.48, "action": 0}, 2: {"x": 0.5, "action": 1}})


def group(step: float, key: str) -> Group:
    commands = drawn(MountainCar(action="action"), TRACE, step)
    return next(part for part in commands if isinstance(part, Group) and part.key == key)


def test_the_ground_is_that_of_the_rules() -> None:
    (line,) = [part for part in find([group(0, "hills")], Polyline, "hills") if part.stroke]
    xs, ys = line.points[::2], line.points[1::2]
    unit = (xs[-1] - xs[0]) / (RIGHT - LEFT)
    for x, y in zip(xs[::20], ys[::20], strict=True):
        place = LEFT + (x - xs[0]) / unit
        assert (ys[0] - y) / unit == pytest.approx(height(place) - height(LEFT), abs=1e-2)
    assert BOX.x <= xs[0] < xs[-1] <= BOX.right


def test_the_car_stands_on_its_slope_and_glides() -> None:
    car = group(0, "car")
    slope = (height(-0.499) - height(-0.501)) / 0.002
    assert car.rotate == pytest.approx(-math.degrees(math.atan(slope)), abs=0.05)
    assert car.x < group(0.5, "car").x < group(1, "car").x
    assert group(1.5, "car").x == group(1, "car").x  # another game


def test_pushes_are_arrows_and_the_flag_fills() -> None:
    def ways(step: float) -> list[float]:
        arrows = [part for part in group(step, "car").children if isinstance(part, Group)]
        return [part.points[2] for part in find(arrows, Polyline, "push") if len(part.points) == 4]

    assert ways(0)[0] > 0 > ways(1)[0]
    assert not ways(2)
    cloths = [find([group(step, "flag")], Polyline, "flag")[1].fill for step in (0, 2)]
    assert cloths == ["ground", "good"]
    assert group(2, "car").x == group(2, "flag").x


def test_words() -> None:
    assert MountainCar().describe(at(TRACE, 2)) == "The car is at the flag."
    assert MountainCar().describe(at(TRACE, 0)) == f"The car is {FLAG + 0.5:.2f} from the flag, at a height of 0.10."
