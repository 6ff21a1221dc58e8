"""Cart Pole: push a cart to the left or to the right so that the pole on it does not fall.

    states = begin(range(100))                      # a hundred games, by their seeds
    states, over = step(states, pushes)             # one push in each of them

The rules are those of Gymnasium's CartPole-v1, number by number and seed by seed, for any number of games at once. A state is four
numbers: place in metres, speed, tilt in radians (to the right is positive), turning speed. Each step is worth 1; a game ends when
the cart leaves its track or the pole tilts by more than 12 degrees, and after 500 steps. The equations are those of Barto, Sutton and
Anderson (1983).
"""

from __future__ import annotations

from collections.abc import Callable, Iterable

import numpy as np
from numpy.typing import NDArray

from mlanimated.errors import MlaError

__all__ = ["EDGE", "LEFT", "LONGEST", "RIGHT", "SCALE", "TILT", "begin", "lengths", "step"]

LEFT, RIGHT = 0, 1
EDGE = 2.4
"""How far the cart may go from the middle, in metres."""
TILT = 12 * 2 * np.pi / 360
"""How far the pole may tilt, in radians."""
LONGEST = 500
"""Steps of a game at the most."""
SCALE = np.array([EDGE, 3.0, TILT, 3.0])
"""About how large each number of a state becomes: a network sees states divided by it."""

GRAVITY = 9.8
CART, POLE = 1.0, 0.1
"""Masses in kilograms."""
HALF = 0.5
"""Half of the pole's length in metres."""
FORCE = 10.0
SECONDS = 0.02


def begin(seeds: Iterable[int]) -> NDArray[np.float64]:
    """Return the first states of games, (n, 4): each number between -0.05 and 0.05, as `reset(seed=…)` draws them."""
    return np.array([np.random.default_rng(seed).uniform(-0.05, 0.05, 4) for seed in seeds]).reshape(-1, 4)


def step(states: NDArray[np.float64], pushes: NDArray[np.int64]) -> tuple[NDArray[np.float64], NDArray[np.bool_]]:
    """Push the carts and return what follows.

    Args:
        states: float64 (n, 4).
        pushes: (n,), 0 to the left and 1 to the right.

    Returns:
        The next states, (n, 4), and which games are over, (n,).

    Raises:
        MlaError: There is no such push.
    """
    if not np.isin(pushes, (LEFT, RIGHT)).all():
        wrong = pushes[~np.isin(pushes, (LEFT, RIGHT))][0]
        raise MlaError(f"Cart Pole: there is no action {int(wrong)}; actions: 0 left, 1 right.")
    place, speed, tilt, turning = states.T
    force = np.where(pushes == RIGHT, FORCE, -FORCE)
    cosine, sine = np.cos(tilt), np.sin(tilt)
    whole = CART + POLE
    pushed = (force + POLE * HALF * np.square(turning) * sine) / whole
    tipping = (GRAVITY * sine - cosine * pushed) / (HALF * (4.0 / 3.0 - POLE * np.square(cosine) / whole))
    gain = pushed - POLE * HALF * tipping * cosine / whole
    after = np.stack(
        [place + SECONDS * speed, speed + SECONDS * gain, tilt + SECONDS * turning, turning + SECONDS * tipping], axis=1
    )
    over = (np.abs(after[:, 0]) > EDGE) | (np.abs(after[:, 2]) > TILT)
    return after, over


def lengths(choose: Callable[[NDArray[np.float64]], NDArray[np.int64]], seeds: Iterable[int]) -> NDArray[np.int64]:
    """Return how many steps each game lasts, `LONGEST` at the most, (n,).

    Args:
        choose: Gives the pushes for states, (n, 4) → (n,).
        seeds: Of the games.
    """
    states = begin(seeds)
    playing, length = np.arange(len(states)), np.zeros(len(states), np.int64)
    for _ in range(LONGEST):
        states[playing], over = step(states[playing], choose(states[playing]))
        length[playing] += 1
        playing = playing[~over]
        if not len(playing):
            break
    return length
