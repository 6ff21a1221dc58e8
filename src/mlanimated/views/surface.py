"""Surface: a function of two numbers as a map with contour lines, and the paths of runs that walk down on it.

Surface(lambda x, y: x**2 / 20 + 1.5 * y**2, "point", window=(-11, 5, -4, 4), runs=("momentum", "adam"))
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import KW_ONLY, dataclass
from functools import lru_cache
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from mlanimated.draw.box import Box
from mlanimated.draw.commands import Circle, Clip, Command, Group, Image, InkOn, Pixels, Polyline, Rect
from mlanimated.draw.ease import span
from mlanimated.draw.palette import series as series_colour
from mlanimated.draw.scale import Linear
from mlanimated.draw.text import cap_height, fitted, label, number, width
from mlanimated.errors import MlaError
from mlanimated.views.axes import Axis, plane
from mlanimated.views.contours import contours
from mlanimated.views.marks import arrow, gathered, holds, shared_disc, sparkle
from mlanimated.views.moment import Moment
from mlanimated.views.numbers import Writing, recent_rows, source, value, writing
from mlanimated.views.scene import View
from mlanimated.views.source import Source

__all__ = ["Surface"]

Numbers = NDArray[np.float64]

GRID = 160
LEVELS = 13
PATH = 600
BALL = 11.0
TOGETHER = 8.0
"""Balls nearer than this are drawn as one, with a sector for each."""
LEGEND_ROW = 28.0


class Walker(NamedTuple):
    """One run at the moment.

    Attributes:
        name: What it is called.
        number: Written on its ball and in the legend; "" for a run that is alone.
        colour: Its colour.
        at: Where it is drawn; it glides between recorded places.
        read: Where it was recorded last.
        height: The height there.
        path: Where it has been recorded so far, oldest first, (n, 2).
    """

    name: str
    number: str
    colour: str
    at: tuple[float, float]
    read: tuple[float, float]
    height: float
    path: Numbers


@dataclass(frozen=True)
class Surface(View):
    """A map of a function of two numbers with the paths of runs.

    Attributes:
        function: Takes two arrays of one shape, x and y, and returns the heights in that shape.
        point: Name of the array series of shape (2,) that holds a run's x and y; or two names of scalar series.
        window: The part that is shown: lowest x, highest x, lowest y, highest y.
        runs: Names of the runs, each with a colour and a path of its own; empty for the view's run alone.
        called: What the runs are called on the map, in their order; empty for their own names.
        minimum: Where the lowest point is, (x, y); it is marked. None marks none.
        names: Names of x and y, at the axes.
        even: Contour lines at equal differences of height; False sets them so that each has the same area between it and the
            next, which shows the floor of a deep valley too.

    Raises:
        MlaError: The window is empty, or the trace has no such series.
    """

    function: Callable[[Any, Any], Any]
    point: str | tuple[str, str]
    _: KW_ONLY
    window: tuple[float, float, float, float]
    runs: tuple[str, ...] = ()
    called: tuple[str, ...] = ()
    minimum: tuple[float, float] | None = None
    names: tuple[str, str] = ("x", "y")
    even: bool = False

    def __post_init__(self) -> None:
        super().__post_init__()
        left, right, bottom, top = self.window
        if not (all(map(math.isfinite, self.window)) and left < right and bottom < top):
            raise MlaError(f"Surface's window is {self.window}; it must be (lowest x, highest x, lowest y, highest y).")
        if self.called and len(self.called) != max(1, len(self.runs)):
            raise MlaError(
                f"Surface has {len(self.called)} names for {max(1, len(self.runs))} runs; give one for each."
            )

    def draw(self, moment: Moment, box: Box) -> Sequence[Command]:
        """Return the map, the minimum, the paths, and the runs with their names."""
        left, right, bottom, top = self.window
        walkers = [self._walker(moment, run, index) for index, run in enumerate(self.runs or (self.run,))]
        axes = Axis(left, right, label=self.names[0], grid=False), Axis(bottom, top, label=self.names[1], grid=False)
        named, head = _legend(walkers, box, _writing(self.function, self.window)) if self.runs else ((), 0.0)
        ground = plane(box.inset(0, head, 0, 0), *axes, right=8.0)
        inner = ground.box
        across, up = Linear(left, right, inner.x, inner.right), Linear(bottom, top, inner.bottom, inner.y)
        drawn: list[Command] = [ground.group, _map(self.function, self.window, inner, self.even)]
        if self.minimum is not None:
            x, y = across(self.minimum[0]), up(self.minimum[1])
            if holds(inner, x, y):
                mark = (Circle(x, y, 13, "ground", opacity=0.75), sparkle(x, y, 11, "ink"))
                drawn.append(Group(mark, key="minimum"))
        for walker in walkers:
            drawn.append(Group((Clip(*inner, tuple(_path(walker, across, up))),), key=f"path-{walker.name}"))
        if named:
            drawn.append(Group(tuple(named), key="legend"))
        places = [(across(walker.at[0]), up(walker.at[1])) for walker in walkers]
        met = gathered(places, TOGETHER) if self.runs else []
        hidden = {index: closely for together, closely in met for index in together}
        for index, (walker, place) in enumerate(zip(walkers, places, strict=True)):
            # A ball that lies under a later one shows no number through it.
            near = [math.dist(place, other) for other in places[index + 1 :] if math.isfinite(math.dist(place, other))]
            seen = span(min(near, default=math.inf), BALL, 2 * BALL) * (1 - hidden.get(index, 0.0))
            drawn.append(Group(tuple(_walker(walker, *place, inner, seen)), key=f"ball-{walker.name}"))
        for together, closely in met:
            if holds(inner, *places[together[0]]):
                gathering = _gathering([walkers[index] for index in together], *places[together[0]], inner, closely)
                drawn.append(Group(gathering, key=f"met-{together[0]}"))
        return drawn

    def describe(self, moment: Moment) -> str:
        """Return where each run stands, and how high."""
        said: list[str] = []
        for index, run in enumerate(self.runs or (self.run,)):
            walker = self._walker(moment, run, index)
            x, y = walker.read
            if math.isfinite(x) and math.isfinite(y):
                who = walker.name or "The run"
                said.append(f"{who} is at ({number(x, 2)}, {number(y, 2)}), height {number(walker.height, 3)}.")
        return " ".join(said)

    def _walker(self, moment: Moment, run: str, index: int) -> Walker:
        """Read one run."""
        names = (self.point,) if isinstance(self.point, str) else self.point
        found = [source(moment, name, run, "Surface", "array", "scalar") for name in names]
        colour = series_colour(index) if self.runs else "accent"
        name = self.called[index] if self.called else moment.run(run)
        read, shown = (_pair([value(moment, each, eased=eased) for each in found]) for eased in (False, True))
        numbered = str(index + 1) if self.runs else ""
        return Walker(name, numbered, colour, shown, read, self._height(*read), _rows(found, moment.step(run)))

    def _height(self, x: float, y: float) -> float:
        """Return the height at a place; not a number where there is none."""
        with np.errstate(all="ignore"):
            found = float(np.asarray(self.function(np.array([x]), np.array([y])), dtype=np.float64).ravel()[0])
        return found if math.isfinite(found) else math.nan


def _pair(values: Sequence[Any]) -> tuple[float, float]:
    """Return a point from one value of two numbers or from two values of one; not numbers where one is missing."""
    if any(each is None for each in values):
        return math.nan, math.nan
    flat = np.concatenate([np.asarray(each, dtype=np.float64).ravel() for each in values])
    if flat.size != 2:
        raise MlaError(f"Surface needs points of two numbers, x and y; the series has {flat.size}.")
    return float(flat[0]), float(flat[1])


def _rows(found: Sequence[Source], step: float) -> Numbers:
    """Return the recorded places up to a step, oldest first, shape (n, 2)."""
    columns = [recent_rows(each, step, PATH) for each in found]
    if len(columns) == 1:
        return columns[0].reshape(-1, 2)
    count = min(map(len, columns))
    return np.column_stack([column.ravel()[len(column) - count :] for column in columns])


@lru_cache(maxsize=32)
def _writing(function: Callable[[Any, Any], Any], window: tuple[float, float, float, float]) -> Writing:
    """Return how heights are written: by those of the window, with two decimals at least, for the floor is what matters."""
    left, right, bottom, top = window
    grid = np.meshgrid(np.linspace(left, right, 41), np.linspace(bottom, top, 41))
    with np.errstate(all="ignore"):
        heights = np.asarray(function(*grid), dtype=np.float64)
    finite = heights[np.isfinite(heights)]
    low, high = (float(finite.min()), float(finite.max())) if finite.size else (0.0, 1.0)
    return writing(low, high, max(2, writing(low, high).decimals))


@lru_cache(maxsize=32)
def _map(function: Callable[[Any, Any], Any], window: tuple[float, float, float, float], box: Box, even: bool) -> Group:
    """Return the map: a soft picture of the heights, and lines through points of equal height."""
    left, right, bottom, top = window
    columns, rows = GRID, max(2, round(GRID * box.height / max(1.0, box.width)))
    xs, ys = np.linspace(left, right, columns), np.linspace(top, bottom, rows)
    with np.errstate(all="ignore"):
        heights = np.asarray(function(*np.meshgrid(xs, ys)), dtype=np.float64)
    if heights.shape != (rows, columns):
        raise MlaError(
            f"Surface's function gave shape {heights.shape} for arrays of shape {(rows, columns)}; it must keep the shape."
        )
    heights = np.where(np.isfinite(heights), heights, np.nan)
    if not np.isfinite(heights).any():
        return Group((Rect(*box, fill="panel"),), key="map")
    levels = _levels(heights, even)
    # The colour follows the contour lines: each band between two lines is one more step along the colour map.
    shares = np.interp(
        np.nan_to_num(heights, nan=float(np.nanmax(heights))), levels, np.linspace(0.0, 1.0, len(levels))
    )
    data = np.round(8 + 150 * (1 - shares)).astype(np.uint8)
    image = Image(*box, Pixels(columns, rows, data.tobytes(), "sequential"), smooth=True, opacity=0.75)
    across, up = Linear(left, right, box.x, box.right), Linear(bottom, top, box.bottom, box.y)
    lines: list[Command] = []
    for index, level in enumerate(levels[1:-1]):
        for points in contours(heights, float(level)):
            px = across(left + points[:, 0] * (right - left) / (columns - 1))
            py = up(top - points[:, 1] * (top - bottom) / (rows - 1))
            flat = tuple(np.column_stack((px, py)).ravel().tolist())
            lines.append(
                Polyline(
                    flat, "ink", 1.0, opacity=0.34 if index % 3 == 0 else 0.18, tip=f"height {number(float(level))}"
                )
            )
    return Group((image, Clip(*box, tuple(lines))), key="map")


def _levels(heights: Numbers, even: bool) -> Numbers:
    """Return heights in ascending order, from the lowest to the highest."""
    finite = heights[np.isfinite(heights)]
    low, high = float(finite.min()), float(finite.max())
    if even or high <= low:
        return np.linspace(low, high if high > low else low + 1.0, LEVELS)
    # Equal areas, drawn half way towards equal roots of height: the floor shows, and round hills stay round.
    shares = np.linspace(0.0, 1.0, LEVELS)
    areas = np.quantile(finite, shares)
    roots = low + (high - low) * shares**2.5
    levels = 0.5 * areas + 0.5 * roots
    levels[0], levels[-1] = low, high
    return np.maximum.accumulate(levels + np.arange(LEVELS) * 1e-12 * (high - low))


def _path(walker: Walker, across: Linear, up: Linear) -> Sequence[Command]:
    """Return where a run has been: a line, and a dot at each step while the steps are far apart."""
    points = walker.path
    if not len(points):
        return ()
    xs, ys = across(np.append(points[:, 0], walker.at[0])), up(np.append(points[:, 1], walker.at[1]))
    good = np.isfinite(xs) & np.isfinite(ys)
    # Far outside a painter's arithmetic gives out; a line's way to there is all that is seen.
    xs, ys = np.clip(xs[good], -1e4, 1e4), np.clip(ys[good], -1e4, 1e4)
    if len(xs) < 2:
        return ()
    flat = tuple(np.round(np.column_stack((xs, ys)), 2).ravel().tolist())
    drawn: list[Command] = [
        Polyline(flat, "ground", 6.0, opacity=0.55),
        Polyline(flat, walker.colour, 3.0),
    ]
    steps = np.hypot(np.diff(xs), np.diff(ys))
    for index in range(len(xs) - 1):
        if index == 0 or (steps[index - 1] > 9 and steps[index] > 9):
            drawn.append(
                Circle(float(xs[index]), float(ys[index]), 3.5 if index else 5.0, walker.colour, "ground", 1.25)
            )
    return drawn


def _walker(walker: Walker, x: float, y: float, inner: Box, seen: float) -> Sequence[Command]:
    """Return a run's ball, or an arrow at the edge that says where it has gone."""
    if not (math.isfinite(x) and math.isfinite(y)):
        return ()
    if holds(inner, x, y):
        tip = f"{walker.name} ({number(walker.read[0], 3)}, {number(walker.read[1], 3)})".strip()
        return _ball(walker, x, y, tip, seen)
    at_x, at_y = min(max(x, inner.x + 24), inner.right - 24), min(max(y, inner.y + 24), inner.bottom - 24)
    way = math.atan2(y - at_y, x - at_x)
    dx, dy = 18 * math.cos(way), 18 * math.sin(way)
    return arrow(at_x - dx, at_y - dy, at_x + dx, at_y + dy, walker.colour, 4.0)


