from __future__ import annotations

import numpy as np
import pytest
from drawn import at, drawn, find, trace_of

from mlanimated.draw.box import Box
from mlanimated.draw.commands import Circle, Polyline
from mlanimated.errors import MlaError
from mlanimated.views.rollouts import JUDGED, PLAYED, Rollouts

BOX = Box(0, 0, 800, 400)
UP = np.array([[True, False, True, True], [False, False, True, False]])
REWARD = np.array([[0, 0, 1, 0], [0, -1, 0, 0]], np.float32)
ADVANTAGE = np.array([[1.0, 1.2, 1.5, 0.0], [-1.0, -1.2, 0.0, 0.0]], np.float32)
CHANGE = 0.1 * ADVANTAGE
ROW = {"pushed/up": UP, "pushed/reward": REWARD, "pushed/advantage": ADVANTAGE, "pushed/change": CHANGE}
TRACE = trace_of({0: {"score": 0.0}, 10: ROW, 20: {**ROW, "pushed/change": -CHANGE}})


def beads(step: float) -> list[Circle]:
    return [circle for circle in find(drawn(Rollouts(), TRACE, step, BOX), Circle, "game-0") if circle.radius < 7]


def test_games_are_played_from_left_to_right_before_they_are_judged() -> None:
    assert beads(0) == []
    half = beads(10 * PLAYED / 2)
    assert len(half) == 2
    assert {bead.fill for bead in half} == {"muted"}
    assert half[0].y < half[1].y, "up is above down"
    assert len(beads(10 * PLAYED)) == 4


def test_moves_are_coloured_by_what_they_led_to_and_pushed_as_they_changed() -> None:
    judged, pushed = beads(10 * JUDGED + 0.01), beads(10)
    assert [bead.fill for bead in pushed] == ["good", "good", "good", "muted"]
    other = [circle for circle in find(drawn(Rollouts(), TRACE, 10, BOX), Circle, "game-1") if circle.radius < 7]
    assert [bead.fill for bead in other] == ["bad", "bad", "muted", "muted"]
    rise = [before.y - after.y for before, after in zip(judged[:3], pushed[:3], strict=True)]
    assert rise[0] == pytest.approx(rise[2] / 1.5, rel=0.1)
    assert min(rise) > 0
    after = beads(20)
    assert after[0].y > pushed[0].y, "the second change took the probability down"


def test_points_are_marked_where_they_ended() -> None:
    lines = [line for line in find(drawn(Rollouts(), TRACE, 10, BOX), Polyline, "game-1") if line.stroke == "bad"]
    tall = [line for line in lines if abs(line.points[1] - line.points[3]) > 100]
    assert len(tall) == 1
    assert not [line for line in find(drawn(Rollouts(), TRACE, 1, BOX), Polyline, "game-1") if line.stroke == "bad"]


def test_words() -> None:
    told = Rollouts().describe(at(TRACE, 10))
    assert told == "1 points won, 1 lost; 100% of the moves that were judged changed as they should."


def test_shapes_must_agree() -> None:
    trace = trace_of({0: {**ROW, "pushed/change": np.zeros((2, 3))}})
    with pytest.raises(MlaError, match="the same shape"):
        drawn(Rollouts(), trace, 0)
