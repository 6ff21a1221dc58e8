"""Gymnasium environments side by side: the oracle is each environment alone."""

from __future__ import annotations

import numpy as np
import pytest

from mlanimated.envs.atari import Preprocessing
from mlanimated.envs.vectors import LEVELS, Vectors, is_id, levels_of, numbers_of
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


def test_numbers_are_rounded_to_levels() -> None:
    numbers = np.linspace(-1, 1, 1001)
    again = numbers_of(levels_of(numbers))
    assert np.abs(again - numbers).max() <= 0.5 / LEVELS + 1e-12
    assert numbers_of(levels_of(np.array([-1.0, 0.0, 1.0, 5.0]))).tolist() == [-1, 0, 1, 1]
    assert numbers_of(np.uint8([0, 127, 254]), -2.0, 4.0).tolist() == [-2, 1, 4]


def test_continuous_actions_are_played_as_alone_and_again_from_a_state() -> None:
    world = Vectors("Pendulum-v1", 2, seed=3, continuous=True, seeds=[11])
    assert world.state()["seeds"][0] == 11
    alone = gymnasium.make("Pendulum-v1")
    seen, _ = alone.reset(seed=11)
    random = np.random.default_rng(0)
    for at in range(150):
        actions = random.uniform(-2, 2, (2, 1))
        assert np.array_equal(world.observation[0], seen)
        step = world.step(actions)
        exact = numbers_of(levels_of(actions[0] / 2), -2.0, 2.0).astype(np.float32)
        seen, reward, *_ = alone.step(exact)
        assert step.reward[0] == np.float32(reward)
        if at == 100:
            state = world.state()
    other = Vectors("Pendulum-v1", 2, continuous=True)
    assert other.load(state)
    assert state["played"][0].tobytes() == other.state()["played"][0].tobytes()
    for _ in range(60):
        actions = np.zeros((2, 1))
        if world.step(actions).games:
            break
    for _ in range(200):
        if games := other.step(np.zeros((2, 1))).games:
            break
    assert games[0].actions.shape == (200, 1)


def test_lists_are_no_numbers() -> None:
    with pytest.raises(MlaError, match="no vector of numbers"):
        Vectors("CartPole-v1", 1, continuous=True)


def test_a_walker_goes_the_same_way_again_after_other_games() -> None:
    """In a Box2D world that has been used, contacts come in another order and the same actions lead elsewhere."""
    pytest.importorskip("Box2D")
    pytest.importorskip("pygame")
    actions = np.random.default_rng(0).uniform(-1, 1, (120, 1, 4))

    def way(before: int) -> np.ndarray:
        world = Vectors("BipedalWalker-v3", 1, continuous=True, seeds=[*range(1, before + 1), 99])
        for _ in range(before):
            while not world.step(np.ones((1, 4))).games:
                pass
        return np.concatenate([world.step(action).final for action in actions])

    assert np.array_equal(way(0), way(5))
