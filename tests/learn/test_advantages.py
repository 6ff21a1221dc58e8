"""Advantages against the sum that defines them."""

from __future__ import annotations

import numpy as np

from mlanimated.learn.advantages import advantages


def test_advantages_are_the_discounted_sum_of_errors() -> None:
    random = np.random.default_rng(0)
    rewards, values = random.normal(size=(7, 3)), random.normal(size=(8, 3))
    done = random.random((7, 3)) < 0.2
    gamma, decay = 0.9, 0.7
    expected = np.zeros((7, 3))
    for start in range(7):
        for place in range(3):
            weight = 1.0
            for at in range(start, 7):
                ahead = 0.0 if done[at, place] else values[at + 1, place]
                expected[start, place] += weight * (rewards[at, place] + gamma * ahead - values[at, place])
                if done[at, place]:
                    break
                weight *= gamma * decay
    assert np.allclose(advantages(rewards, values, done, gamma, decay), expected)


def test_without_decay_an_advantage_looks_one_step_ahead() -> None:
    rewards, values = np.array([[1.0], [2.0]]), np.array([[3.0], [4.0], [5.0]])
    found = advantages(rewards, values, np.zeros((2, 1), np.bool_), 0.5, 0.0)
    assert found[:, 0].tolist() == [1 + 0.5 * 4 - 3, 2 + 0.5 * 5 - 4]
