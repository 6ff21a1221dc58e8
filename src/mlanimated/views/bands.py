"""Bands: one number of many runs on one clock: for each group its mean, between its lowest and its highest run."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from mlanimated.draw.box import Box
from mlanimated.draw.commands import Circle, Colour, Command, Group, Polyline
from mlanimated.draw.text import cap_height, label, width
from mlanimated.errors import MlaError
from mlanimated.trace import Trace
from mlanimated.views.axes import Axis, Plane, empty, padded, plane, tick_size
from mlanimated.views.cache import once
from mlanimated.views.growth import DOT, strokes
from mlanimated.views.legend import spread
from mlanimated.views.moment import Moment
from mlanimated.views.scene import View
from mlanimated.views.value_format import ValueFormat

__all__ = ["Band", "Bands", "drawn_bounds", "rows_of"]

MOST = 512
"""Rows of a run that are drawn at the most."""
LABEL_X = 14.0

Row = NDArray[np.float64]


@dataclass(frozen=True)
class Band:
    """Runs that differ in their seed alone.

    Attributes:
        label: What they are called; "" for nothing at the end of the line.
        runs: Their names in the film.
        colour: Their colour.
    """

    label: str
    runs: tuple[str, ...]
    colour: Colour


@dataclass(frozen=True)
class Bands(View):
    """A scalar series of groups of runs: the mean of each group as a line, the span of its runs as a band around it.

    What is not finite counts in no mean. A group of one run is a line alone.

        Bands("loss", (Band("0.1", ("a", "b"), "series-1"), Band("0.9", ("c", "d"), "series-2")), log=True)

    Attributes:
        series: The series, which all runs have.
        groups: The groups.
        log: A logarithmic axis, which says so; values of 0 and below leave a gap.
        limits: Bounds of the values; None: those of all runs.
        each: Draw every run faintly too.
    """

    series: str
    groups: tuple[Band, ...]
    log: bool = False
    limits: tuple[float, float] | None = None
    each: bool = True

    def __post_init__(self) -> None:
        super().__post_init__()
        if not self.groups or not all(group.runs for group in self.groups):
            raise MlaError("Bands needs at least one group, and each group a run.")

    def draw(self, moment: Moment, box: Box) -> Sequence[Command]:
        """Return axes, bands, means and the names at their ends."""
        rows = {
            run: rows_of(moment.trace(run), self.series)
            for group in self.groups
            for run in group.runs
            if run in moment.traces
        }
        low, high = drawn_bounds(rows.values(), log=self.log)
        if not math.isfinite(low):
            return empty(box)
        size = tick_size(box)
        names = max((width(group.label, size, bold=True) for group in self.groups), default=0.0)
        writes = ValueFormat(low, high, log=self.log)
        steps = [row[0] for row in rows.values() if len(row[0])]
        first, last = min(float(row[0]) for row in steps), max(float(row[-1]) for row in steps)
        y_low, y_high = self.limits or padded(low, high, log=self.log)
        name = f"{self.series}, logarithmic" if self.log else self.series
        frame = plane(
            box,
            Axis(first, max(last, first + 1), label="step", grid=False, whole=True),
            Axis(y_low, y_high, self.log, name),
            LABEL_X + names + 8 + writes.width(size),
        )
        commands: list[Command] = [frame.group]
        ends: list[tuple[Band, float, float, float]] = []
        bodies: list[Command] = []
        lines: list[Command] = []
        for index, group in enumerate(self.groups):
            found = [rows[run] for run in group.runs if run in rows]
            step = max((moment.step(run) for run in group.runs if run in rows), default=first)
            grid, table = _table(found, step)
            if not len(grid):
                continue
            xs = np.asarray([frame.x(float(value)) for value in grid])
            middle, under, over = _spans(table)
            if len(found) > 1:
                bodies.append(Group(_body(frame, xs, under, over, group.colour, log=self.log), key=f"band-{index}"))
                if self.each:
                    faint = [strokes(xs, _up(frame, row, log=self.log), group.colour, 1.0, 0.35) for row in table]
                    bodies.append(Group(tuple(line for part in faint for line in part), key=f"runs-{index}"))
            ys = _up(frame, middle, log=self.log)
            lines.append(Group(strokes(xs, ys, group.colour, 2.5), key=f"mean-{index}"))
            if math.isfinite(ys[-1]):
                lines.append(Circle(round(float(xs[-1]), 2), round(float(ys[-1]), 2), DOT, fill=group.colour))
                ends.append((group, float(xs[-1]), float(ys[-1]), _told(found, step)))
        commands += [Group(tuple(bodies), key="bands"), Group(tuple(lines), key="means")]
        commands.append(_names(ends, frame, size, writes))
        return commands

    def describe(self, moment: Moment) -> str:
        """Return each group with its mean."""
        parts: list[str] = []
        for group in self.groups:
            found = [rows_of(moment.trace(run), self.series) for run in group.runs if run in moment.traces]
            value = _told(found, max((moment.step(run) for run in group.runs if run in moment.traces), default=0.0))
            if math.isfinite(value) and group.label:
                parts.append(f"{group.label}: {value:.4g}")
        return f"Mean {self.series} over the runs of each group: {', '.join(parts)}." if parts else ""


def rows_of(trace: Trace, series: str) -> tuple[Row, Row]:
    """Return steps and values of a scalar series, float64 (n,), at most `MOST` of them; empty where the run has none yet."""

    def read() -> tuple[Row, Row]:
        if series not in trace.names:
            return np.zeros(0), np.zeros(0)
        info = trace.info(series)
        if info.rows <= MOST:
            whole = trace.series(series)
            return whole.steps.astype(np.float64), np.asarray(whole.values, dtype=np.float64)
        parts = trace.summary(series, info.first_step, info.last_step, MOST)
        steps = np.asarray(parts.stops, dtype=np.float64)
        return steps, np.asarray(parts.last, dtype=np.float64)

    return once(trace, ("bands", series), read)


def drawn_bounds(rows: Sequence[tuple[Row, Row]] | object, *, log: bool) -> tuple[float, float]:
    """Return the lowest and highest finite value of all runs, above 0 on a logarithmic axis; NaN where there is none."""
    values = np.concatenate([np.zeros(0), *(row[1] for row in rows)])  # type: ignore[union-attr]
    values = values[np.isfinite(values) & ((values > 0) | (not log))]
    return (float(values.min()), float(values.max())) if len(values) else (math.nan, math.nan)


def _table(found: Sequence[tuple[Row, Row]], step: float) -> tuple[Row, NDArray[np.float64]]:
    """Return the steps up to one, and the value of each run at each of them, (runs, steps); NaN where it has none."""
    known = [row for row in found if len(row[0])]
    if not known:
        return np.zeros(0), np.zeros((0, 0))
    grid = np.unique(np.concatenate([row[0] for row in known]))
    grid = grid[grid <= step]
    if len(grid) and grid[-1] < step <= max(float(row[0][-1]) for row in known):
        grid = np.append(grid, step)  # the moving end
    table = np.full((len(known), len(grid)), np.nan)
    for index, (steps, values) in enumerate(known):
        inside = grid >= steps[0]
        table[index, inside] = np.interp(grid[inside], steps, values)
    return grid, table


def _spans(table: NDArray[np.float64]) -> tuple[Row, Row, Row]:
    """Return mean, lowest and highest of the finite values of each column; NaN where there is none."""
    finite = np.isfinite(table)
    count = finite.sum(axis=0)
    middle = np.divide(
        np.where(finite, table, 0.0).sum(axis=0), count, out=np.full(len(count), np.nan), where=count > 0
    )
    under = np.where(count > 0, np.where(finite, table, np.inf).min(axis=0, initial=np.inf), np.nan)
    over = np.where(count > 0, np.where(finite, table, -np.inf).max(axis=0, initial=-np.inf), np.nan)
    return middle, under, over


def _up(frame: Plane, values: Row, *, log: bool) -> Row:
    """Return values as coordinates; what an axis does not have is NaN, what lies outside stands at its edge."""
    each: list[float] = values.tolist()
    placed = [frame.y(value) if math.isfinite(value) and (value > 0 or not log) else math.nan for value in each]
    return np.clip(np.asarray(placed, dtype=np.float64), frame.box.y - 2, frame.box.bottom + 2)


def _body(frame: Plane, xs: Row, under: Row, over: Row, colour: Colour, *, log: bool) -> tuple[Command, ...]:
    """Return the band as filled shapes, parted where there is nothing."""
    bottom, top = _up(frame, under, log=log), _up(frame, over, log=log)
    good = np.isfinite(bottom) & np.isfinite(top)
    parts = np.split(np.arange(len(xs)), np.flatnonzero(np.diff(good)) + 1)
    shapes: list[Command] = []
    for part in parts:
        if len(part) < 2 or not good[part[0]]:
            continue
        there = np.column_stack((xs[part], top[part]))
        back = np.column_stack((xs[part], bottom[part]))[::-1]
        points = tuple(np.round(np.concatenate((there, back)), 2).ravel().tolist())
        shapes.append(Polyline(points, fill=colour, closed=True, opacity=0.2))
    return tuple(shapes)


def _told(found: Sequence[tuple[Row, Row]], step: float) -> float:
    """Return the mean of the last recorded values at a step: what a number says, with nothing in between."""
    values: list[float] = []
    for steps, recorded in found:
        place = int(np.searchsorted(steps, step, side="right")) - 1
        if place >= 0 and math.isfinite(recorded[place]):
            values.append(float(recorded[place]))
    return sum(values) / len(values) if values else math.nan


def _names(ends: Sequence[tuple[Band, float, float, float]], frame: Plane, size: float, writes: ValueFormat) -> Group:
    """Return name and value of each group right of its end, moved apart."""
    here = [end for end in ends if end[0].label]
    half = cap_height(size) / 2
    low, high = frame.box.y + half, frame.box.bottom - half - 5  # clear of the axis
    places = spread([end[2] for end in here], size * 1.25, low, high)
    texts: list[Command] = []
    for (group, x, y, value), place in zip(here, places, strict=True):
        left = x + LABEL_X
        if abs(place - y) > 0.6 * size:
            texts.append(
                Polyline((x + DOT + 1, round(y, 2), left - 3, round(place, 2)), group.colour, 1.0, opacity=0.7)
            )
        line = place + half
        texts.append(label(left, line, group.label, size, group.colour, bold=True))
        if math.isfinite(value):
            texts.append(label(left + width(group.label, size, bold=True) + 8, line, writes(value), size, "ink"))
    return Group(tuple(texts), key="names")
