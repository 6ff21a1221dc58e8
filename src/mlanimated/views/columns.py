"""Columns: numbers in aligned columns, such as what goes in, what should come out, what does, and by how much it is wrong.

Columns((
    Column("Celsius", (-40, -30, -10), unit="°C", decimals=0),
    Column("Fahrenheit", (-40, -22, 14), unit="°F", decimals=0, colour="target"),
    Column("prediction", "prediction", unit="°F", colour="prediction"),
    Column("squared error", "squared_error", bar=True, highlight="largest", foot="mean"),
))
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from dataclasses import KW_ONLY, dataclass
from typing import Literal, NamedTuple

import numpy as np
from numpy.typing import NDArray

from mlanimated.draw.box import Box
from mlanimated.draw.commands import Colour, Command, Group, Polyline, Rect
from mlanimated.draw.text import cap_height, fitted, label, width, wrapped
from mlanimated.errors import MlaError
from mlanimated.views.axes import empty
from mlanimated.views.moment import Moment
from mlanimated.views.numbers import Writing, bounds_of, source, value, writing, writing_of
from mlanimated.views.scene import View

__all__ = ["Column", "Columns"]

Numbers = NDArray[np.float64]

LEAST_BAR, MOST_BAR = 36.0, 400.0
LEAST_ROW, MOST_ROW = 19.0, 44.0
BETWEEN, MOST_BETWEEN = 20.0, 64.0


@dataclass(frozen=True)
class Column:
    """One column.

    Attributes:
        header: What stands above it.
        values: Name of an array or scalar series, or the numbers themselves where they do not change.
        unit: Written after the header.
        decimals: Digits after the point; None chooses.
        colour: Colour of the numbers.
        bar: Draw a bar beside each number, as long as its size; the longest of the film fills the room. Where there is
            no room for bars, the number's ground is tinted instead.
        highlight: Mark the "largest" or the "smallest" number; "" for none.
        foot: What stands below a line at the foot: the "mean" or the "sum" of the column; "" for nothing.
    """

    header: str
    values: str | tuple[float, ...]
    _: KW_ONLY
    unit: str = ""
    decimals: int | None = None
    colour: Colour = "ink"
    bar: bool = False
    highlight: Literal["", "largest", "smallest"] = ""
    foot: Literal["", "mean", "sum"] = ""

    def __post_init__(self) -> None:
        if not isinstance(self.values, str):
            object.__setattr__(self, "values", tuple(float(number) for number in self.values))
        if self.highlight not in ("", "largest", "smallest"):
            raise MlaError(f"Column's highlight is {self.highlight!r}; it is 'largest', 'smallest' or ''.")
        if self.foot not in ("", "mean", "sum"):
            raise MlaError(f"Column's foot is {self.foot!r}; it is 'mean', 'sum' or ''.")


class Filled(NamedTuple):
    """A column at the moment.

    Attributes:
        column: What was asked for.
        read: The recorded numbers.
        shown: The same, gliding between recorded values: for bars.
        largest: The largest size of the film.
        writing: How its numbers are written.
    """

    column: Column
    read: Numbers
    shown: Numbers
    largest: float
    writing: Writing


class Plan(NamedTuple):
    """Where columns stand: it depends on the film's bounds alone, so that nothing moves."""

    size: float
    rights: tuple[float, ...]
    bars: tuple[tuple[float, float], ...]
    headers: tuple[tuple[str, ...], ...]


