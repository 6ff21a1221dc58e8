"""The ball on a landscape: where it stands, what it leaves behind, and how a step of it is told.

While the film is slow, a step has three acts: the tangent at the ball appears (the slope), the arrow of the step grows out of it,
the ball moves. While the film is fast the ball just goes; between the two, one fades into the other.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Literal, NamedTuple

import numpy as np
from numpy.typing import NDArray

from mlanimated.draw.box import Box
from mlanimated.draw.commands import Circle, Clip, Command, Group, Polyline
from mlanimated.draw.ease import ease, span
from mlanimated.draw.text import label, number, width
from mlanimated.views.axes import Plane
from mlanimated.views.horizon import ARROW
from mlanimated.views.marks import arrow, chip, guide, holds, line, on_x, on_y
from mlanimated.views.moment import MOVE
from mlanimated.views.numbers import Writing, writing

__all__ = ["BALL", "TRAIL", "Ball", "Hill", "Live", "Trail", "live", "place", "placed", "step", "trail"]

Numbers = NDArray[np.float64]
Trail = Literal["fading", "dots", "none"]

BALL = 10.0
TRAIL = 40
SLOPE = "series-1"

TANGENT = (0.0, 0.16)
"""Shares of a slow step in which the tangent appears; then the arrow grows, and the ball moves."""


class Ball(NamedTuple):
    """One run's ball at the moment.

    Attributes:
        name: The run's name.
        colour: The ball's colour.
        alone: There is no other ball, so that there is room for words.
        before: Its x at the last recorded row; not a number where there is none.
        after: Its x at the next one.
        share: How far the film has come from one to the other, 0..1.
        detail: How fully the step is told, 0..1: fully while the film is slow.
        earlier: float64 (n,), all its x so far, oldest first, the present one last.
    """

    name: str
    colour: str
    alone: bool
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


class Hill(NamedTuple):
    """The curve that balls move on.

    Attributes:
        ground: The axes.
        at: Gives the heights at some x, not a number where there is none.
        names: Names of x and y.
    """

    ground: Plane
    at: Callable[[Numbers], Numbers]
    names: tuple[str, str]

    def height(self, x: float) -> float:
        """Return the height at one x."""
        return float(self.at(np.array([x]))[0]) if math.isfinite(x) else math.nan

    def slope(self, x: float) -> float:
        """Return the slope at one x, by central difference over half a unit of the drawing."""
        reach = abs(self.ground.x.invert(0.25) - self.ground.x.invert(0.0))
        return (self.height(x + reach) - self.height(x - reach)) / (2 * reach)

    def hops(self, before: Numbers, after: Numbers) -> NDArray[np.bool_]:
        """Say for each pair of places whether the curve turns between them, by more than can be overlooked."""
        shares = np.linspace(0.0, 1.0, 17)
        places = before[:, None] + (after - before)[:, None] * shares
        ys = self.ground.y(self.at(places.ravel())).reshape(places.shape)
        low, high = np.minimum(ys[:, 0], ys[:, -1])[:, None], np.maximum(ys[:, 0], ys[:, -1])[:, None]
        return np.asarray(((ys > high + 3) | (ys < low - 3)).any(axis=1), dtype=np.bool_)


def place(ball: Ball, hill: Hill) -> tuple[float, float]:
    """Return where the ball is drawn: it rolls along the curve, or hops over a valley or a hill."""
    share = ball.moved
    x = ball.before + (ball.after - ball.before) * share if share > 0 else ball.before
    if not 0 < share < 1 or not hill.hops(np.array([ball.before]), np.array([ball.after]))[0]:
        return hill.ground.x(x), hill.ground.y(hill.height(x))
    start, stop = hill.ground.y(hill.height(ball.before)), hill.ground.y(hill.height(ball.after))
    reach = min(70.0, 0.22 * abs(hill.ground.x(ball.after) - hill.ground.x(ball.before)))
    chord = start + (stop - start) * share
    # The arc stays below the upper edge, where the panel's name stands.
    y = max(chord - 4 * reach * share * (1 - share), min(chord, hill.ground.box.y + 4))
    return hill.ground.x(x), round(y, 2)


def trail(ball: Ball, hill: Hill, kind: Trail) -> tuple[Command, ...]:
    """Return the marks at earlier places."""
    if kind == "none" or not ball.earlier.size:
        return ()
    heights = hill.at(ball.earlier)
    colour = "muted" if ball.alone else ball.colour
    turns = hill.hops(ball.earlier[:-1], ball.earlier[1:]) if kind == "fading" else np.zeros(0, np.bool_)
    dots: list[Command] = []
    hops: list[Command] = []
    last: tuple[float, float] | None = None
    for index, (x, y) in enumerate(
        zip(hill.ground.x(ball.earlier).tolist(), hill.ground.y(heights).tolist(), strict=True)
    ):
        if not holds(hill.ground.box, x, y):
            last = None
            continue
        tip = f"{hill.names[0]} = {number(ball.earlier[index])}, {hill.names[1]} = {number(heights[index])}"
        if kind == "dots":
            hops.append(guide(x, y, x, hill.ground.box.bottom, "muted", opacity=0.45))
            dots.append(Circle(x, y, 5.5, colour, "ground", 1.5, tip=tip))
            continue
        age = len(heights) - 1 - index + ball.moved
        paleness = round((0.28 + 0.6 * 0.88**age) * min(1.0, max(0.0, TRAIL - age)), 3)
        if last and turns[index - 1]:
            hops.append(Polyline((last[0], last[1], x, y), colour, 1.25, opacity=round(0.8 * paleness, 3)))
        # The newest mark comes out from under the ball as it leaves.
        dots.append(Circle(x, y, round(4.0 + 2.0 * 0.8**age, 2), colour, "ground", 1.5, opacity=paleness, tip=tip))
        last = (x, y)
    return (*hops, *dots)


def step(ball: Ball, hill: Hill) -> tuple[Command, ...]:
    """Return the step that is being taken: the tangent, then the arrow of the change, then the way to the curve."""
    if ball.detail <= 0 or not 0 < ball.share < 1 or not math.isfinite(ball.after):
        return ()
    x, y = hill.ground.x(ball.before), hill.ground.y(hill.height(ball.before))
    if not holds(hill.ground.box, x, y):
        return ()
    drawn = _tangent(ball, hill, x, y)
    grown = ease(span(ball.share, *ARROW))
    end = min(max(hill.ground.x(ball.after), hill.ground.box.x - 20), hill.ground.box.right + 20)
    tip = x + (end - x) * grown
    colour = ball.colour
    shown = round(ball.detail * (1 - ease(span(ball.share, 0.9, 1.0))), 3)
    if abs(tip - x) > 3:
        drawn += arrow(x, y, tip, y, colour, 3.5, opacity=shown)
    landed = hill.ground.y(hill.height(ball.after))
    if grown >= 1 and math.isfinite(landed):
        fallen = ease(span(ball.share, ARROW[1], MOVE[0] + 0.08))
        drawn.append(guide(tip, y, tip, y + (landed - y) * fallen, colour, opacity=round(0.8 * shown, 3)))
    words = _words(ball, hill, x, y)
    return (Clip(*hill.ground.box.inset(-BALL), tuple(drawn)), *words)


def _tangent(ball: Ball, hill: Hill, x: float, y: float) -> list[Command]:
    """Return the tangent at the ball."""
    slope = hill.slope(ball.before)
    shown = _told(ball)
    if shown <= 0 or not math.isfinite(slope):
        return []
    steep = hill.ground.y(slope) - hill.ground.y(0.0)
    across = hill.ground.x(1.0) - hill.ground.x(0.0)
    reach = (
        min(140.0, 0.26 * hill.ground.box.height)
        * ease(span(ball.share, *TANGENT))
        / (math.hypot(across, steep) or 1.0)
    )
    ends = (x - across * reach, x + across * reach), (y - steep * reach, y + steep * reach)
    return list(line(*ends, SLOPE if ball.alone else ball.colour, 3.0, opacity=shown))


def _words(ball: Ball, hill: Hill, x: float, y: float) -> tuple[Command, ...]:
    """Return the slope and the step in words, on the side that the step goes to, above its arrow: there the tangent is not."""
    slope = hill.slope(ball.before)
    shown = _told(ball)
    if not ball.alone or shown <= 0 or not math.isfinite(slope) or hill.ground.box.width < 260:
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
    left = min(max(left, hill.ground.box.x + 4), hill.ground.box.right - room)
    base = max(y - 40, hill.ground.box.y + 14)
    return tuple(
        label(left, base + 22 * row, text, 16, fill, opacity=seen) for row, (text, fill, seen) in enumerate(lines)
    )


def placed(ball: Ball, hill: Hill) -> tuple[Command, ...]:
    """Return the ball, or an arrow that says where it has gone."""
    if not math.isfinite(ball.before):
        return ()
    x, y = place(ball, hill)
    # A hop may rise above the plot; the place that it comes from or goes to counts.
    if not holds(hill.ground.box, x, max(y, hill.ground.box.y)):
        return _outside(ball, hill, x, y)
    tip = f"{ball.name or 'ball'}: {hill.names[0]} = {number(ball.before)}"
    return (Circle(x, y, BALL, ball.colour, "ground", 2.0, tip=tip),)


def live(ball: Ball, hill: Hill, write: tuple[Writing, Writing]) -> Live:
    """Return guides from the ball to the axes, with its x and y there.

    They go while the ball is under way in a slow step, and altogether while fast steps hop: in the air there is no number to read.
    """
    x = hill.ground.x(ball.before + (ball.after - ball.before) * ball.moved) if math.isfinite(ball.after) else math.nan
    height = hill.height(ball.before)
    y = hill.ground.y(hill.height(hill.ground.x.invert(x))) if math.isfinite(x) else math.nan
    if not (math.isfinite(ball.before) and holds(hill.ground.box, x, y)):
        return Live(Group((), key="live"), ())
    away = ease(span(ball.share, MOVE[0], MOVE[0] + 0.1)) * (1 - ease(span(ball.share, MOVE[1] - 0.06, 1.0)))
    flies = math.isfinite(ball.after) and hill.hops(np.array([ball.before]), np.array([ball.after]))[0]
    seen = round(ball.detail * (1 - away) if flies else 1 - ball.detail * away, 3)
    arrived = ball.detail > 0.5 and ball.share >= MOVE[1] - 0.06
    texts = (
        write[0].tight(ball.after if arrived else ball.before),
        write[1].tight(hill.height(ball.after) if arrived else height),
    )
    plates = (on_x(hill.ground, x, texts[0], "accent"), on_y(hill.ground, y, texts[1], "accent"))
    drawn = (
        guide(x, y, x, hill.ground.box.bottom),
        guide(hill.ground.box.x, y, x, y),
        *(plate.group for plate in plates),
    )
    return Live(Group(drawn, key="live", opacity=seen), tuple((plate.box, seen) for plate in plates))


def _outside(ball: Ball, hill: Hill, x: float, y: float) -> tuple[Command, ...]:
    """Return the arrow at the edge that says where a ball has gone that the axes do not reach."""
    place = hill.ground.box
    at_x = min(max(x, place.x + 34), place.right - 34) if math.isfinite(x) else place.centre[0]
    at_y = min(max(y, place.y + 34), place.bottom - 34) if math.isfinite(y) else place.y + 34
    way = math.atan2((y if math.isfinite(y) else at_y - 1e3) - at_y, (x if math.isfinite(x) else at_x) - at_x)
    dx, dy = 24 * math.cos(way), 24 * math.sin(way)
    words = f"{hill.names[0]} = {number(ball.before, 2, big='short')}"
    below = at_y + 46 if at_y < place.centre[1] else at_y - 46
    half = width(words, 16) / 2 + 8
    middle = min(max(at_x, place.x + half), place.right - half)
    return (
        *arrow(at_x - dx, at_y - dy, at_x + dx, at_y + dy, ball.colour, 5.0),
        chip(middle, below, words, 16, fill=ball.colour),
    )


def _told(ball: Ball) -> float:
    """Return the opacity of the tangent and its words."""
    coming, going = ease(span(ball.share, *TANGENT)), ease(span(ball.share, MOVE[0], MOVE[0] + 0.2))
    return round(coming * (1 - going) * ball.detail, 3)
