"""Tic Tac Toe: three in a row on a board of three by three.

    game = TicTacToe()
    state = game.play(game.start, 4)                # X takes the middle

A state is a tuple of nine numbers, row by row: 1 for X, who begins, −1 for O, 0 where it is free. A move is a cell, 0 to 8.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from mlanimated.errors import MlaError

__all__ = ["LINES", "State", "TicTacToe"]

State = tuple[int, ...]

LINES: tuple[tuple[int, int, int], ...] = (
    (0, 1, 2),
    (3, 4, 5),
    (6, 7, 8),
    (0, 3, 6),
    (1, 4, 7),
    (2, 5, 8),
    (0, 4, 8),
    (2, 4, 6),
)
"""The eight lines that win."""


@dataclass(frozen=True)
class TicTacToe:
    """The rules."""

    @property
    def name(self) -> str:
        """What the game is called."""
        return "Tic Tac Toe"

    @property
    def shape(self) -> tuple[int, int]:
        """Rows and columns."""
        return 3, 3

    @property
    def moves(self) -> int:
        """Nine cells."""
        return 9

    @property
    def start(self) -> State:
        """The empty board."""
        return (0,) * 9

    def state(self, cells: Iterable[int]) -> State:
        """Return a position given as nine numbers, 1 for X, −1 for O, 0 for free.

        Raises:
            MlaError: No game comes to it.
        """
        state = tuple(int(cell) for cell in cells)
        if len(state) != 9 or not set(state) <= {-1, 0, 1}:
            raise MlaError("Tic Tac Toe: a position is nine numbers, 1 for X, −1 for O and 0 for free.")
        winners = {state[line[0]] for line in LINES if abs(sum(state[cell] for cell in line)) == 3}
        if sum(state) not in (0, 1) or winners - {1 if sum(state) else -1}:
            raise MlaError(
                "Tic Tac Toe: no game comes to this position; X begins, both move in turn, and three end it."
            )
        return state

    def legal(self, state: State) -> tuple[int, ...]:
        """Return the free cells; none where the game is over."""
        return () if _result(state) is not None else tuple(cell for cell in range(9) if not state[cell])

    def player(self, state: State) -> int:
        """Return who moves: 1 is X, −1 is O."""
        return -1 if sum(state) else 1

    def play(self, state: State, move: int) -> State:
        """Return the position after a move.

        Raises:
            MlaError: The game is over, the cell is taken, or there is no such cell.
        """
        result = _result(state)
        if result is not None:
            raise MlaError(f"Tic Tac Toe: the game is over ({_ENDS[result]}); begin a new one.")
        if not 0 <= move < 9 or state[move]:
            free = ", ".join(str(cell) for cell in self.legal(state))
            why = "is taken" if 0 <= move < 9 else "does not exist"
            raise MlaError(f"Tic Tac Toe: cell {move} {why}; free: {free}.")
        return (*state[:move], self.player(state), *state[move + 1 :])

    def result(self, state: State) -> int | None:
        """Return 1 where X has won, −1 where O has, 0 for a draw, None while the game goes on."""
        return _result(state)

    def board(self, state: State) -> NDArray[np.int8]:
        """Return the board as int8 (3, 3)."""
        return np.array(state, np.int8).reshape(3, 3)

    def line(self, state: State) -> tuple[tuple[int, int], ...]:
        """Return row and column of each cell of the winning line, or of both; nothing where nobody has won."""
        cells = {cell for line in LINES if abs(sum(state[cell] for cell in line)) == 3 for cell in line}
        return tuple(divmod(cell, 3) for cell in sorted(cells))


_ENDS = {1: "X has won", -1: "O has won", 0: "a draw"}


@lru_cache(maxsize=8192)  # every position fits: there are 5,478
def _result(state: State) -> int | None:
    for a, b, c in LINES:
        total = state[a] + state[b] + state[c]
        if total in (3, -3):
            return total // 3
    return None if 0 in state else 0
