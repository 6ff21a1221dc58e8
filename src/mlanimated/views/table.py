"""Table: numbers in labelled rows and columns, with heat, highlights, and a glow where they change.

Table("q", rows=STATES, columns=("left", "down", "right", "up"), highlight="each row", marked="state")
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from dataclasses import KW_ONLY, dataclass
from typing import Literal, NamedTuple

import numpy as np
from numpy.typing import NDArray

from mlanimated.draw.box import Box
from mlanimated.draw.commands import Colour, Command, Group, InkOn, Mapped, Rect
from mlanimated.draw.text import cap_height, fitted, label, width
from mlanimated.errors import MlaError
from mlanimated.views.axes import empty
from mlanimated.views.moment import Moment
from mlanimated.views.numbers import Writing, bounds_of, changes, source, value, writing, writing_of
from mlanimated.views.scene import View

__all__ = ["Table"]

Numbers = NDArray[np.float64]

LEAST_ROW, MOST_ROW, MOST_CELL = 20.0, 48.0, 240.0
PAD = 10.0

Highlight = Literal["", "largest", "smallest", "each row", "each column"]


class Cells(NamedTuple):
    """The numbers at the moment, as rows and columns.

    Attributes:
        read: What is written: recorded values.
        shown: What is tinted: it glides between recorded values.
        change: How much each changes now, 0..1.
        low: Lowest number of the film.
        high: Highest number of the film.
        writing: How numbers are written.
    """

    read: Numbers
    shown: Numbers
    change: Numbers
    low: float
    high: float
    writing: Writing


@dataclass(frozen=True)
class Table(View):
    """A labelled table of numbers.

    Attributes:
        values: Name of an array series of shape (rows, columns), or (n,) as one column; or rows of numbers.
        rows: Labels of the rows; empty for none.
        columns: Labels of the columns; empty for none.
        decimals: Digits after the point; None chooses.
        tint: Colour map of the cells: "sequential" for magnitudes, "diverging" for signed numbers (its middle is 0), "" for none.
        highlight: Mark the "largest" or "smallest" number, or the largest of "each row" or "each column"; "" for none.
        marked: Name of a series that says which row (one number) or cell (row, column) is meant now; it is framed.

    Raises:
        MlaError: Labels do not fit the numbers, or the trace has no such series.
    """

    values: str | tuple[tuple[float, ...], ...]
    _: KW_ONLY
    rows: tuple[str, ...] = ()
    columns: tuple[str, ...] = ()
    decimals: int | None = None
    tint: Literal["", "sequential", "diverging"] = ""
    highlight: Highlight = ""
    marked: str = ""

    def __post_init__(self) -> None:
        super().__post_init__()
        if not isinstance(self.values, str):
            object.__setattr__(self, "values", tuple(tuple(float(number) for number in row) for row in self.values))
            if len({len(row) for row in self.values}) > 1:
                raise MlaError("Table's rows have different lengths; each needs a number for each column.")
        if self.highlight not in ("", "largest", "smallest", "each row", "each column"):
            raise MlaError(
                f"Table's highlight is {self.highlight!r}; it is 'largest', 'smallest', 'each row', 'each column' or ''."
            )
        if self.tint not in ("", "sequential", "diverging"):
            raise MlaError(f"Table's tint is {self.tint!r}; it is 'sequential', 'diverging' or ''.")

    def draw(self, moment: Moment, box: Box) -> Sequence[Command]:
        """Return labels and cells; of a table too long for the panel the part around the marked row."""
        cells = self._cells(moment)
        if not cells.read.size:
            return empty(box, "nothing recorded yet")
        count, across = cells.read.shape
        if (self.rows and len(self.rows) != count) or (self.columns and len(self.columns) != across):
            raise MlaError(
                f"Table has {count} rows and {across} columns, but {len(self.rows)} and {len(self.columns)} labels."
            )
        head = 28.0 if self.columns else 0.0
        row_room = min(0.3 * box.width, max([0.0, *(width(name, 16) + 1 for name in self.rows)]))
        left = box.x + (row_room + 14 if row_room else 0.0)
        wide = min(MOST_CELL, (box.right - left) / across)
        high = min(MOST_ROW, (box.height - head) / count)
        marked = self._marked(moment)
        first, shown = 0, count
        if high < LEAST_ROW:
            shown = max(1, int((box.height - head - 22) / LEAST_ROW))
            high = (box.height - head - 22) / shown
            # Whole pages: the table does not creep while the mark moves within one.
            first = min(max(0, marked[0] if marked else 0) // shown * shown, max(0, count - shown))
        size = min(18.0, max(14.0, math.floor(high * 0.6)))
        # A number that does not fit is not written; the cell's tint and tip still tell it.
        write = _fitting(cells, size, wide - PAD)
        places = [(row, column) for row in range(first, first + shown) for column in range(across)]
        best = _best(self.highlight, cells.read)
        drawn: list[Command] = [
            Group(tuple(self._labels(box, left, wide, high, head, first, shown, row_room)), key="labels")
        ]
        body: list[Command] = []
        for row, column in places:
            area = Box(
                round(left + wide * column, 2),
                round(box.y + head + high * (row - first), 2),
                round(wide, 2),
                round(high, 2),
            )
            body += self._cell(area, cells, row, column, write, size, best=(row, column) in best)
        drawn.append(Group(tuple(body), key="cells"))
        if marked and first <= marked[0] < first + shown:
            y = box.y + head + high * (marked[0] - first)
            x, room = (left + wide * marked[1], wide) if len(marked) > 1 else (left, wide * across)
            drawn.append(
                Group(
                    (Rect(round(x, 2), round(y, 2), round(room, 2), round(high, 2), None, "accent", 3.0, radius=5),),
                    key="marked",
                )
            )
        if shown < count:
            drawn.append(label(left, box.bottom - 4, f"rows {first + 1} to {first + shown} of {count}", 14, "muted"))
        return drawn

    def describe(self, moment: Moment) -> str:
        """Return the largest number and where it is."""
        cells = self._cells(moment)
        if not cells.read.size or not np.isfinite(cells.read).any():
            return "The table is empty."
        row, column = (int(index) for index in np.unravel_index(int(np.nanargmax(cells.read)), cells.read.shape))
        at = self.rows[row] if self.rows else f"row {row + 1}"
        under = self.columns[column] if self.columns else f"column {column + 1}"
        return f"The largest of {cells.read.size} numbers is {cells.writing.tight(float(cells.read[row, column]))}, at {at}, {under}."

    def _cells(self, moment: Moment) -> Cells:
        """Read the numbers."""
        if not isinstance(self.values, str):
            read = np.array(self.values, dtype=np.float64).reshape(len(self.values), -1)
            finite = read[np.isfinite(read)]
            low, high = (float(finite.min()), float(finite.max())) if finite.size else (0.0, 1.0)
            return Cells(read, read, np.zeros(read.shape), low, high, writing(low, high, self.decimals))
        found = source(moment, self.values, self.run, "Table", "array")
        low, high = bounds_of(found)
        write = writing_of(found, self.decimals)
        recorded = value(moment, found)
        if recorded is None:
            return Cells(np.zeros((0, 0)), np.zeros((0, 0)), np.zeros((0, 0)), low, high, write)
        read = _flat(recorded)
        change = _flat(changes(moment, found, max(abs(low), abs(high))))
        return Cells(read, _flat(value(moment, found, eased=True)), change, low, high, write)

    def _marked(self, moment: Moment) -> tuple[int, ...]:
        """Return the marked row, or row and column; none where it is not recorded yet."""
        if not self.marked:
            return ()
        recorded = value(moment, source(moment, self.marked, self.run, "Table", "scalar", "array"))
        if recorded is None or not np.isfinite(np.asarray(recorded, dtype=np.float64)).all():
            return ()
        return tuple(int(index) for index in np.ravel(recorded))[:2]

    def _labels(
        self, box: Box, left: float, wide: float, high: float, head: float, first: int, shown: int, room: float
    ) -> Iterator[Command]:
        """Yield the labels of columns and rows."""
        for column, name in enumerate(self.columns):
            yield label(left + wide * (column + 0.5), box.y + 16, fitted(name, wide - 6, 16), 16, "muted", "middle")
        for row, name in enumerate(self.rows[first : first + shown]):
            base = box.y + head + high * (row + 0.5) + cap_height(16) / 2
            yield label(left - 14, base, fitted(name, room, 16), 16, "muted", "end")

    def _cell(
        self, area: Box, cells: Cells, row: int, column: int, write: Writing | None, size: float, *, best: bool
    ) -> Iterator[Command]:
        """Yield one cell: its ground, its glow, its number."""
        inner = area.inset(1.5)
        shown, read = float(cells.shown[row, column]), float(cells.read[row, column])
        ground = self._ground(shown, cells)
        yield Rect(*inner, fill=ground, radius=4, tip=cells.writing.tight(read))
        glow = float(cells.change[row, column])
        if glow > 0:
            yield Rect(*area.inset(2.5), fill=None, stroke="accent", stroke_width=3.0, radius=4, opacity=round(glow, 3))
        if best and not glow:
            yield Rect(*area.inset(2.5), fill=None, stroke="ink", stroke_width=2.0, radius=4)
        if write is None:
            return
        ink: Colour = InkOn(ground) if isinstance(ground, Mapped) else "ink"
        # In the middle by the film's widest number, so that digits stand still.
        end = area.centre[0] + write.width(size, bold=True) / 2
        yield label(end, area.centre[1] + cap_height(size) / 2, write.tight(read), size, ink, "end", bold=best)

    def _ground(self, shown: float, cells: Cells) -> Colour:
        """Return the colour of a cell's ground."""
        if not self.tint or not math.isfinite(shown):
            return "panel"
        if self.tint == "diverging":
            reach = max(abs(cells.low), abs(cells.high)) or 1.0
            return Mapped("diverging", round(0.5 + 0.5 * shown / reach, 3))
        return Mapped("sequential", round((shown - cells.low) / ((cells.high - cells.low) or 1.0), 3))


