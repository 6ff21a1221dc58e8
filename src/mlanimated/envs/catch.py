"""Catch as an environment: `gymnasium.make("mla/Catch-v0")`."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from gymnasium.spaces import Box as Numbers
from gymnasium.spaces import Discrete
from numpy.typing import NDArray

from mlanimated.draw.box import Box
from mlanimated.draw.commands import Command
from mlanimated.envs.drawn import Drawn
from mlanimated.games.catch import Catch, State
from mlanimated.views.catch_board import draw_catch

__all__ = ["CatchEnv"]


class CatchEnv(Drawn[NDArray[np.float32]]):
    """A fruit falls, a basket catches it.

    The observation is the board, float32 (size, size), 1 on the fruit and on the basket's three cells; actions are 0 left, 1 stay, 2 right.
    A game begins in one of the 63 states of the published example; `reset(options={"state": (0, fruit, basket)})` chooses any.

    Args:
        size: Rows and columns of the board.
        render_mode: "rgb_array" for pictures, None for none.
        theme: "light" or "dark".
    """

    def __init__(self, size: int = 10, render_mode: str | None = None, theme: str = "light") -> None:
        super().__init__(render_mode, theme)
        self.game = Catch(size)
        self.observation_space = Numbers(0.0, 1.0, (size, size), np.float32)
        self.action_space = Discrete(self.game.actions)
        self.state = self.game.starts[0]

    def reset(
        self, *, seed: int | None = None, options: dict[str, Any] | None = None
    ) -> tuple[NDArray[np.float32], dict[str, Any]]:
        """Begin a game and return the board.

        Raises:
            MlaError: The state in `options` is none.
        """
        super().reset(seed=seed, options=options)
        state = (options or {}).get("state")
        begun = self.game.begin(self.np_random) if state is None else State(*map(int, state))
        picture = self.game.picture(begun)
        self.state = begun
        return picture, {}

    def step(self, action: Any) -> tuple[NDArray[np.float32], float, bool, bool, dict[str, Any]]:
        """Move the basket and let the fruit fall.

        Raises:
            MlaError: There is no such action, or the game is over.
        """
        move = self.game.step(self.state, int(action))
        self.state = move.state
        return self.game.picture(move.state), move.reward, move.terminated, False, {}

    def commands(self, box: Box) -> Sequence[Command]:
        """Return the board."""
        return draw_catch(*self.state, self.game.size, box)
