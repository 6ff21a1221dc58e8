"""Landscape: a function as a hill, and a ball for each run that walks down on it.

    Landscape(lambda x: (x - 10) ** 2, "x", domain=(-1, 21))

While the film is slow, each step is told in order: first the tangent at the ball (its slope), then the arrow of the step
that follows from it, then the ball moves. While the film is fast, only the ball and its trail are drawn.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import KW_ONLY, dataclass
from typing import Any, Literal, NamedTuple

import numpy as np
from numpy.typing import NDArray

from mlanimated.draw.box import Box
from mlanimated.draw.commands import Circle, Clip, Command, Group, Polyline
from mlanimated.draw.ease import ease, span
from mlanimated.draw.palette import series as series_colour
from mlanimated.draw.scale import nice
from mlanimated.draw.text import fitted, label, number, width
from mlanimated.errors import MlaError
from mlanimated.views.axes import Axis, Plane, plane
from mlanimated.views.marks import arrow, chip, faded, guide, holds, line, on_x, on_y, sparkle
from mlanimated.views.moment import Moment
from mlanimated.views.numbers import Writing, bounds_of, recent, scalar, source, value, writing
from mlanimated.views.scene import View
from mlanimated.views.source import Source

__all__ = ["Landscape"]

Numbers = NDArray[np.float64]

BALL = 10.0
TRAIL = 40
PROBES = 400
HEADER = 34.0
SLOPE = "series-1"
SLOW, FAST = 0.7, 0.3
"""Seconds that a step takes: at SLOW and above it is told in full, at FAST and below not at all."""

TANGENT, ARROW, MOVE = (0.0, 0.16), (0.2, 0.5), (0.54, 0.96)
"""Shares of a slow step in which the tangent appears, the arrow grows, and the ball moves."""


class Ball(NamedTuple):
    """One run's ball at the moment."""

    name: str
    colour: str
    before: float
    after: float
    share: float
    detail: float
    earlier: Numbers

    @property
    def moved(self) -> float:
        """How far the ball has come: in a slow step it waits for the arrow, in a fast one it just goes."""
        return self.detail * ease(span(self.share, *MOVE)) + (1 - self.detail) * self.share


class Live(NamedTuple):
    """The numbers at the axes, and where their plates lie with which opacity."""

    group: Group
    plates: tuple[tuple[Box, float], ...]


