"""Bars: one bar for each value. RankedBars: bars that slide past each other as one value overtakes another."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from mlanimated.draw.box import Box
from mlanimated.draw.commands import Clip, Colour, Command, Group, Polyline, Rect
from mlanimated.draw.scale import Linear
from mlanimated.draw.text import MINUS, cap_height, fitted, label, width
from mlanimated.errors import MlaError
from mlanimated.views.axes import Axis, empty, fading_ticks, padded, plane
from mlanimated.views.items import Items, item_colours, items
from mlanimated.views.legend import Entry, legend, legend_height
from mlanimated.views.moment import Moment
from mlanimated.views.readout import Readout, bounds_over, readout, written
from mlanimated.views.scene import View
from mlanimated.views.source import Names, sources

__all__ = ["Bars", "RankedBars"]

SLIDE_SECONDS = 0.7
"""How long a bar takes to slide past another, in seconds of a film that runs evenly."""
SAMPLES = 25
FILL = 0.72
"""The part of its row that a bar fills."""


@dataclass(frozen=True)
class RankedBars(View):
    """Bars in order of their values, the largest on top; an overtaking is a slide.

    Places and lengths glide between recorded steps; the numbers written are recorded ones. A bar keeps its colour
    wherever it stands. What falls out of the first `top` leaves at the foot.

        RankedBars("population", countries, format="{:,.0f} M", clock="{:.0f}", groups=continents)

    Attributes:
        series: An array series with one value for each item, or several scalar series.
        names: The items' names, in the order of the array.
        top: How many bars have room.
        format: How a value is written, as for `str.format`; "" chooses decimals by the values.
        clock: How the step is written large at the lower right, as for `str.format` ("{:.0f}" for a year); "" for nothing.
        clock_series: A series to write there in place of the step: scalars, or text.
        groups: The group of each item; those of a group share a colour, and a legend says which.
        colours: Colours by item, or by group where there are groups; empty for the series colours.
        limits: Fixed bounds of the axis; None lets it grow with the longest bar.
    """

    series: Names
    names: Sequence[str] = ()
    top: int = 10
    format: str = ""
    clock: str = ""
    clock_series: str = ""
    groups: Sequence[str] = ()
    colours: Sequence[Colour] = ()
    limits: tuple[float, float] | None = None

    def __post_init__(self) -> None:
        super().__post_init__()
        if self.top < 1:
            raise MlaError(f"RankedBars has room for top={self.top} bars; it must be 1 or more.")
        if self.groups and self.names and len(self.groups) != len(self.names):
            raise MlaError(f"RankedBars has {len(self.names)} names but {len(self.groups)} groups; give one to each.")

    def draw(self, moment: Moment, box: Box) -> Sequence[Command]:
        """Return axis, clock and bars."""
        found = items(moment, self.series, self.names, self.run, "RankedBars")
        recorded = found.recorded(moment) if found else None
        now = found.glided(moment) if found else None
        if found is None or recorded is None or now is None or not np.isfinite(recorded).any():
            return empty(box)
        room = min(self.top, found.count)
        entries = tuple(
            Entry(group, colour)
            for group, colour in zip(
                dict.fromkeys(self.groups), item_colours(len(set(self.groups)), self.colours), strict=True
            )
        )
        commands: list[Command] = []
        if entries:
            commands.append(legend(entries, box, "square"))
            box = box.inset(0, legend_height(entries, box.width) + 8, 0, 0)
        writes = readout(found.found, self.format)
        row = max(1.0, (box.height - 26) / room)
        size = 18.0 if row >= 34 else 16.0 if row >= 24 else 14.0
        longest = max(width(name, size) for name in found.names)
        left = min(longest, box.width * 0.32) + 12
        right = _widest(found, writes, size) + 12
        area = Box(box.x + left, box.y + 26, max(1.0, box.width - left - right), box.height - 26)
        across = self._axis(now, area)
        commands.append(_growing(across, area))
        if self.clock or self.clock_series:
            commands.append(self._clock(moment, area.inset(0, 0, -right, 0)))
        places = self._places(found, moment)
        colours = item_colours(found.count, self.colours, self.groups)
        bars: list[Command] = []
        zero = across(0.0)
        # The lowest first: a bar that rises passes in front of the one that it overtakes.
        for index in np.argsort(-places, kind="stable"):
            place = float(places[index])
            if not math.isfinite(now[index]) or not math.isfinite(recorded[index]) or place > room - 0.02:
                continue
            end = across(float(now[index]))
            bars.append(
                Group(
                    _bar(
                        found.names[index],
                        writes(float(recorded[index])),
                        colours[index],
                        zero,
                        end,
                        row,
                        size,
                        area.x,
                        left,
                    ),
                    key=f"bar-{index}",
                    y=round(area.y + place * row, 2),
                    opacity=round(min(1.0, room - place), 2),
                    tip=f"{found.names[index]}: {writes(float(recorded[index]))}",
                )
            )
        commands.append(Group((Clip(box.x, box.y, box.width, box.height, tuple(bars)),), key="bars"))
        return commands

    def _axis(self, now: NDArray[np.float64], area: Box) -> Linear:
        """Return the axis at this moment: from zero to the longest bar."""
        if self.limits:
            return Linear(*self.limits, area.x, area.right)
        finite = now[np.isfinite(now)]
        low, high = min(0.0, float(finite.min(initial=0.0))), max(0.0, float(finite.max(initial=0.0)))
        return Linear(low, high if high > low else low + 1.0, area.x, area.right)

    def _clock(self, moment: Moment, area: Box) -> Group:
        """Return the large figure at the lower right: the last recorded step or value."""
        if self.clock_series:
            (source,) = sources(moment, self.clock_series, self.run, "RankedBars", ("scalar", "text"))
            value = source.trace.value(source.name, moment.step(source.run)) if source.info else None
        else:
            (source, *_) = sources(moment, self.series, self.run, "RankedBars")
            value = source.trace.around(source.name, moment.step(source.run)).before_step
        text = value if isinstance(value, str) else "" if value is None else written(float(value), self.clock or "{:g}")
        size = min(112.0, area.width * 0.2, area.height * 0.26)
        return Group((label(area.right, area.bottom - 8, text, round(size), "faint", "end", bold=True),), key="clock")

    def _places(self, found: Items, moment: Moment) -> NDArray[np.float64]:
        """Return where each bar stands, 0 the top: its rank, averaged over a short time around the moment.

        An average of ranks is continuous, whether values are recorded once a second or a thousand times. The time gets
        shorter towards the first and the last step, so that both show true ranks.
        """
        lead = found.found[0]
        step = moment.step(lead.run)
        info = lead.info
        if info is None:
            return np.zeros(found.count)
        first, last = float(info.first_step), float(info.last_step)
        even = (last - first) / max(1e-9, moment.seconds)
        half = max(0.0, min(SLIDE_SECONDS * even / 2, step - first, last - step))
        if half <= 0.0:
            return _ranks(found.at(step), found.count)
        offsets = (np.arange(SAMPLES) + 0.5) / SAMPLES * 2 - 1
        weights = np.cos(offsets * math.pi / 2) ** 2
        ranks = np.stack([_ranks(found.at(step + half * float(offset)), found.count) for offset in offsets])
        return np.round(weights @ ranks / weights.sum(), 3)

    def describe(self, moment: Moment) -> str:
        """Name the leader and what follows."""
        found = items(moment, self.series, self.names, self.run, "RankedBars")
        recorded = found.recorded(moment) if found else None
        if found is None or recorded is None or not np.isfinite(recorded).any():
            return ""
        writes = readout(found.found, self.format)
        order = [int(index) for index in np.argsort(_ranks(recorded, found.count)) if math.isfinite(recorded[index])]
        told = [f"{found.names[index]} ({writes(float(recorded[index]))})" for index in order[:3]]
        return f"{told[0]} leads{', before ' + ' and '.join(told[1:]) if len(told) > 1 else ''}."


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
    """

    series: Names
    names: Sequence[str] = ()
    format: str = ""
    highlight: str = "largest"
    vertical: bool = False
    limits: tuple[float, float] | None = None
    colour: Colour = "muted"
    numbers: bool = True

    def draw(self, moment: Moment, box: Box) -> Sequence[Command]:
        """Return the bars."""
        found = items(moment, self.series, self.names, self.run, "Bars")
        recorded = found.recorded(moment) if found else None
        now = found.glided(moment) if found else None
        if found is None or recorded is None or now is None or not np.isfinite(recorded).any():
            return empty(box)
        low, high = self.limits or _bounds(found)
        writes = readout(found.found, self.format)
        lit = self._lit(found, recorded)
        if self.vertical:
            return self._standing(box, found, recorded, now, (low, high), writes, lit)
        row = box.height / found.count
        size = 18.0 if row >= 34 else 16.0 if row >= 22 else 14.0
        left = min(max(width(name, size, bold=True) for name in found.names), box.width * 0.4) + 12
        room = _widest(found, writes, size) + 12 if self.numbers else 0.0
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
                parts.append(_rect(zero, end, -thick / 2, thick, "accent" if index == lit else self.colour))
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
        """Return the index of the bar that is lit, -1 for none."""
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
        writes: Readout,
        lit: int,
    ) -> tuple[Command, ...]:
        """Return bars that stand side by side."""
        low, high = limits
        foot = 30.0
        head = 24.0 if self.numbers else 0.0
        frame = plane(box.inset(0, head, 0, foot - 2), Axis(0, 1, grid=False, numbers=False), Axis(low, high))
        area, up = frame.box, frame.y
        column = area.width / found.count
        size = 16.0 if column >= 56 else 14.0
        thick = min(column * FILL, 72.0)
        zero = up(min(high, max(low, 0.0)))
        shown = self.numbers and _widest(found, writes, size) <= column - 2
        commands: list[Command] = [frame.group]
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
                    parts.append(label(0, min(zero, end) - 8, writes(float(recorded[index])), size, ink, "middle"))
            text = fitted(name, column - 4, size)
            parts.append(label(0, area.bottom + 10 + cap_height(size), text, size, ink, "middle"))
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
        return (
            f"{found.names[index]}{which or ' stands'} at {readout(found.found, self.format)(float(recorded[index]))}."
        )


