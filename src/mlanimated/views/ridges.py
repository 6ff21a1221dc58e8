"""Ridges: how the values of a tensor are spread, one histogram behind the other, from the start up to now.

Ridges("weights", tensor=0)       # what record.torch.watch has recorded
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import KW_ONLY, dataclass

import numpy as np
from numpy.typing import NDArray

from mlanimated.draw.box import Box
from mlanimated.draw.commands import Command, Group, Mapped, Polyline
from mlanimated.draw.text import cap_height, label, number
from mlanimated.errors import MlaError
from mlanimated.trace import Trace
from mlanimated.views.axes import Axis, empty, plane
from mlanimated.views.cache import once
from mlanimated.views.moment import Moment
from mlanimated.views.scene import View
from mlanimated.views.source import sources

__all__ = ["Ridges"]

ROWS = 18
"""Histograms that stand one behind the other in the whole film."""
POINTS = 81
OVERLAP = 2.6
"""So many times the distance between two rows a ridge may rise."""


@dataclass(frozen=True)
class Ridges(View):
    """Histograms of one tensor over the training: the oldest at the back and above, the newest in front.

    Attributes:
        spread: What is spread: "weights" or "gradients"; the series
            `weights/histogram` (tensors, bins) and `weights/range` (tensors,) are read.
        tensor: Which of the tensors, from 0.
    """

    spread: str = "weights"
    _: KW_ONLY
    tensor: int = 0

    def draw(self, moment: Moment, box: Box) -> Sequence[Command]:
        """Return the ridges up to the moment over one axis."""
        counts, reach = sources(
            moment, (f"{self.spread}/histogram", f"{self.spread}/range"), self.run, "Ridges", ("array",)
        )
        if counts.info is None or reach.info is None:
            return empty(box)
        if not 0 <= self.tensor < counts.info.shape[0]:
            raise MlaError(
                f"Ridges: there are {counts.info.shape[0]} tensors, so {self.tensor} is none; they count from 0."
            )
        steps, curves, widest = once(
            counts.trace,
            ("ridges", self.spread, self.tensor),
            lambda: self._read(counts.trace, counts.name, reach.name),
        )
        shown = int(np.searchsorted(steps, moment.step(counts.run), side="right"))
        if not shown:
            return empty(box)
        frame = plane(
            box.inset(64, 0, 0, 0), Axis(-widest, widest, label="value"), Axis(0, 1, grid=False, numbers=False)
        )
        area = frame.box
        gap = area.height / (ROWS + OVERLAP)
        xs = frame.x.start + (np.linspace(-1, 1, POINTS) * 0.5 + 0.5) * (frame.x.stop - frame.x.start)
        drawn: list[Command] = [frame.group]
        for row in range(shown):
            base = area.y + gap * (row + OVERLAP)
            ys = base - curves[row] * gap * OVERLAP
            points = np.column_stack((xs, ys)).round(2).ravel().tolist()
            closed = (*points, round(float(xs[-1]), 2), round(base, 2), round(float(xs[0]), 2), round(base, 2))
            newest = row == shown - 1
            fill = "accent" if newest else Mapped("sequential", round(0.2 + 0.6 * row / ROWS, 3))
            hill = Polyline(closed, None, 0.0, fill, closed=True, opacity=0.85)
            crest = Polyline(tuple(points), "ground" if not newest else "ink", 1.5)
            drawn.append(Group((hill, crest), key=f"ridge-{row}"))
            if row % 3 == 0 or newest:
                size = 14.0
                words = number(float(steps[row]), 0, big="short")
                near = (
                    not newest and shown - 1 - row < 2 and (shown - 1) % 3 != 0 and gap * (shown - 1 - row) < size + 2
                )
                if not near:
                    drawn.append(
                        label(
                            area.x - 12,
                            base + cap_height(size) / 2 - 3,
                            words,
                            size,
                            "ink" if newest else "muted",
                            "end",
                        )
                    )
        return drawn

    def _read(self, trace: Trace, counts: str, reach: str) -> tuple[NDArray[np.int64], NDArray[np.float64], float]:
        """Return steps, shapes (rows, POINTS) between 0 and 1 over one common width, and that half width."""
        every = trace.steps(counts)
        chosen = every[np.unique(np.linspace(0, len(every) - 1, min(ROWS, len(every))).round().astype(int))]
        tables = [np.asarray(trace.value(counts, float(step)), np.float64)[self.tensor] for step in chosen]
        ranges = [float(np.asarray(trace.value(reach, float(step)))[self.tensor]) for step in chosen]
        widest = max([value for value in ranges if math.isfinite(value)], default=0.0) or 1.0
        xs = np.linspace(-widest, widest, POINTS)
        curves = np.zeros((len(chosen), POINTS))
        for row, (table, wide) in enumerate(zip(tables, ranges, strict=True)):
            if wide <= 0:
                continue
            edges = np.linspace(-wide, wide, len(table) + 1)
            density = table / max(1.0, table.sum()) / (2 * wide / len(table))
            centres = (edges[1:] + edges[:-1]) / 2
            curves[row] = np.interp(xs, centres, density, left=0.0, right=0.0)
        tallest = curves.max(axis=1, keepdims=True)
        return chosen, curves / np.where(tallest > 0, tallest, 1.0), widest

    def describe(self, moment: Moment) -> str:
        """Return between which values the tensor's sample lies."""
        (reach,) = sources(moment, f"{self.spread}/range", self.run, "Ridges", ("array",))
        value = reach.trace.value(reach.name, moment.step(reach.run)) if reach.info else None
        return (
            ""
            if value is None
            else f"The {self.spread} of tensor {self.tensor} lie within ±{float(np.asarray(value)[self.tensor]):g}."
        )
