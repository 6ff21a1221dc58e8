"""WaterWorld: a swimmer with eyes all around eats what is green and keeps away from what is red.

    states = begin(100, random)                     # a hundred games
    states, rewards, eaten = step(states, actions)  # one stroke in each of them
    look = eyes(states)                             # what it sees, in each direction

After Karpathy's REINFORCEjs (2015): balls drift through a square and bounce off its walls; one that is touched is eaten, green for a
reward of 1 and red for -1, and another of its kind appears elsewhere. The swimmer sees the nearest thing in each direction, as far
as its eyes reach, and how that moves. A game has no end. Where there balls appear at random, here they follow a fixed stride that
fills the square evenly, so that what happens follows from the state alone.

A state is 4 + 6 · `BALLS` numbers: the swimmer's place (0 to 1, y downwards) and speed; then for each ball its place, its speed, and
where it appeared. The first half of the balls is green.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from mlanimated.games.puck_world import ACTIONS, STRIDE, pushes

__all__ = ["ACTIONS", "BALL", "BALLS", "DIRECTIONS", "EYES", "FOOD", "NUMBERS", "REACH", "SWIMMER", "Eyes", "Stroke"]
__all__ += ["balls", "begin", "eyes", "step"]

Floats = NDArray[np.float64]

BALLS, FOOD = 20, 10
"""Balls, and how many of them are green."""
NUMBERS = 4 + 6 * BALLS
SWIMMER, BALL = 0.03, 0.02
"""Radii."""
EYES, REACH = 24, 0.3
"""How many eyes, and how far they see."""
DIRECTIONS: Floats = np.stack([np.cos(turn := np.arange(EYES) * 2 * np.pi / EYES), np.sin(turn)], axis=1)
"""Where the eyes look, (24, 2): to the right first, then clockwise on a screen."""

PUSH, FRICTION, DRIFT = 0.003, 0.08, 0.003


class Stroke(NamedTuple):
    """What one step of many games brought.

    Attributes:
        states: What follows, (n, 124).
        rewards: Green balls eaten less red ones, (n,).
        eaten: Which balls were, bool (n, 20).
    """

    states: Floats
    rewards: Floats
    eaten: NDArray[np.bool_]


class Eyes(NamedTuple):
    """What the eyes see.

    Attributes:
        distance: To the nearest thing, (n, 24); `REACH` where there is nothing.
        kind: int (n, 24): 0 nothing, 1 green, 2 red, 3 the wall.
        speed: How a ball that is seen moves, (n, 24, 2); 0 for everything else.
    """

    distance: Floats
    kind: NDArray[np.int64]
    speed: Floats

    @property
    def near(self) -> Floats:
        """How near what is seen is, (n, 72): 0 out of sight, 1 touching; each eye for green, then each for red, then for the wall."""
        near = 1.0 - self.distance / REACH
        return np.concatenate([np.where(self.kind == kind, near, 0.0) for kind in (1, 2, 3)], axis=1)

    @property
    def rays(self) -> Floats:
        """Distance and kind side by side, (n, 24, 2): what a picture shows."""
        return np.stack([self.distance, self.kind.astype(np.float64)], axis=2)


def begin(count: int, random: np.random.Generator) -> Floats:
    """Return the first states of games, (count, 124): the swimmer in the middle, balls anywhere but on it, drifting anywhere."""
    states = np.zeros((count, NUMBERS))
    states[:, :2] = 0.5
    each = balls(states)
    places = random.uniform(BALL, 1 - BALL, (count, BALLS, 2))
    near = np.linalg.norm(places - 0.5, axis=2, keepdims=True) < 0.12
    each[..., :2] = np.where(near, (places + 0.35) % (1 - 2 * BALL) + BALL, places)
    each[..., 2:4] = random.uniform(-DRIFT, DRIFT, (count, BALLS, 2))
    each[..., 4:] = each[..., :2]
    return states


def balls(states: Floats) -> Floats:
    """Return the balls of states as a view, (n, 20, 6)."""
    return states[:, 4:].reshape(len(states), BALLS, 6)


def step(states: Floats, actions: NDArray[np.int64]) -> Stroke:
    """Make a stroke in each game.

    Args:
        states: float64 (n, 124).
        actions: (n,), indices of `ACTIONS`.

    Raises:
        MlaError: There is no such action.
    """
    after = states.copy()
    speed = states[:, 2:4] * (1 - FRICTION) + PUSH * pushes(actions, "WaterWorld")
    moved = states[:, :2] + speed
    after[:, :2] = np.clip(moved, SWIMMER, 1 - SWIMMER)
    after[:, 2:4] = np.where(after[:, :2] == moved, speed, 0.0)
    each = balls(after)
    each[..., :2] += each[..., 2:4]
    beyond = (each[..., :2] < BALL) | (each[..., :2] > 1 - BALL)
    each[..., 2:4] = np.where(beyond, -each[..., 2:4], each[..., 2:4])
    each[..., :2] = np.clip(each[..., :2], BALL, 1 - BALL)
    touched = np.linalg.norm(each[..., :2] - after[:, None, :2], axis=2) < SWIMMER + BALL
    if touched.any():
        born = (each[..., 4:] - BALL + STRIDE) % (1 - 2 * BALL) + BALL
        # Not where the swimmer is: it would be eaten unseen.
        born = np.where(np.linalg.norm(born - after[:, None, :2], axis=2)[..., None] < 4 * SWIMMER, 1 - born, born)
        each[..., :2] = np.where(touched[..., None], born, each[..., :2])
        each[..., 4:] = np.where(touched[..., None], born, each[..., 4:])
    return Stroke(after, touched[:, :FOOD].sum(axis=1) - touched[:, FOOD:].sum(axis=1, dtype=np.float64), touched)


def eyes(states: Floats) -> Eyes:
    """Return what the eyes see in states (n, 124): a ray from the middle of the swimmer to the first thing on it."""
    places, each = states[:, :2], balls(states)
    way = each[..., :2] - places[:, None]
    along = way @ DIRECTIONS.T  # (n, balls, eyes)
    aside = np.square(way).sum(axis=2)[..., None] - np.square(along)
    inside = BALL**2 - aside
    met = (inside > 0) & (along > 0)
    distance = np.where(met, along - np.sqrt(np.maximum(inside, 0.0)), np.inf)
    nearest = distance.argmin(axis=1)  # (n, eyes)
    ball = np.take_along_axis(distance, nearest[:, None], axis=1)[:, 0]
    with np.errstate(divide="ignore"):
        far = np.where(DIRECTIONS > 0, 1.0 - places[:, None], -places[:, None]) / DIRECTIONS
    wall = np.where(np.abs(DIRECTIONS) < 1e-9, np.inf, far).min(axis=2)
    first = np.minimum(ball, wall)
    kind = np.where(ball <= wall, 1 + (nearest >= FOOD), 3)
    seen = first < REACH
    speed = np.take_along_axis(each[..., 2:4], nearest[..., None], axis=1)
    is_ball = (seen & (kind < 3))[..., None]
    return Eyes(np.where(seen, first, REACH), np.where(seen, kind, 0), np.where(is_ball, speed, 0.0))