def _flat(found: object) -> Numbers:
    """Return recorded values as rows and columns: one dimension is one column, more than two are flattened to the right."""
    array = np.asarray(found, dtype=np.float64)
    return array.reshape(array.shape[0], -1) if array.ndim else array.reshape(1, 1)


def _fitting(cells: Cells, size: float, room: float) -> Writing | None:
    """Return how to write numbers in cells of a width: with fewer decimals where they need it, or not at all."""
    ways = (
        cells.writing,
        *(writing(cells.low, cells.high, digits) for digits in range(cells.writing.decimals - 1, -1, -1)),
    )
    return next((way for way in ways if way.width(size, bold=True) <= room), None)


def _best(highlight: Highlight, read: Numbers) -> set[tuple[int, int]]:
    """Return the highlighted cells; none among numbers that are all the same, for there is no best yet."""
    if not highlight:
        return set()
    safe = np.where(np.isfinite(read), read, np.inf if highlight == "smallest" else -np.inf)
    rows, columns = safe.shape
    if highlight == "each row":
        return {(row, int(np.argmax(safe[row]))) for row in range(rows) if columns > 1 and np.ptp(read[row]) > 0}
    if highlight == "each column":
        return {
            (int(np.argmax(safe[:, column])), column)
            for column in range(columns)
            if rows > 1 and np.ptp(read[:, column]) > 0
        }
    if read.size < 2 or not np.isfinite(safe).any() or not np.nanmax(read) > np.nanmin(read):
        return set()
    flat = int(np.argmin(safe) if highlight == "smallest" else np.argmax(safe))
    return {divmod(flat, columns)}
