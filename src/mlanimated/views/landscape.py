"""Landscape: a function as a hill, and a ball for each run that walks down on it.

    Landscape(lambda x: (x - 10) ** 2, "x", domain=(-1, 21))

While the film is slow, each step is told in order: first the tangent at the ball (its slope), then the arrow of the step
that follows from it, then the ball moves. While the film is fast, only the ball and its trail are drawn.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import KW_ONLY, dataclass, replace
from functools import partial
from typing import Any

import numpy as np
from numpy.typing import NDArray

from mlanimated.draw.box import Box
from mlanimated.draw.commands import Circle, Clip, Command, Group, Polyline, Text
from mlanimated.draw.ease import span
from mlanimated.draw.palette import series as series_colour
from mlanimated.draw.scale import Linear, nice
from mlanimated.draw.text import cap_height, fitted, label, number, width
from mlanimated.errors import MlaError
from mlanimated.views.axes import Axis, Plane, fading_ticks, plane
from mlanimated.views.ball import BALL, TRAIL, Ball, Hill, Trail, live, place, placed, step, trail
from mlanimated.views.horizon import Horizon, horizon
from mlanimated.views.marks import faded, gathered, ground_for, holds, line, shared_disc, sparkle
from mlanimated.views.moment import Moment
from mlanimated.views.numbers import Writing, bounds_of, recent, scalar, source, value, writing
from mlanimated.views.scene import View

__all__ = ["Landscape"]

Numbers = NDArray[np.float64]

PROBES = 400
HEADER = 26.0
TOGETHER = 8.0
"""Balls nearer than this are drawn as one, with a sector for each."""
FIRST, FAR = 4, 8.0
"""Where no domain is given and a run goes more than FAR times as far as in its FIRST steps, the axes begin with those."""


@dataclass(frozen=True)
class Landscape(View):
    """A function of one number, and where runs stand on it.

    Attributes:
        function: Takes an array of x and returns the heights, of the same shape; or the names of two array series of one
            shape, x and y of the curve's points.
        x: Name of the scalar series of the ball's x.
        domain: Lowest and highest x shown; None for the recorded ones and a margin. Where a run of the film goes further the
            axes widen ahead of it, up to a million times; beyond, an arrow at the edge says where the ball is.
        heights: Lowest and highest y shown; None for the curve's own over the domain. They widen as the domain does.
        trail: "fading" leaves a mark at each earlier place, the older the paler; "dots" leaves all of them, as the points
            that a search has tried, and marks the best; "none" leaves nothing.
        runs: Names of several runs, each with a ball of its own colour; empty for the view's run alone.
        names: Names of x and y, at the axes.
        decimals: Digits after the point of x and y; None chooses.
        steps: Tell a slow step in order: slope, arrow, movement.

    Raises:
        MlaError: The domain is empty, or the trace has no such series.
    """

    function: Callable[[Any], Any] | tuple[str, str]
    x: str = "x"
    _: KW_ONLY
    domain: tuple[float, float] | None = None
    heights: tuple[float, float] | None = None
    trail: Trail = "fading"
    runs: tuple[str, ...] = ()
    names: tuple[str, str] = ("x", "y")
    decimals: int | None = None
    steps: bool = True

    def __post_init__(self) -> None:
        super().__post_init__()
        for name, bounds in (("domain", self.domain), ("heights", self.heights)):
            if bounds is not None and not (all(map(math.isfinite, bounds)) and bounds[0] < bounds[1]):
                raise MlaError(f"Landscape's {name} is {bounds}; it must be (lowest, highest), two finite numbers.")
        if self.trail not in ("fading", "dots", "none"):
            raise MlaError(f"Landscape's trail is {self.trail!r}; it is 'fading', 'dots' or 'none'.")

    def draw(self, moment: Moment, box: Box) -> Sequence[Command]:
        """Return axes, curve, trails, the step being taken, and the balls with their numbers."""
        runs = self.runs or (self.run,)
        balls = [self._ball(moment, run, index) for index, run in enumerate(runs)]
        reach = self._reach(moment, runs)
        low, high = reach.x
        curve_x, curve_y = self._curve(moment, low, high, max(2, round(box.width / 2)))
        bottom, top = reach.y or _margins(curve_y)
        live_numbers = len(balls) == 1 and self.trail != "dots"
        write = (_written(low, high, self.decimals), _written(bottom, top, self.decimals))
        axes = Axis(low, high, label=self.names[0], grid=False), Axis(bottom, top)
        room = write[1].width(16, bold=True) if len(balls) == 1 else 0.0
        ground = (_widening if reach.moves else ground_for)(box, *axes, room, right=BALL + 6, top=HEADER)
        hill = Hill(ground, partial(self._at, moment), self.names)
        numbers = [live(balls[0], hill, write)] if live_numbers else []
        drawn: list[Command] = [faded(ground.group, [plate for each in numbers for plate in each.plates])]
        name, row = self._head(ground, box)
        drawn += [name, _hill(ground, curve_x, curve_y), *(each.group for each in numbers)]
        drawn += [Group(trail(ball, hill, self.trail), key=f"trail-{index}") for index, ball in enumerate(balls)]
        if self.steps and self.trail != "dots":
            drawn += [Group(step(ball, hill), key=f"step-{index}") for index, ball in enumerate(balls)]
        for index, ball in enumerate(balls):
            drawn.append(Group(placed(ball, hill), key=f"ball-{index}"))
        for together, closely in gathered([place(ball, hill) for ball in balls], TOGETHER):
            x, y = place(balls[together[0]], hill)
            if holds(ground.box, x, y):
                colours = [balls[index].colour for index in together]
                drawn.append(Group((shared_disc(x, y, BALL, colours, opacity=closely),), key=f"met-{together[0]}"))
        if len(balls) > 1:
            drawn.append(Group(_legend(balls, row, write[0], self.names[0]), key="legend"))
        elif self.trail == "dots":
            drawn.append(Group(_best(balls[0], row, hill, write), key="best"))
        return drawn

    def describe(self, moment: Moment) -> str:
        """Return where each ball is."""
        said: list[str] = []
        for index, run in enumerate(self.runs or (self.run,)):
            ball = self._ball(moment, run, index)
            if math.isfinite(ball.before):
                who = f"The ball of {ball.name}" if self.runs else "The ball"
                height = float(self._at(moment, np.array([ball.before]))[0])
                said.append(
                    f"{who} is at {self.names[0]} = {number(ball.before, 2)}, {self.names[1]} = {number(height, 2)}."
                )
        return " ".join(said)

    def _ball(self, moment: Moment, run: str, index: int) -> Ball:
        """Read one run."""
        found = source(moment, self.x, run, "Landscape", "scalar")
        colour, alone = (series_colour(index), False) if self.runs else ("accent", True)
        if value(moment, found) is None:
            return Ball(found.run, colour, alone, math.nan, math.nan, 0.0, 0.0, np.zeros(0))
        before, after, share = moment.between(self.x, run)
        earlier = recent(found, moment.step(run), PROBES if self.trail == "dots" else TRAIL + 1)
        return Ball(found.run, colour, alone, scalar(before), scalar(after), share, moment.detail(self.x, run), earlier)

    def _reach(self, moment: Moment, runs: tuple[str, ...]) -> Horizon:
        """Return how far the axes reach at the moment."""
        x = self.domain or self._recorded(moment, runs)
        _, ys = self._curve(moment, *x, PROBES)
        y = _clear(self.heights, ys) if self.heights else None
        if not callable(self.function):
            return Horizon(x, y, moves=False)
        floor = float(np.nanmin(ys)) if np.isfinite(ys).any() else math.nan
        return horizon(moment, self.x, x, y, floor, partial(self._at, moment), self.function)

    def _recorded(self, moment: Moment, runs: tuple[str, ...]) -> tuple[float, float]:
        """Return the x that were recorded, over all runs, and a margin; of runs that fly far off, those of their beginning."""
        found = [source(moment, self.x, run, "Landscape", "scalar") for run in runs]
        low, high = _around([bounds_of(each) for each in found])
        begun = [
            np.asarray(recent(each, float(each.info.first_step + FIRST), FIRST + 1)) for each in found if each.info
        ]
        bounds = [(float(xs.min()), float(xs.max())) for row in begun if (xs := row[np.isfinite(row)]).size]
        if bounds and callable(self.function):
            first = _around(bounds)
            if first[1] > first[0] and high - low > FAR * (first[1] - first[0]):
                low, high = first
        margin = 0.15 * (high - low) or 1.0
        return nice(low - margin, high + margin, 8)

    def _curve(self, moment: Moment, low: float, high: float, points: int) -> tuple[Numbers, Numbers]:
        """Return the curve's points over the domain."""
        if callable(self.function):
            xs = np.linspace(low, high, points)
            return xs, _heights(self.function, xs)
        xs, ys = (value(moment, source(moment, name, self.run, "Landscape", "array")) for name in self.function)
        if xs is None or ys is None:
            return np.zeros(0), np.zeros(0)
        order = np.argsort(np.ravel(xs), kind="stable")
        return np.ravel(xs).astype(np.float64)[order], np.ravel(ys).astype(np.float64)[order]

    def _at(self, moment: Moment, places: Numbers) -> Numbers:
        """Return the heights at some x."""
        if callable(self.function):
            return _heights(self.function, places)
        xs, ys = self._curve(moment, 0.0, 0.0, 0)
        return np.interp(places, xs, ys, math.nan, math.nan) if xs.size else np.full(places.shape, math.nan)

    def _head(self, ground: Plane, box: Box) -> tuple[Group, Box]:
        """Return the name of y, above its numbers, and what is left of its row, for a legend."""
        name = fitted(self.names[1], 0.6 * box.width, ground.size)
        wide = width(name, ground.size)
        inside = wide <= ground.box.x - 10 - box.x
        x, anchor = (ground.box.x - 10, "end") if inside else (box.x, "start")
        left = ground.box.x if inside else max(ground.box.x, box.x + wide + 20)
        drawn = (label(x, box.y + 16, name, ground.size, "muted", anchor),) if name else ()
        return Group(drawn, key="name"), Box(left, box.y, max(0.0, box.right - left), HEADER)


