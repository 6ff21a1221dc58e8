"""Things found on the screen, against the console's own memory (places named in Anand et al. 2019, "AtariARI")."""

from __future__ import annotations

from itertools import pairwise
from typing import Any

import numpy as np
import pytest

from mlanimated.envs.objects import count, locate, things


def console(game: str) -> tuple[Any, list[Any]]:
    ale_py = pytest.importorskip("ale_py")
    from ale_py import roms

    ale_py.ALEInterface.setLoggerMode(ale_py.LoggerMode.Error)
    ale = ale_py.ALEInterface()
    ale.setInt("random_seed", 1)
    ale.setFloat("repeat_action_probability", 0.0)
    ale.loadROM(roms.get_rom_path(game))
    return ale, ale.getMinimalActionSet()


def seen(game: str, frames: int) -> list[tuple[np.ndarray, dict[str, np.ndarray], int | None]]:
    """Memory, boxes and targets of each frame of a game played by a simple rule, which keeps Breakout's ball in play."""
    ale, actions = console(game)
    random, found = np.random.default_rng(0), []
    for frame in range(frames):
        memory = ale.getRAM().astype(int)
        move = random.integers(len(actions))
        if game == "breakout":
            move = (
                1 if frame % 20 == 0 else 2 if memory[99] > memory[72] + 8 else 3 if memory[99] < memory[72] + 4 else 0
            )
        ale.act(actions[move])
        if ale.game_over():
            ale.reset_game()
        picture = ale.getScreenRGB()
        boxes = {thing.name: locate(thing, picture) for thing in things(game)}
        found.append((ale.getRAM().astype(int), boxes, count(game, picture)))
    return found


def test_breakout_s_ball_paddle_and_bricks_are_those_of_the_memory() -> None:
    rows = seen("breakout", 500)
    ball = [(boxes["ball"][:2] - (memory[99] - 49, memory[101] + 9)) for memory, boxes, _ in rows if memory[101]]
    there = [np.isfinite(away).all() for away in ball]
    assert np.mean(there) > 0.9
    assert max(np.abs(away).max() for away, ok in zip(ball, there, strict=True) if ok) <= 3
    paddle = [boxes["paddle"][0] - (memory[72] - 47) for memory, boxes, _ in rows if boxes["paddle"][2] == 16]
    assert np.median(np.abs(paddle)) == 0
    assert np.mean(np.abs(paddle) <= 4) > 0.99
    left = [bricks for _, _, bricks in rows]
    assert left[0] == 108
    assert left[-1] < 108
    assert all(now <= before for before, now in pairwise(left)), "bricks only go"


def test_breakout_s_ball_is_found_behind_the_wall() -> None:
    """Put there by the console's own memory; it is grey there, not red."""
    ale, _ = console("breakout")
    ale.act(1)
    for row in range(34, 52):
        for column in (70, 120, 190):
            ale.setRAM(99, column)
            ale.setRAM(101, row - 9)
            ale.act(0)
            memory = ale.getRAM().astype(int)
            (ball,) = (locate(thing, ale.getScreenRGB()) for thing in things("breakout") if thing.name == "ball")
            assert np.abs(ball[:2] - (memory[99] - 49, memory[101] + 9)).max() <= 3


@pytest.mark.slow
def test_pong_s_ball_and_paddles_are_those_of_the_memory() -> None:
    rows = seen("pong", 700)
    ball = np.array([boxes["ball"][:2] - (memory[49], memory[54]) for memory, boxes, _ in rows if memory[54]])
    ball = ball[np.isfinite(ball).all(axis=1)]
    assert len(ball) > 200
    assert np.ptp(ball, axis=0).max() <= 4, "a fixed distance, but for where the edge cuts the ball"
    agent = np.array([boxes["agent"][1] - memory[51] for memory, boxes, _ in rows if boxes["agent"][3] == 16])
    assert np.mean(np.abs(agent - np.median(agent)) <= 1) > 0.9


@pytest.mark.slow
def test_invaders_are_there_while_the_memory_counts_some() -> None:
    rows = seen("space_invaders", 900)
    assert {left for memory, _, left in rows[200:] if memory[17] > 0} == {1}
    cannon = np.array([boxes["cannon"][0] - memory[28] for memory, boxes, _ in rows])
    assert np.nanmax(np.abs(cannon)) <= 3


def test_a_game_that_is_not_known_has_no_things() -> None:
    assert things("tennis") == ()
    assert count("tennis", np.zeros((210, 160, 3), np.uint8)) is None
