"""PuckWorld: the puck on its ice, the green place that it seeks and the red one that follows it.

PuckWorld("state", field="field")
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import KW_ONLY, dataclass

import numpy as np
from numpy.typing import NDArray

from mlanimated.draw.box import Box
from mlanimated.draw.commands import Circle, Clip, Colour, Command, Group, Image, Pixels, Polyline, Rect
from mlanimated.errors import MlaError
from mlanimated.views.axes import empty
from mlanimated.views.moment import Moment
from mlanimated.views.numbers import recent_rows, source, value
from mlanimated.views.scene import View

__all__ = ["PuckWorld", "draw_puck_world"]

NUMBERS = 9
PUCK, REACH = 0.05, 0.25
"""Radius of the puck, and how near the red place hurts: those of `games.puck_world`."""
JUMP = 0.2
"""More than a puck moves in a step: a larger change is a new game."""
TRAIL = 60
STRENGTH = 0.75


@dataclass(frozen=True)
class PuckWorld(View):
    """A game of PuckWorld, drawn from its nine numbers, with the way of the last steps.

    Attributes:
        series: Name of an array series of a state, as `games.puck_world` describes it.
        field: Name of an array series (rows, columns), the top row first: what it is worth to be there, drawn as the ice's colour
            between the lowest and the highest of that moment; "" for plain ice.

    Raises:
        MlaError: The series has another shape.
    """

    series: str = "state"
    _: KW_ONLY
    field: str = ""

    def draw(self, moment: Moment, box: Box) -> Sequence[Command]:
        """Return ice, places, trail and puck; they glide between two steps of one game."""
        found = source(moment, self.series, self.run, "PuckWorld", "array")
        recorded = value(moment, found)
        if recorded is None:
            return empty(box)
        if np.size(recorded) != NUMBERS:
            raise MlaError(f"PuckWorld: {self.series!r} has the shape {np.shape(recorded)}; record {NUMBERS} numbers.")
        before, after, share = moment.between(self.series, self.run)
        state, following = np.ravel(np.asarray(before, np.float64)), np.ravel(np.asarray(after, np.float64))
        if share > 0 and np.abs(following - state)[:2].max() < JUMP:
            glides = np.concatenate([state[:4] + (following - state)[:4] * share, state[4:]])
            glides[6:8] += (following - state)[6:8] * share
            state = glides
        if not np.isfinite(state).all():
            return empty(box, "no finite values yet")
        told = value(moment, source(moment, self.field, self.run, "PuckWorld", "array")) if self.field else None
        trail = _trail(recent_rows(found, moment.step(self.run), TRAIL), state)
        return draw_puck_world(state, box, trail=trail, field=None if told is None else np.asarray(told, np.float64))

    def describe(self, moment: Moment) -> str:
        """Return how far the puck is from both."""
        recorded = value(moment, source(moment, self.series, self.run, "PuckWorld", "array"))
        if recorded is None or np.size(recorded) != NUMBERS or not np.isfinite(np.asarray(recorded, np.float64)).all():
            return ""
        state = np.ravel(np.asarray(recorded, np.float64))
        green, red = (float(np.hypot(*(state[at : at + 2] - state[:2]))) for at in (4, 6))
        hurt = "within its reach" if red < REACH else "out of its reach"
        return f"The puck is {green:.2f} from the green place and {red:.2f} from the red one, {hurt}."


def draw_puck_world(
    state: NDArray[np.float64],
    box: Box,
    *,
    trail: NDArray[np.float64] | None = None,
    field: NDArray[np.float64] | None = None,
) -> tuple[Command, ...]:
    """Return a game's commands.

    Args:
        state: Its nine numbers.
        box: Where to draw; a square in its middle is used.
        trail: Places of the puck before, (n, 2).
        field: What it is worth to be somewhere, (rows, columns), the top row first.
    """
    box = box.square()
    side = box.width
    puck, green, red = (
        (round(box.x + float(state[at]) * side, 2), round(box.y + float(state[at + 1]) * side, 2)) for at in (0, 4, 6)
    )
    ice: list[Command] = [Rect(box.x, box.y, side, side, "panel", radius=8)]
    if field is not None and np.isfinite(field).all():
        low, high = float(field.min()), float(field.max())
        if high > low:
            rows, columns = field.shape
            shades = np.rint(255 * STRENGTH * (field - low) / (high - low)).astype(np.uint8)
            ice.append(
                Image(box.x, box.y, side, side, Pixels(columns, rows, shades.tobytes(), "sequential"), smooth=True)
            )
    places: list[Command] = [
        Circle(*red, round(REACH * side, 2), "bad", opacity=0.22),
        Circle(*red, round(REACH * side, 2), None, "bad", 2.0),
        Circle(*red, round(0.03 * side, 2), "bad"),
        Circle(*green, round(0.045 * side, 2), None, "good", 4.0),
        Circle(*green, round(0.02 * side, 2), "good"),
    ]
    way: list[Command] = []
    if trail is not None and len(trail) > 1 and np.ptp(trail, axis=0).max() > 0:
        points = tuple(round(float(part), 2) for part in (trail * side + (box.x, box.y)).ravel())
        way.append(Polyline(points, "ink", 2.5, opacity=0.55))
    colour: Colour = "series-2"
    body = (Circle(*puck, round(PUCK * side, 2), colour, "ground", 2.0),)
    inside = Clip(box.x, box.y, side, side, (*ice, *places, *way), radius=8)
    return (Group((inside,), key="ice"), Group(body, key="puck"))


def _trail(
    rows: Sequence[NDArray[np.float64]] | NDArray[np.float64], state: NDArray[np.float64]
) -> NDArray[np.float64]:
    """Return the places of the game that is on, the present one last."""
    places = np.array([np.ravel(row)[:2] for row in rows] + [state[:2]], np.float64).reshape(-1, 2)
    jumps = np.flatnonzero(np.abs(np.diff(places, axis=0)).max(axis=1) >= JUMP)
    return places[jumps[-1] + 1 :] if len(jumps) else places
