from __future__ import annotations

import numpy as np
import pytest

from mlanimated.errors import MlaError
from mlanimated.games.grid_world import GridWorld
from mlanimated.games.maps import DOWN, LEFT, RIGHT, UP
from mlanimated.games.model import Step, model_of


def optimal(world: GridWorld, discount: float = 0.9) -> np.ndarray:
    """The best values, by value iteration on the rules written out once more, cell by cell."""
    rows, columns = world.shape
    values = np.zeros(world.states)
    while True:
        before = values.copy()
        for cell in range(world.states):
            if world.cells[cell] == "#":
                continue
            row, column = divmod(cell, columns)
            found = []
            for down, right in ((0, -1), (1, 0), (0, 1), (-1, 0)):
                if not (0 <= row + down < rows and 0 <= column + right < columns):
                    continue
                after = (row + down) * columns + column + right
                if cell == world.goal:
                    after = world.start
                elif world.cells[after] == "#":
                    after = cell
                found.append(world.rewards[cell] - world.step_cost + discount * before[after])
            values[cell] = max(found)
        if np.abs(values - before).max() < 1e-12:
            return values


def test_the_published_values() -> None:
    world = GridWorld()
    values = optimal(world)
    assert values[world.start] == pytest.approx(0.2224, abs=5e-5)
    assert values[world.goal] == pytest.approx(1.2002, abs=5e-5)
    assert world.shortest() == 10
    assert world.shortest(avoiding=True) == 16


def test_the_model_has_the_same_values() -> None:
    for world in (GridWorld(), GridWorld(step_cost=0.01), GridWorld().with_wall(63).with_reward(99, 0.3)):
        model = model_of(world)
        values = np.zeros(world.states)
        for _ in range(400):
            backed = (model.probabilities * (model.rewards + 0.9 * values[model.next_states] * ~model.terminated)).sum(
                2
            )
            values = np.where(model.legal, backed, -np.inf).max(axis=1, initial=-np.inf, where=model.legal)
            values[world.walls] = 0
        assert values == pytest.approx(optimal(world), abs=1e-9)


def test_rewards_are_those_of_the_cell_one_leaves() -> None:
    world = GridWorld(step_cost=0.01)
    assert world.step(33, UP) == Step(33, -1.01), "a wall: it stays, and leaves again what it stands on"
    assert world.step(33, LEFT) == Step(32, -1.01)
    assert world.step(32, RIGHT) == Step(33, -0.01), "coming onto the cell costs nothing"
    for move in range(4):
        assert world.step(world.goal, move) == Step(world.start, 0.99, terminated=False, truncated=True)
    once = GridWorld(continues=False)
    assert once.step(once.goal, UP) == Step(once.start, 1.0, terminated=True)


def test_moves_off_the_board_are_not_offered() -> None:
    world = GridWorld()
    assert world.legal(0) == (DOWN, RIGHT)
    assert world.legal(99) == (LEFT, UP)
    assert world.legal(50) == (DOWN, RIGHT, UP)
    assert world.legal(11) == (LEFT, DOWN, RIGHT, UP), "a move into a wall is"
    assert world.legal(21) == ()
    assert world.walls[21]
    assert sum(len(world.legal(cell)) for cell in range(100)) == int(model_of(world).legal.sum())
    with pytest.raises(MlaError, match="action 3 is not offered at cell 0; offered: 1 down, 2 right"):
        world.step(0, UP)
    with pytest.raises(MlaError, match="it is a wall"):
        world.step(21, LEFT)
    with pytest.raises(MlaError, match="no cell 100"):
        world.step(100, LEFT)


def test_editing_makes_a_new_world() -> None:
    world = GridWorld()
    walled = world.with_wall(1)
    assert walled.walls[1]
    assert not world.walls[1]
    assert walled.with_wall(1, wall=False) == world
    assert world.with_wall(1, wall=False) is world
    assert world.with_reward(7, -2).step(7, LEFT).reward == -2
    moved = world.with_goal(99)
    assert (moved.goal, moved.rewards[99], moved.rewards[55]) == (99, 1.0, 0.0)
    assert moved.cells[55] == "."
    assert world.with_start(90).start == 90
    assert world.with_start(90).shortest() == optimal_length(world.with_start(90))
    assert world.with_start(world.start) is world
    assert hash(world) == hash(GridWorld())


def optimal_length(world: GridWorld) -> int:
    """Moves of the greedy walk over values that reward nothing but the goal."""
    plain = GridWorld(world.rows, tuple(float(symbol == "G") for symbol in world.cells))
    return round(np.log(optimal(plain)[plain.start] / optimal(plain)[plain.goal]) / np.log(0.9))


@pytest.mark.parametrize(
    ("mistake", "said"),
    [
        (lambda: GridWorld.of("S.\n.."), "no goal"),
        (lambda: GridWorld.of("SG\nG."), "2 goal"),
        (lambda: GridWorld.of("..\n.G"), "no start"),
        (lambda: GridWorld.of("S#G\n.#."), "no way from S to G"),
        (lambda: GridWorld.of("S..\n.G"), "row 2 of the map has 2 cells"),
        (lambda: GridWorld.of("S.!\n..G"), "'!' in row 1"),
        (lambda: GridWorld.of([]), "empty"),
        (lambda: GridWorld(rewards=(1.0,)), "1 rewards are given for 100 cells"),
        (lambda: GridWorld().with_reward(0, float("nan")), "finite"),
        (lambda: GridWorld().with_wall(0), "cannot be walls"),
        (lambda: GridWorld.of("S.G\n###").with_wall(1), "no way"),
        (lambda: GridWorld().with_start(55), "cell 55 is G"),
        (lambda: GridWorld().with_goal(21), "cell 21 is #"),
        (lambda: GridWorld().with_goal(-1), "no cell -1"),
    ],
)
def test_mistakes_are_one_line(mistake, said: str) -> None:
    with pytest.raises(MlaError, match=said) as caught:
        mistake()
    assert "\n" not in str(caught.value)
