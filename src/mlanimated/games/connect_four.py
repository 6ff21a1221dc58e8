"""Connect Four: discs fall in seven columns of six; four in a row, in a column or aslant win.

    game = ConnectFour()
    state = game.play(game.start, 3)                # the middle column

A state is two bit boards, as in John Tromp's and Pascal Pons's solvers: `mine` has the discs of whoever moves now, `filled` those of
both. Bit 7 * column + row is a cell, rows counted from the bottom; the seventh bit of each column stays empty, so that no line runs
from one column's top to the next one's bottom. `have_four`, `dropped` and `mirrored` take whole arrays of such boards.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import NamedTuple, TypeVar

import numpy as np
from numpy.typing import NDArray

from mlanimated.errors import MlaError

__all__ = [
    "BOTTOM",
    "COLUMNS",
    "FULL",
    "ROWS",
    "ConnectFour",
    "State",
    "dropped",
    "has_four",
    "have_four",
    "mirrored",
    "unpacked",
]

Bits = TypeVar("Bits", int, NDArray[np.uint64])

COLUMNS, ROWS = 7, 6
HEIGHT = ROWS + 1
BOTTOM: tuple[int, ...] = tuple(1 << HEIGHT * column for column in range(COLUMNS))
"""The bit of each column's lowest cell."""
TOP: tuple[int, ...] = tuple(bit << ROWS - 1 for bit in BOTTOM)
COLUMN: tuple[int, ...] = tuple((1 << ROWS) - 1 << HEIGHT * column for column in range(COLUMNS))
FULL: int = sum(COLUMN)
"""Every cell."""

LINES: tuple[int, ...] = (1, HEIGHT - 1, HEIGHT, HEIGHT + 1)
"""How many bits on the next cell of a line is: upwards, down to the right, to the right, up to the right."""


class State(NamedTuple):
    """A position.

    Attributes:
        mine: Discs of whoever moves now.
        filled: Discs of both.
    """

    mine: int
    filled: int


