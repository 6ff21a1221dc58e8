"""Gymnasium environments side by side: the oracle is each environment alone."""

from __future__ import annotations

import numpy as np
import pytest

from mlanimated.envs.atari import Preprocessing
from mlanimated.envs.vectors import Vectors, is_id
from mlanimated.envs.worlds import make_world, sample
from mlanimated.errors import MlaError

gymnasium = pytest.importorskip("gymnasium")


def test_each_is_played_as_it_would_be_alone() -> None:
    world = Vectors("CartPole-v1", 3, seed=1)
    random = np.random.default_rng(0)
    seeds = list(world.state()["seeds"])
    alone = [gymnasium.make("CartPole-v1") for _ in range(3)]
    seen = np.stack([one.reset(seed=seed)[0] for one, seed in zip(alone, seeds, strict=True)])
    assert np.array_equal(world.observation, seen)
    while True:
        actions = random.integers(0, 2, 3)
        step = world.step(actions)
        for place, (one, action) in enumerate(zip(alone, actions.tolist(), strict=True)):
            expected, reward, done, _, _ = one.step(action)
            assert np.array_equal(step.final[place], expected)
            assert (step.reward[place], step.done[place]) == (reward, done)
        if step.games:
            break
    (game, *_) = step.games
    assert game.seed == seeds[game.place]
    assert game.score == len(game.actions)
    assert not np.array_equal(step.observation[game.place], step.final[game.place])


def test_a_state_goes_on_exactly() -> None:
    world = Vectors("CartPole-v1", 4, seed=1)
    random = np.random.default_rng(0)
    for _ in range(50):
        world.step(random.integers(0, 2, 4))
    state = world.state()
    actions = random.integers(0, 2, (60, 4))
    ahead = [world.step(one) for one in actions]
    other = Vectors("CartPole-v1", 4, seed=99)
    assert other.load(state)
    for one, expected in zip(actions, ahead, strict=True):
        step = other.step(one)
        assert np.array_equal(step.observation, expected.observation)
        assert [game.score for game in step.games] == [game.score for game in expected.games]


def test_the_limit_of_time_truncates() -> None:
    world = Vectors("MountainCar-v0", 1)
    for _ in range(200):
        step = world.step(np.array([1]))
    assert step.truncated.tolist() == [True]
    assert step.done.tolist() == [False]
    assert step.games[0].truncated
    assert step.games[0].score == -200


def test_names_tell_which_world() -> None:
    assert is_id("CartPole-v1")
    assert not is_id("ALE/Pong-v5")
    assert not is_id("PongNoFrameskip-v4")
    assert not is_id("pong")
    assert make_world("CartPole-v1", 2, preprocessing=Preprocessing()).shape == (4,)


def test_an_unknown_one_is_told() -> None:
    with pytest.raises(MlaError, match="Did you mean 'CartPole-v1'"):
        Vectors("CartPol-v1", 1)


def test_actions_that_cannot_be_listed_are_told() -> None:
    with pytest.raises(MlaError, match="no list to choose from"):
        Vectors("Pendulum-v1", 1)


def test_a_sample_is_of_all() -> None:
    world = make_world("CartPole-v1", 3, preprocessing=Preprocessing())
    assert sample(world, 5, np.random.default_rng(0)).shape == (15, 4)
