"""SlidingFilter: a window that slides over a picture, what is under it times the filter, and the output that it fills.

    SlidingFilter(stride=2)

It draws what `learn.convolution` records, or any training's own series of the same shapes.
"""

from __future__ import annotations

import itertools
import math
from collections.abc import Sequence
from dataclasses import KW_ONLY, dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from mlanimated.draw.box import Box
from mlanimated.draw.commands import Colour, Command, Group, InkOn, Mapped, Polyline, Rect
from mlanimated.draw.text import cap_height, fitted, label, number, width
from mlanimated.errors import MlaError
from mlanimated.views.axes import empty
from mlanimated.views.marks import arrow
from mlanimated.views.moment import Moment
from mlanimated.views.scene import View
from mlanimated.views.source import Source, sources

__all__ = ["SlidingFilter"]

Table = NDArray[np.float64]

GAP = 64.0
"""Room between two tables, for the sign that stands there."""
LARGEST = 84.0
HEAD = 34.0
FOOT = 62.0
TERMS = 24
"""A sum of more products is not written out."""


@dataclass(frozen=True)
class SlidingFilter(View):
    """A picture with the window on it, the filter, the products, and the output so far.

    While the window moves, nothing is written; where it rests, the products are written out below, and the cell that they give is framed.

    Attributes:
        picture: Series (height, width).
        filter: Series (size, size); "" for a pooling window without one.
        window: Series (size, size), what the window lies on.
        products: Series (size, size), what is added up; not used without a filter.
        place: Series (2,), row and column of the output cell.
        output: Series (rows, columns), not a number where nothing stands yet.
        stride: Cells that the window moves on by.
        padding: Rows of zeros around the picture.

    Raises:
        MlaError: A series is missing, or is no table.
    """

    picture: str = "picture"
    filter: str = "filter"
    window: str = "window"
    products: str = "products"
    place: str = "place"
    output: str = "output"
    _: KW_ONLY
    stride: int = 1
    padding: int = 0

    def draw(self, moment: Moment, box: Box) -> Sequence[Command]:
        """Return the tables, the window, the sign between them, and the sum."""
        names = (
            self.picture,
            self.window,
            self.place,
            self.output,
            *((self.filter, self.products) if self.filter else ()),
        )
        found = dict(zip(names, sources(moment, names, self.run, "SlidingFilter", ("array",)), strict=True))
        now = {
            name: source.trace.value(name, moment.step(source.run)) if source.info else None
            for name, source in found.items()
        }
        if any(value is None for value in now.values()):
            return empty(box, "nothing recorded yet")
        tables = {name: _table(value, name) for name, value in now.items() if name != self.place}
        picture = np.pad(tables[self.picture], self.padding)
        size = len(tables[self.window])
        shown = [tables[self.filter], tables[self.products]] if self.filter else [tables[self.window]]
        order = [picture, *shown, tables[self.output]]
        cell, boxes = _placed(box, order)
        at = self._glided(moment, found[self.place])
        row, column = (int(part) for part in np.asarray(now[self.place]))
        rests = bool(np.allclose(at, (row, column)))
        commands = self._tables(tables, picture, boxes, found, cell, box)
        first = boxes[0]
        x, y = first.x + at[1] * self.stride * cell, first.y + at[0] * self.stride * cell
        commands.append(
            Group(_frame(size * cell, size * cell), key="window", x=round(float(x), 2), y=round(float(y), 2))
        )
        stands = bool(np.isfinite(tables[self.output][row, column]))
        last = boxes[-1]
        if stands and rests:
            target = (last.x + column * cell, last.y + row * cell)
            commands.append(Group(_frame(cell, cell), key="cell", x=round(target[0], 2), y=round(target[1], 2)))
        commands.append(Group(tuple(self._signs(boxes, stands and rests)), key="signs"))
        commands.append(
            Group(tuple(self._sum(box, boxes, tables, (row, column) if stands else None, rests)), key="sum")
        )
        return commands

    def _glided(self, moment: Moment, source: Source) -> Table:
        """Return where the window is, with fractions while it moves."""
        before, after, _ = moment.between(self.place, source.run)
        share = moment.share(self.place, source.run)
        return np.asarray(before, np.float64) + (np.asarray(after, np.float64) - np.asarray(before, np.float64)) * share

    def _tables(
        self,
        tables: dict[str, Table],
        picture: Table,
        boxes: Sequence[Box],
        found: dict[str, Source],
        cell: float,
        box: Box,
    ) -> list[Command]:
        """Return the tables with their names."""
        reach = {name: _reach(found[name]) for name in tables}
        edge = self.padding
        inside = np.zeros(picture.shape, bool)
        inside[edge : len(picture) - edge, edge : picture.shape[1] - edge] = True
        drawn: list[Command] = [
            Group(
                tuple(_cells(picture, boxes[0], cell, "sequential", (0.0, reach[self.picture]), inside)), key="picture"
            )
        ]
        zeros = f", {edge} row{'s' if edge > 1 else ''} of zeros around it" if edge else ""
        names = ["picture" + zeros]
        if self.filter:
            drawn.append(
                Group(
                    tuple(
                        _cells(
                            tables[self.filter], boxes[1], cell, "diverging", (-reach[self.filter], reach[self.filter])
                        )
                    ),
                    key="filter",
                )
            )
            names.append("filter")
        under = self.products if self.filter else self.window
        signed = (-reach[under], reach[under]) if self.filter else (0.0, reach[self.picture])
        kind = "diverging" if self.filter else "sequential"
        drawn.append(Group(tuple(_cells(tables[under], boxes[-2], cell, kind, signed)), key="products"))
        names.append("products" if self.filter else "window")
        ends = (-reach[self.output], reach[self.output]) if self.filter else (0.0, reach[self.picture])
        drawn.append(Group(tuple(_cells(tables[self.output], boxes[-1], cell, kind, ends)), key="output"))
        names.append("output")
        for name, place in zip(names, boxes, strict=True):
            text = fitted(name, place.width + GAP - 8, 16.0)
            middle = max(place.x + place.width / 2, box.x + width(text, 16.0) / 2)
            drawn.append(label(middle, place.y - 14, text, 16.0, "muted", "middle"))
        return drawn

    def _signs(self, boxes: Sequence[Box], lit: bool) -> list[Command]:
        """Return times, equals and the arrow between the tables."""
        signs: list[Command] = []
        for index, (left, right) in enumerate(itertools.pairwise(boxes)):
            x, y = (left.right + right.x) / 2, left.y + left.height / 2
            if index == len(boxes) - 2:
                signs += arrow(left.right + 14, y, right.x - 14, y, "accent" if lit else "muted", 3.0)
                word = "add up" if self.filter else "largest"
                signs.append(label(x, y - 16, word, 14.0, "accent" if lit else "muted", "middle"))
            else:
                sign = "×" if self.filter and index == 0 else "="
                signs.append(label(x, y + cap_height(30) / 2, sign if self.filter else "", 30.0, "muted", "middle"))
        if not self.filter:
            left, right = boxes[0], boxes[1]
            y = left.y + left.height / 2
            signs += arrow(left.right + 14, y, right.x - 14, y, "muted", 3.0)
        return signs

    def _sum(
        self, box: Box, boxes: Sequence[Box], tables: dict[str, Table], cell: tuple[int, int] | None, rests: bool
    ) -> list[Command]:
        """Return the products written out, and what they come to."""
        if not rests:
            return []
        y = min(box.bottom - 10, max(place.bottom for place in boxes) + FOOT - 12)
        under, weights = tables[self.window], tables.get(self.filter)
        if weights is not None and weights.size <= TERMS:
            terms = [
                f"{_plain(a)}·{_plain(b, bracket=True)}" for a, b in zip(under.ravel(), weights.ravel(), strict=True)
            ]
            words = " + ".join(terms)
        elif weights is None and under.size <= TERMS:
            words = f"largest of {', '.join(_plain(value) for value in under.ravel() if math.isfinite(value))}"
        else:
            words = "sum of the products" if weights is not None else "largest of the window"
        total = f" = {_plain(float(tables[self.output][cell]))}" if cell else ""
        room = f" = {_plain(-88.0)}"
        size = next((size for size in (22.0, 20.0, 18.0, 16.0) if width(words + room, size) <= box.width), 14.0)
        left = box.x + max(0.0, (box.width - width(words + room, size)) / 2)
        return [
            label(left, y, words, size, "ink"),
            *([label(left + width(words, size), y, total, size, "accent", bold=True)] if total else []),
        ]

    def describe(self, moment: Moment) -> str:
        """Return which cell of the output was filled last."""
        (output,) = sources(moment, self.output, self.run, "SlidingFilter", ("array",))
        value = output.trace.value(self.output, moment.step(output.run)) if output.info else None
        if value is None:
            return ""
        table = _table(value, self.output)
        filled = np.isfinite(table)
        return f"{int(filled.sum())} of {table.size} numbers of the output are there."


