"""QTable: the table of what each action is worth, filling, with the last update of one cell spelled out.

QTable(actions=("left", "down", "right", "up"), learning_rate=0.5, gamma=0.9)
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import KW_ONLY, dataclass
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from mlanimated.draw.box import Box
from mlanimated.draw.commands import Colour, Command, Group, InkOn, Mapped, Rect
from mlanimated.draw.text import MINUS, cap_height, fitted, label, width
from mlanimated.errors import MlaError
from mlanimated.views.axes import empty
from mlanimated.views.glide import glided
from mlanimated.views.moment import Moment
from mlanimated.views.numbers import Writing, bounds_of, source, value, writing, writing_of
from mlanimated.views.scene import View
from mlanimated.views.source import Source

__all__ = ["QTable"]

Numbers = NDArray[np.float64]

LEAST_ROW, MOST_ROW, MOST_CELL = 20.0, 44.0, 160.0
SPELLED = 104.0
"""Room below the table for the update."""
HEAD = 28.0


class Update(NamedTuple):
    """One cell that learned; not a number where something is not recorded."""

    state: int
    action: int
    before: float
    target: float
    after: float
    reward: float


@dataclass(frozen=True)
class QTable(View):
    """A table with a row for each state and a column for each action.

    The row of the state where the player acted is framed, its best action is bold, the cell that has just learned is lit, and below the
    table its update is written out with its numbers. Of a table too long for the panel the part around that row is shown.

    Attributes:
        values: Name of the table's series, (states, actions).
        state: Name of the series of the state that was acted in.
        action: Name of the series of the action that was taken.
        before: Name of the series of the cell's value before the update.
        target: Name of the series of what it moved towards.
        after: Name of the series of its value afterwards.
        reward: Name of the series of the reward.
        actions: Names of the columns; empty for 0, 1, 2, ….
        states: Names of the rows; empty for 0, 1, 2, ….
        learning_rate: Written into the update; None writes α.
        gamma: Written into the update; None writes γ.
        spell: Write out the update.
        closed: Rows that are no states (walls, holes, a goal): they are left empty.
        decimals: Digits after the point; None chooses.

    Raises:
        MlaError: Names do not fit the table.
    """

    values: str = "q"
    _: KW_ONLY
    state: str = "state"
    action: str = "action"
    before: str = "before"
    target: str = "target"
    after: str = "after"
    reward: str = "reward"
    actions: Sequence[str] = ()
    states: Sequence[str] = ()
    learning_rate: float | None = None
    gamma: float | None = None
    spell: bool = True
    closed: Sequence[int] = ()
    decimals: int | None = None

    def draw(self, moment: Moment, box: Box) -> Sequence[Command]:
        """Return the table and the update."""
        found = source(moment, self.values, self.run, "QTable", "array")
        read = self._table(value(moment, found))
        if read is None:
            return empty(box)
        rows, columns = read.shape
        update = self._update(moment, rows, columns)
        foot = SPELLED if self.spell and box.height >= 300 else 0.0
        area = box.inset(0, 0, 0, foot)
        names = tuple(self.states) or tuple(map(str, range(rows)))
        size = 16.0
        left = math.ceil(min(max(width(name, size) for name in names), box.width * 0.3)) + 12.0
        wide = min(MOST_CELL, (area.width - left) / columns)
        high = min(MOST_ROW, (area.height - HEAD) / rows)
        first, shown = 0, rows
        if high < LEAST_ROW:
            shown = max(1, int((area.height - HEAD) / LEAST_ROW))
            high = (area.height - HEAD) / shown
            # Whole pages: the table does not creep while the row moves within one.
            first = min(max(0, update.state) // shown * shown, max(0, rows - shown))
        writes = _fitting(found, self.decimals, 16.0 if high >= 24 else 14.0, wide - 10)
        glide = self._table(
            glided(found.trace, found.name, moment.step(found.run), moment.share(found.name, found.run))
        )
        drawing = _Drawing(box.x + left, box.y + HEAD, wide, high, first, shown, bounds_of(found), writes)
        commands: list[Command] = [drawing.labels(names, tuple(self.actions) or tuple(map(str, range(columns))), box.x)]
        closed = set(self.closed)
        for row in range(first, first + shown):
            told = None if row in closed else read[row]
            commands.append(drawing.row(row, told, (read if glide is None else glide)[row], acting=row == update.state))
        commands.append(drawing.lit(update, columns))
        if foot:
            commands.append(self._spelled(update, names, found, Box(box.x, box.bottom - foot, box.width, foot)))
        return commands

    def describe(self, moment: Moment) -> str:
        """Return what the last update did."""
        read = self._table(value(moment, source(moment, self.values, self.run, "QTable", "array")))
        if read is None:
            return ""
        update = self._update(moment, *read.shape)
        if update.state < 0 or update.action < 0 or not math.isfinite(update.after):
            return f"{int((read != 0).sum())} of {read.size} numbers of the table are not zero."
        writes = writing_of(source(moment, self.values, self.run, "QTable"), self.decimals)
        return (
            f"In state {self._state_name(update.state)}, action {self._action_name(update.action)} went"
            f" from {writes.tight(update.before)} to {writes.tight(update.after)}."
        )

    def _state_name(self, state: int) -> str:
        return self.states[state] if state < len(self.states) else str(state)

    def _action_name(self, action: int) -> str:
        return self.actions[action] if action < len(self.actions) else str(action)

    def _table(self, recorded: Any) -> Numbers | None:
        """Return the table as rows and columns."""
        if recorded is None:
            return None
        table = np.asarray(recorded, dtype=np.float64)
        if table.ndim != 2 or not table.size:
            raise MlaError(f"QTable: {self.values!r} has the shape {table.shape}; record (states, actions).")
        for what, names, count in (("states", self.states, table.shape[0]), ("actions", self.actions, table.shape[1])):
            if names and len(names) != count:
                raise MlaError(f"QTable: {self.values!r} has {count} {what}, but {len(names)} names are given.")
        return table

    def _update(self, moment: Moment, rows: int, columns: int) -> Update:
        """Return the last update; state and action are −1 for none."""
        found: dict[str, float] = {}
        for what in Update._fields:
            name = getattr(self, what)
            known = name in moment.trace(self.run).names
            recorded = moment.value(name, self.run) if name and known else None
            found[what] = math.nan if recorded is None or np.size(recorded) != 1 else float(np.ravel(recorded)[0])
        state, action = (int(found[what]) if math.isfinite(found[what]) else -1 for what in ("state", "action"))
        inside = 0 <= state < rows and 0 <= action < columns
        return Update(
            state if 0 <= state < rows else -1,
            action if inside else -1,
            *(found[what] for what in ("before", "target", "after", "reward")),
        )

    def _spelled(self, update: Update, names: Sequence[str], found: Source, box: Box) -> Group:
        """Return the update in two lines: how the cell moved, and what it moved towards; each number has its place."""
        if update.action < 0 or not math.isfinite(update.after):
            return Group((), key="update")
        writes = writing_of(found, self.decimals)
        size = 18.0 if box.width >= 460 else 16.0 if box.width >= 380 else 14.0
        cell = f"Q({names[update.state]}, {self._action_name(update.action)})"
        rate = "α" if self.learning_rate is None else _short(self.learning_rate)
        gamma = "γ" if self.gamma is None else _short(self.gamma)
        old, new, aim = (writes(part) for part in (update.before, update.after, update.target))
        lines: list[list[tuple[str, Colour, bool]]] = [
            [
                (new, "accent", True),
                (" = ", "muted", False),
                (old, "ink", False),
                (f" + {rate} · (", "muted", False),
                (aim, "target", True),
                (f" {MINUS} ", "muted", False),
                (old, "ink", False),
                (")", "muted", False),
            ]
        ]
        if math.isfinite(update.reward) and math.isfinite(update.target):
            ahead = update.target - update.reward
            parts: list[tuple[str, Colour, bool]] = [
                (aim, "target", True),
                (" = ", "muted", False),
                (writes(update.reward), "reward", True),
            ]
            if self.gamma:
                parts += [(f" + {gamma} · ", "muted", False), (writes(ahead / self.gamma), "ink", False)]
            else:
                parts += [(" + ", "muted", False), (writes(ahead), "ink", False)]
            lines.append(parts)
        drawn: list[Command] = [
            label(box.x, box.y + 26 + cap_height(16) / 2, fitted(cell, box.width, 16), 16, "ink", bold=True)
        ]
        notes = ("new = old + rate · (target − old)", "target = reward + what lies ahead")
        for index, line in enumerate(lines):
            y, x = box.y + 60 + 30 * index, box.x
            for text, colour, bold in line:
                drawn.append(label(x, y, text, size, colour, bold=bold))
                x += width(text, size, bold)
            if x + 24 + width(notes[index], 14) <= box.right:
                drawn.append(label(box.right, y, notes[index], 14, "muted", "end"))
        return Group(tuple(drawn), key="update")


class _Drawing(NamedTuple):
    """Where the table stands and how its numbers are written."""

    left: float
    top: float
    wide: float
    high: float
    first: int
    shown: int
    bounds: tuple[float, float]
    writes: Writing | None

    def labels(self, states: Sequence[str], actions: Sequence[str], edge: float) -> Group:
        """Return the names of the rows shown and of the columns."""
        drawn: list[Command] = []
        for column, name in enumerate(actions):
            x = self.left + self.wide * (column + 0.5)
            drawn.append(label(x, self.top - 10, fitted(name, self.wide - 4, 16), 16, "muted", "middle"))
        for row in range(self.first, self.first + self.shown):
            y = self.top + self.high * (row - self.first + 0.5)
            text = fitted(states[row], self.left - 12 - edge, 16 if self.high >= 24 else 14)
            size = 16.0 if self.high >= 24 else 14.0
            drawn.append(label(self.left - 12, y + cap_height(size) / 2, text, size, "muted", "end"))
        return Group(tuple(drawn), key="labels")

    def row(self, row: int, told: Numbers | None, shown: Numbers, *, acting: bool) -> Group:
        """Return the cells of a row; the best one is bold, where one is better than another."""
        gap = 1.0 if self.high >= 16 else 0.5
        drawn: list[Command] = []
        best = -1
        if told is not None and np.isfinite(told).any() and np.nanmax(told) > np.nanmin(told):
            best = int(np.nanargmax(told))
        size = 16.0 if self.high >= 24 else 14.0
        for column in range(len(shown)):
            x = self.wide * column
            ground: Colour = "panel" if told is None else self._ground(float(shown[column]))
            drawn.append(Rect(x + gap, gap, self.wide - 2 * gap, self.high - 2 * gap, ground, radius=3))
            if told is None or self.writes is None or not math.isfinite(told[column]):
                continue
            ink: Colour = InkOn(ground) if isinstance(ground, Mapped) else "ink"
            end = x + self.wide / 2 + self.writes.width(size, bold=True) / 2
            text = self.writes.tight(float(told[column]))
            drawn.append(label(end, self.high / 2 + cap_height(size) / 2, text, size, ink, "end", bold=column == best))
            if column == best and acting:
                place = (x + 3.5, 3.5, self.wide - 7, self.high - 7)
                drawn.append(Rect(*place, None, ink, 1.5, 3))
        y = self.top + self.high * (row - self.first)
        return Group(tuple(drawn), key=f"row-{row}", x=round(self.left, 2), y=round(y, 2))

    def lit(self, update: Update, columns: int) -> Group:
        """Return the frames of the row that was acted in and of the cell that learned."""
        if not self.first <= update.state < self.first + self.shown:
            return Group((), key="lit")
        y = round(self.top + self.high * (update.state - self.first), 2)
        place = (round(self.left - 1, 2), y - 1, round(self.wide * columns + 2, 2), round(self.high + 2, 2))
        drawn: list[Command] = [Rect(*place, None, "muted", 2.0, 4)]
        if update.action >= 0:
            x = round(self.left + self.wide * update.action, 2)
            drawn.append(Rect(x, y, round(self.wide, 2), round(self.high, 2), None, "ground", 6.0, 4))
            drawn.append(Rect(x, y, round(self.wide, 2), round(self.high, 2), None, "accent", 3.0, 4))
        return Group(tuple(drawn), key="lit")

    def _ground(self, shown: float) -> Colour:
        """Return the colour of a cell's ground."""
        low, high = self.bounds
        if not math.isfinite(shown):
            return "panel"
        if low < 0 < high:
            reach = max(-low, high)
            return Mapped("diverging", round(0.5 + 0.5 * shown / reach, 3))
        low, high = min(low, 0.0), max(high, 0.0)
        return Mapped("sequential", round((shown - low) / ((high - low) or 1.0), 3))


def _fitting(found: Source, decimals: int | None, size: float, room: float) -> Writing | None:
    """Return how to write numbers in cells of a width: with fewer decimals where they need it, or not at all."""
    way = writing_of(found, decimals)
    ways = (way, *(writing(*bounds_of(found), digits) for digits in range(way.decimals - 1, -1, -1)))
    return next((way for way in ways if way.width(size, bold=True) <= room), None)


def _short(number: float) -> str:
    return f"{number:g}"
