"""WaterWorld: eyes against rays that are walked step by step, and what is eaten against distances."""

from __future__ import annotations

import numpy as np
import pytest

from mlanimated.errors import MlaError
from mlanimated.games.water_world import (
    BALL,
    BALLS,
    DIRECTIONS,
    EYES,
    FOOD,
    REACH,
    SWIMMER,
    balls,
    begin,
    eyes,
    step,
)


def walked(state: np.ndarray, direction: np.ndarray, stride: float = 1e-4) -> tuple[float, int]:
    """Where a ray first meets something, and what."""
    each = balls(state[None])[0]
    distances = np.arange(0, REACH, stride)
    places = state[:2] + distances[:, None] * direction
    outside = ((places < 0) | (places > 1)).any(axis=1)
    inside = np.linalg.norm(each[None, :, :2] - places[:, None], axis=2) < BALL
    met = np.flatnonzero(outside | inside.any(axis=1))
    if len(met):
        first = met[0]
        return distances[first], 3 if outside[first] else 1 if inside[first].argmax() < FOOD else 2
    return REACH, 0


def played(count: int = 6, steps: int = 40, seed: int = 0) -> np.ndarray:
    random = np.random.default_rng(seed)
    states = begin(count, random)
    for _ in range(steps):
        states = step(states, np.arange(count) % 5).states
    return states


def test_eyes_see_what_a_ray_meets_first() -> None:
    kinds = set()
    states = played(count=2)
    look = eyes(states)
    for game in range(len(states)):
        for eye in range(EYES):
            distance, kind = walked(states[game], DIRECTIONS[eye])
            assert look.distance[game, eye] == pytest.approx(distance, abs=3e-4)
            assert look.kind[game, eye] == kind
            kinds.add(kind)
    assert kinds == {0, 1, 2, 3}
    assert (look.speed[look.kind % 3 == 0] == 0).all()
    assert (np.abs(look.speed[(look.kind == 1) | (look.kind == 2)]) > 0).any()


def test_what_is_touched_is_eaten_and_appears_elsewhere() -> None:
    states, total, count = begin(30, np.random.default_rng(1)), np.zeros(30), 0
    random = np.random.default_rng(2)
    for _ in range(400):
        before = states
        stroke = step(states, random.integers(0, 5, 30))
        states = stroke.states
        each = balls(states)
        way = np.linalg.norm(each[..., :2] - states[:, None, :2], axis=2)
        assert (way[~stroke.eaten] >= SWIMMER + BALL).all()
        assert (np.abs(balls(before)[..., :2] - each[..., :2]).max(axis=2)[stroke.eaten] > 0.02).all()
        assert np.array_equal(stroke.rewards, stroke.eaten[:, :FOOD].sum(1) - stroke.eaten[:, FOOD:].sum(1))
        total += stroke.rewards
        count += int(stroke.eaten.sum())
    assert count > 100
    assert states.shape == (30, 4 + 6 * BALLS)
    assert (each[..., :2] >= BALL).all()
    assert (each[..., :2] <= 1 - BALL).all()


def test_a_step_changes_nothing_of_what_it_is_given() -> None:
    states = begin(3, np.random.default_rng(4))
    kept = states.copy()
    step(states, np.array([0, 1, 2]))
    assert np.array_equal(states, kept)


def test_an_unknown_action_is_told() -> None:
    with pytest.raises(MlaError, match="no action -1"):
        step(begin(1, np.random.default_rng(0)), np.array([-1]))
