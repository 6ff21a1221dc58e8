"""Discs: Connect Four's plate with holes, behind which discs fall."""

from __future__ import annotations

import math
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from mlanimated.draw.box import Box
from mlanimated.draw.commands import Circle, Colour, Command, Group, Path, Rect
from mlanimated.draw.text import cap_height, label
from mlanimated.views.stones import FIRST, SECOND, Stones, struck
from mlanimated.views.value_format import written

__all__ = ["discs_place", "draw_discs"]

RADIUS = 0.4
"""Radius of a hole, as a part of a cell; a disc is a little larger."""
ABOVE = 0.66
"""How many cells above the board a disc waits."""
LABELS = 40.0
"""Room below the columns for their chances."""


def discs_place(shape: tuple[int, int], box: Box, *, labels: bool) -> tuple[float, float, float]:
    """Return left, top and the side of a cell of a plate of rows and columns in a box; `labels`: with chances below it."""
    rows, columns = shape
    foot = LABELS if labels else 0.0
    cell = max(1.0, math.floor(min(box.width / (columns + 0.4), (box.height - foot) / (rows + 1.4))))
    left = round(box.centre[0] - cell * columns / 2)
    return left, round(box.y + (box.height - foot - cell * (rows + 1.4)) / 2 + cell * 1.2), cell


def draw_discs(stones: Stones, box: Box) -> tuple[Command, ...]:
    """Return discs behind a plate with holes; one row above it is where they come from."""
    board, chances, chosen, drops = stones.board, stones.chances, stones.chosen, stones.drops
    rows, columns = board.shape
    left, top, cell = discs_place((rows, columns), box, labels=stones.labels or chances is not None)
    going = sum(board.ravel())
    lying: list[Command] = []
    for row, column in np.argwhere(board).tolist():
        x, y = left + cell * (column + 0.5), top + cell * (row + 0.5)
        lying += _disc(x, y, cell, int(board[row, column]), last=(row, column) == stones.last)
    flying: list[Command] = []
    for drop in drops:
        # Speed grows as things fall, and is the same for all: a longer way takes longer.
        lies = drop.row + 0.5
        fallen = -ABOVE + drop.share**2 * (rows - 0.5 + ABOVE)
        y = top + cell * (lies if drop.share >= 1 else min(lies, fallen))
        flying += _disc(left + cell * (drop.column + 0.5), y, cell, drop.side)
    commands: list[Command] = [Group(tuple(lying), key="stones"), Group(tuple(flying), key="flying")]
    if not drops and 0 <= chosen < columns and not stones.won and not board[0, chosen]:
        waiting = _disc(left + cell * (chosen + 0.5), top - cell * ABOVE, cell, -1 if going > 0 else 1)
        commands.append(Group(tuple(waiting), key="waiting"))
    commands.append(Group((_plate(rows, columns, cell),), key="plate", x=left, y=top))
    commands.append(Group(struck(stones.won, left, top, cell), key="won"))
    if chances is not None:
        size = 18.0 if cell >= 48 else 14.0
        commands.append(
            Group(
                _column_labels(chances, chosen, left, top + cell * (rows + 0.2), cell, size, stones.pattern),
                key="chances",
            )
        )
    return tuple(commands)


def _disc(x: float, y: float, cell: float, side: int, *, last: bool = False) -> tuple[Command, ...]:
    """Return a disc; the second player's has a ring, so that colour is not all that tells them apart."""
    x, y, colour = round(x, 2), round(y, 2), FIRST if side > 0 else SECOND
    parts: list[Command] = [Circle(x, y, round(cell * (RADIUS + 0.03), 2), colour)]
    if side < 0:
        parts.append(Circle(x, y, round(cell * 0.24, 2), None, "ground", round(max(1.5, cell * 0.05), 2), opacity=0.85))
    if last:
        parts.append(Circle(x, y, round(cell * 0.09, 2), "ground"))
    return tuple(parts)


def _column_labels(
    chances: NDArray[np.float64], chosen: int, left: float, top: float, cell: float, size: float, pattern: str
) -> tuple[Command, ...]:
    """Return the chance of each column below it, with a bar that is as long as the chance."""
    drawn: list[Command] = []
    for column, chance in enumerate(chances.tolist()):
        x = left + cell * (column + 0.5)
        lit = column == chosen
        if math.isfinite(chance):
            wide = cell * 0.72
            share = min(1.0, max(0.0, chance))
            drawn.append(Rect(round(x - wide / 2, 2), round(top + 4, 2), round(wide, 2), 5, "panel", radius=2.5))
            fill: Colour = "accent" if lit else "muted"
            drawn.append(Rect(round(x - wide / 2, 2), round(top + 4, 2), round(wide * share, 2), 5, fill, radius=2.5))
        text = written(chance, pattern) if math.isfinite(chance) else "–"
        base = top + 16 + cap_height(size)
        drawn.append(label(x, base, text, size, "ink" if lit else "muted", "middle", bold=lit))
    return tuple(drawn)


@lru_cache(maxsize=64)
def _plate(rows: int, columns: int, cell: float) -> Path:
    """Return a plate with a round hole for each cell: its outline runs clockwise, the holes the other way round."""
    margin, radius = cell * 0.14, cell * 0.2
    x0, y0, x1, y1 = -margin, -margin, cell * columns + margin, cell * rows + margin
    corner = radius
    parts = [
        f"M {x0 + corner:g} {y0:g} L {x1 - corner:g} {y0:g} Q {x1:g} {y0:g} {x1:g} {y0 + corner:g}",
        f"L {x1:g} {y1 - corner:g} Q {x1:g} {y1:g} {x1 - corner:g} {y1:g}",
        f"L {x0 + corner:g} {y1:g} Q {x0:g} {y1:g} {x0:g} {y1 - corner:g}",
        f"L {x0:g} {y0 + corner:g} Q {x0:g} {y0:g} {x0 + corner:g} {y0:g} Z",
    ]
    r = cell * RADIUS
    k = round(r * 0.5523, 2)  # four cubic curves that are a circle to one part in 4,000
    for row in range(rows):
        for column in range(columns):
            x, y = round(cell * (column + 0.5), 2), round(cell * (row + 0.5), 2)
            up, down, west, east = round(y - r, 2), round(y + r, 2), round(x - r, 2), round(x + r, 2)
            parts.append(
                f"M {x:g} {up:g} C {x - k:g} {up:g} {west:g} {y - k:g} {west:g} {y:g}"
                f" C {west:g} {y + k:g} {x - k:g} {down:g} {x:g} {down:g}"
                f" C {x + k:g} {down:g} {east:g} {y + k:g} {east:g} {y:g}"
                f" C {east:g} {y - k:g} {x + k:g} {up:g} {x:g} {up:g} Z"
            )
    return Path(" ".join(parts), "faint")
