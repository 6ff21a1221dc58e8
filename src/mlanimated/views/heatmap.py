"""HeatMap: an array as colours, with fixed limits, so that a colour means the same in every frame."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

import numpy as np
from numpy.typing import NDArray

from mlanimated.draw.box import Box
from mlanimated.draw.commands import Command, Group, Image, InkOn, Mapped, Pixels, Rect
from mlanimated.draw.palette import MAPS
from mlanimated.draw.scale import Linear
from mlanimated.draw.text import cap_height, fitted, label, width
from mlanimated.errors import MlaError, did_you_mean
from mlanimated.views.axes import empty
from mlanimated.views.glide import glided
from mlanimated.views.moment import Moment
from mlanimated.views.scene import View
from mlanimated.views.source import Source, sources
from mlanimated.views.value_format import ValueFormat, bounds_over, value_format

__all__ = ["HeatMap"]

BAR_WIDTH = 14.0
BAR_GAP = 18.0
MOST_MARKS = 400
"""How many cells that are not finite are marked one by one."""


@dataclass(frozen=True)
class HeatMap(View):
    """An array at the moment, each value a colour: weights, a table of values, activations.

    Colours glide between recorded steps; numbers written in cells are recorded ones. A cell that is not finite is
    crossed out.

        HeatMap("weights/0")
        HeatMap("q", row_names=states, column_names=("left", "down", "right", "up"), numbers=True)

    Attributes:
        series: An array series; one-dimensional ones are a strip.
        at: Indices into the leading dimensions, where there are more than two.
        map: A colour map; "" takes "diverging" where values have both signs, else "sequential".
        limits: Values at the two ends of the map; None takes those of the whole film, the same on both sides of zero for a
            diverging map.
        bar: Draw a colour bar.
        numbers: Write each value in its cell, where it has room.
        format: How a value is written, as for `str.format`; "" chooses decimals by the values.
        row_names: A name for each row.
        column_names: A name for each column.
        highlight: A cell to frame: (row, column), or the name of a series that holds it, or holds one number counting the cells
            row by row.
        square: Keep cells square; None does so where no numbers are written, False fills the box.
    """

    series: str
    at: tuple[int, ...] = ()
    map: str = ""
    limits: tuple[float, float] | None = None
    bar: bool = True
    numbers: bool = False
    format: str = ""
    row_names: Sequence[str] = ()
    column_names: Sequence[str] = ()
    highlight: tuple[int, int] | str | None = None
    square: bool | None = None

    def __post_init__(self) -> None:
        super().__post_init__()
        if self.map and self.map not in MAPS:
            raise MlaError(f"HeatMap: there is no colour map {self.map!r}.{did_you_mean(self.map, MAPS)}")
        if self.limits and not self.limits[0] < self.limits[1]:
            raise MlaError(f"HeatMap: limits={self.limits} are not in order; write (low, high).")

    def draw(self, moment: Moment, box: Box) -> Sequence[Command]:
        """Return the cells, their names and the colour bar."""
        source = self._source(moment)
        step = moment.step(source.run)
        recorded = None if source.info is None else source.trace.value(source.name, step)
        if recorded is None:
            return empty(box)
        told = self._table(recorded)
        shown = self._table(glided(source.trace, source.name, step, moment.share(source.name, source.run)))
        low, high, map_name = self._limits(source)
        if not math.isfinite(low):
            return empty(box)
        writes = value_format((source,), self.format)
        rows, columns = told.shape
        names = self._names(rows, columns)
        size = 16.0 if box.width >= 420 and box.height >= 260 else 14.0
        commands: list[Command] = []
        left = max((width(name, size) for name in names[0]), default=0.0)
        left = math.ceil(min(left, box.width * 0.35) + 10) if left else 0
        head = size + 10 if names[1] else 0
        right = BAR_GAP + BAR_WIDTH + 8 + _bar_room(low, high, size) if self.bar else 0.0
        area = box.inset(left, head, right, 0)
        square = not self.numbers if self.square is None else self.square
        place = _cells(area, rows, columns, square=square)
        commands.append(Group((_image(shown, low, high, map_name, place), *_crosses(shown, place)), key="cells"))
        cell_width, cell_height = place.width / columns, place.height / rows
        if self.numbers:
            commands.append(_figures(told, shown, place, writes, (low, high, map_name)))
        if names[0] or names[1]:
            commands.append(_titles(names, place, size, cell_width, cell_height, box))
        lit = self._lit(moment, rows, columns)
        if lit is not None:
            x, y = place.x + lit[1] * cell_width, place.y + lit[0] * cell_height
            commands.append(
                Group(
                    _framed(cell_width, cell_height),
                    key="lit",
                    x=round(x, 2),
                    y=round(y, 2),
                )
            )
        if self.bar:
            tall = max(min(place.height, area.height), min(area.height, 120.0))
            top = min(max(place.y + (place.height - tall) / 2, area.y), area.bottom - tall)
            commands.append(_colour_bar(Box(place.right + BAR_GAP, top, BAR_WIDTH, tall), low, high, map_name, size))
        return commands

    def _source(self, moment: Moment) -> Source:
        (source,) = sources(moment, self.series, self.run, "HeatMap", ("array", "picture"))
        if source.info is not None:
            left = len(source.info.shape) - len(self.at)
            if left not in (1, 2):
                shape = "x".join(map(str, source.info.shape))
                raise MlaError(
                    f"HeatMap draws one or two dimensions; {source.name!r} is {shape}."
                    f" Choose a part with at=(0, …): {max(0, left)} dimensions are left now."
                )
            if any(not -size <= index < size for index, size in zip(self.at, source.info.shape, strict=False)):
                raise MlaError(
                    f"HeatMap: at={self.at} is outside of {source.name!r}, whose shape is {source.info.shape}."
                )
        return source

    def _table(self, value: Any) -> NDArray[np.float64]:
        """Return an array's chosen part with two dimensions."""
        return np.atleast_2d(np.asarray(value, dtype=np.float64)[self.at])

    def _limits(self, source: Source) -> tuple[float, float, str]:
        """Return the ends of the map for the whole film, and the map; not a number where nothing is finite."""
        low, high = bounds_over((source,))
        if source.info is not None and source.info.kind == "picture":
            low, high = 0.0, 255.0
        signed = low < 0.0 < high
        if self.limits:
            low, high = self.limits
            signed = low < 0.0 < high
        name = self.map or ("diverging" if signed else "sequential")
        if not self.limits and name == "diverging" and signed:
            reach = max(-low, high)
            low, high = -reach, reach
        elif not self.limits and 0.0 < low < 0.4 * high:
            low = 0.0
        return (low, high, name) if low != high else (low - 0.5, high + 0.5, name)

    def _names(self, rows: int, columns: int) -> tuple[Sequence[str], Sequence[str]]:
        for what, names, count in (("row", self.row_names, rows), ("column", self.column_names, columns)):
            if names and len(names) != count:
                raise MlaError(
                    f"HeatMap: {self.series!r} has {count} {what}s, but {len(names)} {what}_names are given."
                )
        return self.row_names, self.column_names

    def _lit(self, moment: Moment, rows: int, columns: int) -> tuple[int, int] | None:
        """Return the row and column of the framed cell, None for none."""
        place: Any = self.highlight
        if isinstance(place, str):
            (source,) = sources(moment, place, self.run, "HeatMap", ("scalar", "array"))
            place = None if source.info is None else source.trace.value(source.name, moment.step(source.run))
        if place is None:
            return None
        numbers = np.atleast_1d(np.asarray(place, dtype=np.float64)).ravel()
        if not np.isfinite(numbers).all() or len(numbers) not in (1, 2):
            return None
        row, column = divmod(int(numbers[0]), columns) if len(numbers) == 1 else (int(numbers[0]), int(numbers[1]))
        return (row, column) if 0 <= row < rows and 0 <= column < columns else None

    def describe(self, moment: Moment) -> str:
        """Say between which values the array lies."""
        source = self._source(moment)
        value = None if source.info is None else source.trace.value(source.name, moment.step(source.run))
        if value is None:
            return ""
        table = self._table(value)
        finite = table[np.isfinite(table)]
        if not finite.size:
            return f"{source.name} has no finite values."
        writes = value_format((source,), self.format)
        return f"{source.name} lies between {writes(float(finite.min()))} and {writes(float(finite.max()))}."


