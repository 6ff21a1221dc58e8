"""Cells: what stands on the cells of a lake or a grid world, and the arrows, the glow and the player that are drawn over them."""

from __future__ import annotations

import math
from functools import lru_cache
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from mlanimated.draw.box import Box
from mlanimated.draw.commands import Circle, Colour, Command, Group, InkOn, Mapped, Polyline, Rect
from mlanimated.draw.text import cap_height, label, number
from mlanimated.errors import MlaError

__all__ = ["MOVES", "Board", "arrows", "glow", "landmark", "layout", "player", "tile"]

MOVES: tuple[tuple[int, int], ...] = ((0, -1), (1, 0), (0, 1), (-1, 0))
"""Row and column steps of the actions left, down, right and up."""
SYMBOLS = "SFHG#-."
WATER, SHORE = "#06233b", "#4f9ec4"
WALL = Mapped("grey", 0.46)
ICE = Mapped("sequential", 0.12)
LEAST_NUMBER = 52.0
"""Side of a cell from which on numbers are written in it."""


class Board(NamedTuple):
    """Where the cells of a map stand.

    Attributes:
        rows: The map, one text for each row.
        left: The x of the first column.
        top: The y of the first row.
        side: Side of a cell.
    """

    rows: tuple[str, ...]
    left: float
    top: float
    side: float

    @property
    def columns(self) -> int:
        """How many columns there are."""
        return len(self.rows[0])

    @property
    def cells(self) -> int:
        """How many cells there are."""
        return len(self.rows) * self.columns

    def symbol(self, cell: int) -> str:
        """Return what a cell is in the map."""
        row, column = divmod(cell, self.columns)
        return self.rows[row][column]

    def corner(self, cell: int) -> tuple[float, float]:
        """Return the upper left corner of a cell."""
        row, column = divmod(cell, self.columns)
        return self.left + self.side * column, self.top + self.side * row

    def middle(self, cell: int) -> tuple[float, float]:
        """Return the middle of a cell."""
        x, y = self.corner(cell)
        return x + self.side / 2, y + self.side / 2

    def is_lake(self) -> bool:
        """Return whether the map is one of ice and holes."""
        return _is_lake(self.rows)

    def offered(self) -> NDArray[np.bool_]:
        """Return which actions are offered where, bool (cells, 4): on a lake all, in a grid world those that stay on the board."""
        if self.is_lake():
            return np.ones((self.cells, 4), np.bool_)
        found = np.zeros((self.cells, 4), np.bool_)
        for cell in range(self.cells):
            row, column = divmod(cell, self.columns)
            for action, (down, right) in enumerate(MOVES):
                inside = 0 <= row + down < len(self.rows) and 0 <= column + right < self.columns
                found[cell, action] = inside and self.symbol(cell) != "#"
        return found


def layout(rows: tuple[str, ...], box: Box) -> Board:
    """Return square cells in the middle of a box, as large as whole units allow.

    Raises:
        MlaError: The map is empty, not rectangular, or has symbols of its own.
    """
    if not rows or not rows[0] or len({len(row) for row in rows}) > 1:
        raise MlaError("Grid: the map is rows of equally many cells, such as ('SF', 'HG').")
    strange = sorted({symbol for row in rows for symbol in row} - set(SYMBOLS))
    if strange:
        raise MlaError(f"Grid: the map has {strange[0]!r}; allowed: {' '.join(SYMBOLS)}.")
    side = max(1.0, math.floor(min(box.width / len(rows[0]), box.height / len(rows))))
    left, top = box.centre[0] - side * len(rows[0]) / 2, box.centre[1] - side * len(rows) / 2
    return Board(rows, round(left), round(top), side)


def tile(board: Board, cell: int, ground: Colour | None = None, *, plain: bool = False) -> tuple[Command, ...]:
    """Return a cell at (0, 0): ice, water, a wall, or open ground, tinted where a ground is given.

    Args:
        board: Where the cell stands.
        cell: The cell.
        ground: Its tint, None for what it is made of.
        plain: Leave ice untinted: colours mean something else here.
    """
    side, symbol = board.side, board.symbol(cell)
    gap = 1.0 if side >= 16 else 0.0
    place = (gap, gap, side - 2 * gap, side - 2 * gap)
    radius = round(min(6.0, side * 0.08), 2)
    if symbol == "#":
        return (Rect(*place, WALL, radius=radius),)
    made_of: Colour = ICE if board.is_lake() and not plain else "panel"
    drawn: list[Command] = [Rect(*place, made_of if ground is None else ground, radius=radius)]
    if symbol == "H":
        edge = round(max(1.0, side * 0.03), 2)
        drawn.append(Circle(side / 2, side / 2, round(side * 0.34, 2), WATER, SHORE, edge))
    return tuple(drawn)