@dataclass(frozen=True)
class Columns(View):
    """Aligned columns of numbers, row by row.

    Attributes:
        columns: The columns, left to right.
        size: Type size of the numbers; smaller where there is no room.

    Raises:
        MlaError: There is no column, or the trace has no such series.
    """

    columns: tuple[Column, ...]
    _: KW_ONLY
    size: float = 18.0

    def __post_init__(self) -> None:
        super().__post_init__()
        if not self.columns:
            raise MlaError('Columns needs at least one column, as in Columns((Column("loss", "train/loss"),)).')

    def draw(self, moment: Moment, box: Box) -> Sequence[Command]:
        """Return headers, numbers, bars and the foot."""
        filled = [self._filled(moment, column) for column in self.columns]
        count = max(len(each.read) for each in filled)
        if not count:
            return empty(box, "nothing recorded yet")
        footed = any(column.foot for column in self.columns)
        plan = _plan(box, tuple((each.column, each.writing) for each in filled), self.size)
        head = (max(map(len, plan.headers)) * 20.0) + 10.0
        foot = 40.0 if footed else 0.0
        high = min(MOST_ROW, (box.height - head - foot) / count)
        shown = count
        if high < LEAST_ROW:
            high = LEAST_ROW
            shown = max(1, int((box.height - head - foot) / high) - 1)
        size = min(plan.size, max(14.0, math.floor(high * 0.7)))
        top = box.y + head
        drawn: list[Command] = [_heading(plan, filled, box, head)]
        for index, each in enumerate(filled):
            cells = tuple(_cells(each, plan, index, top, high, shown, size))
            drawn.append(Group(cells, key=f"column-{index}"))
        bottom = top + high * shown
        if shown < count:
            words = f"… and {count - shown} rows more"
            drawn.append(
                label(
                    plan.rights[0], bottom + 15, words, 14, "muted", "start" if plan.rights[0] - box.x < 120 else "end"
                )
            )
            bottom += LEAST_ROW
        if footed:
            drawn.append(Group(tuple(_feet(filled, plan, box, bottom, size)), key="foot"))
        return drawn

    def describe(self, moment: Moment) -> str:
        """Return the number at the foot, or the highlighted one."""
        for column in self.columns:
            each = self._filled(moment, column)
            if not np.isfinite(each.read).any():
                continue
            unit = f" {column.unit}" if column.unit else ""
            if column.foot:
                return (
                    f"The {column.foot} of {column.header} is {each.writing.tight(_summed(column, each.read))}{unit}."
                )
            if column.highlight:
                best = _highlighted(column, each.read)
                return f"The {column.highlight} {column.header} is {each.writing.tight(float(each.read[best]))}{unit}, in row {best + 1}."
        return f"Columns of {', '.join(column.header for column in self.columns)}."

    def _filled(self, moment: Moment, column: Column) -> Filled:
        """Read one column."""
        if not isinstance(column.values, str):
            read = np.array(column.values, dtype=np.float64)
            finite = read[np.isfinite(read)]
            low, high = (float(finite.min()), float(finite.max())) if finite.size else (0.0, 1.0)
            # Constants are written as they are: no more decimals than they have.
            fewest = next(
                (places for places in range(4) if np.allclose(finite, np.round(finite, places), atol=1e-9)), None
            )
            decimals = column.decimals if column.decimals is not None else fewest
            return Filled(column, read, read, max(abs(low), abs(high)), writing(low, high, decimals))
        found = source(moment, column.values, self.run, "Columns", "scalar", "array")
        low, high = bounds_of(found)
        write = writing_of(found, column.decimals)
        recorded = value(moment, found)
        if recorded is None:
            return Filled(column, np.zeros(0), np.zeros(0), max(abs(low), abs(high)), write)
        read = np.asarray(recorded, dtype=np.float64).ravel()
        shown = np.asarray(value(moment, found, eased=True), dtype=np.float64).ravel()
        return Filled(column, read, shown, max(abs(low), abs(high)), write)


def _plan(box: Box, columns: tuple[tuple[Column, Writing], ...], wanted: float) -> Plan:
    """Place the columns: as wide as their numbers and headers, the rest shared by bars and the room between."""
    bars = sum(column.bar for column, _ in columns)
    for size in (wanted, 16.0, 14.0):
        headers = tuple(_header(column, max(write.width(size), 64.0)) for column, write in columns)
        wide = [
            max(write.width(size), *(width(line, 14) for line in lines))
            for (_, write), lines in zip(columns, headers, strict=True)
        ]
        rest = box.width - sum(wide) - BETWEEN * (len(columns) - 1) - bars * LEAST_BAR
        if rest >= 0 or size == 14.0:
            break
    bar = min(MOST_BAR, (max(0.0, rest + bars * LEAST_BAR)) / bars * 0.8) if bars else 0.0
    if bar < LEAST_BAR:
        bar = 0.0
    left_over = box.width - sum(wide) - bars * (bar + 12 if bar else 0.0)
    between = max(8.0, min(MOST_BETWEEN, left_over / max(1, len(columns) - 1)))
    x = box.x
    rights: list[float] = []
    places: list[tuple[float, float]] = []
    for (column, _), room in zip(columns, wide, strict=True):
        x += room
        rights.append(round(x, 2))
        if column.bar and bar:
            places.append((round(x + 12, 2), round(bar, 2)))
            x += 12 + bar
        else:
            places.append((round(x - room - 6, 2), 0.0))
        x += between
    return Plan(size, tuple(rights), tuple(places), headers)


