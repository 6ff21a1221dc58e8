"""Many positions of a board game at once, as bit boards: what a search needs to know of the rules, for a thousand games in one call.

    rules = ManyConnectFour()
    boards = rules.start(512)                       # uint64 (512, 2)
    boards = rules.play(boards, moves)              # moves: int (512,)

A position is two bit boards, as in `games/connect_four.py`: the stones of whoever moves now, and those of both. The games' own rules
in `games/` stay what is true; the tests play both side by side.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, NamedTuple, Protocol, cast

import numpy as np
from numpy.typing import NDArray

from mlanimated.errors import MlaError
from mlanimated.games.board_game import BoardGame
from mlanimated.games.connect_four import BOTTOM, COLUMNS, FULL, HEIGHT, ROWS, ConnectFour, State
from mlanimated.games.tic_tac_toe import LINES, TicTacToe

__all__ = ["BOARD_GAMES", "ManyBoards", "ManyConnectFour", "ManyTicTacToe", "Symmetry", "fourths", "many"]

Bits = NDArray[np.uint64]


class Symmetry(NamedTuple):
    """A way to turn or mirror the board that changes nothing.

    Attributes:
        inputs: int (features,), where each input of the turned position is found in that of the position.
        moves: int (moves,), the same of the moves.
    """

    inputs: NDArray[np.intp]
    moves: NDArray[np.intp]


class ManyBoards(Protocol):
    """A board game, for many positions at once."""

    @property
    def game(self) -> BoardGame[Any]:
        """The rules of one position."""
        ...

    @property
    def features(self) -> int:
        """Length of what a network sees of a position."""
        ...

    @property
    def symmetries(self) -> tuple[Symmetry, ...]:
        """Every way to turn the board, the one that leaves it as it is first."""
        ...

    def start(self, count: int) -> Bits:
        """Return so many empty boards, uint64 (count, 2)."""
        ...

    def boards(self, states: Sequence[Any]) -> Bits:
        """Return positions of the game as bit boards, uint64 (n, 2)."""
        ...

    def state(self, board: Bits) -> Any:
        """Return one position, uint64 (2,), as the game has it."""
        ...

    def legal(self, boards: Bits) -> NDArray[np.bool_]:
        """Return which moves find a free cell, (n, moves); the game is taken to go on."""
        ...

    def wins(self, boards: Bits) -> NDArray[np.bool_]:
        """Return which moves win at once, (n, moves)."""
        ...

    def left(self, boards: Bits) -> NDArray[np.intp]:
        """Return how many cells are free, (n,)."""
        ...

    def play(self, boards: Bits, moves: NDArray[np.integer]) -> Bits:
        """Return the positions after a legal move in each; nothing is checked."""
        ...

    def inputs(self, boards: Bits) -> NDArray[np.float32]:
        """Return what a network sees, (n, features), from the side of whoever moves."""
        ...


class ManyConnectFour:
    """Connect Four.

    A network sees four planes of 42 cells: one's own discs, the other's, and the free cells that would complete four for either, which
    follow from the rules alone; and whether it is the first player who moves.
    """

    game = ConnectFour()
    features = 4 * ROWS * COLUMNS + 1

    def __init__(self) -> None:
        cells = np.arange(self.features - 1).reshape(4, COLUMNS, ROWS)
        other = np.append(cells[:, ::-1].ravel(), self.features - 1)
        same = Symmetry(np.arange(self.features), np.arange(COLUMNS))
        self.symmetries = (same, Symmetry(other, np.arange(COLUMNS)[::-1]))

    def start(self, count: int) -> Bits:
        """Return so many empty boards."""
        return np.zeros((count, 2), np.uint64)

    def boards(self, states: Sequence[Any]) -> Bits:
        """Return positions as bit boards, which they are."""
        return np.array(states, np.uint64).reshape(-1, 2)

    def state(self, board: Bits) -> State:
        """Return one position as the game has it."""
        return State(*board.tolist())

    def legal(self, boards: Bits) -> NDArray[np.bool_]:
        """Return which columns are not full."""
        return (boards[:, 1, None] & _TOPS) == 0

    def wins(self, boards: Bits) -> NDArray[np.bool_]:
        """Return which columns win at once."""
        mine, filled = boards[:, 0], boards[:, 1]
        return (_landing(filled) & fourths(mine, filled)[:, None]) != 0

    def left(self, boards: Bits) -> NDArray[np.intp]:
        """Return how many cells are free."""
        return ROWS * COLUMNS - np.bitwise_count(boards[:, 1]).astype(np.intp)

    def play(self, boards: Bits, moves: NDArray[np.integer]) -> Bits:
        """Return the positions after a disc has fallen in each."""
        mine, filled = boards[:, 0], boards[:, 1]
        return np.stack((mine ^ filled, filled | (filled + _BOTTOMS[moves])), axis=1)

    def inputs(self, boards: Bits) -> NDArray[np.float32]:
        """Return four planes, and 1 where the first player moves."""
        mine, filled = boards[:, 0], boards[:, 1]
        sides = np.stack((mine, mine ^ filled))
        planes = np.concatenate((sides, fourths(sides, filled)))
        bits = np.unpackbits(planes.T.astype("<u8", order="C").view(np.uint8), axis=1, bitorder="little")
        cells = bits.reshape(len(boards), 4, 64)[:, :, : COLUMNS * HEIGHT].reshape(-1, 4, COLUMNS, HEIGHT)
        seen = np.empty((len(boards), self.features), np.float32)
        seen[:, :-1] = cells[..., :ROWS].reshape(len(boards), -1)
        seen[:, -1] = 1 - (np.bitwise_count(filled) & 1)
        return seen


class ManyTicTacToe:
    """Tic Tac Toe. A network sees one's own stones, the other's, and whether X moves."""

    game = TicTacToe()
    features = 19

    def __init__(self) -> None:
        squares = np.arange(9).reshape(3, 3)
        turned = [np.rot90(square, turns) for square in (squares, squares.T) for turns in range(4)]
        self.symmetries = tuple(
            Symmetry(np.concatenate((cells.ravel(), cells.ravel() + 9, [18])), cells.ravel()) for cells in turned
        )

    def start(self, count: int) -> Bits:
        """Return so many empty boards."""
        return np.zeros((count, 2), np.uint64)

    def boards(self, states: Sequence[Any]) -> Bits:
        """Return positions as bit boards."""
        cells = np.array(states, np.int8).reshape(-1, 9)
        mover = np.where(cells.sum(axis=1) > 0, -1, 1)
        return np.stack(
            [((side * _CELLS).sum(axis=1, dtype=np.uint64)) for side in (cells == mover[:, None], cells != 0)], 1
        )

    def state(self, board: Bits) -> tuple[int, ...]:
        """Return one position as the game has it."""
        mine, filled = board.tolist()
        side = -1 if filled.bit_count() % 2 else 1
        return tuple(side * (2 * (mine >> cell & 1) - (filled >> cell & 1)) for cell in range(9))

    def legal(self, boards: Bits) -> NDArray[np.bool_]:
        """Return which cells are free."""
        return (boards[:, 1, None] & _CELLS) == 0

    def wins(self, boards: Bits) -> NDArray[np.bool_]:
        """Return which cells win at once."""
        return _THREE[boards[:, 0, None] | _CELLS] & self.legal(boards)

    def left(self, boards: Bits) -> NDArray[np.intp]:
        """Return how many cells are free."""
        return 9 - np.bitwise_count(boards[:, 1]).astype(np.intp)

    def play(self, boards: Bits, moves: NDArray[np.integer]) -> Bits:
        """Return the positions after a stone in each."""
        mine, filled = boards[:, 0], boards[:, 1]
        return np.stack((mine ^ filled, filled | _CELLS[moves]), axis=1)

    def inputs(self, boards: Bits) -> NDArray[np.float32]:
        """Return both players' stones, and 1 where X moves."""
        mine, filled = boards[:, :1], boards[:, 1:]
        first = (self.left(boards) & 1)[:, None]
        return np.concatenate(((mine & _CELLS) != 0, ((mine ^ filled) & _CELLS) != 0, first), axis=1).astype(np.float32)


