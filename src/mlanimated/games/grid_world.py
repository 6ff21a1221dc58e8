"""GridWorld: a board with walls, rewards, a start S and a goal G; who leaves G is back at S.

    world = GridWorld()                              # the board that browsers know from an old JavaScript library
    step = world.step(world.start, RIGHT)            # Step(state, reward, terminated, truncated)
    edited = world.with_wall(23).with_reward(44, -1)

States are cells counted row by row from 0; actions are 0 left, 1 down, 2 right, 3 up. The reward is that of the cell one
*leaves*, less the cost of a step. Moves off the board are not offered; a move into a wall stays. From G every move leads to S:
the task goes on, so that step is `truncated` and the value of S counts; traces are cut there.
"""

from __future__ import annotations

import dataclasses
import math
from collections.abc import Iterable
from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from mlanimated.errors import MlaError
from mlanimated.games.maps import MOVE_NAMES, MOVES, distance, moved, only, read_map
from mlanimated.games.model import Outcome, Step

__all__ = ["CLASSIC", "GridWorld"]

CLASSIC: tuple[str, ...] = (
    "S.........",
    "..........",
    ".####.###.",
    "...-#.....",
    "....#--...",
    "....#G-.-.",
    "....#...-.",
    "...-#--...",
    "..........",
    "..........",
)
"""S start, G goal with reward 1, - reward -1, # wall, . nothing."""


