"""Scatter: points in a plane, a cloud at the moment or one point for each row up to it."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from mlanimated.draw.box import Box
from mlanimated.draw.commands import Circle, Clip, Colour, Command, Group
from mlanimated.draw.ease import ease
from mlanimated.errors import MlaError
from mlanimated.views.axes import Axis, empty, padded, plane
from mlanimated.views.cache import once
from mlanimated.views.glide import glided
from mlanimated.views.items import item_colours
from mlanimated.views.legend import Entry, legend, legend_height
from mlanimated.views.moment import Moment
from mlanimated.views.scene import View
from mlanimated.views.source import Source, sources

__all__ = ["Scatter"]

Row = NDArray[np.float64]

MOST = 2000
"""How many points are drawn; of more, this many are chosen evenly."""


class _Cloud(NamedTuple):
    """Points to draw: places, classes (whole numbers from 0, -1 for none), and how far each has come in, 0..1."""

    x: Row
    y: Row
    classes: NDArray[np.int64]
    shown: Row


@dataclass(frozen=True)
class Scatter(View):
    """Points in a plane, over axes that stand still.

    An array series is a cloud: its points glide between recorded steps. Two scalar series are one point for each step at
    which both were recorded, and the newest is lit.

        Scatter("embedding", classes="digit", names=("zero", "one", …))
        Scatter("train/loss", "test/loss")

    Attributes:
        x: An array series (points, 2), or the horizontal places: an array (points,) or a scalar series.
        y: The vertical places, of the same kind; "" where `x` has both.
        classes: A series with a whole number for each point, which chooses its colour; or the numbers themselves.
        names: What each class is called, for the legend.
        colours: Colours by class; empty for the series colours.
        radius: Radius of a point in units.
        x_limits: Bounds of the x axis; None takes those of the whole film.
        limits: Bounds of the y axis; None takes those of the whole film.
        equal: The same scale in both directions.
        x_label: Name of the x axis; None for the name of the series.
        y_label: Name of the y axis; None for the name of the series.
    """

    x: str
    y: str = ""
    classes: str | Sequence[int] = ""
    names: Sequence[str] = ()
    colours: Sequence[Colour] = ()
    radius: float = 5.0
    x_limits: tuple[float, float] | None = None
    limits: tuple[float, float] | None = None
    equal: bool = False
    x_label: str | None = None
    y_label: str | None = None

    def __post_init__(self) -> None:
        super().__post_init__()
        if not self.radius > 0:
            raise MlaError(f"Scatter: radius={self.radius} must be above 0; 5 is the default.")
        for name, bounds in (("x_limits", self.x_limits), ("limits", self.limits)):
            if bounds and not bounds[0] < bounds[1]:
                raise MlaError(f"Scatter: {name}={bounds} are not in order; write (low, high).")

    def draw(self, moment: Moment, box: Box) -> Sequence[Command]:
        """Return axes and points."""
        found = self._found(moment)
        cloud = self._cloud(moment, found)
        bounds = self._bounds(found)
        if bounds is None:
            return empty(box)
        count = max(1 + int(cloud.classes.max(initial=-1)), len(self.names))
        palette = item_colours(count, self.colours)
        entries = tuple(map(Entry, self.names, palette))
        commands: list[Command] = []
        if entries:
            commands.append(legend(entries, box, "dot"))
            box = box.inset(0, legend_height(entries, box.width) + 8, 0, 0)
        two = len(found) > 1
        x_label = (found[0].name if two else "") if self.x_label is None else self.x_label
        y_label = (found[1].name if two else "") if self.y_label is None else self.y_label
        frame = plane(box, Axis(*bounds[0], label=x_label), Axis(*bounds[1], label=y_label))
        # The room that is left depends on the numbers beside the axes, and those on the bounds: it settles at once.
        for _ in range(3 if self.equal else 0):
            across, up = _equalled(bounds, frame.box)
            frame = plane(box, Axis(*across, label=x_label), Axis(*up, label=y_label))
        commands.append(frame.group)
        xs, ys = frame.x(cloud.x), frame.y(cloud.y)
        lone: Colour = self.colours[0] if self.colours else "series-1"
        growing = found[0].kind() == "scalar"
        radius = self.radius if len(xs) < 400 else max(2.0, self.radius * 0.6)
        circles: list[Command] = []
        classes: list[int] = cloud.classes.tolist()
        for x, y, which, shown in zip(xs.tolist(), ys.tolist(), classes, cloud.shown.tolist(), strict=True):
            if math.isfinite(x) and math.isfinite(y):
                fill: Colour = palette[which] if 0 <= which < len(palette) else lone
                circles.append(Circle(x, y, round(radius * shown, 2), fill, "ground", 0.75, 0.85))
        if growing and circles and isinstance(circles[-1], Circle):
            last = circles[-1]
            circles.append(Circle(last.x, last.y, round(last.radius * 1.4, 2), "accent", "ground", 2.0))
        fixed = self.limits or self.x_limits
        commands.append(Group((Clip(*frame.box, tuple(circles)),) if fixed else tuple(circles), key="points"))
        return commands

    def _found(self, moment: Moment) -> tuple[Source, ...]:
        names = (self.x, self.y) if self.y else (self.x,)
        found = sources(moment, names, self.run, "Scatter", ("scalar", "array"))
        infos = [source.info for source in found if source.info is not None]
        if len(found) == 1 and infos and (len(infos[0].shape) != 2 or infos[0].shape[1] < 2):
            shape = "x".join(map(str, infos[0].shape)) or "a scalar"
            raise MlaError(
                f'Scatter: {self.x!r} is {shape}; it must be points x 2, or give two series: Scatter("x", "y").'
            )
        if len(infos) == 2 and (infos[0].shape != infos[1].shape or len(infos[0].shape) > 1):
            raise MlaError(
                f"Scatter: {self.x!r} and {self.y!r} must be two scalars, or two arrays of the same length;"
                f" their shapes are {infos[0].shape} and {infos[1].shape}."
            )
        return found

    def _cloud(self, moment: Moment, found: Sequence[Source]) -> _Cloud:
        """Return the points of the moment."""
        if any(source.info is None for source in found):
            return _Cloud(np.zeros(0), np.zeros(0), np.zeros(0, dtype=np.int64), np.zeros(0))
        if found[0].kind() == "scalar":
            return self._grown(moment, found)
        step = moment.step(found[0].run)
        if any(source.trace.value(source.name, step) is None for source in found):
            return _Cloud(np.zeros(0), np.zeros(0), np.zeros(0, dtype=np.int64), np.zeros(0))
        values = [
            np.asarray(glided(source.trace, source.name, step, moment.share(source.name, source.run)))
            for source in found
        ]
        x, y = (values[0][:, 0], values[0][:, 1]) if len(values) == 1 else (values[0], values[1])
        classes = self._classes(moment, len(x))
        chosen = _chosen(len(x))
        return _Cloud(x[chosen], y[chosen], classes[chosen], np.ones(len(chosen)))

    def _grown(self, moment: Moment, found: Sequence[Source]) -> _Cloud:
        """Return one point for each step at which both series have a row, up to the moment."""
        lead, other = found
        step = moment.step(lead.run)

        def read() -> tuple[NDArray[np.int64], Row, Row, NDArray[np.int64]]:
            across, up = lead.trace.series(lead.name), other.trace.series(other.name)
            steps, left, right = np.intersect1d(across.steps, up.steps, return_indices=True)
            classes = np.full(len(steps), -1, dtype=np.int64)
            if isinstance(self.classes, str) and self.classes:
                (source,) = sources(moment, self.classes, self.run, "Scatter", ("scalar",))
                rows = source.trace.series(source.name)
                place = np.searchsorted(rows.steps, steps, side="right") - 1
                known = np.asarray(rows.values, dtype=np.float64)
                classes = np.where(place >= 0, np.nan_to_num(known[place], nan=-1.0), -1.0).astype(np.int64)
            keep = _chosen(len(steps))
            x = np.asarray(across.values, dtype=np.float64)[left]
            y = np.asarray(up.values, dtype=np.float64)[right]
            return steps[keep], x[keep], y[keep], classes[keep]

        key = ("scatter", other.run, lead.name, other.name, self.classes if isinstance(self.classes, str) else "")
        steps, x, y, classes = once(lead.trace, key, read)
        count = int(np.searchsorted(steps, step, side="right"))
        # A point comes in over the first part of the way to the next one.
        shown = np.ones(count)
        if 1 < count < len(steps):
            gap = float(steps[count] - steps[count - 1])
            shown[-1] = 0.4 + 0.6 * ease(min(1.0, (step - float(steps[count - 1])) / gap * 3)) if gap > 0 else 1.0
        return _Cloud(x[:count], y[:count], classes[:count], shown)

    def _classes(self, moment: Moment, count: int) -> NDArray[np.int64]:
        """Return the class of each point of a cloud, -1 for none."""
        if isinstance(self.classes, str):
            if not self.classes:
                return np.full(count, -1, dtype=np.int64)
            (source,) = sources(moment, self.classes, self.run, "Scatter", ("array",))
            value = source.trace.value(source.name, moment.step(source.run)) if source.info else None
            if value is None:
                return np.full(count, -1, dtype=np.int64)
        else:
            value = self.classes
        numbers = np.nan_to_num(np.asarray(value, dtype=np.float64).ravel(), nan=-1.0).astype(np.int64)
        if len(numbers) != count:
            raise MlaError(f"Scatter: there are {count} points but {len(numbers)} classes; give one to each.")
        return numbers

    def _bounds(self, found: Sequence[Source]) -> tuple[tuple[float, float], tuple[float, float]] | None:
        """Return the bounds of both axes over the whole film; None where nothing is finite."""
        if any(source.info is None or not math.isfinite(source.info.low) for source in found):
            return None
        if len(found) == 2:
            spans = [tuple(map(float, source.trace.bounds(source.name))) for source in found]
        else:
            spans = once(found[0].trace, ("extent", found[0].name), lambda: _extent(found[0]))
        x, y = (padded(low, high, zero=False) for low, high in spans)
        return self.x_limits or x, self.limits or y

    def describe(self, moment: Moment) -> str:
        """Say how many points there are, and where the newest one is."""
        found = self._found(moment)
        cloud = self._cloud(moment, found)
        if not len(cloud.x):
            return ""
        if found[0].kind() == "scalar":
            return f"{len(cloud.x)} points; the newest has {found[0].name} {cloud.x[-1]:.4g} and {found[1].name} {cloud.y[-1]:.4g}."
        told = f" in {len(self.names)} classes" if self.names else ""
        return f"{len(cloud.x)} points{told}."


def _chosen(count: int) -> NDArray[np.int64]:
    """Return the indices of at most `MOST` of so many points, the first and the last among them."""
    return np.unique(np.linspace(0, max(0, count - 1), min(count, MOST)).astype(np.int64))


def _extent(source: Source) -> list[tuple[float, float]]:
    """Return the bounds of both columns of an array series, from at most 240 of its rows."""
    steps = source.trace.steps(source.name)
    chosen = steps[np.unique(np.linspace(0, len(steps) - 1, min(240, len(steps))).astype(np.int64))]
    points = np.concatenate(
        [np.asarray(source.trace.value(source.name, float(step)), dtype=np.float64)[:, :2] for step in chosen]
    )
    spans: list[tuple[float, float]] = []
    for column in points.T:
        finite = column[np.isfinite(column)]
        spans.append((float(finite.min()), float(finite.max())) if finite.size else (0.0, 1.0))
    return spans


def _equalled(
    bounds: tuple[tuple[float, float], tuple[float, float]], box: Box
) -> tuple[tuple[float, float], tuple[float, float]]:
    """Widen the bounds of one axis so that a unit is as long on both."""
    (x_low, x_high), (y_low, y_high) = bounds
    unit = max((x_high - x_low) / box.width, (y_high - y_low) / box.height)
    more_x, more_y = unit * box.width - (x_high - x_low), unit * box.height - (y_high - y_low)
    return (x_low - more_x / 2, x_high + more_x / 2), (y_low - more_y / 2, y_high + more_y / 2)
