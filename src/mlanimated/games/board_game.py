"""BoardGame: what Tic Tac Toe and Connect Four have in common, and how two players play one to its end."""

from __future__ import annotations

from collections.abc import Callable, Hashable, Sequence
from typing import Any, NamedTuple, Protocol, TypeVar

import numpy as np
from numpy.typing import NDArray

__all__ = ["BoardGame", "Played", "Player", "play_out", "random_player"]

Position = TypeVar("Position", bound=Hashable)


class BoardGame(Protocol[Position]):
    """A game of two players who move in turn on a board, with nothing hidden and nothing left to chance.

    The first player is 1, the second −1, in `player`, `result` and `board` alike.
    """

    @property
    def name(self) -> str:
        """What the game is called."""
        ...

    @property
    def shape(self) -> tuple[int, int]:
        """Rows and columns of the board."""
        ...

    @property
    def moves(self) -> int:
        """How many moves there are at the most; a move is a number from 0."""
        ...

    @property
    def start(self) -> Position:
        """The empty board."""
        ...

    def legal(self, state: Position) -> tuple[int, ...]:
        """Return the moves that may be made; none where the game is over."""
        ...

    def player(self, state: Position) -> int:
        """Return who moves: 1 the first player, −1 the second."""
        ...

    def play(self, state: Position, move: int) -> Position:
        """Return the position after a move."""
        ...

    def result(self, state: Position) -> int | None:
        """Return 1 or −1 for the winner, 0 for a draw, None while the game goes on."""
        ...

    def board(self, state: Position) -> NDArray[np.int8]:
        """Return the board as int8 (rows, columns), the top row first: 1, −1, and 0 where it is empty."""
        ...

    def line(self, state: Position) -> tuple[tuple[int, int], ...]:
        """Return row and column of each cell of the winning lines; nothing where nobody has won."""
        ...


Player = Callable[[BoardGame[Any], Any, np.random.Generator], int]
"""Chooses a move: `player(game, state, random)`. Any function or agent of that form can play."""


class Played(NamedTuple):
    """A game that was played to its end.

    Attributes:
        states: Every position, the empty board first.
        moves: Every move; one less than positions.
        result: 1 or −1 for the winner, 0 for a draw.
    """

    states: tuple[Any, ...]
    moves: tuple[int, ...]
    result: int


def random_player(game: BoardGame[Any], state: Any, random: np.random.Generator) -> int:
    """Return any legal move, all of them equally likely; one random number is drawn."""
    legal = game.legal(state)
    return legal[int(random.integers(len(legal)))]


def play_out(
    game: BoardGame[Any],
    first: Player,
    second: Player,
    random: np.random.Generator,
    opening: Sequence[int] = (),
) -> Played:
    """Let two players play a game to its end.

    Args:
        game: The rules.
        first: Plays 1.
        second: Plays −1.
        random: Given to both.
        opening: Moves that are made before they choose.

    Raises:
        MlaError: A player made a move that is not legal.
    """
    states, moves = [game.start], list[int]()
    while game.result(states[-1]) is None:
        state = states[-1]
        if len(moves) < len(opening):
            move = opening[len(moves)]
        else:
            move = int((first if game.player(state) == 1 else second)(game, state, random))
        states.append(game.play(state, move))
        moves.append(move)
    result = game.result(states[-1])
    return Played(tuple(states), tuple(moves), result or 0)