def _table(value: Any, name: str) -> Table:
    """Return a value as a table of numbers."""
    table = np.asarray(value, dtype=np.float64)
    if table.ndim != 2:
        raise MlaError(f"SlidingFilter: {name!r} has the shape {table.shape}; it should have rows and columns.")
    return table


def _reach(source: Source) -> float:
    """Return the largest size of a series in the whole film, 1 at the least."""
    bounds = source.trace.bounds(source.name) or (0.0, 1.0)
    return max(1.0, *(abs(bound) for bound in bounds if math.isfinite(bound)))


def _placed(box: Box, tables: Sequence[Table]) -> tuple[float, list[Box]]:
    """Return the side of a cell, and where each table stands, all in a row in the middle."""
    columns = sum(table.shape[1] for table in tables)
    rows = max(table.shape[0] for table in tables)
    room = box.width - GAP * (len(tables) - 1)
    cell = float(math.floor(min(LARGEST, room / columns, (box.height - HEAD - FOOT) / rows)))
    x = box.x + (box.width - cell * columns - GAP * (len(tables) - 1)) / 2
    middle = box.y + HEAD + (box.height - HEAD - FOOT) / 2
    boxes: list[Box] = []
    for table in tables:
        high, wide = (side * cell for side in table.shape)
        boxes.append(Box(round(x), round(middle - high / 2), wide, high))
        x += wide + GAP
    return cell, boxes


