"""Mountain Car for many cars at once: the rules of Gymnasium's MountainCar-v0 as arithmetic on arrays (Moore, 1990).

A car stands between two hills, and its engine is too weak for the right one: it must first drive to the left, away from the flag.
Actions are 0 push left, 1 nothing, 2 push right; every step costs 1 until the flag.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

__all__ = ["FLAG", "LONGEST", "POSITIONS", "STARTS", "VELOCITIES", "height", "move", "rides"]

Floats = NDArray[np.float64]
Whole = NDArray[np.int64]

POSITIONS, VELOCITIES = (-1.2, 0.6), (-0.07, 0.07)
STARTS = (-0.6, -0.4)
FLAG = 0.5
LONGEST = 200
"""Steps after which a game is given up."""


def height(position: float) -> float:
    """Return how high the ground is, 0.1 to 1."""
    return float(np.sin(3.0 * position)) * 0.45 + 0.55


def move(position: Floats, velocity: Floats, action: Whole) -> tuple[Floats, Floats, NDArray[np.bool_]]:
    """Return the next positions and velocities, and who is at the flag; each (n,)."""
    velocity = np.clip(velocity + (action - 1) * 0.001 - 0.0025 * np.cos(3.0 * position), *VELOCITIES)
    position = np.clip(position + velocity, *POSITIONS)
    velocity = np.where((position <= POSITIONS[0]) & (velocity < 0), 0.0, velocity)  # the wall at the left end
    return position, velocity, position >= FLAG


def rides(choose: Callable[[Floats, Floats], Whole], starts: Floats) -> Whole:
    """Return how many steps a policy needs to the flag from each start, at rest; `LONGEST` + 1 where it does not get there.

    Args:
        choose: Positions and velocities → actions, each (n,).
        starts: Positions to start from, (n,).
    """
    position, velocity = np.array(starts, np.float64), np.zeros(len(starts))
    steps = np.full(len(starts), LONGEST + 1)
    under_way = np.ones(len(starts), np.bool_)
    for step in range(1, LONGEST + 1):
        position, velocity, there = move(position, velocity, choose(position, velocity))
        steps[under_way & there] = step
        under_way &= ~there
        if not under_way.any():
            break
    return steps
