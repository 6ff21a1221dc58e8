"""Board: Tic Tac Toe or Connect Four, with discs that fall and the chance to win of every move.

Board("board", chances="chances", chosen="move")
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import KW_ONLY, dataclass
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from mlanimated.draw.box import Box
from mlanimated.draw.commands import Command
from mlanimated.draw.ease import span
from mlanimated.errors import MlaError
from mlanimated.views.axes import empty
from mlanimated.views.crosses import draw_crosses
from mlanimated.views.discs import draw_discs
from mlanimated.views.moment import MOVE, Moment
from mlanimated.views.numbers import recent_rows, source, value
from mlanimated.views.scene import View
from mlanimated.views.source import Source
from mlanimated.views.stones import Drop, Stones, lines_of
from mlanimated.views.value_format import written

__all__ = ["Board", "draw_board"]


Kind = Literal["", "marks", "discs"]


@dataclass(frozen=True)
class Board(View):
    """A board of stones, one row of the trace for each move.

    What is recorded at a step belongs together: the board, the chances of whoever moves there, and the move that follows. Between
    this step and the next one the move is shown first and then made.

    Attributes:
        series: Name of an array series, (rows, columns) or flat: 1 for the first player, −1 for the second, 0 for free.
        chances: Name of an array series: for each cell (marks) or column (discs) the chance that the move there wins, not a number
            where it is not legal; "" for none.
        chosen: Name of a series that says which move is made next (a cell or column, from 0; −1 for none); "" marks the best chance.
        kind: "marks" for crosses and rings in any cell, "discs" for discs that fall; "" takes discs for boards of 6 by 7.
        in_row: How many in a row win and are struck through; 0 takes 3 for marks and 4 for discs.
        format: How a chance is written, as for `str.format`.

    Raises:
        MlaError: A series has another shape than the board.
    """

    series: str = "board"
    _: KW_ONLY
    chances: str = ""
    chosen: str = ""
    kind: Kind = ""
    in_row: int = 0
    format: str = "{:.0%}"

    def draw(self, moment: Moment, box: Box) -> Sequence[Command]:
        """Return the board, its chances and the stone that is on its way."""
        found = source(moment, self.series, self.run, "Board", "array", "picture")
        recorded = value(moment, found)
        if recorded is None:
            return empty(box)
        board = self._shaped(recorded)
        chances = self._chances(moment, board)
        stones = Stones(
            board,
            drops=self._drops(moment, board),
            last=self._last(moment, found, board),
            chances=chances,
            chosen=self._chosen(moment, chances),
            pattern=self.format,
            labels=bool(self.chances),
        )
        return draw_board(stones, box, self.kind, self.in_row)

    def describe(self, moment: Moment) -> str:
        """Return how many stones lie, and the best move."""
        recorded = value(moment, source(moment, self.series, self.run, "Board", "array", "picture"))
        if recorded is None:
            return ""
        board = self._shaped(recorded)
        said = f"{int((board != 0).sum())} of {board.size} cells are taken"
        if lines_of(board, self.in_row or _needed(_kind(self.kind, board))):
            return f"{said}; the game is won."
        chances = self._chances(moment, board)
        if chances is None or not np.isfinite(chances).any():
            return said + "."
        best = int(np.nanargmax(chances))
        return f"{said}; the best move, {_place(best, board, self.kind)}, is given {written(float(chances[best]), self.format)}."

    def _shaped(self, recorded: Any) -> NDArray[np.int8]:
        """Return a board as rows and columns."""
        board = np.nan_to_num(np.asarray(recorded, dtype=np.float64))
        shape = {9: (3, 3), 42: (6, 7)}.get(board.size) if board.ndim == 1 else board.shape
        if shape is None or len(shape) != 2:
            raise MlaError(f"Board: {self.series!r} has the shape {np.shape(recorded)}; record (rows, columns).")
        return np.sign(board).reshape(shape).astype(np.int8)

    def _chances(self, moment: Moment, board: NDArray[np.int8]) -> NDArray[np.float64] | None:
        """Return the chance of each move, flat; None where none is recorded."""
        if not self.chances:
            return None
        recorded = value(moment, source(moment, self.chances, self.run, "Board", "array"))
        if recorded is None:
            return None
        chances = np.asarray(recorded, dtype=np.float64).ravel()
        count = board.shape[1] if _kind(self.kind, board) == "discs" else board.size
        if len(chances) != count:
            raise MlaError(f"Board: {self.chances!r} has {len(chances)} numbers; this board has {count} moves.")
        return chances

    def _chosen(self, moment: Moment, chances: NDArray[np.float64] | None) -> int:
        """Return the move to be marked, −1 for none."""
        if self.chosen:
            recorded = value(moment, source(moment, self.chosen, self.run, "Board", "scalar", "array"))
            number = math.nan if recorded is None else float(np.ravel(recorded)[0])
            return int(number) if math.isfinite(number) else -1
        if chances is None or not np.isfinite(chances).any():
            return -1
        # Where all chances are the same none is the best.
        return int(np.nanargmax(chances)) if np.nanmax(chances) > np.nanmin(chances) else -1

    def _drops(self, moment: Moment, board: NDArray[np.int8]) -> tuple[Drop, ...]:
        """Return the stones that come to the board now."""
        _, after, share = moment.between(self.series, self.run)
        if share <= 0:
            return ()
        coming = self._shaped(after)
        if coming.shape != board.shape or (coming != board)[board != 0].any():
            return ()
        return tuple(
            Drop(int(row), int(column), int(coming[row, column]), span(share, *MOVE))
            for row, column in np.argwhere(coming != board)
        )

    def _last(self, moment: Moment, found: Source, board: NDArray[np.int8]) -> tuple[int, int] | None:
        """Return the cell of the last move."""
        rows = recent_rows(found, moment.step(found.run), 2)
        if len(rows) < 2:
            return None
        new = np.argwhere((board != 0) & (self._shaped(rows[0]) == 0))
        return (int(new[0][0]), int(new[0][1])) if len(new) == 1 else None


def draw_board(stones: Stones, box: Box, kind: Kind = "", in_row: int = 0) -> tuple[Command, ...]:
    """Return a board's commands.

    Args:
        stones: What lies on it; the lines that win are found here.
        box: Where to draw.
        kind: As for `Board`.
        in_row: As for `Board`.
    """
    kind = _kind(kind, stones.board)
    stones = stones._replace(won=lines_of(stones.board, in_row or _needed(kind)))
    return draw_discs(stones, box) if kind == "discs" else draw_crosses(stones, box)


def _kind(kind: Kind, board: NDArray[np.int8]) -> Kind:
    return kind or ("discs" if board.shape == (6, 7) else "marks")


def _needed(kind: Kind) -> int:
    return 4 if kind == "discs" else 3


def _place(move: int, board: NDArray[np.int8], kind: Kind) -> str:
    """Return a move as a person names it."""
    if _kind(kind, board) == "discs":
        return f"column {move + 1}"
    row, column = divmod(move, board.shape[1])
    return f"row {row + 1}, column {column + 1}"