@dataclass(frozen=True)
class ConnectFour:
    """The rules."""

    @property
    def name(self) -> str:
        """What the game is called."""
        return "Connect Four"

    @property
    def shape(self) -> tuple[int, int]:
        """Rows and columns."""
        return ROWS, COLUMNS

    @property
    def moves(self) -> int:
        """Seven columns."""
        return COLUMNS

    @property
    def start(self) -> State:
        """The empty board."""
        return State(0, 0)

    def after(self, moves: Iterable[int]) -> State:
        """Return the position after some moves from the empty board, columns counted from 0.

        Raises:
            MlaError: One of them is not legal.
        """
        state = self.start
        for move in moves:
            state = self.play(state, move)
        return state

    def state(self, board: NDArray[np.integer] | Sequence[Sequence[int]]) -> State:
        """Return a position given as a board: (6, 7), top row first, 1 first player, −1 second, 0 empty.

        Raises:
            MlaError: It has another shape, discs hang in the air, or the players did not move in turn.
        """
        cells = np.asarray(board)
        if cells.shape != (ROWS, COLUMNS) or not np.isin(cells, (-1, 0, 1)).all():
            raise MlaError("Connect Four: a board is 6 rows of 7 numbers: 1, −1, and 0 where it is empty.")
        upright = cells[::-1]
        if (np.diff(np.abs(upright), axis=0) > 0).any():
            raise MlaError("Connect Four: discs hang in the air; fill columns from the bottom.")
        if int(cells.sum()) not in (0, 1):
            raise MlaError("Connect Four: one player has too many discs; the first (1) begins and both move in turn.")
        bits = {
            side: sum(1 << HEIGHT * int(column) + int(row) for row, column in np.argwhere(upright == side))
            for side in (1, -1)
        }
        mover = -1 if int(cells.sum()) else 1
        if has_four(bits[mover]):
            raise MlaError("Connect Four: the player to move has four already; the game ended before.")
        return State(bits[mover], bits[1] | bits[-1])

    def legal(self, state: State) -> tuple[int, ...]:
        """Return the columns that are not full; none where the game is over."""
        mine, filled = state
        if has_four(mine ^ filled):
            return ()
        return tuple([column for column in range(COLUMNS) if not filled & TOP[column]])

    def player(self, state: State) -> int:
        """Return who moves: 1 the first player, −1 the second."""
        return -1 if state.filled.bit_count() & 1 else 1

    def play(self, state: State, move: int) -> State:
        """Return the position after a disc has fallen into a column.

        Raises:
            MlaError: The game is over, the column is full, or there is no such column.
        """
        mine, filled = state
        result = self.result(state)
        if result is not None:
            end = "a draw" if not result else f"the {'first' if result > 0 else 'second'} player has won"
            raise MlaError(f"Connect Four: the game is over ({end}); begin a new one.")
        if not 0 <= move < COLUMNS or filled & TOP[move]:
            why = "is full" if 0 <= move < COLUMNS else "does not exist"
            raise MlaError(f"Connect Four: column {move} {why}; open: {', '.join(map(str, self.legal(state)))}.")
        return State(*dropped(mine, filled, BOTTOM[move]))

    def result(self, state: State) -> int | None:
        """Return 1 where the first player has won, −1 where the second has, 0 for a draw, None while the game goes on."""
        mine, filled = state
        if has_four(mine ^ filled):
            return -self.player(state)
        return 0 if filled == FULL else None

    def board(self, state: State) -> NDArray[np.int8]:
        """Return the board as int8 (6, 7), the top row first."""
        mine, filled = (unpacked(np.array([bits], np.uint64))[0] for bits in state)
        return np.where(mine, self.player(state), np.where(filled, -self.player(state), 0)).astype(np.int8)

    def line(self, state: State) -> tuple[tuple[int, int], ...]:
        """Return row (from the top) and column of each disc of the winning fours; nothing where nobody has won."""
        winners = state.mine ^ state.filled
        found = 0
        for step in LINES:
            pairs = winners & winners >> step
            fours = pairs & pairs >> 2 * step
            found |= fours | fours << step | fours << 2 * step | fours << 3 * step
        cells = [divmod(bit, HEIGHT) for bit in range(HEIGHT * COLUMNS) if found >> bit & 1]
        return tuple(sorted((ROWS - 1 - row, column) for column, row in cells))


def has_four(discs: int) -> bool:
    """Return whether the discs of one bit board hold four in a line."""
    for step in LINES:
        pairs = discs & discs >> step
        if pairs & pairs >> 2 * step:
            return True
    return False


def have_four(discs: NDArray[np.uint64]) -> NDArray[np.bool_]:
    """Return for each of many bit boards whether its discs hold four in a line."""
    found = np.zeros(discs.shape, np.bool_)
    for step in LINES:
        pairs = discs & discs >> np.uint64(step)
        found |= (pairs & pairs >> np.uint64(2 * step)) != 0
    return found


def dropped(mine: Bits, filled: Bits, bottom: Bits) -> tuple[Bits, Bits]:
    """Return the two bit boards, or arrays of them, after discs fell into the columns whose lowest bit is `bottom`.

    Nothing is checked. Adding that bit carries up to the lowest free cell. The discs of whoever moves next are all but the mover's.
    """
    return mine ^ filled, filled | (filled + bottom)  # pyright: ignore[reportReturnType]


def mirrored(bits: Bits) -> Bits:
    """Return a bit board, or an array of them, with left and right exchanged."""
    turned = bits & COLUMN[3]
    for column in range(3):
        other = COLUMNS - 1 - column
        shift = HEIGHT * (other - column)
        turned |= (bits & COLUMN[column]) << shift | (bits & COLUMN[other]) >> shift
    return turned  # pyright: ignore[reportReturnType]


def unpacked(bits: NDArray[np.uint64]) -> NDArray[np.bool_]:
    """Return n bit boards as bool (n, 6, 7), the top row first."""
    found = (bits[:, None, None] >> _PLACES[None]) & np.uint64(1)
    return found.astype(np.bool_)


_PLACES = np.array(
    [[HEIGHT * column + row for column in range(COLUMNS)] for row in reversed(range(ROWS))], dtype=np.uint64
)
