"""Crosses: Tic Tac Toe's lines, its crosses and rings as they are drawn, and a chance in each free cell."""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray

from mlanimated.draw.box import Box
from mlanimated.draw.commands import Circle, Command, Group, InkOn, Mapped, Polyline, Rect
from mlanimated.draw.ease import ease, span
from mlanimated.draw.text import cap_height, label
from mlanimated.views.stones import FIRST, SECOND, Stones, struck
from mlanimated.views.value_format import written

__all__ = ["crosses_place", "draw_crosses"]


def crosses_place(shape: tuple[int, int], box: Box) -> tuple[float, float, float]:
    """Return left, top and the side of a cell of a board of rows and columns in a box."""
    rows, columns = shape
    cell = max(1.0, math.floor(min(box.width / columns, box.height / rows)))
    return round(box.centre[0] - cell * columns / 2), round(box.centre[1] - cell * rows / 2), cell


def draw_crosses(stones: Stones, box: Box) -> tuple[Command, ...]:
    """Return crosses and rings between lines."""
    board, chosen, drops = stones.board, stones.chosen, stones.drops
    rows, columns = board.shape
    left, top, cell = crosses_place((rows, columns), box)
    commands: list[Command] = []
    if stones.chances is not None and not stones.won:
        commands.append(Group(_chances(stones, stones.chances, left, top, cell), key="chances"))
    elif 0 <= chosen < board.size and not stones.won and not drops:
        row, column = divmod(chosen, columns)
        commands.append(Group((_frame(left + cell * column, top + cell * row, cell),), key="chosen"))
    width, high = cell * columns, cell * rows
    wide = max(2.0, round(cell * 0.02))
    lines: list[Command] = [
        Polyline((left + cell * i, top + 4, left + cell * i, top + high - 4), "muted", wide) for i in range(1, columns)
    ]
    lines += [
        Polyline((left + 4, top + cell * i, left + width - 4, top + cell * i), "muted", wide) for i in range(1, rows)
    ]
    commands.append(Group(tuple(lines), key="lines"))
    drawn: list[Command] = []
    for row, column in np.argwhere(board).tolist():
        drawn += _mark(left + cell * (column + 0.5), top + cell * (row + 0.5), cell, int(board[row, column]), 1.0)
    commands.append(Group(tuple(drawn), key="stones"))
    flying: list[Command] = []
    for drop in drops:
        x, y = left + cell * (drop.column + 0.5), top + cell * (drop.row + 0.5)
        flying += _mark(x, y, cell, drop.side, ease(drop.share))
    commands += [Group(tuple(flying), key="flying"), Group(struck(stones.won, left, top, cell, 0.34), key="won")]
    return tuple(commands)


def _mark(x: float, y: float, cell: float, side: int, share: float) -> tuple[Command, ...]:
    """Return a cross or a ring, as much of it as has been drawn."""
    if share <= 0:
        return ()
    reach, wide = cell * 0.27, round(max(3.0, cell * 0.075), 2)
    if side > 0:
        drawn: list[Command] = []
        for start, sign in ((0.0, 1.0), (0.5, -1.0)):
            part = span(share, start, start + 0.5)
            if part > 0:
                ends = (-reach, -reach * sign, -reach + 2 * reach * part, (-reach + 2 * reach * part) * sign)
                shifted = (x + ends[0], y + ends[1], x + ends[2], y + ends[3])
                drawn.append(Polyline(tuple(round(float(end), 2) for end in shifted), FIRST, wide))
        return tuple(drawn)
    radius = cell * 0.28
    if share >= 1:
        return (Circle(round(x, 2), round(y, 2), round(radius, 2), None, SECOND, wide),)
    turns = np.linspace(-math.pi / 2, -math.pi / 2 + 2 * math.pi * share, max(3, int(48 * share)))
    points = np.stack([x + radius * np.cos(turns), y + radius * np.sin(turns)], axis=1).ravel()
    return (Polyline(tuple(np.round(points, 2).tolist()), SECOND, wide),)


def _chances(stones: Stones, chances: NDArray[np.float64], left: float, top: float, cell: float) -> tuple[Command, ...]:
    """Return the chance of each free cell as colour and as a number, the chosen one framed."""
    drawn: list[Command] = []
    size = float(min(30, max(14, round(cell * 0.2))))
    coming = {(drop.row, drop.column): drop.share for drop in stones.drops}
    for index, chance in enumerate(chances.tolist()):
        row, column = divmod(index, stones.board.shape[1])
        if stones.board[row, column] or not math.isfinite(chance):
            continue
        x, y = left + cell * column, top + cell * row
        ground = Mapped("sequential", round(0.75 * min(1.0, max(0.0, chance)), 3))
        pad = round(cell * 0.07)
        lit = index == stones.chosen
        # Colour and number make way for the mark that is drawn over them.
        if not coming.get((row, column)):
            drawn.append(Rect(x + pad, y + pad, cell - 2 * pad, cell - 2 * pad, ground, radius=8))
            base = y + cell / 2 + cap_height(size) / 2
            text = written(chance, stones.pattern)
            drawn.append(label(x + cell / 2, base, text, size, InkOn(ground), "middle", bold=lit))
        if lit:
            drawn.append(_frame(x, y, cell))
    return tuple(drawn)


def _frame(x: float, y: float, cell: float) -> Rect:
    """Return the frame of the move that is made next."""
    pad = round(cell * 0.07)
    return Rect(x + pad, y + pad, cell - 2 * pad, cell - 2 * pad, None, "accent", 4.0, 8)
