"""Bars: one bar for each value, in an order that stays."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from mlanimated.draw.box import Box
from mlanimated.draw.commands import Colour, Command, Group, Polyline, Rect
from mlanimated.draw.scale import Linear
from mlanimated.draw.text import cap_height, fitted, label, width
from mlanimated.errors import MlaError
from mlanimated.views.axes import Axis, empty, padded, plane
from mlanimated.views.items import Items, bar, items, widest
from mlanimated.views.moment import Moment
from mlanimated.views.scene import View
from mlanimated.views.source import Names
from mlanimated.views.value_format import ValueFormat, bounds_over, value_format

__all__ = ["Bars"]

SLIDE_SECONDS = 0.7
"""How long a bar takes to slide past another, in seconds of a film that runs evenly."""
SAMPLES = 25
FILL = 0.72
"""The part of its row that a bar fills."""


@dataclass(frozen=True)
class Bars(View):
    """One bar for each value, in a fixed order: the probabilities of ten classes, the values of four actions.

        Bars("probabilities", ("airplane", "truck", …), limits=(0, 1))

    Attributes:
        series: An array series with one value for each item, or several scalar series.
        names: The items' names; empty for the names of scalar series, or 0, 1, 2, ….
        format: How a value is written, as for `str.format`; "" chooses decimals by the values.
        highlight: "largest" or "smallest" lights up that bar, a name the one of that item, "" none.
        vertical: Bars that stand on the ground, names below them.
        limits: Bounds of the axis; None takes those of the whole film, and 0..1 for what looks like probabilities.
        colour: Colour of the bars that are not lit.
        numbers: Write each value at the end of its bar.
        glide: Let bars move from one recorded value to the next; False lets them jump, as what is chosen anew each time does.
    """

    series: Names
    names: Sequence[str] = ()
    format: str = ""
    highlight: str = "largest"
    vertical: bool = False
    limits: tuple[float, float] | None = None
    colour: Colour = "muted"
    numbers: bool = True
    glide: bool = True

    def draw(self, moment: Moment, box: Box) -> Sequence[Command]:
        """Return the bars."""
        found = items(moment, self.series, self.names, self.run, "Bars")
        recorded = found.recorded(moment) if found else None
        now = (found.glided(moment) if self.glide else recorded) if found else None
        if found is None or recorded is None or now is None or not np.isfinite(recorded).any():
            return empty(box)
        low, high = self.limits or _bounds(found)
        writes = value_format(found.found, self.format)
        lit = self._lit(found, recorded)
        if self.vertical:
            return self._standing(box, found, recorded, now, (low, high), writes, lit)
        row = box.height / found.count
        size = 18.0 if row >= 34 else 16.0 if row >= 22 else 14.0
        left = math.ceil(min(max(width(name, size, bold=True) for name in found.names), box.width * 0.4)) + 12.0
        room = widest(found, writes, size) + 12 if self.numbers else 0.0
        left += room if low < 0 else 0.0
        area = Box(box.x + left, box.y, max(1.0, box.width - left - room), box.height)
        across = Linear(low, high, area.x, area.right)
        zero = across(min(high, max(low, 0.0)))
        thick = min(row * FILL, 44.0)
        commands: list[Command] = [Group(self._tracks(area, row, thick, found.count), key="tracks")]
        for index, name in enumerate(found.names):
            parts: list[Command] = []
            text = label(
                box.x + left - (room if low < 0 else 0.0) - 12,
                cap_height(size) / 2,
                fitted(name, left - 12, size, bold=True),
                size,
                "ink" if index == lit else "muted",
                "end",
                bold=index == lit,
            )
            parts.append(text)
            if math.isfinite(now[index]):
                end = across(min(high, max(low, float(now[index]))))
                parts.append(bar(zero, end, -thick / 2, thick, "accent" if index == lit else self.colour))
            if self.numbers:
                at = max(zero, across(min(high, max(low, float(now[index]))))) if math.isfinite(now[index]) else zero
                back = math.isfinite(now[index]) and now[index] < 0
                at = across(max(low, float(now[index]))) - 8 if back else at + 8
                value = writes(float(recorded[index]))
                ink: Colour = "ink" if index == lit else "muted"
                parts.append(label(at, cap_height(size) / 2, value, size, ink, "end" if back else "start"))
            tip = f"{name}: {writes(float(recorded[index]))}"
            commands.append(Group(tuple(parts), key=f"bar-{index}", y=round(box.y + row * (index + 0.5), 2), tip=tip))
        commands.append(Group((Polyline((zero, area.y, zero, area.bottom), "muted", 1.0),), key="zero"))
        return commands

    def _lit(self, found: Items, recorded: NDArray[np.float64]) -> int:
        """Return the index of the bar that is lit, -1 for none: where all are the same, none stands out."""
        finite = recorded[np.isfinite(recorded)]
        if self.highlight in {"largest", "smallest"} and finite.max() == finite.min() and found.count > 1:
            return -1
        if self.highlight == "largest":
            return int(np.nanargmax(np.where(np.isfinite(recorded), recorded, -np.inf)))
        if self.highlight == "smallest":
            return int(np.nanargmin(np.where(np.isfinite(recorded), recorded, np.inf)))
        if not self.highlight:
            return -1
        if self.highlight not in found.names:
            known = ", ".join(found.names[:12])
            raise MlaError(f"Bars: there is no bar {self.highlight!r} to highlight. Known: largest, smallest, {known}.")
        return found.names.index(self.highlight)

    @staticmethod
    def _tracks(area: Box, row: float, thick: float, count: int) -> tuple[Command, ...]:
        """Return the quiet rails that the bars run on: they show how far a bar could go."""
        return tuple(
            Rect(
                area.x,
                round(area.y + row * (index + 0.5) - thick / 2, 2),
                area.width,
                round(thick, 2),
                "panel",
                radius=3,
            )
            for index in range(count)
        )

    def _standing(
        self,
        box: Box,
        found: Items,
        recorded: NDArray[np.float64],
        now: NDArray[np.float64],
        limits: tuple[float, float],
        writes: ValueFormat,
        lit: int,
    ) -> tuple[Command, ...]:
        """Return bars that stand side by side."""
        low, high = limits
        # Numbers of what is below zero stand between the bars and the names.
        below = 22.0 if low < 0 and self.numbers else 0.0
        foot = 30.0 + below
        head = 24.0 if self.numbers else 0.0
        frame = plane(box.inset(0, head, 0, foot - 2), Axis(0, 1, grid=False, numbers=False), Axis(low, high))
        area, up = frame.box, frame.y
        column = area.width / found.count
        size = 16.0 if column >= 56 else 14.0
        thick = min(column * FILL, 72.0)
        zero = up(min(high, max(low, 0.0)))
        shown = self.numbers and widest(found, writes, size) <= column - 2
        commands: list[Command] = [frame.group]
        if low < 0:
            commands.append(Group((Polyline((area.x, zero, area.right, zero), "muted", 1.0),), key="zero"))
        for index, name in enumerate(found.names):
            middle = round(area.x + column * (index + 0.5), 2)
            parts: list[Command] = []
            ink: Colour = "ink" if index == lit else "muted"
            if math.isfinite(now[index]):
                end = up(min(high, max(low, float(now[index]))))
                fill = "accent" if index == lit else self.colour
                parts.append(
                    Rect(
                        round(-thick / 2, 2), min(zero, end), round(thick, 2), round(abs(end - zero), 2), fill, radius=3
                    )
                )
                if shown:
                    base = end + 8 + cap_height(size) if end > zero else end - 8
                    parts.append(label(0, base, writes(float(recorded[index])), size, ink, "middle"))
            text = fitted(name, column - 4, size)
            parts.append(label(0, area.bottom + below + 10 + cap_height(size), text, size, ink, "middle"))
            tip = f"{name}: {writes(float(recorded[index]))}"
            commands.append(Group(tuple(parts), key=f"bar-{index}", x=middle, tip=tip))
        return tuple(commands)

    def describe(self, moment: Moment) -> str:
        """Name the largest value."""
        found = items(moment, self.series, self.names, self.run, "Bars")
        recorded = found.recorded(moment) if found else None
        if found is None or recorded is None or not np.isfinite(recorded).any():
            return ""
        index = self._lit(found, recorded)
        if index < 0:
            index = int(np.nanargmax(np.where(np.isfinite(recorded), recorded, -np.inf)))
        which = {"largest": " is the largest", "smallest": " is the smallest"}.get(self.highlight, "")
        return f"{found.names[index]}{which or ' stands'} at {value_format(found.found, self.format)(float(recorded[index]))}."


def _bounds(found: Items) -> tuple[float, float]:
    """Return the bounds of an axis for the whole film, zero among them."""
    low, high = bounds_over(found.found)
    if not math.isfinite(low):
        return 0.0, 1.0
    if low >= 0.0 and 0.5 < high <= 1.0:
        return 0.0, 1.0
    return padded(min(0.0, low), max(0.0, high))