def landmark(
    board: Board, cell: int, ground: Colour | None, reward: float = 0.0, *, corner: bool
) -> tuple[Command, ...]:
    """Return what marks a cell at (0, 0): the start's letter, the goal's flag, a reward; in the corner where others need the middle."""
    side, symbol = board.side, board.symbol(cell)
    drawn: list[Command] = []
    ink: Colour = "muted" if ground is None else InkOn(ground) if isinstance(ground, Mapped) else "ink"
    if symbol == "G":
        drawn.append(_flag(side, corner, None if ground is None else ink))
    size = 14.0
    if symbol == "S" and side >= (36 if corner else 24):
        large = size if corner else max(14.0, round(side * 0.32))
        x, y = (7.0, 6 + cap_height(large)) if corner else (side / 2, side / 2 + cap_height(large) / 2)
        drawn.append(label(x, y, "S", large, ink, "start" if corner else "middle", bold=True))
    if reward and symbol != "S" and side >= 36:
        text = number(reward, None, sign=True)
        colour: Colour = ("good" if reward > 0 else "bad") if ground is None else ink
        drawn.append(label(side - 7, 6 + cap_height(size), text, size, colour, "end", bold=True))
    return tuple(drawn)


def arrows(board: Board, chances: NDArray[np.float64], ground: Colour | None, up: float = 0.0) -> tuple[Command, ...]:
    """Return an arrow at (0, 0) for each action, the longer the likelier; `up` raises them.

    Args:
        board: Where the cell stands.
        chances: Chance of each of the four actions.
        ground: What the arrows are drawn on.
        up: How far above the cell's middle they begin.
    """
    side = board.side
    ink: Colour = InkOn(ground) if isinstance(ground, Mapped) else "ink"
    drawn: list[Command] = []
    for action, chance in enumerate(chances.tolist()):
        if not chance > 0.02:
            continue
        length = side * 0.36 * math.sqrt(min(1.0, chance))
        drawn += _arrow(side / 2, side / 2 - up, MOVES[action], length, ink, side, alone=chance > 0.98)
    return tuple(drawn)


def glow(board: Board, share: float) -> tuple[Command, ...]:
    """Return a glow at (0, 0): a wash and a frame, the stronger the larger the share, 0..1."""
    if not share > 0.01:
        return ()
    side = board.side
    wide = round(max(2.0, min(6.0, side * 0.07)), 2)
    inset = 1 + wide / 2
    place = (inset, inset, side - 2 * inset, side - 2 * inset)
    strength = round(min(1.0, share), 2)
    return (Rect(*place, None, "accent", wide, round(min(6.0, side * 0.08), 2), strength),)


def player(board: Board, x: float, y: float, size: float = 1.0) -> Command:
    """Return the player around (x, y): a disc with an outline that stands out from any ground."""
    radius = max(2.0, board.side * 0.2) * size
    edge = max(1.5, board.side * 0.035) * size
    parts = (
        Circle(0, 0, round(radius + edge, 2), "ground"),
        Circle(0, 0, round(radius, 2), "accent"),
        Circle(0, 0, round(radius * 0.4, 2), "ground"),
    )
    return Group(parts, key="player", x=round(x, 2), y=round(y, 2))


@lru_cache(maxsize=64)
def _is_lake(rows: tuple[str, ...]) -> bool:
    return any(symbol in "FH" for row in rows for symbol in row)


@lru_cache(maxsize=64)
def _flag(side: float, corner: bool, ink: Colour | None) -> Command:
    """Return the goal's flag: in the middle, or small at the upper left."""
    tall = side * (0.3 if corner else 0.56)
    x, y = (side * 0.14, side * 0.1) if corner else (side * 0.38, side * 0.22)
    pole = Polyline(
        (round(x, 2), round(y, 2), round(x, 2), round(y + tall, 2)), ink or "ink", round(max(1.5, tall * 0.07), 2)
    )
    cloth = (x, y, x + tall * 0.72, y + tall * 0.26, x, y + tall * 0.52)
    return Group(
        (Polyline(tuple(round(part, 2) for part in cloth), None, 0, ink or "good", closed=True), pole), key="flag"
    )


def _arrow(
    x: float, y: float, move: tuple[int, int], length: float, ink: Colour, side: float, *, alone: bool
) -> tuple[Command, ...]:
    """Return an arrow from a point; one that is alone is centred on it."""
    down, right = move
    head = max(3.0, side * 0.1)
    if alone:
        x, y = x - right * length / 2, y - down * length / 2
        length *= 1.1
    tip = (x + right * length, y + down * length)
    neck = (tip[0] - right * head, tip[1] - down * head)
    shaft = (x, y, *neck)
    wings = (
        *tip,
        neck[0] - down * head * 0.62,
        neck[1] - right * head * 0.62,
        neck[0] + down * head * 0.62,
        neck[1] + right * head * 0.62,
    )
    wide = round(max(1.5, side * 0.035), 2)
    drawn: list[Command] = []
    if length > head:
        drawn.append(Polyline(tuple(round(part, 2) for part in shaft), ink, wide))
    drawn.append(Polyline(tuple(round(part, 2) for part in wings), None, 0, ink, closed=True))
    return tuple(drawn)