@dataclass(frozen=True)
class Landscape(View):
    """A function of one number, and where runs stand on it.

    Attributes:
        function: Takes an array of x and returns the heights, of the same shape; or the names of two array series of one
            shape, x and y of the curve's points.
        x: Name of the scalar series of the ball's x.
        domain: Lowest and highest x shown; None for the recorded ones and a margin. A ball further out is shown by an
            arrow at the edge.
        heights: Lowest and highest y shown; None for the curve's own over the domain.
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
    trail: Literal["fading", "dots", "none"] = "fading"
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
        low, high = self.domain or self._recorded(moment, runs)
        curve_x, curve_y = self._curve(moment, low, high, max(2, round(box.width / 2)))
        bottom, top = self.heights or _margins(curve_y)
        header = HEADER if len(balls) > 1 or self.trail == "dots" else 0.0
        write = (writing(low, high, self.decimals), writing(bottom, top, self.decimals))
        axes = Axis(low, high, label=self.names[0], grid=False), Axis(bottom, top)
        name = 20.0 if self.names[1] else 0.0
        left = max(0.0, write[1].width(16, bold=True) - 26)
        ground = plane(box.inset(left, header, 0, 0), *axes, right=BALL + 6, top=name)
        live = [self._live(moment, balls[0], ground, write)] if len(balls) == 1 and self.trail != "dots" else []
        drawn: list[Command] = [faded(ground.group, [plate for each in live for plate in each.plates])]
        drawn += [self._name(ground, box), _hill(ground, curve_x, curve_y), *(each.group for each in live)]
        drawn += [Group(self._trail(moment, ball, ground), key=f"trail-{index}") for index, ball in enumerate(balls)]
        if self.steps:
            drawn += [Group(self._step(moment, ball, ground), key=f"step-{index}") for index, ball in enumerate(balls)]
        for index, ball in enumerate(balls):
            drawn.append(Group(self._placed(moment, ball, ground), key=f"ball-{index}"))
        if len(balls) > 1:
            drawn.append(Group(self._legend(balls, box, write[0]), key="legend"))
        elif self.trail == "dots":
            drawn.append(Group(self._best(moment, balls[0], box, ground, write), key="best"))
        return drawn

    def describe(self, moment: Moment) -> str:
        """Return where each ball is."""
        said: list[str] = []
        for index, run in enumerate(self.runs or (self.run,)):
            ball = self._ball(moment, run, index)
            if math.isfinite(ball.before):
                who = f"The ball of {ball.name}" if self.runs else "The ball"
                height = self._height(moment, ball.before)
                said.append(
                    f"{who} is at {self.names[0]} = {number(ball.before, 2)}, {self.names[1]} = {number(height, 2)}."
                )
        return " ".join(said)

    def _ball(self, moment: Moment, run: str, index: int) -> Ball:
        """Read one run."""
        found = source(moment, self.x, run, "Landscape", "scalar")
        colour = series_colour(index) if self.runs else "accent"
        if value(moment, found) is None:
            return Ball(found.run, colour, math.nan, math.nan, 0.0, 0.0, np.zeros(0))
        before, after, share = moment.between(self.x, run)
        earlier = recent(found, moment.step(run), PROBES if self.trail == "dots" else TRAIL + 1)
        return Ball(found.run, colour, scalar(before), scalar(after), share, _detail(moment, found), earlier)

    def _recorded(self, moment: Moment, runs: tuple[str, ...]) -> tuple[float, float]:
        """Return the x that were recorded, over all runs, and a margin."""
        found = [bounds_of(source(moment, self.x, run, "Landscape", "scalar")) for run in runs]
        low, high = min(low for low, _ in found), max(high for _, high in found)
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

    def _height(self, moment: Moment, x: float) -> float:
        """Return the height at one x."""
        return float(self._at(moment, np.array([x]))[0]) if math.isfinite(x) else math.nan

    def _slope(self, moment: Moment, x: float, ground: Plane) -> float:
        """Return the slope at one x, by central difference over a part of a unit of the drawing."""
        reach = abs(ground.x.invert(0.25) - ground.x.invert(0.0))
        return (self._height(moment, x + reach) - self._height(moment, x - reach)) / (2 * reach)

    def _way(self, moment: Moment, ball: Ball, ground: Plane) -> tuple[float, float]:
        """Return where the ball is drawn: it rolls along the curve, or hops over a valley or a hill."""
        share = ball.moved
        x = ball.before + (ball.after - ball.before) * share if share > 0 else ball.before
        if not 0 < share < 1 or not self._hops(moment, ball.before, ball.after, ground):
            return ground.x(x), ground.y(self._height(moment, x))
        start, stop = ground.y(self._height(moment, ball.before)), ground.y(self._height(moment, ball.after))
        reach = min(70.0, 0.22 * abs(ground.x(ball.after) - ground.x(ball.before)))
        return ground.x(x), round(start + (stop - start) * share - 4 * reach * share * (1 - share), 2)

    def _hops(self, moment: Moment, before: float, after: float, ground: Plane) -> bool:
        """Say whether the curve turns between two places, by more than can be overlooked."""
        if not (math.isfinite(before) and math.isfinite(after)):
            return False
        ys = ground.y(self._at(moment, np.linspace(before, after, 17)))
        low, high = sorted((float(ys[0]), float(ys[-1])))
        return bool((ys > high + 3).any() or (ys < low - 3).any())

    def _trail(self, moment: Moment, ball: Ball, ground: Plane) -> tuple[Command, ...]:
        """Return the marks at earlier places."""
        if self.trail == "none" or not ball.earlier.size:
            return ()
        heights = self._at(moment, ball.earlier)
        colour = ball.colour if self.runs else "muted"
        dots: list[Command] = []
        hops: list[Command] = []
        last: tuple[float, float, float] | None = None
        for index, (x, y) in enumerate(zip(ground.x(ball.earlier).tolist(), ground.y(heights).tolist(), strict=True)):
            if not holds(ground.box, x, y):
                last = None
                continue
            tip = f"{self.names[0]} = {number(ball.earlier[index])}, {self.names[1]} = {number(heights[index])}"
            if self.trail == "dots":
                hops.append(guide(x, y, x, ground.box.bottom, "muted", opacity=0.45))
                dots.append(Circle(x, y, 5.5, colour, "ground", 1.5, tip=tip))
                continue
            age = len(heights) - 1 - index + ball.moved
            paleness = round((0.28 + 0.6 * 0.88**age) * min(1.0, max(0.0, TRAIL - age)), 3)
            if last and self._hops(moment, last[2], float(ball.earlier[index]), ground):
                hops.append(Polyline((last[0], last[1], x, y), colour, 1.25, opacity=round(0.8 * paleness, 3)))
            # The newest mark comes out from under the ball as it leaves.
            dots.append(Circle(x, y, round(4.0 + 2.0 * 0.8**age, 2), colour, "ground", 1.5, opacity=paleness, tip=tip))
            last = (x, y, float(ball.earlier[index]))
        return (*hops, *dots)

    def _step(self, moment: Moment, ball: Ball, ground: Plane) -> tuple[Command, ...]:
        """Return the step that is being taken: the tangent, then the arrow of the change, then the way to the curve."""
        if ball.detail <= 0 or not 0 < ball.share < 1 or self.trail == "dots" or not math.isfinite(ball.after):
            return ()
        x, y = ground.x(ball.before), ground.y(self._height(moment, ball.before))
        if not holds(ground.box, x, y):
            return ()
        drawn = self._tangent(moment, ball, ground, x, y)
        grown = ease(span(ball.share, *ARROW))
        end = min(max(ground.x(ball.after), ground.box.x - 20), ground.box.right + 20)
        tip = x + (end - x) * grown
        colour = ball.colour if self.runs else "accent"
        shown = round(ball.detail * (1 - ease(span(ball.share, 0.9, 1.0))), 3)
        if abs(tip - x) > 3:
            drawn += arrow(x, y, tip, y, colour, 3.5, opacity=shown)
        landed = ground.y(self._height(moment, ball.after))
        if grown >= 1 and math.isfinite(landed):
            fallen = ease(span(ball.share, ARROW[1], MOVE[0] + 0.08))
            drawn.append(guide(tip, y, tip, y + (landed - y) * fallen, colour, opacity=round(0.8 * shown, 3)))
        words = self._words(moment, ball, ground, x, y)
        return (Clip(*ground.box.inset(-BALL), tuple(drawn)), *words)

    def _tangent(self, moment: Moment, ball: Ball, ground: Plane, x: float, y: float) -> list[Command]:
        """Return the tangent at the ball."""
        slope = self._slope(moment, ball.before, ground)
        shown = _told(ball)
        if shown <= 0 or not math.isfinite(slope):
            return []
        steep = ground.y(slope) - ground.y(0.0)
        across = ground.x(1.0) - ground.x(0.0)
        reach = (
            min(140.0, 0.26 * ground.box.height) * ease(span(ball.share, *TANGENT)) / (math.hypot(across, steep) or 1.0)
        )
        ends = (x - across * reach, x + across * reach), (y - steep * reach, y + steep * reach)
        return list(line(*ends, SLOPE, 3.0, opacity=shown))

    def _words(self, moment: Moment, ball: Ball, ground: Plane, x: float, y: float) -> tuple[Command, ...]:
        """Return the slope and the step in words, on the side that the step goes to, above its arrow: there the tangent is not."""
        slope = self._slope(moment, ball.before, ground)
        shown = _told(ball)
        if self.runs or shown <= 0 or not math.isfinite(slope) or ground.box.width < 300:
            return ()
        change = ball.after - ball.before
        lines = (
            (f"slope {writing(-abs(slope), abs(slope), 2).tight(slope)}", SLOPE, shown),
            (
                f"step {number(change, 2 if abs(change) >= 0.1 else 4, sign=True)}",
                "accent",
                round(shown * ease(span(ball.share, *ARROW)), 3),
            ),
        )
        room = max(width(text, 16) for text, _, _ in lines)
        left = x + 24 if change >= 0 else x - 24 - room
        left = min(max(left, ground.box.x + 4), ground.box.right - room)
        base = max(y - 40, ground.box.y + 14)
        return tuple(
            label(left, base + 22 * row, text, 16, fill, opacity=seen) for row, (text, fill, seen) in enumerate(lines)
        )

    def _placed(self, moment: Moment, ball: Ball, ground: Plane) -> tuple[Command, ...]:
        """Return the ball, or an arrow that says where it has gone."""
        if not math.isfinite(ball.before):
            return ()
        x, y = self._way(moment, ball, ground)
        # A hop may rise above the plot; the place that it comes from or goes to counts.
        if not holds(ground.box, x, max(y, ground.box.y)):
            return self._outside(ball, ground, x, y)
        tip = f"{ball.name or 'ball'}: {self.names[0]} = {number(ball.before)}"
        return (Circle(x, y, BALL, ball.colour, "ground", 2.0, tip=tip),)

    def _live(self, moment: Moment, ball: Ball, ground: Plane, write: tuple[Writing, Writing]) -> Live:
        """Return guides from the ball to the axes, with its x and y there. They go while the ball is under way in a slow step."""
        x = ground.x(ball.before + (ball.after - ball.before) * ball.moved) if math.isfinite(ball.after) else math.nan
        height = self._height(moment, ball.before)
        y = ground.y(self._height(moment, ground.x.invert(x))) if math.isfinite(x) else math.nan
        if not (math.isfinite(ball.before) and holds(ground.box, x, y)):
            return Live(Group((), key="live"), ())
        away = ease(span(ball.share, MOVE[0], MOVE[0] + 0.1)) * (1 - ease(span(ball.share, MOVE[1] - 0.06, 1.0)))
        seen = round(1 - ball.detail * away, 3)
        arrived = ball.detail > 0.5 and ball.share >= MOVE[1] - 0.06
        texts = (
            write[0].tight(ball.after if arrived else ball.before),
            write[1].tight(self._height(moment, ball.after) if arrived else height),
        )
        plates = (on_x(ground, x, texts[0], "accent"), on_y(ground, y, texts[1], "accent"))
        drawn = (guide(x, y, x, ground.box.bottom), guide(ground.box.x, y, x, y), *(plate.group for plate in plates))
        return Live(Group(drawn, key="live", opacity=seen), tuple((plate.box, seen) for plate in plates))

    def _name(self, ground: Plane, box: Box) -> Group:
        """Return the name of y, above its numbers."""
        name = fitted(self.names[1], box.width, ground.size)
        inside = width(name, ground.size) <= ground.box.x - 10 - box.x
        x, anchor = (ground.box.x - 10, "end") if inside else (box.x, "start")
        return Group((label(x, ground.box.y - 20, name, ground.size, "muted", anchor),) if name else (), key="name")

    def _outside(self, ball: Ball, ground: Plane, x: float, y: float) -> tuple[Command, ...]:
        """Return the arrow at the edge that says where a ball has gone that the axes do not reach."""
        place = ground.box
        at_x = min(max(x, place.x + 34), place.right - 34) if math.isfinite(x) else place.centre[0]
        at_y = min(max(y, place.y + 34), place.bottom - 34) if math.isfinite(y) else place.y + 34
        way = math.atan2((y if math.isfinite(y) else at_y - 1e3) - at_y, (x if math.isfinite(x) else at_x) - at_x)
        dx, dy = 24 * math.cos(way), 24 * math.sin(way)
        words = f"{self.names[0]} = {number(ball.before, 2, big='short')}"
        below = at_y + 46 if at_y < place.centre[1] else at_y - 46
        half = width(words, 16) / 2 + 8
        middle = min(max(at_x, place.x + half), place.right - half)
        return (
            *arrow(at_x - dx, at_y - dy, at_x + dx, at_y + dy, ball.colour, 5.0),
            chip(middle, below, words, 16, fill=ball.colour),
        )

    def _legend(self, balls: list[Ball], box: Box, write: Writing) -> tuple[Command, ...]:
        """Return the runs in a row above, each with its colour, its name and its x now."""
        drawn: list[Command] = []
        x = box.x
        for ball in balls:
            value = f"{self.names[0]} {write(ball.before)}"
            drawn += [Circle(x + 7, box.y + 10, 7, ball.colour), label(x + 22, box.y + 16, ball.name, 16, "ink")]
            x += 22 + width(ball.name, 16) + 10
            drawn.append(label(x, box.y + 16, value, 16, "muted"))
            x += width(value, 16) + 28
        return tuple(drawn)

    def _best(
        self, moment: Moment, ball: Ball, box: Box, ground: Plane, write: tuple[Writing, Writing]
    ) -> tuple[Command, ...]:
        """Return the best of the points tried so far: a star on it, and its numbers above the plot."""
        heights = self._at(moment, ball.earlier)
        if not np.isfinite(heights).any():
            return ()
        index = int(np.nanargmin(heights))
        x, y = float(ball.earlier[index]), float(heights[index])
        words = f"best of {number(len(heights))}: {self.names[0]} = {write[0].tight(x)}, {self.names[1]} = {write[1].tight(y)}"
        drawn: list[Command] = [
            sparkle(box.x + 9, box.y + 10, 10, "good"),
            label(box.x + 26, box.y + 16, words, 16, "ink"),
        ]
        if holds(ground.box, ground.x(x), ground.y(y)):
            drawn = [Circle(ground.x(x), ground.y(y), BALL + 5, None, "good", 3.0), *drawn]
        return tuple(drawn)


def _detail(moment: Moment, found: Source) -> float:
    """Return how fully the present step is told, 0..1: by the seconds of film that it takes."""
    around = found.trace.around(found.name, moment.step(found.run))
    rate = moment.rate(found.run)
    return span((around.after_step - around.before_step) / rate, FAST, SLOW) if rate > 0 else 1.0


def _told(ball: Ball) -> float:
    """Return the opacity of the tangent and its words."""
    coming, going = ease(span(ball.share, *TANGENT)), ease(span(ball.share, MOVE[0], MOVE[0] + 0.2))
    return round(coming * (1 - going) * ball.detail, 3)


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


def _hill(ground: Plane, xs: Numbers, ys: Numbers) -> Group:
    """Return the curve."""
    return Group((Clip(*ground.box, line(ground.x(xs), ground.y(ys), "ink", 3.0)),), key="curve")