def _cells(area: Box, rows: int, columns: int, *, square: bool) -> Box:
    """Return where the cells stand: in the middle; whole units a cell where there is room."""
    wide, high = area.width / columns, area.height / rows
    if rows == 1 and square:
        high = min(high, max(wide, 40.0))
    elif square:
        wide = high = min(wide, high)
    if wide >= 4 and high >= 4:
        wide, high = math.floor(wide), math.floor(high)
    width_, height = wide * columns, high * rows
    return Box(
        round(area.x + (area.width - width_) / 2),
        round(area.y + (area.height - height) / 2),
        round(width_, 2),
        round(height, 2),
    )


def _image(table: NDArray[np.float64], low: float, high: float, map_name: str, place: Box) -> Image:
    """Return the cells as an image; an array finer than the place is averaged first."""
    table = _shrunk(table, max(1, math.floor(place.height * 2)), max(1, math.floor(place.width * 2)))
    shares = np.clip((table - low) / (high - low), 0.0, 1.0)
    content = np.round(np.nan_to_num(shares) * 255).astype(np.uint8)
    return Image(*place, Pixels(content.shape[1], content.shape[0], content.tobytes(), map_name))


def _shrunk(table: NDArray[np.float64], rows: int, columns: int) -> NDArray[np.float64]:
    """Return a table of at most so many rows and columns, its cells means of neighbours."""
    for axis, most in ((0, rows), (1, columns)):
        count = table.shape[axis]
        if count > most:
            starts = np.unique(np.linspace(0, count, most, endpoint=False, dtype=np.int64))
            sizes = np.diff(np.append(starts, count))
            table = np.add.reduceat(table, starts, axis=axis) / (sizes[:, None] if axis == 0 else sizes[None, :])
    return table


