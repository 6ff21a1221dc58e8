"""Field: a number for each place of a plane, as colours: what a model says there, how likely a place is, how high a loss.

    Field("field", window=(-2, 3, -2, 2), level=0.5, dots=(Dots("inputs", classes="labels"),))
    Field("density", window=(-4, 4, -4, 4), map="sequential", dots=(Dots("samples"),))
    Field("loss/around", window=(-1, 1, -1, 1), map="sequential", lines=9, path="place")

Colours, the boundary and the points glide between recorded steps; the limits hold for the whole film.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import KW_ONLY, dataclass

import numpy as np
from numpy.typing import NDArray

from mlanimated.draw.box import Box
from mlanimated.draw.commands import Circle, Clip, Colour, Command, Group, Image, Pixels, Polyline, Rect
from mlanimated.draw.palette import MAPS
from mlanimated.draw.scale import Linear
from mlanimated.draw.text import number
from mlanimated.errors import MlaError, did_you_mean
from mlanimated.views.axes import Axis, empty, plane
from mlanimated.views.cache import once
from mlanimated.views.contours import contours
from mlanimated.views.glide import glided
from mlanimated.views.legend import Entry, Mark, legend, legend_height
from mlanimated.views.marks import line
from mlanimated.views.moment import Moment
from mlanimated.views.numbers import recent_rows
from mlanimated.views.scene import View
from mlanimated.views.source import Source, sources

__all__ = ["Dots", "Field"]

Numbers = NDArray[np.float64]

CLASS_COLOURS: tuple[Colour, ...] = ("series-2", "series-1")
"""Colours of the two classes: those at the ends of the diverging map."""
MOST = 1500
PATH = 600


@dataclass(frozen=True)
class Dots:
    """Points on a field.

    Attributes:
        series: An array series (n, 2): x and y. They glide where they are recorded more than once.
        classes: A series (n,) with a whole number for each, which chooses the colour; "" for one colour.
        colours: By class.
        hollow: Rings in place of discs: points that are only tested with.
        radius: Radius in units.
        opacity: 0..1.
        names: For the legend: one word for each class, or one for all; empty for none.
    """

    series: str
    _: KW_ONLY
    classes: str = ""
    colours: tuple[Colour, ...] = CLASS_COLOURS
    hollow: bool = False
    radius: float = 5.0
    opacity: float = 1.0
    names: tuple[str, ...] = ()


@dataclass(frozen=True)
class Field(View):
    """A field over a plane with a boundary, points, and the path of something that moves on it.

    Attributes:
        series: An array series (rows, columns): row 0 has the lowest y, column 0 the lowest x, as `numpy.meshgrid` orders
            them. "" for a plane without colours.
        window: Lowest x, highest x, lowest y, highest y.
        level: Draw the line on which the field has this value: the boundary. None for none.
        lines: So many thin lines of equal height, set so that areas between them are equal.
        map: A colour map.
        limits: Values at the ends of the map; None takes those of the whole film, or 0 and 1 where all lie between.
        strength: Part of the map that is used, around its middle for a diverging map: what stands on it is to be seen.
        dots: Points, the first ones lowest.
        path: An array series (2,) whose places so far are joined to a line, the newest lit; "" for none.
        equal: A unit is as long across as upwards.
        axes: Draw numbers and names at the edge.
        names: Names of x and y, with axes.
        crisp: Show each number as a rectangle of its own, for what has corners.
        line_name: What the legend calls the boundary; "" leaves it out.

    Raises:
        MlaError: The window is empty, there is no such map, or a series has another shape.
    """

    series: str
    _: KW_ONLY
    window: tuple[float, float, float, float]
    level: float | None = None
    lines: int = 0
    map: str = "diverging"
    limits: tuple[float, float] | None = None
    strength: float = 0.44
    dots: tuple[Dots, ...] = ()
    path: str = ""
    equal: bool = True
    axes: bool = False
    names: tuple[str, str] = ("x", "y")
    crisp: bool = False
    line_name: str = ""

    def __post_init__(self) -> None:
        super().__post_init__()
        left, right, bottom, top = self.window
        if not (all(map(math.isfinite, self.window)) and left < right and bottom < top):
            raise MlaError(f"Field's window is {self.window}; it must be (lowest x, highest x, lowest y, highest y).")
        if self.map not in MAPS:
            raise MlaError(f"Field: there is no colour map {self.map!r}.{did_you_mean(self.map, MAPS)}")
        if self.limits and not self.limits[0] < self.limits[1]:
            raise MlaError(f"Field: limits={self.limits} are not in order; write (low, high).")

    def draw(self, moment: Moment, box: Box) -> Sequence[Command]:
        """Return colours, lines, points, path and legend."""
        entries = self._entries()
        drawn: list[Command] = []
        if entries:
            drawn.append(_legend(entries, box))
            box = box.inset(0, legend_height(tuple(entry for entry, _ in entries), box.width) + 8, 0, 0)
        left, right, bottom, top = self.window
        inner = self._inner(box)
        if self.axes:
            across, up = (
                Axis(low, high, label=name, grid=False)
                for low, high, name in ((left, right, self.names[0]), (bottom, top, self.names[1]))
            )
            frame = plane(box, across, up)
            for _ in range(2 if self.equal else 0):  # the room of the numbers depends on the box: it settles at once
                box = _shaped(box, frame.box, self.window)
                frame = plane(box, across, up)
            inner = frame.box
            drawn.append(frame.group)
        if inner.width < 8 or inner.height < 8:
            return empty(box, "")
        x, y = Linear(left, right, inner.x, inner.right), Linear(bottom, top, inner.bottom, inner.y)
        painted: list[Command] = [Rect(*inner, "panel")]
        if self.series:
            painted += self._colours(moment, inner)
        for index, dots in enumerate(self.dots):
            painted.append(Group(tuple(_dots(dots, moment, self.run, x, y)), key=f"dots-{index}"))
        if self.path:
            painted.append(Group(tuple(self._path(moment, x, y)), key="path"))
        drawn.append(Group((Clip(*inner, tuple(painted), radius=0.0 if self.axes else 8.0),), key="field"))
        return drawn

    def describe(self, moment: Moment) -> str:
        """Say in how much of the window the field is above the boundary, or between which values it lies."""
        if not self.series:
            return ""
        source = self._source(moment)
        value = None if source.info is None else source.trace.value(source.name, moment.step(source.run))
        if value is None:
            return ""
        table = np.asarray(value, np.float64)
        if not np.isfinite(table).any():
            return f"{source.name} has no finite values."
        if self.level is not None:
            return (
                f"In {float(np.nanmean(table > self.level)):.0%} of the picture {source.name} is above {self.level:g}."
            )
        low, high = float(np.nanmin(table)), float(np.nanmax(table))
        return f"{source.name} lies between {number(low, 2)} and {number(high, 2)}."

    def _inner(self, box: Box) -> Box:
        """Return where the plane stands in a box."""
        if not self.equal:
            return box
        left, right, bottom, top = self.window
        unit = min(box.width / (right - left), box.height / (top - bottom))
        wide, high = unit * (right - left), unit * (top - bottom)
        return Box(
            round(box.x + (box.width - wide) / 2, 2),
            round(box.y + (box.height - high) / 2, 2),
            round(wide, 2),
            round(high, 2),
        )

    def _source(self, moment: Moment) -> Source:
        (source,) = sources(moment, self.series, self.run, "Field", ("array",))
        if source.info is not None and (len(source.info.shape) != 2 or min(source.info.shape) < 2):
            shape = "x".join(map(str, source.info.shape))
            raise MlaError(f"Field: {source.name!r} is {shape}; it must have rows and columns, two of each at least.")
        return source

    def _limits(self, source: Source) -> tuple[float, float]:
        """Return the values at the ends of the map."""
        if self.limits:
            return self.limits
        low, high = source.trace.bounds(source.name) or (0.0, 1.0)
        if not (math.isfinite(low) and math.isfinite(high)):
            return 0.0, 1.0
        if low >= 0.0 and high <= 1.0 and self.map == "diverging":
            return 0.0, 1.0
        if self.map == "diverging" and low < 0.0 < high:
            return -max(-low, high), max(-low, high)
        return (low, high) if low < high else (low - 0.5, low + 0.5)

    def _colours(self, moment: Moment, inner: Box) -> list[Command]:
        """Return the field as a picture, and its lines."""
        source = self._source(moment)
        step = moment.step(source.run)
        table = (
            None
            if source.info is None
            else glided(source.trace, source.name, step, moment.share(source.name, source.run))
        )
        if table is None:
            return []
        low, high = self._limits(source)
        middle = 0.5 if self.map == "diverging" else self.strength / 2
        share = middle + ((np.clip((table - low) / (high - low), 0.0, 1.0)) - 0.5) * self.strength
        rows, columns = table.shape
        content = np.rint(255 * np.nan_to_num(np.clip(share, 0.0, 1.0)[::-1])).astype(np.uint8)
        # A number stands at its place and not around it: the picture reaches half a space beyond.
        wide, high_ = inner.width / (columns - 1), inner.height / (rows - 1)
        left, top = round(inner.x - wide / 2, 2), round(inner.y - high_ / 2, 2)
        pixels = Pixels(columns, rows, content.tobytes(), self.map)
        drawn: list[Command] = [
            Group(
                (
                    Image(
                        left,
                        top,
                        round(inner.width + wide, 2),
                        round(inner.height + high_, 2),
                        pixels,
                        smooth=not self.crisp,
                    ),
                ),
                key="colours",
            )
        ]

        def drawn_at(level: float, colour: Colour, width: float, opacity: float) -> list[Command]:
            found: list[Command] = []
            for points in contours(table, level):
                xs = inner.x + points[:, 0] * wide
                ys = inner.bottom - points[:, 1] * high_
                found += line(xs, ys, colour, width, opacity=opacity)
            return found

        if self.lines:
            thin = [part for level in _levels(source, self.lines) for part in drawn_at(level, "ink", 1.0, 0.28)]
            drawn.append(Group(tuple(thin), key="lines"))
        if self.level is not None:
            drawn.append(Group(tuple(drawn_at(self.level, "ink", 2.5, 1.0)), key="boundary"))
        return drawn

    def _path(self, moment: Moment, x: Linear, y: Linear) -> list[Command]:
        """Return where something has been, and where it is now."""
        (source,) = sources(moment, self.path, self.run, "Field", ("array",))
        step = moment.step(source.run)
        if source.info is None or source.trace.value(source.name, step) is None:
            return []
        been = recent_rows(source, step, PATH).reshape(-1, 2)
        now = glided(source.trace, source.name, step, moment.share(source.name, source.run))
        if now is not None:
            been = np.vstack((been, np.asarray(now, np.float64).ravel()[:2]))
        xs, ys = x(been[:, 0]), y(been[:, 1])
        drawn: list[Command] = [*line(xs, ys, "ground", 6.0, opacity=0.6), *line(xs, ys, "accent", 3.0)]
        if math.isfinite(xs[-1]) and math.isfinite(ys[-1]):
            drawn.append(Circle(float(xs[0]), float(ys[0]), 5.0, "accent", "ground", 1.5))
            drawn.append(Circle(float(xs[-1]), float(ys[-1]), 10.0, "accent", "ground", 2.0))
        return drawn

    def _entries(self) -> list[tuple[Entry, Mark]]:
        """Return what the legend says."""
        entries: list[tuple[Entry, Mark]] = []
        for dots in self.dots:
            for index, name in enumerate(dots.names):
                entries.append((Entry(name, dots.colours[index % len(dots.colours)]), "dot"))
        if self.line_name:
            entries.append((Entry(self.line_name, "ink"), "line"))
        return entries


def _shaped(box: Box, inner: Box, window: tuple[float, float, float, float]) -> Box:
    """Return a box in which the plane inside of the axes has the window's shape."""
    left, right, bottom, top = window
    unit = min(inner.width / (right - left), inner.height / (top - bottom))
    less_x, less_y = inner.width - unit * (right - left), inner.height - unit * (top - bottom)
    return Box(box.x + less_x / 2, box.y + less_y / 2, box.width - less_x, box.height - less_y)