def _around(bounds: Sequence[tuple[float, float]]) -> tuple[float, float]:
    """Return the lowest and the highest of several bounds."""
    return min(low for low, _ in bounds), max(high for _, high in bounds)


def _written(low: float, high: float, decimals: int | None) -> Writing:
    """Choose how to write the numbers between two bounds; large ones short, as they would be long and not tell more."""
    short = decimals is None and max(abs(low), abs(high)) >= 1e4
    return Writing(1, len("−999.9k"), "short") if short else writing(low, high, decimals)


def _widening(box: Box, x: Axis, y: Axis, characters: float, *, right: float, top: float) -> Plane:
    """Return axes that may widen from frame to frame: their ticks move and fade, and the room that they take stays."""
    room = max(characters, width("0" * len("−999.9k"), 16, bold=True))
    bare = (replace(axis, grid=False, numbers=False) for axis in (x, y))
    ground = plane(box.inset(math.ceil(room) + 14, 0, 0, 0), *bare, right, top)
    inner, size = ground.box, ground.size
    name = next((each for each in ground.group.children if isinstance(each, Text)), None)
    free = name.x - name.width * (name.anchor == "end") - 8 if name else box.right
    drawn: list[Command] = []
    for tick, opacity in fading_ticks(Linear(y.low, y.high, inner.bottom, inner.y), 30.0, 44.0):
        place = ground.y(tick.value)
        if abs(place - inner.bottom) > 1:
            drawn.append(Polyline((inner.x, place, inner.right, place), "faint", 1.0, opacity=opacity))
        drawn.append(
            label(inner.x - 10, place + cap_height(size) / 2, tick.label, size, "muted", "end", opacity=opacity)
        )
    for tick, opacity in fading_ticks(Linear(x.low, x.high, inner.x, inner.right), 56.0, 72.0):
        place = ground.x(tick.value)
        seen = round(opacity * span(free - place - width(tick.label, size) / 2, 0.0, 12.0), 2)
        base = inner.bottom + 8 + cap_height(size)
        drawn.append(label(place, base, tick.label, size, "muted", "middle", opacity=seen))
    return ground._replace(group=Group((*drawn, *ground.group.children), key="axes"))


