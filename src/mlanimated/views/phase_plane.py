"""PhasePlane: places and velocities as a plane, coloured by what they are believed to be worth, with those who move on it.

PhasePlane("position", "velocity", values="values", x_limits=(-1.2, 0.6), y_limits=(-0.07, 0.07), goal=0.5)
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import KW_ONLY, dataclass

import numpy as np
from numpy.typing import NDArray

from mlanimated.draw.box import Box
from mlanimated.draw.commands import Circle, Command, Group, Image, Pixels, Polyline
from mlanimated.draw.text import cap_height, label
from mlanimated.errors import MlaError
from mlanimated.views.axes import Axis, Plane, empty, plane
from mlanimated.views.glide import glided
from mlanimated.views.moment import Moment
from mlanimated.views.numbers import bounds_of, recent, source, value
from mlanimated.views.scene import View

__all__ = ["PhasePlane"]

Numbers = NDArray[np.float64]

BAR_HEIGHT = 10.0
TRAIL = 4096


@dataclass(frozen=True)
class PhasePlane(View):
    """Where things are and how fast they move.

    Several things are dots at the last recorded places, for between two rows of a coarse recording nobody knows their way. One thing
    (two scalar series) is a dot with the path that it came.

    Attributes:
        x: Name of the series of places: an array (things,), or a scalar series of one thing.
        y: Name of the series of velocities, of the same shape.
        values: Name of an array series (rows, columns) that colours the plane, its first row at the top; "" for none.
        x_limits: Lowest and highest place shown.
        y_limits: Lowest and highest velocity shown.
        goal: Place of a line that is to be reached; None for none.
        map: Colour map of the values.
        names: Names of the two axes.
        meaning: What the colours mean, under the bar: the lowest value, then the highest.

    Raises:
        MlaError: Limits are not in order, or series do not belong together.
    """

    x: str = "position"
    y: str = "velocity"
    _: KW_ONLY
    values: str = ""
    x_limits: tuple[float, float]
    y_limits: tuple[float, float]
    goal: float | None = None
    map: str = "sequential"
    names: tuple[str, str] = ("position", "velocity")
    meaning: tuple[str, str] = ("", "")

    def __post_init__(self) -> None:
        super().__post_init__()
        for name, bounds in (("x_limits", self.x_limits), ("y_limits", self.y_limits)):
            if not (all(map(math.isfinite, bounds)) and bounds[0] < bounds[1]):
                raise MlaError(f"PhasePlane: {name}={bounds} are not in order; write (low, high).")

    def draw(self, moment: Moment, box: Box) -> Sequence[Command]:
        """Return the plane, its colours, and what moves on it."""
        foot = 34.0 if self.values and any(self.meaning) else 0.0
        # Lines across would be drawn over the colours.
        axes = (
            Axis(*self.x_limits, label=self.names[0], grid=False),
            Axis(*self.y_limits, label=self.names[1], grid=not self.values),
        )
        frame = plane(box.inset(0, 0, 0, foot), *axes)
        drawn: list[Command] = []
        if self.values:
            ground = self._ground(moment, frame)
            if ground is None:
                return empty(box)
            drawn.append(Group((ground,), key="values"))
        drawn.append(frame.group)
        if foot:
            drawn.append(self._legend(frame, Box(frame.box.x, box.bottom - foot, frame.box.width, foot)))
        if self.goal is not None:
            at = round(frame.x(self.goal), 2)
            drawn.append(
                Group((Polyline((at, frame.box.y, at, frame.box.bottom), "good", 2.5, dash=(8, 6)),), key="goal")
            )
        drawn.append(Group(self._things(moment, frame), key="things"))
        return drawn

    def describe(self, moment: Moment) -> str:
        """Return how many things are on the plane, or where the one is."""
        x, y = (value(moment, source(moment, name, self.run, "PhasePlane")) for name in (self.x, self.y))
        if x is None or y is None:
            return ""
        if np.size(x) == 1:
            return f"{self.names[0]} {float(np.ravel(x)[0]):.2f}, {self.names[1]} {float(np.ravel(y)[0]):.3f}."
        return f"{np.size(x)} dots on the plane of {self.names[0]} and {self.names[1]}."

    def _ground(self, moment: Moment, frame: Plane) -> Image | None:
        """Return the values as a picture behind everything."""
        found = source(moment, self.values, self.run, "PhasePlane", "array")
        table = None if found.info is None else glided(found.trace, found.name, moment.step(found.run))
        if table is None:
            return None
        if table.ndim != 2:
            raise MlaError(f"PhasePlane: {self.values!r} has the shape {table.shape}; record (rows, columns).")
        low, high = bounds_of(found)
        shares = np.clip((table - low) / ((high - low) or 1.0), 0.0, 1.0)
        content = np.round(np.nan_to_num(shares) * 255).astype(np.uint8)
        return Image(*frame.box, Pixels(content.shape[1], content.shape[0], content.tobytes(), self.map))

    def _legend(self, frame: Plane, box: Box) -> Group:
        """Return the colours from the lowest to the highest value, with their meaning at both sides."""
        size = frame.size
        base = box.bottom - 4
        low, high = (label(0, base, text, size, "muted") for text in self.meaning)
        left, right = box.x + low.width + 12, box.right - high.width - 12
        ramp = Pixels(256, 1, bytes(range(256)), self.map)
        middle = base - cap_height(size) / 2 - BAR_HEIGHT / 2
        parts: list[Command] = [label(box.x, base, self.meaning[0], size, "muted")]
        parts.append(label(box.right, base, self.meaning[1], size, "muted", "end"))
        if right - left > 40:
            parts.append(Image(round(left, 2), round(middle, 2), round(right - left, 2), BAR_HEIGHT, ramp, smooth=True))
        return Group(tuple(parts), key="legend")

    def _things(self, moment: Moment, frame: Plane) -> tuple[Command, ...]:
        """Return the dots, and the path of a single one."""
        found = [source(moment, name, self.run, "PhasePlane", "array", "scalar") for name in (self.x, self.y)]
        now = [value(moment, part) for part in found]
        if now[0] is None or now[1] is None:
            return ()
        if np.shape(now[0]) != np.shape(now[1]):
            raise MlaError(f"PhasePlane: {self.x!r} and {self.y!r} have different shapes; they belong together.")
        if found[0].kind() == "array":
            places: list[tuple[float, float]] = list(
                zip(*(np.asarray(part, np.float64).ravel().tolist() for part in now), strict=True)
            )
            return tuple(
                Circle(round(frame.x(x), 2), round(frame.y(y), 2), 5, "accent", "ground", 1.5) for x, y in places
            )
        step = moment.step(found[0].run)
        moving = [float(np.ravel(value(moment, part, eased=True))[0]) for part in found]
        path = np.stack([np.append(recent(part, step, TRAIL), end) for part, end in zip(found, moving, strict=True)], 1)
        points = [round(scale(float(at)), 2) for row in path for scale, at in zip((frame.x, frame.y), row, strict=True)]
        head = Circle(points[-2], points[-1], 9, "accent", "ground", 2.0)
        if len(points) < 4:
            return (head,)
        return (Polyline(tuple(points), "ground", 6.0, opacity=0.6), Polyline(tuple(points), "accent", 3.0), head)