def _ranks(row: NDArray[np.float64] | None, count: int) -> NDArray[np.float64]:
    """Return the rank of each value, 0 the largest; equal ones in the order of the array, what is missing last."""
    if row is None:
        return np.arange(count, dtype=np.float64)
    ranks = np.empty(count)
    ranks[np.argsort(np.where(np.isfinite(row), -row, np.inf), kind="stable")] = np.arange(count)
    return ranks


def _widest(found: Items, writes: Readout, size: float) -> float:
    """Return the room that the numbers need in any frame of the film."""
    sample = found.sampled()
    bounds = [float(sample[np.isfinite(sample)].max(initial=0.0)), float(sample[np.isfinite(sample)].min(initial=0.0))]
    return max(writes.width(size), *(width(writes(value), size) for value in bounds))


def _bounds(found: Items) -> tuple[float, float]:
    """Return the bounds of an axis for the whole film, zero among them."""
    low, high = bounds_over(found.found)
    if not math.isfinite(low):
        return 0.0, 1.0
    if low >= 0.0 and 0.5 < high <= 1.0:
        return 0.0, 1.0
    return padded(min(0.0, low), max(0.0, high))


def _rect(start: float, stop: float, y: float, height: float, fill: Colour) -> Rect:
    """Return a bar between two places, whichever is the left one."""
    return Rect(min(start, stop), round(y, 2), round(abs(stop - start), 2), round(height, 2), fill, radius=3)


def _bar(
    name: str, value: str, colour: Colour, zero: float, end: float, row: float, size: float, axis: float, room: float
) -> tuple[Command, ...]:
    """Return name, bar and value of one row; y = 0 is the row's top."""
    base = round(row / 2 + cap_height(size) / 2, 2)
    thick = row * FILL
    return (
        label(axis - 12, base, fitted(name, room - 12, size), size, "ink", "end"),
        _rect(zero, end, (row - thick) / 2, thick, colour),
        label(max(zero, end) + 8, base, value, size, "ink"),
    )


def _growing(across: Linear, area: Box) -> Group:
    """Return the axis on top of ranked bars; its ticks move and fade as it grows."""
    commands: list[Command] = []
    for tick, opacity in fading_ticks(across):
        place = across(tick.value)
        commands.append(Polyline((place, area.y - 4, place, area.bottom), "faint", 1.0, opacity=opacity))
        commands.append(
            label(place, area.y - 12, tick.label.replace("-", MINUS), 14, "muted", "middle", opacity=opacity)
        )
    return Group(tuple(commands), key="axis")
