"""CatchBoard: the fruit that falls and the basket below it.

CatchBoard("state")
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import KW_ONLY, dataclass

import numpy as np

from mlanimated.draw.box import Box
from mlanimated.draw.commands import Circle, Command, Group, Polyline, Rect
from mlanimated.errors import MlaError
from mlanimated.views.axes import empty
from mlanimated.views.moment import Moment
from mlanimated.views.numbers import source, value
from mlanimated.views.scene import View

__all__ = ["CatchBoard", "draw_catch"]


@dataclass(frozen=True)
class CatchBoard(View):
    """A game of Catch, drawn from where things are.

    Attributes:
        series: Name of an array series of three numbers: row of the fruit, its column, and the column of the basket's middle.
        size: Rows and columns of the board.

    Raises:
        MlaError: The series has another shape.
    """

    series: str = "state"
    _: KW_ONLY
    size: int = 10

    def draw(self, moment: Moment, box: Box) -> Sequence[Command]:
        """Return the board; fruit and basket glide between two steps of one game."""
        recorded = value(moment, source(moment, self.series, self.run, "CatchBoard", "array"))
        if recorded is None:
            return empty(box)
        if np.size(recorded) != 3:
            raise MlaError(
                f"CatchBoard: {self.series!r} has the shape {np.shape(recorded)}; record row, fruit, basket."
            )
        row, fruit, basket = (float(number) for number in np.ravel(recorded))
        following = [float(number) for number in np.ravel(moment.between(self.series, self.run)[1])]
        share = moment.share(self.series, self.run)
        if share > 0 and following[0] > row:
            row, basket = row + (following[0] - row) * share, basket + (following[2] - basket) * share
        if not all(map(math.isfinite, (row, fruit, basket))):
            return empty(box, "no finite values yet")
        return draw_catch(row, fruit, basket, self.size, box)

    def describe(self, moment: Moment) -> str:
        """Return where the fruit is, or whether it was caught."""
        recorded = value(moment, source(moment, self.series, self.run, "CatchBoard", "array"))
        if recorded is None or np.size(recorded) != 3 or not np.isfinite(np.asarray(recorded, np.float64)).all():
            return ""
        row, fruit, basket = (int(number) for number in np.ravel(recorded))
        if row >= self.size - 1:
            return "The fruit is caught." if abs(fruit - basket) <= 1 else "The fruit is missed."
        return f"The fruit is in row {row + 1}, column {fruit + 1}; the basket's middle is in column {basket + 1}."


def draw_catch(row: float, fruit: float, basket: float, size: int, box: Box) -> tuple[Command, ...]:
    """Return the board's commands.

    Args:
        row: Row of the fruit; it may have a fraction.
        fruit: Column of the fruit.
        basket: Column of the basket's middle; it may have a fraction.
        size: Rows and columns of the board.
        box: Where to draw.
    """
    cell = max(1.0, math.floor(min(box.width, box.height) / size))
    side = cell * size
    left, top = round(box.centre[0] - side / 2), round(box.centre[1] - side / 2)
    lines: list[Command] = [Rect(left, top, side, side, "panel", radius=min(8.0, cell * 0.2))]
    if cell >= 6:
        for index in range(1, size):
            at = cell * index
            lines.append(Polyline((left + at, top + 2, left + at, top + side - 2), "ground", 1.0))
            lines.append(Polyline((left + 2, top + at, left + side - 2, top + at), "ground", 1.0))
    done = row >= size - 1
    caught = done and abs(fruit - basket) <= 1
    colour = "good" if caught else "bad" if done else "accent"
    # A caught fruit lies in the basket, and looks out of it.
    lies = max(0.0, row - (size - 2)) * 0.34 if abs(fruit - basket) <= 1 else 0.0
    x, y = left + cell * (fruit + 0.5), top + cell * (row + 0.5 - lies)
    ball: list[Command] = []
    if not done:
        # Where it will come down.
        ball.append(
            Polyline((x, y, x, top + side - cell), "faint", max(1.0, cell * 0.05), dash=(cell * 0.14, cell * 0.2))
        )
    ball.append(Circle(round(x, 2), round(y, 2), round(cell * 0.36, 2), colour))
    wide, deep = cell * 3, cell
    inset = cell * 0.08
    shape = (
        inset,
        deep * 0.3,
        wide - inset,
        deep * 0.3,
        wide - inset - cell * 0.28,
        deep - inset,
        inset + cell * 0.28,
        deep - inset,
    )
    points = tuple(round(part, 2) for part in shape)
    net = Polyline(points, "series-1", max(1.0, round(cell * 0.08, 2)), "series-1", closed=True)
    place = Group((net,), key="basket", x=round(left + cell * (basket - 1), 2), y=round(top + side - cell, 2))
    parts = (Group(tuple(ball), key="fruit"), place)
    return (Group(tuple(lines), key="board"), *(parts[::-1] if done and not caught else parts))
