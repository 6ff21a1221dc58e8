"""The walker: the oracle is the same game played side by side with others."""

from __future__ import annotations

import numpy as np
import pytest

from mlanimated.envs.vectors import Vectors
from mlanimated.errors import MlaError

pytest.importorskip("Box2D")
pytest.importorskip("pygame")

from mlanimated.envs.walker import Walker


def test_a_walk_is_the_game_that_was_learned_from() -> None:
    world, walker = Vectors("BipedalWalker-v3", 1, continuous=True, seeds=[5]), Walker(5)
    random = np.random.default_rng(0)
    assert np.array_equal(world.observation[0], walker.pose.seen)
    for _ in range(400):
        action = random.uniform(-1, 1, 4)
        step, pose = world.step(action[None]), walker.step(action)
        assert np.array_equal(step.final[0], pose.seen)
        assert bool(step.done[0]) == pose.over
        if pose.over:
            break
    assert pose.fallen
    assert pose.score == pytest.approx(step.games[0].score, abs=1e-3)
    with pytest.raises(MlaError, match="over"):
        walker.step(np.zeros(4))


def test_a_pose_is_where_its_parts_are() -> None:
    walker = Walker(1)
    bodies = walker.pose.bodies
    assert walker.ground.shape == (200, 2)
    assert walker.goal == pytest.approx(190 * 14 / 30, abs=1e-3)
    hull, knees = bodies[0], bodies[[1, 3]]
    assert np.hypot(*(knees[:, :2] - hull[:2]).T).max() < 1.2  # thighs hang on the hull
    assert walker.pose.lidar.tolist() == pytest.approx(walker.pose.seen[14:].tolist())
    assert walker.pose.contact.tolist() == [bool(walker.pose.seen[8]), bool(walker.pose.seen[13])]
