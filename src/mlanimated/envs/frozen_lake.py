"""Frozen Lake as an environment: `gymnasium.make("mla/FrozenLake-v0", map="8x8", slippery=True)`."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from gymnasium.spaces import Discrete

from mlanimated.draw.box import Box
from mlanimated.draw.commands import Command
from mlanimated.envs.drawn import Drawn
from mlanimated.games.frozen_lake import LAKES, FrozenLake
from mlanimated.views.cells import layout
from mlanimated.views.grid import Look, draw_grid

__all__ = ["FrozenLakeEnv"]


class FrozenLakeEnv(Drawn[Any]):
    """The lake: states, actions and chances are those of Gymnasium's FrozenLake-v1.

    The observation is the cell, counted row by row from 0; actions are 0 left, 1 down, 2 right, 3 up.

    Args:
        map: "4x4", "8x8", or a map of one's own: rows of S start, F frozen, H hole, G goal.
        slippery: A step goes where it should in one case of three, else to either side of that.
        rewards: Reward of coming to a goal, into a hole, and onto ice.
        render_mode: "rgb_array" for pictures, None for none.
        theme: "light" or "dark".

    Raises:
        MlaError: The map has no start, no goal, no way between them, or is not rectangular.
    """

    def __init__(
        self,
        map: str | Sequence[str] = "4x4",  # noqa: A002
        slippery: bool = False,
        rewards: tuple[float, float, float] = (1.0, 0.0, 0.0),
        render_mode: str | None = None,
        theme: str = "light",
    ) -> None:
        super().__init__(render_mode, theme)
        rows = LAKES.get(map, map) if isinstance(map, str) else tuple(map)
        if isinstance(rows, str) and not set(rows) <= set("SFHG \n"):
            FrozenLake.named(rows)  # says which names there are
        lake = FrozenLake.of(rows)
        self.game = FrozenLake(lake.rows, slippery, rewards=rewards)
        self.observation_space = Discrete(self.game.states)
        self.action_space = Discrete(self.game.actions)
        self.state = self.game.start

    def reset(self, *, seed: int | None = None, options: dict[str, Any] | None = None) -> tuple[int, dict[str, Any]]:
        """Begin a game and return the cell of the start."""
        super().reset(seed=seed, options=options)
        self.state = self.game.start
        return self.state, {}

    def step(self, action: Any) -> tuple[int, float, bool, bool, dict[str, Any]]:
        """Take a step.

        Raises:
            MlaError: There is no such action, or the game is over.
        """
        step = self.game.step(self.state, int(action), self.np_random)
        self.state = step.state
        return step.state, float(step.reward), step.terminated, False, {}

    def commands(self, box: Box) -> Sequence[Command]:
        """Return the lake and the player on it."""
        row, column = divmod(self.state, self.game.shape[1])
        return draw_grid(layout(self.game.rows, box), Look(players=((column + 0.5, row + 0.5, 1.0),)))
