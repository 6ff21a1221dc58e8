from __future__ import annotations

import numpy as np
import pytest

from mlanimated.errors import MlaError
from mlanimated.games.bandit import Bandits


def test_rewards_lie_around_the_means() -> None:
    random = np.random.default_rng(0)
    bandits = Bandits(np.array([[0.0, 5.0, -2.0]]).repeat(20_000, axis=0), spread=2.0)
    arms = np.arange(20_000) % 3
    rewards = bandits.pull(arms, random)
    for arm, mean in enumerate((0.0, 5.0, -2.0)):
        assert rewards[arms == arm].mean() == pytest.approx(mean, abs=0.08)
        assert rewards[arms == arm].std() == pytest.approx(2.0, abs=0.06)
    assert (bandits.best == 1).all()


def test_machines_side_by_side_pay_as_one_by_one() -> None:
    bandits = Bandits.drawn(50, 10, np.random.default_rng(3))
    arms = np.random.default_rng(4).integers(10, size=50)
    together = bandits.pull(arms, np.random.default_rng(5))
    random = np.random.default_rng(5)
    alone = [Bandits(bandits.means[i : i + 1]).pull(arms[i : i + 1], random)[0] for i in range(50)]
    assert together.tolist() == alone


def test_the_testbed() -> None:
    bandits = Bandits.drawn(2000, 10, np.random.default_rng(0))
    assert bandits.means.shape == (bandits.machines, bandits.arms) == (2000, 10)
    assert bandits.means.mean() == pytest.approx(0, abs=0.03)
    assert bandits.means.std() == pytest.approx(1, abs=0.03)
    # The highest of ten normal numbers is 1.54 on average (order statistics).
    assert bandits.means.max(axis=1).mean() == pytest.approx(1.5388, abs=0.05)


def test_means_drift_as_a_random_walk() -> None:
    random = np.random.default_rng(0)
    first = bandits = Bandits.drawn(2000, 10, random, drift=0.01)
    for _ in range(100):
        bandits = bandits.drifted(random)
    assert not first.means.any()
    assert bandits.means.std() == pytest.approx(0.1, abs=0.003)
    still = Bandits.drawn(3, 2, random)
    before = random.bit_generator.state
    assert still.drifted(random) is still
    assert random.bit_generator.state == before


def test_mistakes_are_one_line_and_change_nothing() -> None:
    random = np.random.default_rng(0)
    bandits = Bandits.drawn(3, 10, random)
    before = random.bit_generator.state
    with pytest.raises(MlaError, match="2 arms are pulled on 3 machines"):
        bandits.pull(np.array([0, 1]), random)
    for arms in ([0, 1, 10], [0, -1, 2], [0.0, 1.0, 2.0]):
        with pytest.raises(MlaError, match="whole numbers, 0 to 9"):
            bandits.pull(np.array(arms), random)
    with pytest.raises(MlaError, match="two arms"):
        Bandits(np.zeros((3, 1)))
    with pytest.raises(MlaError, match="negative"):
        Bandits(np.zeros((1, 2)), spread=-1)
    with pytest.raises(MlaError, match="two arms"):
        Bandits.drawn(2, 1, random)
    with pytest.raises(ValueError, match="read-only"):
        bandits.means[0, 0] = 1
    assert random.bit_generator.state == before