def many(game: str) -> ManyBoards:
    """Return the rules of a game by its name: "connect-four" or "tic-tac-toe".

    Raises:
        MlaError: There is no such board game.
    """
    if game not in BOARD_GAMES:
        raise MlaError(f"There is no board game {game!r}; there are {' and '.join(BOARD_GAMES)}.")
    return cast("ManyBoards", BOARD_GAMES[game]())


BOARD_GAMES: dict[str, type[ManyConnectFour | ManyTicTacToe]] = {
    "connect-four": ManyConnectFour,
    "tic-tac-toe": ManyTicTacToe,
}
"""The games by name."""


def fourths(discs: Bits, filled: Bits) -> Bits:
    """Return the free cells, in reach or not, that would complete four of these discs."""
    found = (discs << _U[1]) & (discs << _U[2]) & (discs << _U[3])
    for step in (HEIGHT - 1, HEIGHT, HEIGHT + 1):
        one, two, three = _U[step], _U[2 * step], _U[3 * step]
        up, down = discs << one, discs >> one
        pair = up & (discs << two)
        found |= pair & ((discs << three) | down)
        pair = down & (discs >> two)
        found |= pair & ((discs >> three) | up)
    return found & (np.uint64(FULL) ^ filled)


def _landing(filled: Bits) -> Bits:
    """Return the cell on which a disc comes to rest in each column, (n, 7); 0 in a full one."""
    return (filled[:, None] + _BOTTOMS) & _COLUMNS


_U = [np.uint64(number) for number in range(64)]
_BOTTOMS = np.array(BOTTOM, np.uint64)
_TOPS = _BOTTOMS << np.uint64(ROWS - 1)
_COLUMNS = _BOTTOMS * np.uint64((1 << ROWS) - 1)
_CELLS = np.uint64(1) << np.arange(9, dtype=np.uint64)
_THREE = np.array([any(all(stones >> cell & 1 for cell in line) for line in LINES) for stones in range(512)], np.bool_)
