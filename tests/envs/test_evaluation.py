"""Evaluation: every game that is begun is counted, and the interval is what statistics says."""

from __future__ import annotations

import numpy as np
import pytest

from mlanimated.envs.atari import Game, Preprocessing
from mlanimated.envs.evaluation import Evaluation, evaluate

SMALL = Preprocessing(height=42, width=42, frames=1200)


def of(scores: list[float]) -> Evaluation:
    games = [Game(0, seed, score, np.array([seed], np.uint32), truncated=False) for seed, score in enumerate(scores)]
    return Evaluation("pong", tuple(games), 0.0)


def test_the_interval_is_that_of_the_normal_distribution_when_scores_are_normal() -> None:
    scores = np.random.default_rng(0).normal(10, 3, 400)
    low, high = of(scores.tolist()).interval
    half = 1.96 * scores.std() / 20
    assert low == pytest.approx(scores.mean() - half, abs=0.05)
    assert high == pytest.approx(scores.mean() + half, abs=0.05)


def test_equal_scores_leave_no_doubt() -> None:
    found = of([21.0] * 5)
    assert found.interval == (21.0, 21.0)
    assert found.mean == 21.0


def test_the_line_says_what_matters() -> None:
    assert of([1, 3]).summary() == "pong: mean 2.0 (1.0 to 3.0) of 2 games, 2 different, 1 to 3 points, sticky 0"


@pytest.mark.slow
def test_every_game_that_is_begun_is_counted() -> None:
    """Thirty games on twenty-five places: the first to end make room, and none is dropped for taking long."""
    pytest.importorskip("ale_py")
    random = np.random.default_rng(0)
    found = evaluate(lambda seen: random.integers(0, 4, len(seen)), "breakout", 30, seed=3, preprocessing=SMALL)
    assert len(found.games) == 30
    seeds = [game.seed for game in found.games]
    assert seeds == (np.random.default_rng(3).choice(2**31 - 2, 30, replace=False) + 1).tolist()
    assert found.different == 30
    assert found.scores.max() < 20


def test_a_policy_that_does_nothing_loses_every_point_of_pong() -> None:
    pytest.importorskip("ale_py")
    rules = Preprocessing(height=42, width=42)
    found = evaluate(lambda seen: np.zeros(len(seen), np.int64), "pong", 2, preprocessing=rules)
    assert found.scores.tolist() == [-21.0, -21.0]
