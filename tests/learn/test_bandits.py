"""The testbed against bandits that are played one by one, in plain Python, from the same random numbers."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import pytest
from learning import same_after, train, values

from mlanimated.learn.bandits import STRATEGIES, Args
from mlanimated.learn.bandits import train as play


class Luck:
    """The random numbers of a run, drawn beforehand, in the order in which the learner draws them."""

    def __init__(self, args: Args) -> None:
        world, player = np.random.default_rng(args.seed).spawn(2)
        machines, shape = (args.bandits, args.arms), (args.arms, args.bandits)
        self.truth = np.zeros(shape) if args.drift else world.standard_normal(machines).T
        self.walk, self.noise, self.explore, self.anything, self.sample = [], [], [], [], []
        for _ in range(args.steps):
            if args.drift:
                self.walk.append(world.standard_normal(machines).T)
            if args.strategy in {"epsilon-greedy", "decaying epsilon", "gradient"}:
                self.explore.append(player.random(args.bandits))
            if args.strategy in {"epsilon-greedy", "decaying epsilon", "random"}:
                self.anything.append(player.integers(args.arms, size=args.bandits))
            if args.strategy == "thompson":
                self.sample.append(player.standard_normal(shape))
            self.noise.append(world.standard_normal(args.bandits))


def first_highest(numbers: list[float]) -> int:
    return max(range(len(numbers)), key=lambda index: (numbers[index], -index))


def chances(preferences: list[float]) -> list[float]:
    powers = [math.exp(preference - max(preferences)) for preference in preferences]
    return [power / sum(powers) for power in powers]


def play_one(args: Args, luck: Luck, bandit: int) -> tuple[list[int], list[float], list[float], list[float]]:
    """Play one bandit as a beginner would write it; return its actions, pays, losses and last estimates."""
    arms = range(args.arms)
    truth = [float(luck.truth[arm, bandit]) for arm in arms]
    counts, totals = [0 for _ in arms], [0.0 for _ in arms]
    values = [args.optimism if args.strategy == "optimistic" else 0.0 for _ in arms]
    variances = [0.0 if args.drift else 1.0 for _ in arms]
    action, mean = 0, 0.0
    actions, pays, losses = [], [], []
    for step in range(1, args.steps + 1):
        if args.drift:
            truth = [truth[arm] + args.drift * float(luck.walk[step - 1][arm, bandit]) for arm in arms]
        if args.strategy == "random":
            action = int(luck.anything[step - 1][bandit])
        elif args.strategy in {"greedy", "optimistic"}:
            action = first_highest(values)
        elif args.strategy in {"epsilon-greedy", "decaying epsilon"}:
            epsilon = args.epsilon if args.strategy == "epsilon-greedy" else args.half / (args.half + step - 1)
            action = first_highest(values)
            if luck.explore[step - 1][bandit] < epsilon:
                action = int(luck.anything[step - 1][bandit])
        elif args.strategy == "ucb":
            bounds = [
                values[arm] + args.confidence * math.sqrt(math.log(step) / counts[arm]) if counts[arm] else math.inf
                for arm in arms
            ]
            action = first_highest(bounds)
        elif args.strategy == "gradient":
            left = float(luck.explore[step - 1][bandit])
            for arm, chance in enumerate(chances(values)):
                action = arm
                left -= chance
                if left < 0:
                    break
        else:
            samples = [values[arm] + math.sqrt(variances[arm]) * luck.sample[step - 1][arm, bandit] for arm in arms]
            action = first_highest(samples)
        pay = truth[action] + float(luck.noise[step - 1][bandit])
        counts[action] += 1
        totals[action] += pay
        mean += (pay - mean) * (args.step_size or 1 / step)
        if args.strategy == "gradient":
            for arm, chance in enumerate(chances(values)):
                values[arm] += args.preference_rate * (pay - mean) * ((1 if arm == action else 0) - chance)
        elif args.strategy == "thompson":
            variances = [variance + args.drift**2 for variance in variances]
            share = variances[action]
            values[action] = (values[action] + share * pay) / (1 + share)
            variances[action] = share / (1 + share)
        elif args.strategy == "optimistic" or args.step_size:
            size = args.step_size or 0.1
            values[action] = (1 - size) * values[action] + size * pay
        else:
            values[action] = totals[action] / counts[action]
        actions.append(action)
        pays.append(pay)
        losses.append(max(truth) - truth[action])
    return actions, pays, losses, values


@pytest.mark.parametrize("strategy", STRATEGIES)
@pytest.mark.parametrize(("seed", "more"), [(0, {}), (1, {}), (2, {"drift": 0.05}), (3, {"step_size": 0.2})])
def test_the_testbed_is_many_bandits_played_one_by_one(strategy: Any, seed: int, more: dict[str, float]) -> None:
    args = Args(strategy=strategy, bandits=12, steps=80, seed=seed, **more)
    scores: list[Any] = []
    trace, _ = train(lambda *given: scores.append(play(*given)), args)
    luck = Luck(args)
    played = [play_one(args, luck, bandit) for bandit in range(args.bandits)]
    actions, pays, losses, _ = map(np.array, zip(*played, strict=True))
    assert values(trace, "action").tolist() == actions[0].tolist()
    assert np.allclose(values(trace, "pay"), pays[0])
    assert np.allclose(values(trace, "reward"), pays.mean(axis=0))
    assert np.allclose(values(trace, "optimal"), (losses == 0).mean(axis=0))
    assert np.allclose(values(trace, "regret"), losses.cumsum(axis=1).mean(axis=0))
    assert np.allclose(values(trace, "estimates")[-1], played[0][3])
    assert np.allclose(scores[0].reward, pays.mean(axis=1))
    assert np.allclose(scores[0].regret, losses.sum(axis=1))


@pytest.mark.slow
def test_a_better_strategy_is_better() -> None:
    """The order of Sutton and Barto's figures; 500 bandits part them by several standard errors."""
    got: dict[str, Any] = {}
    for strategy in STRATEGIES:
        train(
            lambda *given, strategy=strategy: got.update({strategy: play(*given)}), Args(strategy=strategy, bandits=500)
        )
    reward = {name: float(scores.reward.mean()) for name, scores in got.items()}
    assert abs(reward["random"]) < 0.05
    assert reward["random"] < reward["greedy"] < reward["epsilon-greedy"] < reward["ucb"]
    assert reward["epsilon-greedy"] < reward["thompson"]
    # Greedy stays with the best arm on about 36 of 100 bandits, as published.
    assert 0.30 < float(got["greedy"].optimal.mean()) < 0.42
    # Nobody loses less than 60 or so here; the lower bound of Lai and Robbins is near.
    assert 40 < float(got["thompson"].regret.mean()) < 100


def test_where_arms_drift_a_constant_step_size_beats_the_average() -> None:
    got: dict[float, Any] = {}
    for size in (0.0, 0.2):
        args = Args(bandits=500, drift=0.1, step_size=size, steps=600)
        train(lambda *given, size=size: got.update({size: play(*given)}), args)
    assert got[0.2].reward.mean() > got[0.0].reward.mean() + 0.05


def test_all_strategies_meet_the_same_arms() -> None:
    truths = [
        values(train(play, Args(strategy=strategy, bandits=5, steps=9, drift=0.1))[0], "truth")
        for strategy in STRATEGIES
    ]
    assert all(np.array_equal(truths[0], truth) for truth in truths)


@pytest.mark.parametrize("strategy", STRATEGIES)
def test_a_checkpoint_goes_on_exactly(strategy: Any) -> None:
    args = Args(strategy=strategy, bandits=7, steps=40, drift=0.02)
    whole, spy = train(play, args, at=17)
    rest, _ = train(play, args, resume=spy.state)
    same_after(whole, rest, 17)
    other, _ = train(play, args)
    same_after(whole, other, 0)
