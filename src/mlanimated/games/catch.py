"""Catch: a fruit of one cell falls one row a step, a basket of three cells waits at the bottom.

    catch = Catch()
    state = catch.begin(random)                     # State(row, fruit, basket)
    state, reward, terminated = catch.step(state, RIGHT)

Actions are 0 left, 1 stay, 2 right. The reward is +1 or -1 when the fruit reaches the bottom row, 0 before.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from mlanimated.errors import MlaError

__all__ = ["LEFT", "RIGHT", "STAY", "Catch", "Move", "State"]

LEFT, STAY, RIGHT = 0, 1, 2


class State(NamedTuple):
    """Where things are.

    Attributes:
        row: Row of the fruit, 0 at the top.
        fruit: Column of the fruit.
        basket: Column of the basket's middle.
    """

    row: int
    fruit: int
    basket: int


class Move(NamedTuple):
    """What followed an action."""

    state: State
    reward: float
    terminated: bool


@dataclass(frozen=True)
class Catch:
    """The game on a square board.

    Attributes:
        size: Rows and columns of the board, 4 or more.

    Raises:
        MlaError: The board is smaller.
    """

    size: int = 10

    def __post_init__(self) -> None:
        if self.size < 4:
            raise MlaError(f"Catch: the board is {self.size} wide; it needs 4 columns at least.")

    @property
    def actions(self) -> int:
        """Three: left, stay, right."""
        return 3

    @cached_property
    def starts(self) -> tuple[State, ...]:
        """The 63 states (on 10x10) in which games of the published example begin.

        Its random numbers leave out their upper end, so that fruits never fall in the last column and the basket never begins at
        the right edge. `all_starts` has no such gap.
        """
        return tuple(State(0, fruit, basket) for fruit in range(self.size - 1) for basket in range(1, self.size - 2))

    @cached_property
    def all_starts(self) -> tuple[State, ...]:
        """Every fruit in the top row with every place of the basket: 80 on 10x10."""
        return tuple(State(0, fruit, basket) for fruit in range(self.size) for basket in range(1, self.size - 1))

    def begin(self, random: np.random.Generator) -> State:
        """Return one of `starts`, all of them equally likely; one random number is drawn."""
        return self.starts[int(random.integers(len(self.starts)))]

    def legal(self, state: State) -> tuple[int, ...]:
        """Return the actions: all three while the fruit falls (the basket stops at the edge), none afterwards."""
        self._check(state)
        return () if state.row == self.size - 1 else (LEFT, STAY, RIGHT)

    def result(self, state: State) -> str:
        """Return "caught" or "missed" when the fruit is down, else ""."""
        self._check(state)
        if state.row < self.size - 1:
            return ""
        return "caught" if abs(state.fruit - state.basket) <= 1 else "missed"

    def step(self, state: State, action: int) -> Move:
        """Move the basket, let the fruit fall one row, and return what follows.

        Raises:
            MlaError: There is no such action, or the fruit is down already.
        """
        if not self.legal(state):
            raise MlaError(f"Catch: the game is over ({self.result(state)}); begin a new one.")
        if action not in (LEFT, STAY, RIGHT):
            raise MlaError(f"Catch: there is no action {action!r}; actions: 0 left, 1 stay, 2 right.")
        basket = min(max(state.basket + int(action) - 1, 1), self.size - 2)
        after = State(state.row + 1, state.fruit, basket)
        result = self.result(after)
        return Move(after, {"caught": 1.0, "missed": -1.0}.get(result, 0.0), bool(result))

    def picture(self, state: State) -> NDArray[np.float32]:
        """Return the board as float32 (size, size): 1 on the fruit and on the basket's three cells, else 0."""
        self._check(state)
        board = np.zeros((self.size, self.size), np.float32)
        board[-1, state.basket - 1 : state.basket + 2] = 1
        board[state.row, state.fruit] = 1
        return board

    def _check(self, state: State) -> None:
        if not (0 <= state.row < self.size and 0 <= state.fruit < self.size and 1 <= state.basket <= self.size - 2):
            raise MlaError(
                f"Catch: {tuple(state)} is no state of a board of {self.size}:"
                f" row and fruit are 0 to {self.size - 1}, the basket 1 to {self.size - 2}."
            )
