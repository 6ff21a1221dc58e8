"""Mountain Car: the oracle is Gymnasium's own."""

from __future__ import annotations

import numpy as np
import pytest

from mlanimated.games.mountain_car import LONGEST, STARTS, height, move, rides


def test_the_rules_are_those_of_gymnasium() -> None:
    gymnasium = pytest.importorskip("gymnasium")
    env = gymnasium.make("MountainCar-v0")
    random = np.random.default_rng(0)
    for seed in range(5):
        env.reset(seed=seed)
        place = np.array(env.unwrapped.state, np.float64)
        for _ in range(LONGEST):
            # Pushing with the motion gets to the flag; some steps by chance.
            action = int(random.integers(3)) if random.random() < 0.2 else 2 * int(place[1] >= 0)
            seen, reward, terminated, truncated, _ = env.step(action)
            position, velocity, there = move(place[:1], place[1:], np.array([action]))
            place = np.array([position[0], velocity[0]])
            assert np.allclose(place, seen, atol=1e-6)
            assert bool(there[0]) == terminated
            assert reward == -1.0
            assert height(float(position[0])) == pytest.approx(float(env.unwrapped._height(position[0])))
            if terminated or truncated:
                break
        assert terminated
    env.close()


def test_the_wall_at_the_left_end_stops_a_car() -> None:
    position, velocity, there = move(np.array([-1.19]), np.array([-0.07]), np.array([0]))
    assert (position[0], velocity[0], there[0]) == (-1.2, 0.0, False)


def test_rides_are_counted_as_games_are() -> None:
    """Pushing along with the motion, one car at a time."""

    def push(position: np.ndarray, velocity: np.ndarray) -> np.ndarray:
        return np.where(velocity >= 0, 2, 0)

    starts = np.linspace(*STARTS, 7)
    counted = rides(push, starts)
    for start, steps in zip(starts, counted, strict=True):
        position, velocity, there, count = np.array([start]), np.zeros(1), np.array([False]), 0
        while not there[0]:
            position, velocity, there = move(position, velocity, push(position, velocity))
            count += 1
        assert count == steps
    assert rides(lambda position, velocity: np.full(len(position), 2), starts).tolist() == [LONGEST + 1] * 7
