"""Minimax: what a position is worth when both players play their best, and a player that does.

    scores = Minimax().scores(game, state)          # {move: score}; above 0 wins, 0 draws, below 0 loses
    move = Minimax(depth=4)(game, state, random)    # looks four moves ahead, and is a `Player`

Exhaustive, with a memory of what it has seen, it solves Tic Tac Toe in a moment. With a `depth` it plays any board game, by
alpha-beta search that takes what lies further ahead for a draw.
"""

from __future__ import annotations

from collections.abc import Hashable
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from mlanimated.errors import MlaError
from mlanimated.games.board_game import BoardGame

__all__ = ["Minimax"]

MOST_CELLS = 12
"""Boards with more cells are not searched to the end."""


@dataclass(frozen=True)
class Minimax:
    """A player that cannot be surprised within its depth.

    Scores are those of whoever moves: 0 a draw (or not known), else 1 + the cells that are free at the end, so that a win is
    the better the sooner it comes; negative for a loss, which is the better the later it comes.

    Attributes:
        depth: Moves to look ahead; None to the end of the game.

    Raises:
        MlaError: The depth is less than 1; or a game too large to be searched to its end is played without one.
    """

    depth: int | None = None
    _known: dict[Hashable, int] = field(default_factory=dict[Hashable, int], repr=False, compare=False)

    def __post_init__(self) -> None:
        if self.depth is not None and self.depth < 1:
            raise MlaError(f"Minimax: depth is {self.depth}; it looks 1 move ahead at least, or None for all.")

    def __call__(self, game: BoardGame[Any], state: Any, random: np.random.Generator) -> int:
        """Return one of the best moves, all of them equally likely; one random number is drawn."""
        best = self.best(game, state)
        return best[int(random.integers(len(best)))]

    def best(self, game: BoardGame[Any], state: Any) -> tuple[int, ...]:
        """Return every best move; none where the game is over."""
        scores = self.scores(game, state)
        high = max(scores.values(), default=0)
        return tuple(move for move, score in scores.items() if score == high)

    def scores(self, game: BoardGame[Any], state: Any) -> dict[int, int]:
        """Return the score of each legal move for whoever moves."""
        self._check(game)
        left = None if self.depth is None else self.depth - 1
        return {move: -self._score(game, game.play(state, move), left, -_FAR, _FAR) for move in game.legal(state)}

    def score(self, game: BoardGame[Any], state: Any) -> int:
        """Return the score of a position for whoever moves."""
        self._check(game)
        return self._score(game, state, self.depth, -_FAR, _FAR)

    def _check(self, game: BoardGame[Any]) -> None:
        rows, columns = game.shape
        if self.depth is None and rows * columns > MOST_CELLS:
            raise MlaError(
                f"Minimax: {game.name} is too large to be searched to its end; give a depth, as in Minimax(4)."
            )

    def _score(self, game: BoardGame[Any], state: Any, left: int | None, low: int, high: int) -> int:
        """Search; with no depth the whole tree, remembered, else between `low` and `high`."""
        key = (game.name, state)
        if left is None and key in self._known:
            return self._known[key]
        result = game.result(state)
        if result is not None:
            # Whoever moved last has won, if anybody has.
            return -(1 + int((game.board(state) == 0).sum())) if result else 0
        if left == 0:
            return 0
        best = -_FAR
        for move in _middle_first(game.legal(state), game.shape[1]):
            after = game.play(state, move)
            if left is None:
                best = max(best, -self._score(game, after, None, -_FAR, _FAR))
                continue
            best = max(best, -self._score(game, after, left - 1, -high, -low))
            low = max(low, best)
            if low >= high:
                break
        if left is None:
            self._known[key] = best
        return best


_FAR = 1000


def _middle_first(moves: tuple[int, ...], columns: int) -> list[int]:
    """Return moves from the middle column outwards: those decide most, and cut off most of the others."""
    return sorted(moves, key=lambda move: abs(2 * (move % columns) - columns + 1))