def _heights(function: Callable[[Any], Any], xs: Numbers) -> Numbers:
    """Return the heights at some x; what the function cannot give is not a number."""
    with np.errstate(all="ignore"):
        ys = np.asarray(function(xs), dtype=np.float64)
    if ys.shape != xs.shape:
        raise MlaError(
            f"Landscape's function gave shape {ys.shape} for x of shape {xs.shape}; it must take an array and return one of the same shape."
        )
    return np.where(np.isfinite(ys), ys, np.nan)


def _margins(ys: Numbers) -> tuple[float, float]:
    """Return the heights of a curve with room below, so that a ball at the bottom stands clear of the axis."""
    finite = ys[np.isfinite(ys)]
    if not finite.size:
        return 0.0, 1.0
    low, high = float(finite.min()), float(finite.max())
    spread = high - low or abs(high) or 1.0
    return low - 0.08 * spread, high + 0.02 * spread


def _clear(heights: tuple[float, float], ys: Numbers) -> tuple[float, float]:
    """Return given heights with room for a ball below, where the curve comes down to the lowest of them."""
    room = 0.06 * (heights[1] - heights[0])
    touches = np.isfinite(ys).any() and heights[0] <= float(np.nanmin(ys)) < heights[0] + room
    return (heights[0] - room if touches else heights[0]), heights[1]


