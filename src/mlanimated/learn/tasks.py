"""Tasks: the games with few enough states for a table, by the names that a command line offers."""

from __future__ import annotations

from typing import Literal

from mlanimated.games.frozen_lake import FrozenLake
from mlanimated.games.grid_world import GridWorld
from mlanimated.games.maps import MOVE_NAMES

__all__ = ["Board", "Task", "board", "cell_name"]

Task = Literal["grid world", "lake 4x4", "lake 8x8", "slippery 4x4", "slippery 8x8"]

Board = GridWorld | FrozenLake


def board(task: Task, *, step_cost: float = 0.0) -> Board:
    """Return the game of that name; on the grid world `step_cost` is taken off each reward."""
    if task == "grid world":
        return GridWorld(step_cost=step_cost)
    kind, size = task.split()
    return FrozenLake.named(size, slippery=kind == "slippery")


def cell_name(game: Board, state: int, action: int | None = None) -> str:
    """Return a cell, or a move from it, as a sentence says it: "row 2, column 3" or "right from row 2, column 3"."""
    row, column = divmod(state, game.shape[1])
    place = f"row {row + 1}, column {column + 1}"
    return place if action is None else f"{MOVE_NAMES[action]} from {place}"