def _header(column: Column, room: float) -> tuple[str, ...]:
    """Return a header in at most two lines, its unit at the end."""
    words = f"{column.header} {column.unit}".strip()
    # Widths are rounded: a little to spare, so that a word fits into its own.
    return wrapped(words, max(room, *(width(word, 14) + 1 for word in words.split() or [""])), 14, lines=2)


def _heading(plan: Plan, filled: Sequence[Filled], box: Box, head: float) -> Group:
    """Return the headers, their last lines on one level, and the line below them."""
    drawn: list[Command] = []
    for right, lines, each in zip(plan.rights, plan.headers, filled, strict=True):
        for index, line in enumerate(lines):
            y = box.y + head - 16 - 18 * (len(lines) - 1 - index)
            drawn.append(
                label(right, y, line, 14, each.column.colour if each.column.colour != "ink" else "muted", "end")
            )
    end = max(right if not bar[1] else bar[0] + bar[1] for right, bar in zip(plan.rights, plan.bars, strict=True))
    drawn.append(Polyline((box.x, box.y + head - 6, round(end, 2), box.y + head - 6), "muted", 1.25))
    return Group(tuple(drawn), key="head")


def _cells(each: Filled, plan: Plan, index: int, top: float, high: float, shown: int, size: float) -> Iterator[Command]:
    """Yield the numbers of a column, with their bars."""
    column = each.column
    marked = _highlighted(column, each.read) if column.highlight else -1
    left, room = plan.bars[index]
    for row in range(min(shown, len(each.read))):
        middle = top + high * (row + 0.5)
        share = abs(float(each.shown[row])) / each.largest if each.largest > 0 else 0.0
        share = min(1.0, share) if math.isfinite(share) else 0.0
        if column.bar and room:
            thick = round(min(18.0, high * 0.55), 2)
            colour = "accent" if row == marked else "error"
            yield Rect(
                left,
                round(middle - thick / 2, 2),
                max(1.5, round(room * share, 2)),
                thick,
                colour,
                radius=2,
                opacity=1.0 if row == marked else 0.75,
            )
        elif column.bar:
            yield Rect(
                left,
                round(middle - high / 2 + 1, 2),
                round(plan.rights[index] - left + 6, 2),
                round(high - 2, 2),
                "error",
                radius=3,
                opacity=round(0.4 * math.sqrt(share), 3),
            )
        elif row == marked:
            wide = each.writing.width(size) + 12
            yield Rect(
                round(plan.rights[index] + 6 - wide, 2),
                round(middle - high / 2 + 1, 2),
                round(wide, 2),
                round(high - 2, 2),
                "accent",
                radius=3,
                opacity=0.22,
            )
        fill = "accent" if row == marked else column.colour
        yield label(
            plan.rights[index],
            middle + cap_height(size) / 2,
            each.writing.tight(float(each.read[row])),
            size,
            fill,
            "end",
            bold=row == marked,
        )


def _feet(filled: Sequence[Filled], plan: Plan, box: Box, bottom: float, size: float) -> Iterator[Command]:
    """Yield the line at the foot and what stands below it."""
    end = max(right if not bar[1] else bar[0] + bar[1] for right, bar in zip(plan.rights, plan.bars, strict=True))
    yield Polyline((box.x, bottom + 4, round(end, 2), bottom + 4), "muted", 1.25)
    base = bottom + 8 + 16 + cap_height(size) / 2
    free = box.x
    for right, each in zip(plan.rights, filled, strict=True):
        if not each.column.foot:
            continue
        written = each.writing.tight(_summed(each.column, each.read))
        start = right - max(each.writing.width(size, bold=True), width(written, size, bold=True))
        words = fitted(each.column.foot, max(0.0, start - free - 12), 14)
        if words:
            yield label(start - 12, base, words, 14, "muted", "end")
        yield label(right, base, written, size, each.column.colour, "end", bold=True)
        free = right


def _summed(column: Column, read: Numbers) -> float:
    """Return the number at the foot; what is not finite makes it not a number or infinite, as it should."""
    if not read.size:
        return math.nan
    return float(read.mean() if column.foot == "mean" else read.sum())


def _highlighted(column: Column, read: Numbers) -> int:
    """Return the row that is marked; -1 when no number is finite."""
    if not np.isfinite(read).any():
        return -1
    sizes = np.where(np.isfinite(read), read, -np.inf if column.highlight == "largest" else np.inf)
    return int(np.argmax(sizes) if column.highlight == "largest" else np.argmin(sizes))
