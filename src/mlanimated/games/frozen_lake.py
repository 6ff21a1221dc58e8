"""Frozen Lake: walk over the ice from S to G without falling into a hole; on slippery ice a step may go sideways.

    lake = FrozenLake.named("4x4", slippery=True)
    step = lake.step(lake.start, RIGHT, random)     # Step(state, reward, terminated, truncated)

States are cells counted row by row from 0, actions are 0 left, 1 down, 2 right, 3 up: those of Gymnasium's FrozenLake-v1,
whose table of transitions this one equals.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from functools import cached_property

import numpy as np

from mlanimated.errors import MlaError, did_you_mean
from mlanimated.games.maps import MOVE_NAMES, MOVES, distance, moved, only, read_map
from mlanimated.games.model import Outcome, Step

__all__ = ["LAKES", "FrozenLake"]

LAKES: dict[str, tuple[str, ...]] = {
    "4x4": ("SFFF", "FHFH", "FFFH", "HFFG"),
    "8x8": (
        "SFFFFFFF",
        "FFFFFFFF",
        "FFFHFFFF",
        "FFFFFHFF",
        "FFFHFFFF",
        "FHHFFFHF",
        "FHFFHFHF",
        "FFFHFFFG",
    ),
}
"""The two maps of Gymnasium: S start, F frozen, H hole, G goal."""


@dataclass(frozen=True)
class FrozenLake:
    """A lake and how slippery it is.

    Attributes:
        rows: The map, one text for each row: S start (one), F frozen, H hole, G goal (one or more).
        slippery: A step goes where it should in a share of `success` only, else to either side of that.
        success: That share, 0..1; the two sides take half of the rest each.
        rewards: Reward of coming to a goal, into a hole, and onto ice.

    Raises:
        MlaError: The map is empty, not rectangular, has other symbols, no start, no goal, or no way between them.
    """

    rows: tuple[str, ...] = LAKES["4x4"]
    slippery: bool = False
    success: float = 1 / 3
    rewards: tuple[float, float, float] = (1.0, 0.0, 0.0)

    def __post_init__(self) -> None:
        object.__setattr__(self, "rows", read_map(self.rows, "SFHG", "Frozen Lake"))
        if not 0 <= self.success <= 1:
            raise MlaError(f"Frozen Lake: success is {self.success}; it is a share, 0 to 1.")
        if len(self.rewards) != 3:
            raise MlaError("Frozen Lake: rewards are three numbers: of a goal, of a hole, of ice.")
        start = only(self.rows, "S", "start", "Frozen Lake")
        if "G" not in self.cells:
            raise MlaError("Frozen Lake: the map has no goal (G); it needs one at least.")
        if self.shortest(start) is None:
            raise MlaError("Frozen Lake: the map has no way from S to G; leave a way of F between them.")

    @classmethod
    def named(cls, name: str, *, slippery: bool = False) -> FrozenLake:
        """Return one of Gymnasium's lakes, "4x4" or "8x8".

        Raises:
            MlaError: There is no such lake.
        """
        if name not in LAKES:
            raise MlaError(f"Frozen Lake: there is no map named {name!r}.{did_you_mean(name, LAKES)}")
        return cls(LAKES[name], slippery)

    @classmethod
    def of(cls, text: str | Iterable[str], *, slippery: bool = False) -> FrozenLake:
        """Return a lake of one's own, its rows as lines of a text or one by one."""
        return cls(read_map(text, "SFHG", "Frozen Lake"), slippery)

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
        """How many cells there are."""
        return len(self.cells)

    @property
    def actions(self) -> int:
        """Four: left, down, right, up."""
        return len(MOVES)

    @property
    def start(self) -> int:
        """The cell of S."""
        return self.cells.index("S")

    def legal(self, state: int) -> tuple[int, ...]:
        """Return the actions: all four, at the edge too, where a step leads nowhere; none in a hole and at a goal."""
        return () if self.result(state) else (0, 1, 2, 3)

    def result(self, state: int) -> str:
        """Return "won" at a goal, "lost" in a hole, "" while the game goes on.

        Raises:
            MlaError: There is no such cell.
        """
        if not 0 <= state < self.states:
            raise MlaError(f"Frozen Lake: there is no cell {state}; cells are 0 to {self.states - 1}.")
        return {"G": "won", "H": "lost"}.get(self.cells[state], "")

    def outcomes(self, state: int, action: int) -> tuple[Outcome, ...]:
        """Return what can follow: one outcome on plain ice, three on slippery ice, the sides first and last.

        Raises:
            MlaError: There is no such action, or the game is over.
        """
        self._check(state, action)
        return self._table[state, action]

    def step(self, state: int, action: int, random: np.random.Generator) -> Step:
        """Take a step and return what follows. Plain ice draws no random number, slippery ice one.

        Raises:
            MlaError: There is no such action, or the game is over.
        """
        found = self._table.get((state, action))
        if found is None:
            self._check(state, action)
            raise AssertionError("unreachable: every legal action has outcomes")
        chosen = found[-1]
        if len(found) > 1:
            place = random.random()
            for outcome in found:
                place -= outcome.probability
                if place < 0:
                    chosen = outcome
                    break
        return Step(chosen.state, chosen.reward, chosen.terminated)

    def shortest(self, state: int | None = None) -> int | None:
        """Return how many steps the shortest way to a goal has, from a cell or from the start; None where there is none."""
        goals = [cell for cell, symbol in enumerate(self.cells) if symbol == "G"]
        return distance(
            self.start if state is None else state, goals, *self.shape, lambda cell: self.cells[cell] != "H"
        )

    @cached_property
    def _table(self) -> dict[tuple[int, int], tuple[Outcome, ...]]:
        """What can follow, by state and action, where the game goes on."""
        table: dict[tuple[int, int], tuple[Outcome, ...]] = {}
        side = (1 - self.success) / 2
        for state in range(self.states):
            for action in self.legal(state):
                ways = ((1.0, action),)
                if self.slippery:
                    ways = ((side, (action - 1) % 4), (self.success, action), (side, (action + 1) % 4))
                table[state, action] = tuple(self._outcome(state, way, chance) for chance, way in ways)
        return table

    def _outcome(self, state: int, way: int, chance: float) -> Outcome:
        after = moved(state, way, *self.shape)
        after = state if after is None else after
        symbol = self.cells[after]
        return Outcome(chance, after, self.rewards["GH".find(symbol) if symbol in "GH" else 2], symbol in "GH")

    def _check(self, state: int, action: int) -> None:
        result = self.result(state)
        if result:
            raise MlaError(f"Frozen Lake: the game is over ({result}); begin a new one at cell {self.start}.")
        if action not in (0, 1, 2, 3):
            named = ", ".join(f"{number} {name}" for number, name in enumerate(MOVE_NAMES))
            raise MlaError(f"Frozen Lake: there is no action {action!r}; actions: {named}.")
