from __future__ import annotations

import numpy as np
import pytest

from mlanimated.envs.atari import Game
from mlanimated.learn import credit
from mlanimated.learn.credit import Args, Played, Rally, bounces, judged, rallies, sorted_out


def played(ball: list[float], reward: dict[int, float]) -> Played:
    columns = np.array(ball, np.float32)[:, None]
    points = np.zeros_like(columns)
    for step, point in reward.items():
        points[step, 0] = point
    return Played(columns, points, np.zeros(points.shape, bool), (Game(0, 1, 0, np.zeros(len(ball), np.uint8), True),))


NAN = float("nan")
COURSE = [80, 100, 120, 138, 124, 100, 40, 18, 30, 70, 100, 125, 139, NAN, NAN, 80, 110, 130, 139, NAN]


def test_a_bounce_is_where_the_ball_turns_on_our_side() -> None:
    assert bounces(np.array(COURSE[:14])) == [3]
    assert bounces(np.array([80, 120, NAN, 120, 90])) == []
    assert bounces(np.array([80, 120, NAN, 119, 90])) == [1], "it is not always seen"


def test_rallies_end_with_their_points() -> None:
    found = rallies(played(COURSE, {13: -1.0, 19: 1.0}))
    assert found == [Rally(0, 0, 13, False, (3,)), Rally(0, 14, 19, True, ())]


def test_moves_are_judged_by_the_end_of_their_own_rally() -> None:
    game = played(COURSE, {13: -1.0, 19: 1.0})
    scale = judged(game.reward, 0.9)[:, 0]
    raw = np.r_[-(0.9 ** np.arange(13, -1, -1)), 0.9 ** np.arange(5, -1, -1)]
    assert np.allclose(scale, (raw - raw.mean()) / raw.std(), atol=1e-5)


def test_what_rallies_say_together_is_their_mean() -> None:
    random = np.random.default_rng(0)
    ball = np.concatenate([[80.0 + random.integers(9), 120, 138, 120, 60, 30, 70, 110, 139, NAN] for _ in range(40)])
    points = {10 * rally + 9: -1.0 if rally % 3 else 1.0 for rally in range(40)}
    game = played(ball.tolist(), points)
    rows = sorted_out(game, 0.9)
    scale = judged(game.reward, 0.9)[:, 0]
    each = [scale[max(10 * rally, 10 * rally + 2 - credit.WINDOW) : 10 * rally + 3].mean() for rally in range(40)]
    assert len(rows) == 40
    assert rows[-1]["bounce/mean"] == pytest.approx(float(np.mean(each)), abs=1e-6)
    assert rows[-1]["bounce/high"] - rows[-1]["bounce/low"] == pytest.approx(
        2 * 1.96 * float(np.std(each, ddof=1)) / 40**0.5
    )
    assert rows[-1]["bounce/blamed"] == np.mean(np.array(each) < 0)
    assert rows[9]["rallies"] == 10
    assert rows[-1]["bounce/mean"] > rows[-1]["miss/mean"]


@pytest.mark.slow
def test_a_player_that_follows_the_ball_meets_it_more_often() -> None:
    pytest.importorskip("ale_py")
    lost = [
        np.mean([not rally.won for rally in rallies(credit.play(Args(games=8, steps=400, skill=skill)))])
        for skill in (0.0, 1.0)
    ]
    assert lost[0] > lost[1]
