"""WaterWorld as an environment: `gymnasium.make("mla/WaterWorld-v0")`."""

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
from mlanimated.games import water_world
from mlanimated.games.water_world import EYES
from mlanimated.views.water_world import draw_water_world

__all__ = ["WaterWorldEnv"]


class WaterWorldEnv(Drawn[NDArray[np.float32]]):
    """A swimmer eats green balls and keeps away from red ones.

    The observation is float32 (122,). For each of 24 eyes, beginning at the right and going clockwise: how near a green ball is (0 out of
    sight, 1 touching), then the same for red ones, for the wall, and how the ball that is seen moves to the right and downwards. The last
    two are one's own speed. Actions are 0 left, 1 right, 2 up, 3 down, 4 glide. A game has no end; it is truncated after 300 steps.

    Args:
        render_mode: "rgb_array" for pictures, None for none.
        theme: "light" or "dark".
    """

    def __init__(self, render_mode: str | None = None, theme: str = "light") -> None:
        super().__init__(render_mode, theme)
        size = 5 * EYES + 2
        low, high = np.zeros(size, np.float32), np.ones(size, np.float32)
        low[3 * EYES :] = -1.0
        self.observation_space = Numbers(low, high, dtype=np.float32)
        self.action_space = Discrete(len(water_world.ACTIONS))
        self.state = water_world.begin(1, np.random.default_rng(0))

    def reset(
        self, *, seed: int | None = None, options: dict[str, Any] | None = None
    ) -> tuple[NDArray[np.float32], dict[str, Any]]:
        """Begin a game."""
        super().reset(seed=seed, options=options)
        self.state = water_world.begin(1, self.np_random)
        return self._seen(), {}

    def step(self, action: Any) -> tuple[NDArray[np.float32], float, bool, bool, dict[str, Any]]:
        """Make a stroke; `info["eaten"]` says which balls were eaten, bool (20,), green ones first.

        Raises:
            MlaError: There is no such action.
        """
        self.state, reward, eaten = water_world.step(self.state, np.array([int(action)]))
        return self._seen(), float(reward[0]), False, False, {"eaten": eaten[0]}

    def commands(self, box: Box) -> Sequence[Command]:
        """Return balls, rays and swimmer."""
        return draw_water_world(self.state[0], box, water_world.eyes(self.state).rays[0])

    def _seen(self) -> NDArray[np.float32]:
        look = water_world.eyes(self.state)
        return np.concatenate([look.near[0], *look.speed[0].T, self.state[0, 2:4]]).astype(np.float32)
