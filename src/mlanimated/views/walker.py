"""Walker: a hull on two legs that walks over rough ground, drawn from where its five parts are; the picture goes with it.

Walker("bodies", ground="ground", contact="contact", goal=88.7)
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import KW_ONLY, dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from mlanimated.draw.box import Box
from mlanimated.draw.commands import Circle, Clip, Colour, Command, Group, Polyline
from mlanimated.draw.text import label, number
from mlanimated.errors import MlaError
from mlanimated.views.axes import empty
from mlanimated.views.moment import Moment
from mlanimated.views.numbers import source, value
from mlanimated.views.scene import View

__all__ = ["Walker"]

Numbers = NDArray[np.float64]

HULL = ((-1.0, 0.3), (0.2, 0.3), (1.1333, 0.0333), (1.1333, -0.2667), (-1.0, -0.2667))
"""Corners of the hull in metres, seen from its middle."""
LEG = 1.1333
THIGH, SHIN = 0.2667, 0.2133
"""Length and widths of the parts of a leg, in metres."""
SEEN, HIGH, BELOW = 12.5, 5.0, 1.15
"""Metres that are seen across and upwards, where the box has this shape, and how many of them below the ground that is near."""
NEAR = (4.0, 8.0)
"""Metres behind and ahead of the walker whose mean height the picture follows."""
RAY, RAYS = 5.3333, 1.5
"""Length of the rays that it feels the ground with, in metres, and the angle between the first and the last, in radians."""
POST = 10
"""Metres between two posts."""
JUMP = 2.0
"""More metres than it moves in one step: a larger change is a new game."""


@dataclass(frozen=True)
class Walker(View):
    """Gymnasium's BipedalWalker, drawn from its parts.

    Attributes:
        series: Name of an array series (5, 3): x, y (upwards) and angle (anticlockwise, in radians) of hull, left thigh, left shin,
            right thigh, right shin.
        ground: Name of an array series (n, 2): the line of the ground.
        contact: Name of an array series (2,): 1 where the left, the right foot touches the ground; "" for none.
        lidar: Name of an array series (10,): how far the rays go that it feels the ground with, 0..1; "" for none.
        goal: x of a flag; None for none.

    Raises:
        MlaError: A series has another shape.
    """

    series: str = "bodies"
    _: KW_ONLY
    ground: str = "ground"
    contact: str = ""
    lidar: str = ""
    goal: float | None = None

    def draw(self, moment: Moment, box: Box) -> Sequence[Command]:
        """Return the ground with its posts, the rays, and the walker."""
        recorded = self._bodies(moment)
        ground = self._array(moment, self.ground)
        if recorded is None or ground is None:
            return empty(box)
        if ground.ndim != 2 or ground.shape[1] != 2:
            raise MlaError(
                f"Walker: {self.ground!r} has the shape {ground.shape}; record (n, 2): x and y of the ground."
            )
        bodies = recorded
        before, after, share = moment.between(self.series, self.run)
        if share > 0 and abs(float(np.ravel(after)[0]) - float(np.ravel(before)[0])) < JUMP:
            bodies = recorded + (np.asarray(after, np.float64).reshape(5, 3) - recorded) * share
        unit = min(box.width / SEEN, box.height / HIGH)
        here = float(bodies[0, 0])
        left = here - 0.36 * box.width / unit
        near = np.linspace(here - NEAR[0], here + NEAR[1], 25)
        flat = float(np.interp(near, ground[:, 0], ground[:, 1]).mean())
        base = box.bottom - BELOW * unit
        drawn: list[Command] = [
            _ground(ground, left, flat, unit, base, box),
            *_posts(ground, left, flat, unit, base, box, self.goal),
        ]
        walker: list[Command] = []
        lidar = self._array(moment, self.lidar)
        if lidar is not None:
            walker.append(_rays(lidar.ravel(), unit))
        contact = self._array(moment, self.contact)
        touching = (False, False) if contact is None else tuple(bool(each) for each in contact.ravel()[:2])
        walker += _leg(bodies[0], bodies[1], bodies[2], unit, "series-5", touching[0], "left")
        walker.append(_hull(bodies[0], unit))
        walker += _leg(bodies[0], bodies[3], bodies[4], unit, "series-1", touching[1], "right")
        x, y = box.x + (float(bodies[0, 0]) - left) * unit, base - (float(bodies[0, 1]) - flat) * unit
        drawn.append(Group(tuple(walker), key="walker", x=round(x, 2), y=round(y, 2)))
        return (Clip(box.x, box.y, box.width, box.height, tuple(drawn), radius=8),)

    def describe(self, moment: Moment) -> str:
        """Return how far it has come, and which feet are on the ground."""
        bodies, ground = self._bodies(moment), self._array(moment, self.ground)
        if bodies is None or ground is None:
            return ""
        said = f"The walker has come {float(bodies[0, 0]) - _start(ground):.1f} m"
        contact = self._array(moment, self.contact)
        if contact is None:
            return said + "."
        feet = [name for name, touches in zip(("left", "right"), contact.ravel(), strict=False) if touches]
        on = f"its {feet[0]} foot is" if len(feet) == 1 else "both feet are" if feet else "no foot is"
        return f"{said}; {on} on the ground."

    def _bodies(self, moment: Moment) -> Numbers | None:
        """Return the five parts, None before the first row."""
        found = self._array(moment, self.series)
        if found is not None and found.size != 15:
            raise MlaError(
                f"Walker: {self.series!r} has the shape {found.shape}; record (5, 3): x, y and angle of hull and four leg parts."
            )
        return None if found is None else found.reshape(5, 3)

    def _array(self, moment: Moment, name: str) -> Numbers | None:
        """Return a recorded array, None where there is none."""
        if not name:
            return None
        recorded: Any = value(moment, source(moment, name, self.run, "Walker", "array"))
        return None if recorded is None else np.asarray(recorded, dtype=np.float64)


def _start(ground: Numbers) -> float:
    """Return the x that a walker begins at: the middle of the flat ground at the start."""
    return float(ground[min(10, len(ground) - 1), 0])


def _ground(ground: Numbers, left: float, flat: float, unit: float, base: float, box: Box) -> Group:
    """Return the ground as a filled shape."""
    first = max(0, int(np.searchsorted(ground[:, 0], left)) - 1)
    last = int(np.searchsorted(ground[:, 0], left + box.width / unit)) + 1
    part = ground[first:last]
    if not len(part):
        return Group((), key="ground")
    xs = box.x + (part[:, 0] - left) * unit
    ys = np.minimum(base - (part[:, 1] - flat) * unit, box.bottom)
    xs[0], xs[-1] = min(xs[0], box.x - 4), max(xs[-1], box.right + 4)
    top = [round(float(number), 2) for pair in zip(xs, ys, strict=True) for number in pair]
    corners = (*top, round(float(xs[-1]), 2), box.bottom + 4, round(float(xs[0]), 2), box.bottom + 4)
    return Group((Polyline(corners, None, 0, "panel", closed=True), Polyline(tuple(top), "muted", 2.5)), key="ground")


def _posts(
    ground: Numbers, left: float, flat: float, unit: float, base: float, box: Box, goal: float | None
) -> list[Command]:
    """Return a post every ten metres from the start, and the flag at the end."""
    start, drawn = _start(ground), list[Command]()
    places = [(start + metres, metres) for metres in range(0, 200, POST)]
    for at, metres in [*places, *([] if goal is None else [(goal, -1)])]:
        x = box.x + (at - left) * unit
        if not box.x - 60 < x < box.right + 60 or (goal is not None and at > goal):
            continue
        y = base - (float(np.interp(at, ground[:, 0], ground[:, 1])) - flat) * unit
        if metres < 0:
            cloth = (0.0, -2.6 * unit, 0.9 * unit, -2.3 * unit, 0.0, -2.0 * unit)
            pole = Polyline((0.0, 0.0, 0.0, round(-2.6 * unit, 2)), "muted", 3.0)
            flag = Polyline(tuple(round(each, 2) for each in cloth), None, 0, "good", closed=True)
            drawn.append(Group((pole, flag), key="flag", x=round(x, 2), y=round(y, 2)))
        else:
            post = Polyline((0.0, 0.0, 0.0, 10.0), "muted", 2.0)
            name = label(0, 28, f"{number(metres, 0)} m", 14, "muted", "middle")
            whole = box.x + name.width / 2 <= x <= box.right - name.width / 2 and y + 32 <= box.bottom
            drawn.append(Group((post, name) if whole else (post,), key=f"post-{metres}", x=round(x, 2), y=round(y, 2)))
    return drawn


def _hull(hull: Numbers, unit: float) -> Group:
    """Return the hull around (0, 0)."""
    corners = tuple(round(unit * each, 2) for x, y in HULL for each in (x, -y))
    shape = Polyline(corners, "ground", 2.0, "series-2", closed=True)
    eye = Circle(round(0.78 * unit, 2), round(0.0 * unit, 2), round(0.09 * unit, 2), "ground")
    return Group((shape, eye), key="hull", rotate=round(-math.degrees(float(hull[2])), 2))


def _leg(
    hull: Numbers, thigh: Numbers, shin: Numbers, unit: float, colour: Colour, touches: bool, name: str
) -> list[Command]:
    """Return thigh and shin, placed from the hull's middle, and the foot's mark where it touches the ground."""
    parts: list[Command] = []
    for part, wide in ((thigh, THIGH), (shin, SHIN)):
        x, y, angle = (float(each) for each in part)
        along = (-math.sin(angle) * (LEG - wide) / 2, math.cos(angle) * (LEG - wide) / 2)
        middle = (x - float(hull[0]), y - float(hull[1]))
        ends = (middle[0] + along[0], middle[1] + along[1], middle[0] - along[0], middle[1] - along[1])
        points = tuple(round(unit * each * (1 if at % 2 == 0 else -1), 2) for at, each in enumerate(ends))
        parts += [
            Polyline(points, "ground", round(wide * unit + 4, 2)),
            Polyline(points, colour, round(wide * unit, 2)),
        ]
        foot = points[2:]
    if touches:
        parts.append(Circle(foot[0], foot[1], round(0.16 * unit, 2), "accent"))
    return [Group(tuple(parts), key=name)]


def _rays(lidar: Numbers, unit: float) -> Group:
    """Return the rays that it feels the ground with, from the hull's middle."""
    rays: list[Command] = []
    for index, share in enumerate(lidar.tolist()):
        angle = RAYS * index / len(lidar)
        length = RAY * min(1.0, max(0.0, share)) * unit
        x, y = round(math.sin(angle) * length, 2), round(math.cos(angle) * length, 2)
        rays.append(Polyline((0.0, 0.0, x, y), "accent", 1.25, opacity=0.45))
        if share < 1:
            rays.append(Circle(x, y, 3.0, "accent", opacity=0.8))
    return Group(tuple(rays), key="rays")
