"""Confusion: what each class is taken for, a square that fills its diagonal as the network learns.

Confusion("confusion", names=("horse", "deer"))
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import KW_ONLY, dataclass

import numpy as np
from numpy.typing import NDArray

from mlanimated.draw.box import Box
from mlanimated.draw.commands import Command, Group, InkOn, Mapped, Polyline, Rect
from mlanimated.draw.text import cap_height, fitted, label, width
from mlanimated.errors import MlaError
from mlanimated.views.axes import empty
from mlanimated.views.glide import glided
from mlanimated.views.moment import Moment
from mlanimated.views.scene import View
from mlanimated.views.source import sources

__all__ = ["Confusion"]

SIZE = 14.0


@dataclass(frozen=True)
class Confusion(View):
    """How many of each class (rows) are taken for each (columns), in percent of the row; the diagonal is right.

    Attributes:
        series: Counts, (n, n), as `learn.supervised` records them.
        names: What the classes are called; empty for 0, 1, 2, ….
        numbers: Write percents where there is room.
    """

    series: str = "confusion"
    _: KW_ONLY
    names: Sequence[str] = ()
    numbers: bool = True

    def draw(self, moment: Moment, box: Box) -> Sequence[Command]:
        """Return the cells, the diagonal's frame, and the names."""
        told, shown = self._shares(moment, eased=False), self._shares(moment, eased=True)
        if told is None or shown is None:
            return empty(box)
        count = len(told)
        names = tuple(self.names) or tuple(str(index) for index in range(count))
        if len(names) != count:
            raise MlaError(f"Confusion: {self.series!r} has {count} classes, but {len(names)} names are given.")
        longest = max(width(name, SIZE) for name in names)
        left, head = min(longest, box.width * 0.35) + 10, 46.0
        cell = math.floor(min((box.width - left) / count, (box.height - head) / count))
        x0 = round(box.x + left + max(0.0, (box.width - left - cell * count) / 2))
        y0 = round(box.y + head + max(0.0, (box.height - head - cell * count) / 2))
        cells: list[Command] = []
        size = 18.0 if cell >= 72 else 16.0 if cell >= 48 else 14.0
        fits = self.numbers and cell >= width("100", size) + 6 and cell >= 20
        for (row, column), share in np.ndenumerate(shown):
            x, y = x0 + column * cell, y0 + row * cell
            fill = Mapped("sequential", round(float(share) ** 0.7, 3))  # small shares are seen too
            tip = f"{told[row, column]:.0%} of {names[row]} are taken for {names[column]}"
            cells.append(Rect(x + 1, y + 1, cell - 2, cell - 2, fill, radius=2.0, tip=tip))
            if fits and (told[row, column] >= 0.005 or row == column):
                words = f"{100 * told[row, column]:.0f}"
                cells.append(
                    label(x + cell / 2, y + cell / 2 + cap_height(size) / 2, words, size, InkOn(fill), "middle")
                )
        frame = [
            Polyline((x, y, x + cell, y, x + cell, y + cell, x, y + cell), "accent", 2.0, closed=True)
            for x, y in ((x0 + index * cell, y0 + index * cell) for index in range(count))
        ]
        texts: list[Command] = [
            label(x0 + cell * count / 2, box.y + 14, "taken for, in % of its class", SIZE, "muted", "middle")
        ]
        for index, name in enumerate(names):
            middle = y0 + (index + 0.5) * cell + cap_height(SIZE) / 2
            if cell >= SIZE + 1:
                texts.append(label(x0 - 8, middle, fitted(name, left - 10, SIZE), SIZE, "ink", "end"))
            short = fitted(name, cell - 4, SIZE) if longest <= cell - 4 else name[:2] if cell >= 22 else ""
            texts.append(label(x0 + (index + 0.5) * cell, y0 - 8, short, SIZE, "muted", "middle"))
        return [Group(tuple(cells), key="cells"), Group(tuple(frame), key="frame"), Group(tuple(texts), key="names")]

    def _shares(self, moment: Moment, *, eased: bool) -> NDArray[np.float64] | None:
        """Return the shares of each row, (n, n); 0 in a row without examples."""
        (source,) = sources(moment, self.series, self.run, "Confusion", ("array",))
        if source.info is None:
            return None
        step = moment.step(source.run)
        value = source.trace.value(source.name, step)
        if value is not None and eased:
            value = glided(source.trace, source.name, step, moment.share(source.name, source.run))
        if value is None:
            return None
        table = np.asarray(value, dtype=np.float64)
        if table.ndim != 2 or table.shape[0] != table.shape[1]:
            raise MlaError(
                f"Confusion: {self.series!r} has the shape {table.shape}; it should have as many rows as columns."
            )
        return table / np.maximum(1e-9, table.sum(axis=1, keepdims=True))

    def describe(self, moment: Moment) -> str:
        """Return how many of each class are right on the average, and the worst confusion."""
        told = self._shares(moment, eased=False)
        if told is None:
            return ""
        names = tuple(self.names) or tuple(f"class {index}" for index in range(len(told)))
        others = told - np.diag(np.diag(told))
        row, column = np.unravel_index(int(others.argmax()), told.shape)
        right = f"{np.diag(told).mean():.0%} of a class are right on the average"
        return f"{right}; {others[row, column]:.0%} of {names[row]} are taken for {names[column]}."
