from __future__ import annotations

import numpy as np
import pytest

from mlanimated.errors import MlaError
from mlanimated.games.cart_pole import begin, lengths, step


def test_every_number_is_that_of_gymnasium() -> None:
    gymnasium = pytest.importorskip("gymnasium")
    seeds = (0, 1, 17, 123456)
    states = begin(seeds)
    games = [gymnasium.make("CartPole-v1") for _ in seeds]
    for state, game, seed in zip(states, games, seeds, strict=True):
        assert np.array_equal(state.astype(np.float32), game.reset(seed=seed)[0])
    random = np.random.default_rng(5)
    alive = np.ones(len(seeds), bool)
    for _ in range(60):
        pushes = random.integers(2, size=len(seeds))
        states, over = step(states, pushes)
        for index, game in enumerate(games):
            if alive[index]:
                seen, reward, terminated, _, _ = game.step(int(pushes[index]))
                assert np.array_equal(states[index].astype(np.float32), seen)
                assert (terminated, reward) == (over[index], 1.0)
        alive &= ~over
    assert not alive.all()


def test_a_push_that_does_not_exist_is_named() -> None:
    with pytest.raises(MlaError, match="no action 2; actions: 0 left, 1 right"):
        step(begin([0, 1]), np.array([0, 2]))


def test_lengths_are_those_of_games_played_one_by_one() -> None:
    def choose(states: np.ndarray) -> np.ndarray:
        return (states[:, 2] + 0.3 * states[:, 3] > 0).astype(int)

    found = lengths(choose, range(6))
    for seed in range(6):
        state, over, steps = begin([seed]), np.array([False]), 0
        while not over[0] and steps < 500:
            state, over = step(state, choose(state))
            steps += 1
        assert found[seed] == steps
