"""GridWorld as an environment: `gymnasium.make("mla/GridWorld-v0")`; take moves from `info["action_mask"]`."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from gymnasium.spaces import Discrete

from mlanimated.draw.box import Box
from mlanimated.draw.commands import Command
from mlanimated.envs.drawn import Drawn
from mlanimated.envs.legal_moves import LegalMoves
from mlanimated.errors import MlaError
from mlanimated.games.grid_world import CLASSIC, GridWorld
from mlanimated.views.cells import layout
from mlanimated.views.grid import Look, draw_grid

__all__ = ["GridWorldEnv"]


class GridWorldEnv(Drawn[Any]):
    """A board with walls and rewards; the reward is that of the cell one leaves, and who leaves G is back at S.

    The observation is the cell, counted row by row from 0; actions are 0 left, 1 down, 2 right, 3 up. A move off the board is not
    offered: `info["action_mask"]` has 0 there, and `action_space.sample()` does not draw it. Leaving G truncates the episode, for the
    value of S counts; with `continues=False` it terminates.

    Args:
        world: A world of one's own, walls and rewards edited; None takes the map.
        map: Rows of S start, G goal, # wall, - penalty, . open ground.
        step_cost: Taken off every reward.
        continues: Whether the task goes on after G.
        render_mode: "rgb_array" for pictures, None for none.
        theme: "light" or "dark".

    Raises:
        MlaError: The map has no start, no goal, no way between them, or is not rectangular.
    """

    def __init__(
        self,
        world: GridWorld | None = None,
        map: str | Sequence[str] = CLASSIC,  # noqa: A002
        step_cost: float = 0.0,
        continues: bool = True,
        render_mode: str | None = None,
        theme: str = "light",
    ) -> None:
        super().__init__(render_mode, theme)
        self.game = world or GridWorld.of(map, step_cost=step_cost, continues=continues)
        self.observation_space = Discrete(self.game.states)
        self.action_space = self._moves = LegalMoves(self.game.actions, self.game.legal(self.game.start))
        self.state = self.game.start
        self._over = False

    def reset(self, *, seed: int | None = None, options: dict[str, Any] | None = None) -> tuple[int, dict[str, Any]]:
        """Begin at S and return its cell."""
        super().reset(seed=seed, options=options)
        self.state, self._over = self.game.start, False
        return self.state, self._info()

    def step(self, action: Any) -> tuple[int, float, bool, bool, dict[str, Any]]:
        """Take a step.

        Raises:
            MlaError: The move is not offered there, or the game is over. Nothing has changed then.
        """
        if self._over:
            raise MlaError("GridWorld: the game is over; begin a new one with reset().")
        step = self.game.step(self.state, int(action))
        self.state, self._over = step.state, step.terminated
        return step.state, float(step.reward), step.terminated, step.truncated, self._info()

    def commands(self, box: Box) -> Sequence[Command]:
        """Return the board and the player on it."""
        row, column = divmod(self.state, self.game.shape[1])
        look = Look(rewards=np.array(self.game.rewards), players=((column + 0.5, row + 0.5, 1.0),))
        return draw_grid(layout(self.game.rows, box), look)

    def _info(self) -> dict[str, Any]:
        return {"action_mask": self._moves.allow(() if self._over else self.game.legal(self.state))}
