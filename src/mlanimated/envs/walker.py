"""The walker of Gymnasium's BipedalWalker-v3, one game at a time, with all that a picture of it needs.

walker = Walker(seed=7)
pose = walker.step(np.array([0.5, -0.2, 0.1, 0.9]))
pose.bodies        # (5, 3): hull, left thigh, left shin, right thigh, right shin: x, y in metres, angle in radians
"""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from mlanimated.envs.vectors import levels_of, make_environment, numbers_of
from mlanimated.errors import MlaError

__all__ = ["RATE", "Pose", "Walker"]

RATE = 50
"""Steps a second."""


class Pose(NamedTuple):
    """How the walker stands after a step.

    Attributes:
        bodies: float32 (5, 3): x, y (up) and angle (anticlockwise) of hull, left thigh, left shin, right thigh, right shin.
        contact: bool (2,): whether the left and the right foot touch the ground.
        lidar: float32 (10,): how far each ray went before it met the ground, as a share of its length.
        seen: float32 (24,): what an agent sees.
        score: Sum of all rewards so far.
        over: It has fallen, or come to the end, or its time is up.
        fallen: It is over since it fell.
    """

    bodies: NDArray[np.float32]
    contact: NDArray[np.bool_]
    lidar: NDArray[np.float32]
    seen: NDArray[np.float32]
    score: float
    over: bool
    fallen: bool


class Walker:
    """One game. Actions are rounded as `Vectors` rounds them, so that a game that was learned from is the same here.

    Args:
        seed: Of the ground, and of the push that it begins with.

    Attributes:
        ground: float32 (n, 2): the line of the ground, x and y in metres.
        goal: x of the end of the way.
        pose: How it stands now.

    Raises:
        MissingExtra: Box2D is not installed.
    """

    def __init__(self, seed: int) -> None:
        self._game = make_environment("BipedalWalker-v3")
        seen, _ = self._game.reset(seed=seed)
        world = self._game.unwrapped
        self.ground = np.stack([world.terrain_x, world.terrain_y], axis=1).astype(np.float32)
        self.goal = float(self.ground[-10, 0])
        self.pose = self._posed(seen, 0.0, over=False, fallen=False)

    def step(self, action: NDArray[Any]) -> Pose:
        """Turn the joints and return how it stands then.

        Args:
            action: (4,) torques of left hip, left knee, right hip, right knee, -1 to 1.

        Raises:
            MlaError: The game is over.
        """
        if self.pose.over:
            raise MlaError("The walker's game is over; begin a new one.")
        seen, reward, over, stopped, _ = self._game.step(numbers_of(levels_of(action)).astype(np.float32))
        fallen = bool(over) and reward <= -100
        self.pose = self._posed(seen, self.pose.score + float(reward), over=bool(over or stopped), fallen=fallen)
        return self.pose

    def _posed(self, seen: NDArray[np.float32], score: float, *, over: bool, fallen: bool) -> Pose:
        """Return how it stands now."""
        world = self._game.unwrapped
        bodies = [(part.position.x, part.position.y, part.angle) for part in (world.hull, *world.legs)]
        contact = np.array([world.legs[1].ground_contact, world.legs[3].ground_contact], np.bool_)
        return Pose(np.array(bodies, np.float32), contact, seen[14:].copy(), seen, score, over, fallen)
