"""Readout: a few numbers, large, with their names and units.

Readout((Number("epoch", "epoch"), Number("loss", "train/loss", decimals=3), Number("slope", "gradient[0]")))
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import KW_ONLY, dataclass
from typing import NamedTuple

from mlanimated.draw.box import Box
from mlanimated.draw.commands import Colour, Command, Group
from mlanimated.draw.text import cap_height, fitted, label, width
from mlanimated.errors import MlaError
from mlanimated.views.moment import Moment
from mlanimated.views.numbers import Writing, bounds_of, element, scalar, source, value, writing, writing_of
from mlanimated.views.scene import View

__all__ = ["Number", "Readout"]

LARGEST, SMALLEST = 56.0, 18.0
GAP = 24.0


@dataclass(frozen=True)
class Number:
    """One number of a readout.

    Attributes:
        name: What it is called.
        series: Name of a scalar series, or of one number of an array series as in "gradient[0]"; "" for the run's step.
        unit: Written after it.
        decimals: Digits after the point; None chooses.
        colour: Its colour.
        run: Name of the run it is of; "" for the view's.
    """

    name: str
    series: str = ""
    _: KW_ONLY
    unit: str = ""
    decimals: int | None = None
    colour: Colour = "ink"
    run: str = ""


class Read(NamedTuple):
    """A number at the moment, and how it is written all film long."""

    number: Number
    value: float
    writing: Writing


@dataclass(frozen=True)
class Readout(View):
    """A few live numbers, as large as the panel allows.

    Attributes:
        numbers: The numbers, in reading order; a name alone is a series of that name.

    Raises:
        MlaError: There is no number, or the trace has no such series.
    """

    numbers: tuple[Number | str, ...]

    def __post_init__(self) -> None:
        super().__post_init__()
        if not self.numbers:
            raise MlaError('Readout needs at least one number, as in Readout((Number("loss", "train/loss"),)).')

    def draw(self, moment: Moment, box: Box) -> Sequence[Command]:
        """Return the names and the numbers, in a grid."""
        read = [self._read(moment, number) for number in self.numbers]
        columns, size = _grid(box, tuple((each.number, each.writing) for each in read))
        rows = math.ceil(len(read) / columns)
        high = min(box.height / rows, size * 1.9 + 40)
        cells = [
            cell
            for row in Box(box.x, box.y + (box.height - high * rows) / 2, box.width, high * rows).rows([1] * rows)
            for cell in row.columns([1] * columns, GAP)
        ]
        drawn: list[Command] = []
        for index, (each, cell) in enumerate(zip(read, cells, strict=False)):
            same = [other for place, other in enumerate(read) if place % columns == index % columns]
            end = max(
                max(other.writing.width(size, bold=True), width(other.number.name, _small(size))) for other in same
            )
            drawn.append(Group(tuple(_cell(each, cell, size, min(end, cell.width))), key=f"number-{index}"))
        return drawn

    def describe(self, moment: Moment) -> str:
        """Return the numbers in one line."""
        read = [self._read(moment, number) for number in self.numbers]
        said = [f"{each.number.name} {each.writing.tight(each.value)} {each.number.unit}".rstrip() for each in read]
        return ", ".join(said) + "."

    def _read(self, moment: Moment, given: Number | str) -> Read:
        """Read one number."""
        number = Number(given, given) if isinstance(given, str) else given
        run = number.run or self.run
        if not number.series:
            trace = moment.trace(run)
            write = writing(float(trace.first_step), float(trace.last_step), number.decimals or 0)
            return Read(number, math.floor(moment.step(run)), write)
        name, index = element(number.series)
        found = source(moment, name, run, "Readout", "scalar", "array")
        low, high = bounds_of(found)
        write = writing_of(found, number.decimals) if found.info is not None else writing(low, high, number.decimals)
        return Read(number, scalar(value(moment, found), index), write)


def _grid(box: Box, numbers: tuple[tuple[Number, Writing], ...]) -> tuple[int, float]:
    """Return in how many columns the numbers are largest, and how large."""
    best = (1, 0.0)
    for columns in range(1, len(numbers) + 1):
        rows = math.ceil(len(numbers) / columns)
        wide = (box.width - GAP * (columns - 1)) / columns
        unit = max(_wide(number, write, 100.0) for number, write in numbers) / 100.0
        size = min(LARGEST, wide / unit, (box.height / rows - 30) / 1.1)
        if size > best[1] + 0.5:
            best = (columns, size)
    return best[0], max(SMALLEST, math.floor(best[1]))


def _wide(number: Number, write: Writing, size: float) -> float:
    """Return the width of a number with its unit."""
    unit = width(f" {number.unit}", size * 0.5) if number.unit else 0.0
    return write.width(size, bold=True) + unit


def _small(size: float) -> float:
    """Return the size of the names of numbers of a size."""
    return 16.0 if size >= 30 else 14.0


def _cell(each: Read, cell: Box, size: float, wide: float) -> list[Command]:
    """Return a name, and its number below; both end `wide` from the left of the cell."""
    small = _small(size)
    top = cell.y + (cell.height - small - 10 - cap_height(size)) / 2
    base = top + small + 10 + cap_height(size)
    name = fitted(each.number.name, cell.width, small)
    # Digits end at a fixed place, so that they stand still; the unit follows them, the name ends above them.
    end = cell.x + wide
    drawn: list[Command] = [label(end, top + cap_height(small), name, small, "muted", "end")]
    drawn.append(label(end, base, each.writing.tight(each.value), size, each.number.colour, "end", bold=True))
    if each.number.unit:
        unit_size = max(14.0, round(size * 0.5))
        drawn.append(label(end + size * 0.12, base, each.number.unit, unit_size, "muted"))
    return drawn
