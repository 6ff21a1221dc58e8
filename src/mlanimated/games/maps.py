"""Maps: boards written as lines of text, checked before a game is made of them."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterable, Sequence

from mlanimated.errors import MlaError

__all__ = ["ARROWS", "DOWN", "LEFT", "MOVES", "MOVE_NAMES", "RIGHT", "UP", "distance", "moved", "only", "read_map"]

LEFT, DOWN, RIGHT, UP = 0, 1, 2, 3
MOVES: tuple[tuple[int, int], ...] = ((0, -1), (1, 0), (0, 1), (-1, 0))
"""Row and column steps of LEFT, DOWN, RIGHT and UP; Gymnasium's Frozen Lake counts them so too."""
MOVE_NAMES: tuple[str, ...] = ("left", "down", "right", "up")
ARROWS: tuple[str, ...] = ("←", "↓", "→", "↑")


def read_map(text: str | Iterable[str], allowed: str, what: str) -> tuple[str, ...]:
    """Return the rows of a map.

    Args:
        text: Rows as lines of one text, or one by one. Blank lines around the map and spaces around rows do not count.
        allowed: The symbols that may stand on it.
        what: Name of the game, for errors.

    Raises:
        MlaError: The map is empty, its rows differ in length, or it has a symbol of its own.
    """
    lines = text.strip().splitlines() if isinstance(text, str) else list(text)
    rows = tuple(str(line).strip() for line in lines)
    if not rows or not rows[0]:
        raise MlaError(f"{what}: the map is empty; write its rows one below the other.")
    for number, row in enumerate(rows, 1):
        if len(row) != len(rows[0]):
            raise MlaError(
                f"{what}: row {number} of the map has {len(row)} cells, row 1 has {len(rows[0])}; give every row the same."
            )
        for symbol in row:
            if symbol not in allowed:
                raise MlaError(f"{what}: the map has {symbol!r} in row {number}; allowed: {' '.join(allowed)}.")
    return rows


def only(rows: Sequence[str], symbol: str, meaning: str, what: str) -> int:
    """Return the cell, counted row by row from 0, on which a symbol stands that must stand there once.

    Raises:
        MlaError: It stands nowhere, or more than once.
    """
    cells = [index for index, found in enumerate("".join(rows)) if found == symbol]
    if len(cells) != 1:
        count = "no" if not cells else str(len(cells))
        raise MlaError(f"{what}: the map has {count} {meaning} ({symbol}); it needs one.")
    return cells[0]


def moved(cell: int, move: int, rows: int, columns: int) -> int | None:
    """Return the cell that a move leads to; None off the board."""
    row, column = divmod(cell, columns)
    row, column = row + MOVES[move][0], column + MOVES[move][1]
    return row * columns + column if 0 <= row < rows and 0 <= column < columns else None


def distance(start: int, goals: Iterable[int], rows: int, columns: int, free: Callable[[int], bool]) -> int | None:
    """Return how many moves the shortest way from a cell to any of the goals has; None where there is no way.

    Args:
        start: The cell from which to go.
        goals: The cells that are looked for.
        rows: Rows of the board.
        columns: Columns of the board.
        free: Whether a cell may be walked on.
    """
    wanted = set(goals)
    seen = {start: 0}
    queue = deque([start])
    while queue:
        cell = queue.popleft()
        if cell in wanted:
            return seen[cell]
        for move in range(len(MOVES)):
            after = moved(cell, move, rows, columns)
            if after is not None and after not in seen and free(after):
                seen[after] = seen[cell] + 1
                queue.append(after)
    return None