def _places(names: tuple[str, ...], room: float, extra: float) -> tuple[tuple[int, float, float], ...]:
    """Return row, place and room of each name in a legend, in as many rows as it takes."""
    places: list[tuple[int, float, float]] = []
    row, x = 0, 0.0
    for name in names:
        wide = min(width(name, 16), max(0.0, room - 30))
        if x and x + 30 + wide + extra > room:
            row, x = row + 1, 0.0
        places.append((row, x, wide))
        x += 30 + wide + extra + 16
    return tuple(places)


def _told(height: float, write: Writing) -> str:
    """Return a height: near the floor with more decimals, for there is what tells the runs apart."""
    if not math.isfinite(height) or abs(height) >= 0.1 or write.decimals != 2:
        return write.tight(height)
    if abs(height) < 5e-5:
        return "≈ 0"
    return number(height, 3 if abs(height) >= 0.01 else 4)


def _legend(walkers: Sequence[Walker], box: Box, write: Writing) -> tuple[Sequence[Command], float]:
    """Return the runs above the map: ball, name, and the height now where one row holds all; and how high this is."""
    names = tuple(walker.name for walker in walkers)
    extra = max(write.width(16), width("0.0000", 16)) + 10
    places = _places(names, box.width, extra)
    if places[-1][0]:
        extra, places = 0.0, _places(names, box.width, 0.0)
    drawn: list[Command] = []
    for walker, (row, offset, wide) in zip(walkers, places, strict=True):
        x, y = box.x + offset, box.y + 11 + LEGEND_ROW * row
        drawn += _ball(walker, x + BALL, y)
        drawn.append(label(x + 30, y + 6, fitted(walker.name, wide + 1, 16), 16, "ink"))
        if extra:
            drawn.append(label(x + 30 + wide + extra, y + 6, _told(walker.height, write), 16, "muted", "end"))
    return drawn, LEGEND_ROW * (places[-1][0] + 1) + 4


