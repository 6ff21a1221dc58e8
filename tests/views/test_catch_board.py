from __future__ import annotations

import numpy as np
import pytest
from drawn import BOX, at, drawn, find, trace_of

from mlanimated.draw.commands import Circle, Group
from mlanimated.errors import MlaError
from mlanimated.games.catch import Catch, State
from mlanimated.views.catch_board import CatchBoard

GAME = Catch()


def played(start: State, *actions: int):
    """The trace of a game: where things are at each step."""
    state, rows = start, {0: {"state": np.array(start)}}
    for step, action in enumerate(actions, 1):
        state = GAME.step(state, action).state
        rows[step] = {"state": np.array(state)}
    return trace_of(rows)


def basket(commands) -> Group:
    return next(command for command in commands if getattr(command, "key", "") == "basket")


def test_things_stand_on_their_cells() -> None:
    trace = played(State(0, 3, 5), 0, 1, 2)
    cell = 40  # the box is 600 by 400, the board 10 by 10
    for step in range(4):
        state = trace.value("state", step)
        commands = drawn(CatchBoard(), trace, step)
        (fruit,) = find(commands, Circle, "fruit")
        assert (fruit.x, fruit.y) == (100 + cell * (state[1] + 0.5), cell * (state[0] + 0.5))
        assert (basket(commands).x, basket(commands).y) == (100 + cell * (state[2] - 1), 360)


def test_they_glide_between_steps_and_not_between_games() -> None:
    trace = played(State(0, 3, 5), 0)
    (fruit,) = find(drawn(CatchBoard(), trace, 0.75), Circle, "fruit")
    assert fruit.y == pytest.approx(40)
    assert basket(drawn(CatchBoard(), trace, 0.75)).x == pytest.approx(100 + 40 * 3.5)
    games = trace_of({0: {"state": np.array([9, 3, 3])}, 1: {"state": np.array([0, 8, 2])}})
    assert drawn(CatchBoard(), games, 0.9) == drawn(CatchBoard(), games, 0)


def test_the_end_is_seen_and_said() -> None:
    caught = trace_of({0: {"state": np.array([9, 4, 5])}})
    missed = trace_of({0: {"state": np.array([9, 7, 5])}})
    assert find(drawn(CatchBoard(), caught, 0), Circle)[0].fill == "good"
    assert find(drawn(CatchBoard(), missed, 0), Circle)[0].fill == "bad"
    assert CatchBoard().describe(at(caught, 0)) == "The fruit is caught."
    assert CatchBoard().describe(at(missed, 0)) == "The fruit is missed."
    falling = trace_of({0: {"state": np.array([2, 7, 5])}})
    assert (
        CatchBoard().describe(at(falling, 0)) == "The fruit is in row 3, column 8; the basket's middle is in column 6."
    )


def test_other_shapes_are_one_line() -> None:
    with pytest.raises(MlaError, match="record row, fruit, basket"):
        drawn(CatchBoard(), trace_of({0: {"state": np.zeros((10, 10))}}), 0, BOX)
