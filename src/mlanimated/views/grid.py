"""Grid: a frozen lake or a grid world, with what its cells are believed to be worth, the policy, a glow, and the player.

Grid(("SFFF", "FHFH", "FFFH", "HFFG"), values="values", policy="policy", agent="place")
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import KW_ONLY, dataclass
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from mlanimated.draw.box import Box
from mlanimated.draw.commands import Colour, Command, Group, InkOn, Mapped
from mlanimated.draw.text import label
from mlanimated.errors import MlaError
from mlanimated.views.axes import empty
from mlanimated.views.cells import LEAST_NUMBER, Board, arrows, glow, landmark, layout, player, tile
from mlanimated.views.glide import glided
from mlanimated.views.moment import Moment
from mlanimated.views.numbers import Writing, bounds_of, source, value, writing_of
from mlanimated.views.scene import View

__all__ = ["Grid", "Look", "draw_grid"]

Numbers = NDArray[np.float64]


REACHED = 0.6
"""The part of a movement after which the end of a game is reached, where a new one begins elsewhere."""


class Look(NamedTuple):
    """What is drawn over a map, each for all cells, row by row; None for nothing.

    Attributes:
        shown: Values as colours.
        told: Values as numbers.
        limits: Values at the two ends of the colours.
        writing: How numbers are written.
        policy: Chance of each action, (cells, 4).
        glow: How strongly each cell glows, 0..1.
        rewards: Rewards that are written in the corners.
        players: Where the player stands, as (x, y, size) in cells: (0.5, 0.5, 1) is the middle of the first one.
    """

    shown: Numbers | None = None
    told: Numbers | None = None
    limits: tuple[float, float] = (0.0, 1.0)
    writing: Writing | None = None
    policy: Numbers | None = None
    glow: Numbers | None = None
    rewards: Numbers | None = None
    players: tuple[tuple[float, float, float], ...] = ()


@dataclass(frozen=True)
class Grid(View):
    """A board of cells: S start, G goal; F ice and H hole on a lake; # wall, - penalty and . open ground in a grid world.

    Series have one number for each cell, row by row, or one for each cell and action: left, down, right, up. Then the value of a cell
    is its best action's, and its glow its strongest one's.

    Attributes:
        map: The rows; or the name of a text series that holds them as lines, for a map that changes.
        values: Name of the series of values, shown as colours and numbers; "" for none.
        policy: Name of a series of actions (cells,), of their chances (cells, 4), or of what they are worth (cells, 4): then arrows
            point to the best ones; "" for none.
        agent: Name of a series that says on which cell the player stands; "" for none.
        via: Name of a series of the cell that a step led to, where `agent` says where the next game begins already: then the player is
            seen to fall into the hole or to reach the goal before it is put back to the start; "" for none.
        glow: Name of a series of what glows, such as eligibility or the priority of a sweep; "" for none.
        rewards: Name of a series of rewards, or the rewards themselves, written in the corners; empty for none.
        limits: Values at the two ends of the colours; None takes those of the whole film.
        numbers: Write the value of each cell, where it has room.
        decimals: Digits after the point; None chooses.

    Raises:
        MlaError: The map is not rectangular, or a series does not fit it.
    """

    map: Sequence[str] | str
    _: KW_ONLY
    values: str = ""
    policy: str = ""
    agent: str = ""
    via: str = ""
    glow: str = ""
    rewards: str | Sequence[float] = ()
    limits: tuple[float, float] | None = None
    numbers: bool = True
    decimals: int | None = None

    def __post_init__(self) -> None:
        super().__post_init__()
        if not isinstance(self.map, str):
            object.__setattr__(self, "map", tuple(self.map))
            layout(tuple(self.map), Box(0, 0, 100, 100))
        if self.limits and not self.limits[0] < self.limits[1]:
            raise MlaError(f"Grid: limits={self.limits} are not in order; write (low, high).")

    def draw(self, moment: Moment, box: Box) -> Sequence[Command]:
        """Return the cells and what is drawn over them."""
        rows = self._rows(moment)
        if not rows:
            return empty(box)
        board = layout(rows, box)
        return draw_grid(board, self._look(moment, board))

    def describe(self, moment: Moment) -> str:
        """Return where the player is and which cell is worth most."""
        rows = self._rows(moment)
        if not rows:
            return ""
        board = layout(rows, Box(0, 0, 100, 100))
        said: list[str] = []
        cell = self._cell(self._recorded(moment, self.agent, "scalar", "array"), board)
        if cell is not None:
            said.append(f"The player is in {_named(cell, board)}.")
        told = self._each(self._recorded(moment, self.values, "array"), self.values, board)
        if told is not None and np.isfinite(told).any() and np.nanmax(told) > np.nanmin(told):
            best = int(np.nanargmax(told))
            writes = writing_of(source(moment, self.values, self.run, "Grid"), self.decimals)
            said.append(f"The most valuable cell, {_named(best, board)}, is worth {writes.tight(float(told[best]))}.")
        return " ".join(said) or f"A board of {len(rows)} by {board.columns} cells."

    def _rows(self, moment: Moment) -> tuple[str, ...]:
        """Return the map at the moment; nothing before it is recorded."""
        if not isinstance(self.map, str):
            return tuple(self.map)
        text = self._recorded(moment, self.map, "text")
        return tuple(line.strip() for line in str(text).split()) if text else ()

    def _recorded(self, moment: Moment, name: str, *kinds: str) -> Any:
        """Return the value of a series, None where there is none."""
        return value(moment, source(moment, name, self.run, "Grid", *kinds)) if name else None

    def _look(self, moment: Moment, board: Board) -> Look:
        """Return what is drawn over the map at the moment."""
        told = self._each(self._recorded(moment, self.values, "array"), self.values, board)
        look = Look(rewards=self._rewards(moment, board), players=self._players(moment, board))
        if told is not None:
            found = source(moment, self.values, self.run, "Grid", "array")
            shown = self._each(
                glided(found.trace, found.name, moment.step(found.run), moment.share(found.name, found.run)),
                self.values,
                board,
            )
            writes = writing_of(found, self.decimals) if self.numbers else None
            look = look._replace(
                shown=shown, told=told, limits=self.limits or _limits(*bounds_of(found)), writing=writes
            )
        if self.policy:
            policy = self._recorded(moment, self.policy, "array")
            look = look._replace(policy=None if policy is None else self._chances(policy, board))
        if self.glow:
            found = source(moment, self.glow, self.run, "Grid", "array")
            strong = (
                None
                if found.info is None
                else glided(found.trace, found.name, moment.step(found.run), moment.share(found.name, found.run))
            )
            strong = self._each(strong, self.glow, board)
            high = bounds_of(found)[1]
            if strong is not None and high > 0:
                # What fades by a constant factor would be seen for a step or two only.
                look = look._replace(glow=np.sqrt(np.clip(np.nan_to_num(strong) / high, 0, 1)))
        return look

    def _rewards(self, moment: Moment, board: Board) -> Numbers | None:
        """Return the reward of each cell, None for none."""
        if isinstance(self.rewards, str):
            return self._each(self._recorded(moment, self.rewards, "array"), self.rewards, board)
        return self._each(self.rewards, "rewards", board) if self.rewards else None

    def _each(self, recorded: Any, name: str, board: Board) -> Numbers | None:
        """Return one number for each cell: of several actions that of the best one which is offered."""
        if recorded is None:
            return None
        array = np.asarray(recorded, dtype=np.float64)
        if array.size == board.cells:
            return array.ravel()
        if array.size == 4 * board.cells:
            table = np.where(board.offered(), array.reshape(board.cells, 4), -np.inf)
            best = table.max(axis=1)
            return np.where(np.isfinite(best), best, np.nan)
        raise MlaError(
            f"Grid: {name!r} has the shape {array.shape}; this map has {board.cells} cells with 4 actions each."
        )

    def _chances(self, recorded: Any, board: Board) -> Numbers:
        """Return the chance of each action, (cells, 4), from chances, values or actions."""
        array = np.asarray(recorded, dtype=np.float64)
        if array.size == board.cells:
            chosen = np.nan_to_num(array.ravel(), nan=-1)
            return (chosen[:, None] == np.arange(4)).astype(np.float64)
        if array.size != 4 * board.cells:
            raise MlaError(f"Grid: {self.policy!r} has the shape {array.shape}; give (cells,) or (cells, 4).")
        table = array.reshape(board.cells, 4)
        sums = table.sum(axis=1)
        if (table >= 0).all() and (np.isclose(sums, 1, atol=1e-4) | (sums == 0)).all() and (sums > 0).any():
            return table
        worth = np.where(board.offered() & np.isfinite(table), table, -np.inf)
        high = worth.max(axis=1, keepdims=True)
        low = np.where(np.isfinite(worth), worth, np.inf).min(axis=1, keepdims=True)
        best = (worth >= high - 1e-9) & (high > low)
        return best / np.maximum(1, best.sum(axis=1, keepdims=True))

    def _cell(self, recorded: Any, board: Board) -> int | None:
        """Return a recorded cell, None for none."""
        number = math.nan if recorded is None else float(np.ravel(recorded)[0])
        return int(number) if math.isfinite(number) and 0 <= number < board.cells else None

    def _players(self, moment: Moment, board: Board) -> tuple[tuple[float, float, float], ...]:
        """Return where the player is: between two cells that touch it slides, else it leaves here and appears there."""
        first = self._cell(self._recorded(moment, self.agent, "scalar", "array"), board)
        if first is None:
            return ()
        mix = moment.share(self.agent, self.run)
        second = self._cell(moment.between(self.agent, self.run)[1], board)
        if mix <= 0 or second is None or second == first:
            return ((*_at(first, board), 1.0),)
        reached = self._cell(moment.between(self.via, self.run)[1], board) if self.via else second
        if reached is None or reached in (first, second):
            return (_between(first, second, mix, board),)
        if mix < REACHED:
            return (_between(first, reached, mix / REACHED, board),)
        return (_between(reached, second, (mix - REACHED) / (1 - REACHED), board, leap=True),)


def draw_grid(board: Board, look: Look) -> tuple[Command, ...]:
    """Return the commands of a board: a group for each cell, so that one that does not change is stored once, and the player."""
    writes = look.writing if look.told is not None and board.side >= LEAST_NUMBER else None
    size = 16.0 if board.side >= 80 else 14.0
    if writes and writes.width(size) > board.side - 6:
        writes = None
    up = board.side * 0.06 if writes else 0.0
    drawn: list[Command] = []
    for cell in range(board.cells):
        x, y = board.corner(cell)
        drawn.append(Group(_cell(board, cell, look, writes, size, up), key=f"cell-{cell}", x=x, y=y))
    for column, row, large in look.players:
        x, y = board.left + board.side * column, board.top + board.side * row - up
        drawn.append(player(board, x, y, max(0.05, large * (0.85 if writes else 1.0))))
    return tuple(drawn)


def _cell(board: Board, cell: int, look: Look, writes: Writing | None, size: float, up: float) -> tuple[Command, ...]:
    """Return one cell at (0, 0)."""
    side, symbol = board.side, board.symbol(cell)
    ends = symbol in "#H" or (symbol == "G" and board.is_lake())
    ground: Colour | None = None
    if look.shown is not None and not ends and math.isfinite(look.shown[cell]):
        low, high = look.limits
        share = min(1.0, max(0.0, (float(look.shown[cell]) - low) / ((high - low) or 1.0)))
        ground = Mapped("diverging" if low < 0 < high else "sequential", round(share, 3))
    parts = list(tile(board, cell, ground, plain=look.shown is not None))
    reward = 0.0 if look.rewards is None else float(look.rewards[cell])
    busy = not ends and (look.told is not None or look.policy is not None)
    parts += landmark(board, cell, ground, reward, corner=busy)
    if look.policy is not None and not ends:
        parts += arrows(board, look.policy[cell], ground, up)
    if writes and look.told is not None and not ends and math.isfinite(look.told[cell]):
        ink: Colour = InkOn(ground) if isinstance(ground, Mapped) else "ink"
        # In the middle by the film's widest number, so that digits stand still.
        end = side / 2 + writes.width(size) / 2
        parts.append(label(end, side - round(side * 0.08), writes.tight(float(look.told[cell])), size, ink, "end"))
    if look.glow is not None:
        parts += glow(board, float(look.glow[cell]))
    return tuple(parts)


def _limits(low: float, high: float) -> tuple[float, float]:
    """Return the ends of the colours: the same on both sides of zero for numbers of both signs, and zero among them."""
    if low < 0 < high:
        reach = max(-low, high)
        return -reach, reach
    low, high = min(low, 0.0), max(high, 0.0)
    return (low, high) if high > low else (0.0, 1.0)


def _between(first: int, second: int, mix: float, board: Board, *, leap: bool = False) -> tuple[float, float, float]:
    """Return a player between two cells: it slides to one that touches the first, else it leaves here and appears there."""
    (x0, y0), (x1, y1) = _at(first, board), _at(second, board)
    if abs(x0 - x1) + abs(y0 - y1) <= 1 and not leap:
        return x0 + (x1 - x0) * mix, y0 + (y1 - y0) * mix, 1.0
    return (x0, y0, 1 - 2 * mix) if mix < 0.5 else (x1, y1, 2 * mix - 1)


def _at(cell: int, board: Board) -> tuple[float, float]:
    """Return the middle of a cell, counted in cells."""
    row, column = divmod(cell, board.columns)
    return column + 0.5, row + 0.5


def _named(cell: int, board: Board) -> str:
    row, column = divmod(cell, board.columns)
    return f"row {row + 1}, column {column + 1}"