def _gathering(walkers: Sequence[Walker], x: float, y: float, inner: Box, closely: float) -> tuple[Command, ...]:
    """Return one ball for runs that stand at one place, a sector for each, and their numbers in a row above it."""
    step = 13.0
    room = step * len(walkers)
    left = min(max(x - room / 2, inner.x + 4), inner.right - room - 4)
    base = y - BALL - 10 if y - BALL - 28 > inner.y else y + BALL + 10 + cap_height(14)
    plate = Rect(left - 4, base - cap_height(14) - 5, room + 8, cap_height(14) + 10, "ground", radius=4, opacity=0.85)
    numbers = [
        label(left + step * (index + 0.5), base, each.number, 14, each.colour, "middle", bold=True)
        for index, each in enumerate(walkers)
    ]
    disc = shared_disc(x, y, BALL, [each.colour for each in walkers], opacity=closely)
    return (Group((plate, *numbers), opacity=closely), disc)


def _ball(walker: Walker, x: float, y: float, tip: str = "", seen: float = 1.0) -> Sequence[Command]:
    """Return a ball with the number of its run: names would have to dodge each other as the balls meet, numbers need not."""
    ball = Circle(round(x, 2), round(y, 2), BALL, walker.colour, "ground", 2.0, tip=tip)
    if not (walker.number and seen > 0):
        return (ball,)
    ink, base = InkOn(walker.colour), y + cap_height(14) / 2
    return (ball, label(x, base, walker.number, 14, ink, "middle", bold=True, opacity=round(seen, 3)))
