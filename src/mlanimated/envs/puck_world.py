"""PuckWorld as an environment: `gymnasium.make("mla/PuckWorld-v0")`."""

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
from mlanimated.games import puck_world
from mlanimated.views.puck_world import draw_puck_world

__all__ = ["PuckWorldEnv"]


class PuckWorldEnv(Drawn[NDArray[np.float32]]):
    """A puck seeks a green place and flees from a red one.

    The observation is float32 (8,): place (0 to 1) and speed of the puck, the green place, the red one. Actions are 0 left, 1 right, 2
    up, 3 down, 4 glide. A game has no end of its own; it is truncated after 300 steps.

    Args:
        render_mode: "rgb_array" for pictures, None for none.
        theme: "light" or "dark".
    """

    def __init__(self, render_mode: str | None = None, theme: str = "light") -> None:
        super().__init__(render_mode, theme)
        low, high = np.zeros(8, np.float32), np.ones(8, np.float32)
        low[2:4] = -1.0
        self.observation_space = Numbers(low, high, dtype=np.float32)
        self.action_space = Discrete(len(puck_world.ACTIONS))
        self.state = np.zeros((1, puck_world.NUMBERS))

    def reset(
        self, *, seed: int | None = None, options: dict[str, Any] | None = None
    ) -> tuple[NDArray[np.float32], dict[str, Any]]:
        """Begin a game."""
        super().reset(seed=seed, options=options)
        self.state = puck_world.begin(1, self.np_random)
        return self._seen(), {}

    def step(self, action: Any) -> tuple[NDArray[np.float32], float, bool, bool, dict[str, Any]]:
        """Push the puck.

        Raises:
            MlaError: There is no such action.
        """
        self.state, reward = puck_world.step(self.state, np.array([int(action)]))
        return self._seen(), float(reward[0]), False, False, {}

    def commands(self, box: Box) -> Sequence[Command]:
        """Return ice, places and puck."""
        return draw_puck_world(self.state[0], box)

    def _seen(self) -> NDArray[np.float32]:
        return self.state[0, :8].astype(np.float32)
