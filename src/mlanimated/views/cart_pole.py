"""CartPole: the cart on its track and the pole that it balances, with the push that comes next.

CartPole("state", action="action")
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import KW_ONLY, dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from mlanimated.draw.box import Box
from mlanimated.draw.commands import Circle, Colour, Command, Group, Polyline, Rect
from mlanimated.errors import MlaError
from mlanimated.views.axes import empty
from mlanimated.views.moment import Moment
from mlanimated.views.numbers import source, value
from mlanimated.views.scene import View

__all__ = ["CartPole"]

EDGE, TILT = 2.4, math.radians(12)
"""Where a game of CartPole-v1 ends: metres from the middle, and radians from upright."""
SEEN = 2.85
"""Half of what is seen of the track, in metres."""
POLE = 1.0
CART = (0.5, 0.3)
JUMP = 0.12
"""More than place or tilt change in one step of a game: a larger change is a new game."""


@dataclass(frozen=True)
class CartPole(View):
    """Gymnasium's CartPole, drawn from its four numbers.

    The pole turns red when it has tilted by more than 12 degrees or the cart has left its track: then the game is over.

    Attributes:
        series: Name of an array series of four numbers: place in metres, speed, tilt in radians, turning speed.
        action: Name of a series of the push that follows, 0 to the left and 1 to the right, shown as an arrow; "" for none.
        doomed: Name of a series that is 1 where a step is labelled as losing: the cart is then drawn in that colour; "" for none.

    Raises:
        MlaError: The series has another shape.
    """

    series: str = "state"
    _: KW_ONLY
    action: str = ""
    doomed: str = ""

    def draw(self, moment: Moment, box: Box) -> Sequence[Command]:
        """Return track, cart, pole and push."""
        recorded = self._state(moment)
        if recorded is None:
            return empty(box)
        shown = recorded
        before, after, share = moment.between(self.series, self.run)
        if share > 0 and np.abs(np.subtract(after, before))[[0, 2]].max() < JUMP:
            shown = recorded + (np.ravel(after) - recorded) * share
        over = _over(recorded)
        unit = round(min(box.width / (2 * SEEN), box.height / (POLE + CART[1] + 0.45)), 2)
        middle, ground = box.centre[0], round(box.centre[1] + unit * (POLE + CART[1]) / 2, 2)
        colour: Colour = "bad" if over or self._number(moment, self.doomed) == 1 else "series-1"
        wide, high = unit * CART[0], unit * CART[1]
        tip = (math.sin(float(shown[2])) * unit * POLE, -math.cos(float(shown[2])) * unit * POLE)
        pole = (0.0, 0.0, round(tip[0], 2), round(tip[1], 2))
        cart: list[Command] = [
            Rect(round(-wide / 2, 2), round(-high / 2, 2), round(wide, 2), round(high, 2), colour, radius=6),
            Polyline(pole, "bad" if over else "series-2", round(unit * 0.1, 2)),
            Circle(0, 0, round(unit * 0.055, 2), "ground"),
        ]
        push = self._number(moment, self.action)
        if push in (0, 1) and not over:
            cart.append(_arrow(1 if push else -1, wide / 2 + 8, unit * 0.32))
        x = round(middle + min(SEEN, max(-SEEN, float(shown[0]))) * unit, 2)
        return (
            Group(_track(middle, ground, unit), key="track"),
            Group(tuple(cart), key="cart", x=x, y=round(ground - high / 2 - 3, 2)),
        )

    def describe(self, moment: Moment) -> str:
        """Return where the cart is and how far the pole tilts."""
        state = self._state(moment)
        if state is None:
            return ""
        if _over(state):
            return "The game is over."
        side = "right" if state[2] >= 0 else "left"
        return f"The pole tilts by {abs(math.degrees(state[2])):.1f}° to the {side}; the cart is {abs(state[0]):.2f} m from the middle."

    def _state(self, moment: Moment) -> NDArray[np.float64] | None:
        """Return the four numbers; None before the first, or where they are not finite."""
        recorded: Any = value(moment, source(moment, self.series, self.run, "CartPole", "array"))
        if recorded is None:
            return None
        state = np.asarray(recorded, dtype=np.float64).ravel()
        if len(state) != 4:
            raise MlaError(
                f"CartPole: {self.series!r} has the shape {np.shape(recorded)}; record place, speed, tilt, turning speed."
            )
        return state if np.isfinite(state).all() else None

    def _number(self, moment: Moment, name: str) -> int | None:
        """Return a recorded whole number, None where there is none."""
        if not name:
            return None
        recorded: Any = value(moment, source(moment, name, self.run, "CartPole", "scalar", "array"))
        number = math.nan if recorded is None else float(np.ravel(recorded)[0])
        return int(number) if math.isfinite(number) else None


def _over(state: NDArray[np.float64]) -> bool:
    """Return whether the game has ended."""
    return bool(abs(state[0]) > EDGE or abs(state[2]) > TILT)


def _track(middle: float, ground: float, unit: float) -> tuple[Command, ...]:
    """Return the ground with a mark at both ends of the track."""
    drawn: list[Command] = [
        Polyline((round(middle - SEEN * unit, 2), ground, round(middle + SEEN * unit, 2), ground), "muted", 2)
    ]
    for edge in (-EDGE, EDGE):
        x = round(middle + edge * unit, 2)
        drawn.append(Polyline((x, ground - 8, x, ground + 8), "muted", 2))
    return tuple(drawn)


def _arrow(way: int, start: float, length: float) -> Group:
    """Return an arrow that points to one side."""
    end = start + length
    line = Polyline((way * round(start, 2), 0, way * round(end, 2), 0), "accent", 4)
    points = (way * round(end - 9, 2), -7.0, way * round(end, 2), 0.0, way * round(end - 9, 2), 7.0)
    return Group((line, Polyline(points, "accent", 4)), key="push")