def _hill(ground: Plane, xs: Numbers, ys: Numbers) -> Group:
    """Return the curve."""
    return Group((Clip(*ground.box, line(ground.x(xs), ground.y(ys), "ink", 3.0)),), key="curve")


def _legend(balls: list[Ball], box: Box, write: Writing, name: str) -> tuple[Command, ...]:
    """Return the runs in a row above, each with its colour and its name, and with its x where there is room for all."""
    head = f"{name} "
    values = width(head, 16) + write.width(16) + 10
    names = [width(ball.name, 16) for ball in balls]
    between = 28.0
    full = sum(names) + len(balls) * (22 + values) + between * (len(balls) - 1)
    written = full <= box.width
    room = (box.width - between * (len(balls) - 1)) / len(balls) - 22
    drawn: list[Command] = []
    x = box.x
    for ball in balls:
        called = ball.name if written else fitted(ball.name, room, 16)
        drawn += [Circle(x + 7, box.y + 10, 7, ball.colour), label(x + 22, box.y + 16, called, 16, "ink")]
        x += 22 + width(called, 16)
        if written:
            drawn.append(label(x + 10, box.y + 16, head, 16, "muted"))
            drawn.append(label(x + values, box.y + 16, write.tight(ball.before), 16, "muted", "end"))
            x += values
        x += between
    return tuple(drawn)


def _best(ball: Ball, box: Box, hill: Hill, write: tuple[Writing, Writing]) -> tuple[Command, ...]:
    """Return the best of the points tried so far: a star on it, and its numbers above the plot."""
    heights = hill.at(ball.earlier)
    if not np.isfinite(heights).any():
        return ()
    index = int(np.nanargmin(heights))
    x, y = float(ball.earlier[index]), float(heights[index])
    place = f"{hill.names[0]} = {write[0].tight(x)}"
    some = f"best of {number(len(heights))}: {place}"
    ways = (f"{some}, y = {write[1].tight(y)}", some, place)
    words = next((way for way in ways if width(way, 16) <= box.width - 26), fitted(place, box.width - 26, 16))
    drawn: list[Command] = [
        sparkle(box.x + 9, box.y + 10, 10, "good"),
        label(box.x + 26, box.y + 16, words, 16, "ink"),
    ]
    if holds(hill.ground.box, hill.ground.x(x), hill.ground.y(y)):
        drawn = [Circle(hill.ground.x(x), hill.ground.y(y), BALL + 5, None, "good", 3.0), *drawn]
    return tuple(drawn)
