from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from mlanimated.envs.highlights import Highlight, Story, clips, highlights, settled

RATE = 15.0


def story(points: Any, *, game: str = "tennis", lives: Any = None, ball: Any = None, targets: Any = ()) -> Story:
    count = len(points)
    lives = np.zeros(count + 1, int) if lives is None else np.array(lives)
    ball = np.zeros((0, 4)) if ball is None else np.array(ball, float)
    return Story(game, RATE, np.array(points, float), lives, ball, np.array(targets, int))


def names(found: list[Highlight]) -> list[str]:
    return [one.name for one in found]


def test_points_in_a_row_are_found() -> None:
    points = np.zeros(600)
    points[[10, 50, 90]] = -1
    points[[100, 150, 200, 250, 300, 350]] = 1
    points[400] = -1
    points[[420, 430]] = 1
    (first, streak) = highlights(story(points))
    assert first.step == 101
    assert (streak.start, streak.stop, streak.text) == (100, 351, "6 points in a row.")
    assert highlights(story(np.zeros(50))) == []


def test_a_lost_life_ends_a_streak() -> None:
    points = np.zeros(600)
    points[100:160:10] = 5
    lives = np.where(np.arange(601) <= 131, 3, 2)
    assert "streak" not in names(highlights(story(points, lives=lives)))
    whole = highlights(story(points, lives=np.full(601, 3)))
    assert next(one.text for one in whole if one.name == "streak") == "30 points without losing a life."


def test_the_richest_seconds_are_found() -> None:
    points = np.zeros(900)
    points[::90] = 10
    points[500:540:4] = 30
    best = next(one for one in highlights(story(points, lives=np.full(901, 1))) if one.name == "best seconds")
    assert best.start <= 500
    assert best.stop >= 540
    assert "310 points" in best.text or "300 points" in best.text


def behind(*visits: tuple[int, int], count: int = 800, lost: int = 10**6, targets: int = 50) -> Story:
    """A game of Breakout in which the ball is above the wall at some steps, and a life is lost at one."""
    ball = np.full((count + 1, 4), (80.0, 120.0, 2.0, 4.0))
    for first, stop in visits:
        ball[first:stop, 1] = 40.0
    lives = np.where(np.arange(count + 1) < lost, 5, 4)
    left = np.maximum(targets - np.arange(count + 1) // 40, 1)
    return story(np.ones(count), game="breakout", lives=lives, ball=ball, targets=left)


def test_the_ball_behind_the_wall_is_found() -> None:
    found = highlights(behind((100, 120)))
    one = next(one for one in found if one.name == "behind the wall")
    assert (one.step, one.start, one.stop) == (100, 100, 120)
    assert one.text == "The ball gets behind the wall: 48 bricks are left, 7 s are gone."
    assert "five times running" not in names(found)


def test_five_times_running_means_no_life_is_lost_between() -> None:
    visits = [(100 * number, 100 * number + 20) for number in range(1, 8)]
    run = next(one for one in highlights(behind(*visits)) if one.name == "five times running")
    assert run.step == 500
    assert "five times running" not in names(highlights(behind(*visits, lost=350)))
    assert next(one for one in highlights(behind(*visits, lost=250)) if one.name == "five times running").step == 700


def test_a_cleared_screen_is_found_unless_a_life_went_with_it() -> None:
    points, targets = np.zeros(300), np.r_[np.ones(200), np.zeros(101)]
    points[199] = 30
    found = next(one for one in highlights(story(points, targets=targets)) if one.name == "cleared")
    assert found.step == 200
    assert found.text == "The screen is cleared, after 13 s."
    lives = np.where(np.arange(301) < 195, 3, 2)
    assert "cleared" not in names(highlights(story(points, targets=targets, lives=lives)))
    assert "cleared" not in names(highlights(story(np.r_[1, np.zeros(299)], targets=targets)))


def test_clips_keep_to_the_time_and_hold_what_is_best() -> None:
    whole = story(np.zeros(3000))
    found = [
        Highlight(1000, 900, 1000, "good", "", 5.0),
        Highlight(2000, 2000, 2010, "better", "", 9.0),
        Highlight(1500, 1500, 1500, "poor", "", 0.1),
    ]
    shown = clips(found, whole, 16.0)
    steps = {step for first, stop in shown for step in range(first, stop + 1)}
    assert len(steps) <= 240
    assert shown == sorted(shown)
    assert {0, 2000, 3000} <= steps
    assert 1500 in steps or 1000 in steps
    assert clips(found, whole, 500.0) == [(0, 3000)]
    assert clips([], whole, 16.0)[0][0] == 0


@pytest.mark.parametrize("seconds", [1.0, 3.0])
def test_clips_of_a_second_are_short(seconds: float) -> None:
    shown = clips([], story(np.zeros(3000)), seconds)
    assert sum(stop - first + 1 for first, stop in shown) <= round(seconds * RATE) + 1


def test_a_game_has_settled_some_seconds_after_the_last_thing_that_happened() -> None:
    points, lives = np.zeros(3000), np.full(3001, 5)
    points[400], lives[701:] = 1.0, 4
    assert settled(story(points)) == 401 + 75
    assert settled(story(points, lives=lives)) == 701 + 75
    assert settled(story(np.zeros(3000))) == 75
    points[2990] = -1.0
    assert settled(story(points)) == 3000


def test_clips_end_where_they_are_told() -> None:
    points, lives = np.zeros(3000), np.full(3001, 5)
    points[600], lives[1501:] = 1.0, 4
    whole = story(points, lives=lives)
    shown = clips(highlights(whole), whole, 16.0, settled(whole))
    assert shown[-1][1] == settled(whole)
    assert sum(stop - first + 1 for first, stop in shown) <= 16 * 15 + 1
    assert clips([], whole, 500.0, settled(whole)) == [(0, settled(whole))]