def _cells(
    table: Table,
    place: Box,
    cell: float,
    map_name: str,
    ends: tuple[float, float],
    inside: NDArray[np.bool_] | None = None,
) -> list[Command]:
    """Return the cells of a table; one without a number is an empty place, one outside of the picture is quiet."""
    drawn: list[Command] = []
    size = 22.0 if cell >= 44 else 18.0 if cell >= 30 else 14.0
    for (row, column), value in np.ndenumerate(table):
        x, y = place.x + column * cell, place.y + row * cell
        outside = inside is not None and not inside[row, column]
        fill: Colour = "panel"
        if math.isfinite(value) and not outside:
            fill = Mapped(map_name, round(min(1.0, max(0.0, (value - ends[0]) / (ends[1] - ends[0]))), 3))
        drawn.append(Rect(round(x + 1.5, 2), round(y + 1.5, 2), cell - 3, cell - 3, fill, radius=4.0))
        if math.isfinite(value) and cell >= 18:
            ink: Colour = "muted" if outside else InkOn(fill) if isinstance(fill, Mapped) else "ink"
            drawn.append(
                label(x + cell / 2, y + cell / 2 + cap_height(size) / 2, _plain(float(value)), size, ink, "middle")
            )
    return drawn


def _frame(wide: float, high: float) -> tuple[Command, ...]:
    """Return a frame that stands out from any colour."""
    corners = (0.0, 0.0, wide, 0.0, wide, high, 0.0, high)
    return (Polyline(corners, "ground", 8.0, closed=True), Polyline(corners, "accent", 4.0, closed=True))


def _plain(value: float, *, bracket: bool = False) -> str:
    """Return a number as short as it can be; in brackets where it is negative and follows a sign."""
    text = number(round(value, 3))
    return f"({text})" if bracket and value < 0 else text
