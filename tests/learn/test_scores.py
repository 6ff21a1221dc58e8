"""Scores of full games: their mean, and games kept as text that can be seen again."""

from __future__ import annotations

import numpy as np
import pytest

from mlanimated.envs.atari import Game
from mlanimated.learn.scores import Scores, game_of, text_of
from mlanimated.trace import Recorder


def game(score: float) -> Game:
    return Game(2, 12345, score, np.arange(300, dtype=np.uint8) % 4, truncated=False)


def test_a_game_is_kept_as_text() -> None:
    text = text_of(game(7))
    found = game_of(text)
    assert (found.seed, found.score, found.truncated) == (12345, 7, False)
    assert np.array_equal(found.actions, game(7).actions)
    assert len(text) < 300


def test_the_mean_is_of_the_last_hundred() -> None:
    with Recorder() as recorder:
        scores = Scores(recorder, 10_000)
        assert np.isnan(scores.mean)
        assert scores.summary() == {}
        scores.add((step, game(step)) for step in range(150))
        assert scores.mean == pytest.approx(np.mean(range(50, 150)))
        assert scores.summary()["games"] == 150
        assert recorder.trace.info("score/game").rows == 150


def test_records_are_kept_and_one_in_each_hundredth_of_the_budget() -> None:
    with Recorder() as recorder:
        scores = Scores(recorder, 1000)  # a hundredth is 10 steps
        scores.add(
            [(1, game(5)), (2, game(4)), (3, game(6)), (12, game(1)), (13, game(1)), (29, game(0)), (31, game(0))]
        )
        assert recorder.trace.series("replay").steps.tolist() == [1, 3, 12, 29, 31]


def test_it_goes_on_where_it_was() -> None:
    with Recorder() as recorder:
        scores = Scores(recorder, 1000)
        scores.add([(1, game(5)), (2, game(7))])
        other = Scores(recorder, 1000)
        other.load(scores.state())
        assert other.state() == scores.state()
        assert other.mean == 6
