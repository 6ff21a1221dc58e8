"""LegalMoves: an action space that knows which of its actions may be taken now."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from gymnasium.spaces import Discrete
from numpy.typing import NDArray

__all__ = ["LegalMoves"]


class LegalMoves(Discrete):
    """Numbers from 0 as actions, of which `sample()` draws a legal one.

    An environment says which moves are legal after each step. With a mask of one's own `sample` does what it does in Gymnasium. A space
    that has just been seeded may be asked before the environment is reset: its first action is legal at the start as well.

    Args:
        moves: How many actions there are.
        start: The moves that are legal when a game begins.
    """

    def __init__(self, moves: int, start: Sequence[int]) -> None:
        super().__init__(moves)
        self.start_moves = tuple(start)
        self.legal = self.start_moves
        self._seeded = False

    def allow(self, legal: Sequence[int]) -> NDArray[np.int8]:
        """Set which moves are legal and return them as a mask, int8 (moves,)."""
        self.legal, self._seeded = tuple(legal), False
        mask = np.zeros(int(self.n), np.int8)
        mask[list(self.legal)] = 1
        return mask

    def seed(self, seed: int | None = None) -> Any:
        """Seed the random numbers of `sample`."""
        self._seeded = True
        return super().seed(seed)

    def sample(self, mask: Any = None, probability: Any = None) -> np.int64:
        """Return a legal move; any at all where the game is over."""
        if mask is not None or probability is not None:
            return super().sample(mask, probability)
        legal = self.legal
        if self._seeded:
            legal = tuple(move for move in legal if move in self.start_moves) or self.start_moves
        return np.int64(self.np_random.choice(legal)) if legal else super().sample()