def _legend(entries: Sequence[tuple[Entry, Mark]], box: Box) -> Group:
    """Return the legend; where a line is among dots, each mark is as the data looks."""
    drawn: list[Command] = []
    kinds = {mark for _, mark in entries}
    if len(kinds) == 1:
        return legend(tuple(entry for entry, _ in entries), box, kinds.pop())
    whole = legend(tuple(entry for entry, _ in entries), box, "dot")
    swatches = iter(entries)
    for command in whole.children:
        if isinstance(command, Circle) and next(swatches)[1] == "line":
            drawn.append(Polyline((command.x - 7, command.y, command.x + 7, command.y), command.fill, 3.0))
        else:
            drawn.append(command)
    return Group(tuple(drawn), key="legend")


def _dots(dots: Dots, moment: Moment, run: str, x: Linear, y: Linear) -> list[Command]:
    """Return the points of the moment."""
    (source,) = sources(moment, dots.series, run, "Field", ("array",))
    step = moment.step(source.run)
    places = (
        None if source.info is None else glided(source.trace, source.name, step, moment.share(source.name, source.run))
    )
    if places is None:
        return []
    if places.ndim != 2 or places.shape[1] != 2:
        shape = "x".join(map(str, places.shape))
        raise MlaError(f"Field: the points {source.name!r} are {shape}; they must be n x 2.")
    classes = np.zeros(len(places), np.int64)
    if dots.classes:
        (of,) = sources(moment, dots.classes, run, "Field", ("array",))
        known = None if of.info is None else of.trace.value(of.name, moment.step(of.run))
        if known is not None:
            classes = np.asarray(known).ravel().astype(np.int64)
            if len(classes) != len(places):
                raise MlaError(f"Field: there are {len(places)} points but {len(classes)} classes; give one to each.")
    chosen = np.unique(np.linspace(0, len(places) - 1, min(len(places), MOST)).astype(np.int64))
    drawn: list[Command] = []
    at: Numbers = places[chosen]
    across: list[float] = x(at[:, 0]).tolist()
    upwards: list[float] = y(at[:, 1]).tolist()
    of_class: list[int] = classes[chosen].tolist()
    for place_x, place_y, which in zip(across, upwards, of_class, strict=True):
        if not (math.isfinite(place_x) and math.isfinite(place_y)):
            continue
        colour = dots.colours[which % len(dots.colours)]
        if dots.hollow:
            drawn.append(Circle(place_x, place_y, dots.radius, None, colour, 1.5, dots.opacity))
        else:
            drawn.append(Circle(place_x, place_y, dots.radius, colour, "ground", 1.25, dots.opacity))
    return drawn


def _levels(source: Source, count: int) -> list[float]:
    """Return heights of lines for the whole film, so that the last field has equal areas between them."""

    def read() -> list[float]:
        last = np.asarray(source.trace.value(source.name, math.inf), np.float64)
        finite = last[np.isfinite(last)]
        if not finite.size:
            return []
        return np.unique(np.quantile(finite, np.linspace(0, 1, count + 2)[1:-1])).tolist()

    return once(source.trace, ("field levels", source.name, count), read)
