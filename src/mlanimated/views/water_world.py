"""WaterWorld: a swimmer whose eyes look all around, green balls that it eats and red ones that it should not.

WaterWorld("state", eyes="eyes")
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import KW_ONLY, dataclass

import numpy as np
from numpy.typing import NDArray

from mlanimated.draw.box import Box
from mlanimated.draw.commands import Circle, Clip, Colour, Command, Group, Polyline, Rect
from mlanimated.errors import MlaError
from mlanimated.views.axes import empty
from mlanimated.views.moment import Moment
from mlanimated.views.numbers import source, value
from mlanimated.views.scene import View

__all__ = ["WaterWorld", "draw_water_world"]

BALLS, FOOD, EYES = 20, 10, 24
NUMBERS = 4 + 6 * BALLS
SWIMMER, BALL = 0.03, 0.02
"""Counts and radii are those of `games.water_world`."""
JUMP = 0.1
"""More than anything drifts in a step: a larger change is another ball, or another game."""
COLOURS: tuple[Colour, ...] = ("faint", "good", "bad", "muted")
"""Of an eye's ray: nothing, green, red, the wall."""


@dataclass(frozen=True)
class WaterWorld(View):
    """A game of WaterWorld, drawn from its numbers, with what the swimmer sees.

    Attributes:
        series: Name of an array series of a state, as `games.water_world` describes it.
        eyes: Name of an array series (24, 2): how far each eye sees, and what (0 nothing, 1 green, 2 red, 3 the wall); "" for none.

    Raises:
        MlaError: A series has another shape.
    """

    series: str = "state"
    _: KW_ONLY
    eyes: str = ""

    def draw(self, moment: Moment, box: Box) -> Sequence[Command]:
        """Return balls, rays and swimmer; what drifts glides between two steps of one game."""
        recorded = value(moment, source(moment, self.series, self.run, "WaterWorld", "array"))
        if recorded is None:
            return empty(box)
        if np.size(recorded) != NUMBERS:
            raise MlaError(f"WaterWorld: {self.series!r} has the shape {np.shape(recorded)}; record {NUMBERS} numbers.")
        before, after, share = moment.between(self.series, self.run)
        state, following = np.ravel(np.asarray(before, np.float64)), np.ravel(np.asarray(after, np.float64))
        if not np.isfinite(state).all():
            return empty(box, "no finite values yet")
        change = following - state
        if share > 0 and np.isfinite(change).all() and np.abs(change[:2]).max() < JUMP:
            # A ball that was eaten is elsewhere at once.
            each = change[4:].reshape(BALLS, 6)
            each[(np.abs(each[:, :2]) >= JUMP).any(axis=1)] = 0.0
            state = state + change * share
        rays = value(moment, source(moment, self.eyes, self.run, "WaterWorld", "array")) if self.eyes else None
        if rays is not None and np.shape(rays) != (EYES, 2):
            raise MlaError(f"WaterWorld: {self.eyes!r} has the shape {np.shape(rays)}; record {EYES} x 2.")
        return draw_water_world(state, box, None if rays is None else np.asarray(rays, np.float64))

    def describe(self, moment: Moment) -> str:
        """Return what the eyes see."""
        rays = value(moment, source(moment, self.eyes, self.run, "WaterWorld", "array")) if self.eyes else None
        if rays is None or np.shape(rays) != (EYES, 2):
            return ""
        kinds = np.asarray(rays)[:, 1].astype(int)
        told = [
            f"{(kinds == kind).sum()} eyes see {what}" for kind, what in ((1, "green"), (2, "red"), (3, "the wall"))
        ]
        return ", ".join(told) + "."


def draw_water_world(
    state: NDArray[np.float64], box: Box, rays: NDArray[np.float64] | None = None
) -> tuple[Command, ...]:
    """Return a game's commands.

    Args:
        state: Its numbers.
        box: Where to draw; a square in its middle is used.
        rays: How far each eye sees, and what, (24, 2).
    """
    box = box.square()
    side = box.width

    def at(place: NDArray[np.float64]) -> tuple[float, float]:
        return round(box.x + float(place[0]) * side, 2), round(box.y + float(place[1]) * side, 2)

    middle = at(state[:2])
    looks: list[Command] = []
    if rays is not None:
        for eye, (distance, kind) in enumerate(rays):
            turn = 2 * math.pi * eye / EYES
            end = at(state[:2] + distance * np.array((math.cos(turn), math.sin(turn))))
            seen = int(kind)
            looks.append(Polyline((*middle, *end), COLOURS[seen], 3.0 if seen in (1, 2) else 1.5))
    drifting: list[Command] = []
    for index, ball in enumerate(state[4:].reshape(BALLS, 6)):
        colour: Colour = "good" if index < FOOD else "bad"
        drifting.append(Circle(*at(ball[:2]), round(BALL * side, 2), colour))
        if index >= FOOD:  # told apart without colours too
            x, y = at(ball[:2])
            arm = round(BALL * side * 0.5, 2)
            drifting.append(Polyline((x - arm, y - arm, x + arm, y + arm), "ground", 2.0))
            drifting.append(Polyline((x - arm, y + arm, x + arm, y - arm), "ground", 2.0))
    body: list[Command] = [Circle(*middle, round(SWIMMER * side, 2), "series-1", "ground", 2.0)]
    water = Rect(box.x, box.y, side, side, "panel", radius=8)
    inside = Clip(box.x, box.y, side, side, (water, *looks, *drifting, *body), radius=8)
    return (Group((inside,), key="water"),)
