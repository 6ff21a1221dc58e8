"""PuckWorld: a puck that glides over ice seeks a green place and keeps out of the reach of a red one that follows it.

    states = begin(100, random)                     # a hundred games
    states, rewards = step(states, actions)         # one push in each of them

The rules are those of Karpathy's REINFORCEjs (2015): a push changes the speed, friction takes a twentieth of it, the green place moves
away every hundred steps. The reward is the distance to it, negative, and more is lost within the red one's reach. A game has no end.
There the green place moves at random; here its places follow upon one another by a fixed stride that fills the square evenly, so that
what happens follows from the state alone.

A state is nine numbers: the puck's place (x to the right, y downwards, 0 to 1) and speed, the green place, the red one, and the steps
since the green one moved.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from mlanimated.errors import MlaError

__all__ = ["ACTIONS", "NUMBERS", "PUCK", "REACH", "STAYS", "STRIDE", "begin", "pushes", "step"]

Floats = NDArray[np.float64]

ACTIONS = ("left", "right", "up", "down", "glide")
NUMBERS = 9
PUCK = 0.05
"""Radius of the puck."""
REACH = 0.25
"""How near the red place hurts."""
STAYS = 100
"""Steps for which the green place stays."""

PUSHES = np.array([(-1, 0), (1, 0), (0, -1), (0, 1), (0, 0)], np.float64)
"""Where each action pushes."""
PUSH, FRICTION, CHASE = 0.002, 0.05, 0.001
STRIDE = np.array([0.7548776662466927, 0.5698402909980532])
"""The two-dimensional golden ratio's powers, whose multiples fill a square evenly (Roberts, 2018)."""


def begin(count: int, random: np.random.Generator) -> Floats:
    """Return the first states of games, (count, 9): everything anywhere, the puck at rest."""
    states = np.zeros((count, NUMBERS))
    for place in (0, 4, 6):
        states[:, place : place + 2] = random.uniform(PUCK, 1 - PUCK, (count, 2))
    return states


def pushes(actions: NDArray[np.int64], game: str = "PuckWorld") -> Floats:
    """Return where actions push, (n, 2): steps of 1 to the right and downwards.

    Raises:
        MlaError: There is no such action in the game of that name.
    """
    wrong = actions[(actions < 0) | (actions >= len(ACTIONS))]
    if len(wrong):
        told = ", ".join(f"{at} {name}" for at, name in enumerate(ACTIONS))
        raise MlaError(f"{game}: there is no action {int(wrong[0])}; actions: {told}.")
    return PUSHES[actions]


def step(states: Floats, actions: NDArray[np.int64]) -> tuple[Floats, Floats]:
    """Push the pucks and return what follows: the next states, (n, 9), and the rewards, (n,).

    Args:
        states: float64 (n, 9).
        actions: (n,), indices of `ACTIONS`.

    Raises:
        MlaError: There is no such action.
    """
    place, speed, green, red, stayed = np.split(states, (2, 4, 6, 8), axis=1)
    speed = speed * (1 - FRICTION) + PUSH * pushes(actions)
    moved = place + speed
    place = np.clip(moved, PUCK, 1 - PUCK)
    speed = np.where(place == moved, speed, 0.0)  # a wall takes all of it
    way = place - red
    red = red + CHASE * way / np.maximum(np.linalg.norm(way, axis=1, keepdims=True), 1e-9)
    moves = stayed + 1 >= STAYS
    inner = ((green - PUCK) / (1 - 2 * PUCK) + STRIDE) % 1.0
    green = np.where(moves, PUCK + inner * (1 - 2 * PUCK), green)
    stayed = np.where(moves, 0.0, stayed + 1)
    near = np.linalg.norm(place - red, axis=1)
    hurt = 2.0 * np.minimum(near - REACH, 0.0) / REACH
    reward = hurt - np.linalg.norm(place - green, axis=1)
    return np.concatenate([place, speed, green, red, stayed], axis=1), reward