def _crosses(table: NDArray[np.float64], place: Box) -> tuple[Command, ...]:
    """Return a mark for each cell that is not finite."""
    bad = np.argwhere(~np.isfinite(table))
    if not len(bad):
        return ()
    wide, high = place.width / table.shape[1], place.height / table.shape[0]
    marks: list[Command] = []
    for row, column in bad[:MOST_MARKS]:
        x, y = place.x + float(column) * wide, place.y + float(row) * high
        marks.append(Rect(round(x, 2), round(y, 2), round(wide, 2), round(high, 2), "faint", tip="not a finite number"))
        if min(wide, high) >= 12:
            size = min(16.0, high * 0.7)
            marks.append(label(x + wide / 2, y + high / 2 + cap_height(size) / 2, "×", size, "bad", "middle"))
    return tuple(marks)


def _figures(
    told: NDArray[np.float64],
    shown: NDArray[np.float64],
    place: Box,
    writes: ValueFormat,
    limits: tuple[float, float, str],
) -> Group:
    """Return each value in its cell, in ink that reads on the cell's colour; nothing where they have no room."""
    low, high, map_name = limits
    wide, tall = place.width / told.shape[1], place.height / told.shape[0]
    for size in (18.0, 16.0, 14.0):
        if writes.width(size) <= wide - 6 and size * 1.2 <= tall:
            break
    else:
        return Group((), key="numbers")
    texts: list[Command] = []
    for (row, column), value in np.ndenumerate(told):
        if not math.isfinite(value):
            continue
        under = float(shown[row, column])
        at = round(min(1.0, max(0.0, (under - low) / (high - low))), 3) if math.isfinite(under) else 0.0
        x = place.x + (column + 0.5) * wide
        y = place.y + (row + 0.5) * tall + cap_height(size) / 2
        texts.append(label(x, y, writes(float(value)), size, InkOn(Mapped(map_name, at)), "middle"))
    return Group(tuple(texts), key="numbers")


def _titles(
    names: tuple[Sequence[str], Sequence[str]], place: Box, size: float, wide: float, high: float, box: Box
) -> Group:
    """Return the names of rows and columns; where they would crowd, every second, third, … is left out."""
    texts: list[Command] = []
    stride = max(1, math.ceil(size * 1.2 / high))
    for index in range(0, len(names[0]), stride):
        y = place.y + (index + 0.5) * high + cap_height(size) / 2
        texts.append(label(place.x - 10, y, fitted(names[0][index], place.x - 10 - box.x, size), size, "muted", "end"))
    widest = max((width(name, size) for name in names[1]), default=0.0)
    stride = max(1, math.ceil(min(widest + 8, 120.0) / wide)) if names[1] else 1
    for index in range(0, len(names[1]), stride):
        text = fitted(names[1][index], wide * stride - 4, size)
        texts.append(label(place.x + (index + 0.5) * wide, place.y - 10, text, size, "muted", "middle"))
    return Group(tuple(texts), key="names")


def _framed(wide: float, high: float) -> tuple[Command, ...]:
    """Return a frame around a cell at (0, 0) that stands out from any colour."""
    return (
        Rect(-1, -1, round(wide + 2, 2), round(high + 2, 2), None, "ground", 6.0, 2.0),
        Rect(-1, -1, round(wide + 2, 2), round(high + 2, 2), None, "accent", 3.0, 2.0),
    )


def _bar_ticks(low: float, high: float, count: int) -> tuple[tuple[float, str], ...]:
    """Return the ends of a colour bar and good numbers between them."""
    scale = Linear(low, high, 0.0, 1.0)
    ends = ValueFormat(low, high)
    inner = [(tick.value, tick.label) for tick in scale.ticks(count)]
    return tuple(inner) if len(inner) > 1 else ((low, ends(low)), (high, ends(high)))


def _bar_room(low: float, high: float, size: float) -> float:
    """Return the room that the numbers beside a colour bar need."""
    return max(width(text, size) for _, text in _bar_ticks(low, high, 4))


@lru_cache(maxsize=128)
def _colour_bar(box: Box, low: float, high: float, map_name: str, size: float) -> Group:
    """Return a colour bar, its numbers at the right."""
    steps = bytes(range(255, -1, -1))
    scale = Linear(low, high, box.bottom, box.y)
    commands: list[Command] = [Image(*box, Pixels(1, 256, steps, map_name), smooth=True)]
    for value, text in _bar_ticks(low, high, max(2, min(4, int(box.height / 48)))):
        middle = min(max(scale(value), box.y + cap_height(size) / 2), box.bottom - cap_height(size) / 2)
        commands.append(label(box.right + 8, middle + cap_height(size) / 2, text, size, "muted"))
    return Group(tuple(commands), key="bar")
