"""Stones: what lies on a board and what comes to it, for those who draw Tic Tac Toe and Connect Four."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from mlanimated.draw.commands import Command, Polyline

__all__ = ["FIRST", "SECOND", "Drop", "Line", "Stones", "lines_of", "struck"]

FIRST, SECOND = "series-1", "series-2"
"""Colours of the two players."""

Line = tuple[tuple[int, int], tuple[int, int]]
"""Row and column of the first and of the last cell of a line."""


class Drop(NamedTuple):
    """A stone on its way to the board.

    Attributes:
        row: Row where it will lie, from the top.
        column: Its column.
        side: 1 for the first player, −1 for the second.
        share: How far it has come, 0..1.
    """

    row: int
    column: int
    side: int
    share: float


class Stones(NamedTuple):
    """A board as it is drawn.

    Attributes:
        board: int8 (rows, columns): 1, −1, and 0 where it is free.
        won: The lines that win.
        drops: Stones on their way.
        last: Row and column of the last move.
        chances: Chance of each move, flat; None for none.
        chosen: The move that is marked, −1 for none.
        pattern: How a chance is written, as for `str.format`.
        labels: Keep room for chances, though there are none now.
    """

    board: NDArray[np.int8]
    won: Sequence[Line] = ()
    drops: Sequence[Drop] = ()
    last: tuple[int, int] | None = None
    chances: NDArray[np.float64] | None = None
    chosen: int = -1
    pattern: str = "{:.0%}"
    labels: bool = False


def lines_of(board: NDArray[np.int8], need: int) -> list[Line]:
    """Return the first and last cell of every line of at least `need` stones of one side."""
    rows, columns = board.shape
    found: list[Line] = []
    for row, column in np.argwhere(board).tolist():
        side = board[row, column]
        for down, right in ((0, 1), (1, 0), (1, 1), (1, -1)):
            before = (row - down, column - right)
            if 0 <= before[0] < rows and 0 <= before[1] < columns and board[before] == side:
                continue
            y, x, length = row, column, 0
            while 0 <= y < rows and 0 <= x < columns and board[y, x] == side:
                y, x, length = y + down, x + right, length + 1
            if length >= need:
                found.append(((row, column), (y - down, x - right)))
    return found


def struck(won: Sequence[Line], left: float, top: float, cell: float, out: float = 0.0) -> tuple[Command, ...]:
    """Return a line through each winning row, `out` of a cell longer at both ends; one that ends in stones is set off by a wider one."""
    drawn: list[Command] = []
    for (row, column), (last_row, last_column) in won:
        down, right = (
            math.copysign(out, last_row - row) * (last_row != row),
            math.copysign(out, last_column - column) * (last_column != column),
        )
        points = (
            round(left + cell * (column + 0.5 - right), 2),
            round(top + cell * (row + 0.5 - down), 2),
            round(left + cell * (last_column + 0.5 + right), 2),
            round(top + cell * (last_row + 0.5 + down), 2),
        )
        wide = max(4.0, round(cell * 0.09, 1))
        if not out:
            drawn.append(Polyline(points, "ground", wide + 6))
        drawn.append(Polyline(points, "accent", wide))
    return tuple(drawn)