@dataclass(frozen=True)
class GridWorld:
    """A board and its rewards.

    Attributes:
        rows: The map, one text for each row: S start, G goal, # wall, - reward -1, . nothing.
        rewards: Reward of leaving each cell, row by row; empty takes those of the map (G 1, - -1).
        step_cost: Taken off the reward of every step.
        continues: Whoever leaves G goes on from S; else leaving G ends the game.

    Raises:
        MlaError: The map is empty, not rectangular, has other symbols, not one start, not one goal, or no way between them.
    """

    rows: tuple[str, ...] = CLASSIC
    rewards: tuple[float, ...] = ()
    step_cost: float = 0.0
    continues: bool = True

    def __post_init__(self) -> None:
        rows = read_map(self.rows, "SG#-.", "GridWorld")
        object.__setattr__(self, "rows", rows)
        start, goal = only(rows, "S", "start", "GridWorld"), only(rows, "G", "goal", "GridWorld")
        if distance(start, (goal,), *self.shape, self._free) is None:
            raise MlaError("GridWorld: walls leave no way from S to G; open one.")
        rewards = self.rewards or tuple({"G": 1.0, "-": -1.0}.get(symbol, 0.0) for symbol in self.cells)
        if len(rewards) != self.states:
            raise MlaError(f"GridWorld: {len(rewards)} rewards are given for {self.states} cells; give one for each.")
        if not all(map(math.isfinite, (*rewards, self.step_cost))):
            raise MlaError("GridWorld: rewards and the cost of a step are finite numbers.")
        object.__setattr__(self, "rewards", tuple(map(float, rewards)))

    @classmethod
    def of(cls, text: str | Iterable[str], *, step_cost: float = 0.0, continues: bool = True) -> GridWorld:
        """Return a world of one's own, its rows as lines of a text or one by one."""
        return cls(read_map(text, "SG#-.", "GridWorld"), step_cost=step_cost, continues=continues)

    @cached_property
    def cells(self) -> str:
        """All symbols, row by row: `cells[state]` is what a state stands on."""
        return "".join(self.rows)

    @property
    def shape(self) -> tuple[int, int]:
        """Rows and columns."""
        return len(self.rows), len(self.rows[0])

    @property
    def states(self) -> int:
        """How many cells there are, walls among them."""
        return len(self.cells)

    @property
    def actions(self) -> int:
        """Four: left, down, right, up."""
        return len(MOVES)

    @property
    def start(self) -> int:
        """The cell of S."""
        return self.cells.index("S")

    @cached_property
    def goal(self) -> int:
        """The cell of G."""
        return self.cells.index("G")

    @cached_property
    def walls(self) -> NDArray[np.bool_]:
        """Whether each cell is a wall, bool (states,)."""
        return np.array([symbol == "#" for symbol in self.cells])

    def legal(self, state: int) -> tuple[int, ...]:
        """Return the moves that stay on the board; none on a wall, where nobody is.

        Raises:
            MlaError: There is no such cell.
        """
        self._cell(state)
        return self._legal[state]

    def result(self, state: int) -> str:
        """Return "at the goal" on G, else ""."""
        return "at the goal" if self._cell(state) == self.goal else ""

    def outcomes(self, state: int, action: int) -> tuple[Outcome, ...]:
        """Return the one thing that follows a move.

        Raises:
            MlaError: The move is not offered there.
        """
        return (Outcome(1.0, *self.step(state, action)),)

    def step(self, state: int, action: int, random: np.random.Generator | None = None) -> Step:
        """Take a step and return what follows. Nothing is left to chance: `random` is not used.

        Raises:
            MlaError: The move is not offered there.
        """
        del random
        found = self._steps.get((state, action))
        if found is None:
            offered = ", ".join(f"{number} {MOVE_NAMES[number]}" for number in self.legal(state))
            raise MlaError(
                f"GridWorld: action {action!r} is not offered at cell {state}; "
                + (f"offered: {offered}." if offered else "it is a wall.")
            )
        return found

    def shortest(self, *, avoiding: bool = False) -> int | None:
        """Return how many moves the shortest way from S to G has; with `avoiding`, over no cell of negative reward.

        None where there is no such way.
        """

        def free(cell: int) -> bool:
            return self._free(cell) and not (avoiding and self.rewards[cell] < 0)

        return distance(self.start, (self.goal,), *self.shape, free)

    def with_wall(self, cell: int, wall: bool = True) -> GridWorld:
        """Return the world with a wall on a cell, or without the one there.

        Raises:
            MlaError: It is the start or the goal, or no way would be left.
        """
        if self._cell(cell) in (self.start, self.goal):
            raise MlaError("GridWorld: start and goal cannot be walls; move them first.")
        return self._edited({cell: "#" if wall else "."}) if wall != bool(self.walls[cell]) else self

    def with_reward(self, cell: int, reward: float) -> GridWorld:
        """Return the world with another reward for leaving a cell."""
        rewards = list(self.rewards)
        rewards[self._cell(cell)] = float(reward)
        return dataclasses.replace(self, rewards=tuple(rewards))

    def with_start(self, cell: int) -> GridWorld:
        """Return the world with its start on another cell.

        Raises:
            MlaError: It is the goal or a wall, or there is no way from it.
        """
        return self._put("S", self.start, cell)

    def with_goal(self, cell: int) -> GridWorld:
        """Return the world with its goal, and the goal's reward, on another cell.

        Raises:
            MlaError: It is the start or a wall, or there is no way to it.
        """
        return self._put("G", self.goal, cell)

    def _put(self, symbol: str, old: int, cell: int) -> GridWorld:
        if self._cell(cell) == old:
            return self
        if self.cells[cell] in "SG#":
            raise MlaError(f"GridWorld: cell {cell} is {self.cells[cell]}; start and goal need a free cell each.")
        world = self._edited({old: ".", cell: symbol})
        if symbol == "G":
            rewards = list(self.rewards)
            rewards[old], rewards[cell] = 0.0, rewards[old]
            world = dataclasses.replace(world, rewards=tuple(rewards))
        return world

    def _edited(self, symbols: dict[int, str]) -> GridWorld:
        cells = [symbols.get(cell, symbol) for cell, symbol in enumerate(self.cells)]
        columns = self.shape[1]
        rows = tuple("".join(cells[index : index + columns]) for index in range(0, len(cells), columns))
        return dataclasses.replace(self, rows=rows)

    def _cell(self, cell: int) -> int:
        if not 0 <= cell < self.states:
            raise MlaError(f"GridWorld: there is no cell {cell}; cells are 0 to {self.states - 1}.")
        return cell

    def _free(self, cell: int) -> bool:
        return self.cells[cell] != "#"

    @cached_property
    def _legal(self) -> tuple[tuple[int, ...], ...]:
        return tuple(
            tuple(move for move in range(4) if moved(cell, move, *self.shape) is not None) if self._free(cell) else ()
            for cell in range(self.states)
        )

    @cached_property
    def _steps(self) -> dict[tuple[int, int], Step]:
        """What follows, by state and action, where it is offered."""
        steps: dict[tuple[int, int], Step] = {}
        for cell in range(self.states):
            reward = self.rewards[cell] - self.step_cost
            for move in self._legal[cell]:
                after = moved(cell, move, *self.shape)
                if cell == self.goal:
                    steps[cell, move] = Step(self.start, reward, not self.continues, self.continues)
                else:
                    steps[cell, move] = Step(after if after is not None and self._free(after) else cell, reward)
        return steps
