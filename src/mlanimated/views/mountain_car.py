"""MountainCar: a car in a valley, too weak for the hill on the right, with its push and the flag.

MountainCar("x", action="action")
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import KW_ONLY, dataclass

from mlanimated.draw.box import Box
from mlanimated.draw.commands import Circle, Command, Group, Polyline, Rect
from mlanimated.views.axes import empty
from mlanimated.views.moment import Moment
from mlanimated.views.numbers import scalar
from mlanimated.views.scene import View

__all__ = ["MountainCar"]

LEFT, RIGHT, FLAG = -1.2, 0.6, 0.5
"""The ends of the valley, and where the flag stands."""
HIGH = 1.32
"""How much is seen upwards, the flag included."""
BODY, WHEEL = (0.19, 0.075), 0.034
POINTS = 121
JUMP = 0.1
"""A larger change of place in one step is a new game."""


@dataclass(frozen=True)
class MountainCar(View):
    """Gymnasium's Mountain Car, drawn from the place of the car.

    Attributes:
        series: Name of a series of the place, -1.2 to 0.6.
        action: Name of a series of the push that led there, 0 to the left, 1 none, 2 to the right, shown as an arrow; "" for none.
    """

    series: str = "x"
    _: KW_ONLY
    action: str = ""

    def draw(self, moment: Moment, box: Box) -> Sequence[Command]:
        """Return the hills, the flag, and the car on its slope."""
        recorded = scalar(moment.value(self.series, self.run))
        if not math.isfinite(recorded):
            return empty(box)
        before, after, share = moment.between(self.series, self.run)
        x = recorded + (scalar(after) - recorded) * share if abs(scalar(after) - scalar(before)) < JUMP else recorded
        unit = min(box.width / (RIGHT - LEFT), box.height / HIGH)
        left, ground = box.centre[0] - unit * (LEFT + RIGHT) / 2, box.centre[1] + unit * HIGH / 2
        spots = [LEFT + (RIGHT - LEFT) * at / (POINTS - 1) for at in range(POINTS)]
        line = tuple(round(number, 2) for at in spots for number in (left + at * unit, ground - _height(at) * unit))
        below = (*line, line[-2], round(ground, 2), line[0], round(ground, 2))
        hills = (Polyline(below, None, 0, "panel", closed=True), Polyline(line, "muted", 2.5))
        there = recorded >= FLAG
        slope = math.degrees(math.atan(1.35 * math.cos(3.0 * x)))
        place = (round(left + x * unit, 2), round(ground - _height(x) * unit, 2))
        return (
            Group(hills, key="hills"),
            Group(
                _flag(unit, there=there),
                key="flag",
                x=round(left + FLAG * unit, 2),
                y=round(ground - _height(FLAG) * unit, 2),
            ),
            Group(
                tuple(self._car(moment, unit, there=there)), key="car", x=place[0], y=place[1], rotate=round(-slope, 2)
            ),
        )

    def describe(self, moment: Moment) -> str:
        """Return where the car is."""
        x = scalar(moment.value(self.series, self.run))
        if not math.isfinite(x):
            return ""
        return (
            "The car is at the flag."
            if x >= FLAG
            else f"The car is {FLAG - x:.2f} from the flag, at a height of {_height(x):.2f}."
        )

    def _car(self, moment: Moment, unit: float, *, there: bool) -> list[Command]:
        """Return the car on the ground at (0, 0), and the arrow of its push above it."""
        wide, high, wheel = BODY[0] * unit, BODY[1] * unit, WHEEL * unit
        top = -(high + 1.2 * wheel)
        drawn: list[Command] = [
            Rect(round(-wide / 2, 2), round(top, 2), round(wide, 2), round(high, 2), "series-1", radius=5),
            *(
                Circle(round(side * wide * 0.3, 2), round(-wheel, 2), round(wheel, 2), "ink", "ground", 2.0)
                for side in (-1, 1)
            ),
        ]
        push = scalar(moment.value(self.action, self.run)) if self.action else math.nan
        if push in (0.0, 2.0) and not there:
            way, y, end = push - 1.0, round(top - 12, 2), 0.11 * unit
            head = (round(way * (end - 8), 2), y - 6, round(way * end, 2), y, round(way * (end - 8), 2), y + 6)
            shaft = Polyline((round(-way * 0.04 * unit, 2), y, round(way * end, 2), y), "accent", 4)
            drawn.append(Group((shaft, Polyline(head, "accent", 4)), key="push"))
        return drawn


def _height(x: float) -> float:
    """Return how high the ground is, 0.1 to 1."""
    return math.sin(3.0 * x) * 0.45 + 0.55


def _flag(unit: float, *, there: bool) -> tuple[Command, ...]:
    """Return the flag on the ground at (0, 0); it is filled when the car is there."""
    top = -0.26 * unit
    cloth = (0.0, top, -0.13 * unit, top + 0.05 * unit, 0.0, top + 0.1 * unit)
    points = tuple(round(each, 2) for each in cloth)
    return (
        Polyline((0.0, 0.0, 0.0, round(top, 2)), "muted", 3.0),
        Polyline(points, "good", 2.5, "good" if there else "ground", closed=True),
    )
