"""CartPole against Gymnasium's own; the distribution against what it must do."""

from __future__ import annotations

import numpy as np
import pytest
from learning import same_after, train, values

from mlanimated.learn.cross_entropy import LONGEST, Args, _pushed, play
from mlanimated.learn.cross_entropy import train as search


def test_the_rules_are_those_of_gymnasium() -> None:
    gymnasium = pytest.importorskip("gymnasium")
    env = gymnasium.make("CartPole-v1")
    random = np.random.default_rng(0)
    for seed in range(20):
        env.reset(seed=seed)
        state = np.array([env.unwrapped.state], np.float64)
        terminated = False
        while not terminated:
            right = bool(random.random() < 0.5)
            seen, _, terminated, _, _ = env.step(int(right))
            state, up = _pushed(state, np.array([right]))
            assert np.allclose(state[0], seen, atol=1e-5)
            assert bool(up[0]) != terminated
    env.close()


def test_the_mean_holds_the_pole() -> None:
    """500 games of Gymnasium's rules, 500 steps each, on starts that were never played."""
    policies: list[np.ndarray] = []
    trace, _ = train(lambda *given: policies.append(search(*given)), Args())
    held = play(np.tile(policies[0], (500, 1)), np.random.default_rng(12345))
    assert (held == LONGEST).all()
    assert values(trace, "average")[0] < 120
    assert trace.events[-1].name == "result"


def test_the_distribution_moves_to_the_best() -> None:
    args = Args(population=12, elite=3, games=1, rounds=3, noise=0.0)
    trace, _ = train(search, args)
    random = np.random.default_rng(args.seed)
    policies = random.standard_normal((12, 5))
    held = play(policies, random)
    best = np.argsort(-held, kind="stable")[:3]
    assert np.allclose(values(trace, "mean")[1], policies[best].mean(axis=0))
    assert np.allclose(values(trace, "spread")[1], policies[best].std(axis=0))
    assert (np.diff(values(trace, "returns"), axis=1) <= 0).all()


def test_a_checkpoint_goes_on_exactly() -> None:
    args = Args(population=10, elite=3, games=1, rounds=6)
    whole, spy = train(search, args, at=3)
    rest, _ = train(search, args, resume=spy.state)
    same_after(whole, rest, 3)
    again, _ = train(search, args)
    same_after(whole, again, 0)
