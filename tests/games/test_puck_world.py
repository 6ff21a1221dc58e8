"""PuckWorld: many games at once against one, written out plainly."""

from __future__ import annotations

import math

import numpy as np
import pytest

from mlanimated.errors import MlaError
from mlanimated.games.puck_world import ACTIONS, PUCK, REACH, STAYS, begin, step


def plainly(state: list[float], action: str) -> tuple[list[float], float]:
    """One push, number by number."""
    x, y, right, down, green_x, green_y, red_x, red_y, stayed = state
    push = {"left": (-1, 0), "right": (1, 0), "up": (0, -1), "down": (0, 1), "glide": (0, 0)}[action]
    right, down = right * 0.95 + 0.002 * push[0], down * 0.95 + 0.002 * push[1]
    if not 0.05 <= x + right <= 0.95:
        x, right = min(max(x + right, 0.05), 0.95), 0.0
    if not 0.05 <= y + down <= 0.95:
        y, down = min(max(y + down, 0.05), 0.95), 0.0
    x, y = x + right, y + down
    far = math.hypot(x - red_x, y - red_y)
    if far:
        red_x, red_y = red_x + 0.001 * (x - red_x) / far, red_y + 0.001 * (y - red_y) / far
    stayed += 1
    if stayed == 100:
        green_x = 0.05 + 0.9 * math.modf((green_x - 0.05) / 0.9 + 0.7548776662466927)[0]
        green_y = 0.05 + 0.9 * math.modf((green_y - 0.05) / 0.9 + 0.5698402909980532)[0]
        stayed = 0
    near = math.hypot(x - red_x, y - red_y)
    reward = -math.hypot(x - green_x, y - green_y) + (2 * (near - 0.25) / 0.25 if near < 0.25 else 0.0)
    return [x, y, right, down, green_x, green_y, red_x, red_y, stayed], reward


def test_it_is_the_game_written_out_plainly() -> None:
    random = np.random.default_rng(0)
    states = begin(20, random)
    states[:, 6:8] = states[:, :2] + random.uniform(-0.3, 0.3, (20, 2))
    plain, hurt = states.tolist(), 0
    for _ in range(2 * STAYS + 5):
        actions = np.where(random.random(20) < 0.7, np.arange(20) % 5, random.integers(0, 5, 20))
        states, rewards = step(states, actions)
        for game, action in enumerate(actions):
            plain[game], reward = plainly(plain[game], ACTIONS[action])
            assert rewards[game] == pytest.approx(reward, abs=1e-9)
            hurt += np.hypot(*(states[game, :2] - states[game, 6:8])) < REACH
        assert np.allclose(states, plain, atol=1e-9)
    assert hurt, "the red place reached some of them"
    assert states[:, :2].min() == PUCK, "and some reached a wall"


def test_green_places_fill_the_square() -> None:
    states, seen = begin(1, np.random.default_rng(3)), []
    for _ in range(64 * STAYS):
        states, _ = step(states, np.array([4]))
        seen.append(tuple((states[0, 4:6] * 4).astype(int)))
    assert len(set(seen)) == 16


def test_an_unknown_action_is_told() -> None:
    with pytest.raises(MlaError, match=r"no action 5; actions: 0 left, .* 4 glide"):
        step(begin(2, np.random.default_rng(0)), np.array([0, 5]))
