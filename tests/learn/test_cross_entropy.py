"""The distribution against what it must do, and its mean on games that it never played."""

from __future__ import annotations

import numpy as np
from learning import same_after, train, values

from mlanimated.games.cart_pole import LONGEST, lengths
from mlanimated.learn.cross_entropy import Args, play, push
from mlanimated.learn.cross_entropy import train as search


def test_the_mean_holds_the_pole() -> None:
    """The starts of Gymnasium's seeds 0 to 499, 500 steps each."""
    policies: list[np.ndarray] = []
    trace, _ = train(lambda *given: policies.append(search(*given)), Args())
    assert (lengths(lambda states: push(policies[0], states), range(500)) == LONGEST).all()
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
