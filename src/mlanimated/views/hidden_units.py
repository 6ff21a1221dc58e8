"""HiddenUnits: what hidden units look for, each a picture of its weights, framed by how it votes.

HiddenUnits("weights/0", votes="weights/1")
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import KW_ONLY, dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from mlanimated.draw.box import Box
from mlanimated.draw.commands import Command, Group, Image, Pixels, Rect
from mlanimated.errors import MlaError
from mlanimated.views.axes import empty
from mlanimated.views.cache import once
from mlanimated.views.moment import Moment
from mlanimated.views.numbers import source, value
from mlanimated.views.scene import View

__all__ = ["HiddenUnits"]

GAP = 8.0
FRAME = 3.0
MANY = 1024
"""Weights of a unit from which on its picture has no more shades than `SHADES`."""
SHADES = 33
"""Odd, so that zero is in the middle. The eye tells no more of them apart in noise, and a page is a third lighter."""


@dataclass(frozen=True)
class HiddenUnits(View):
    """The weights of many units as pictures side by side, on one scale for the whole film.

    They change where they were recorded and not in between: thousands of pixels that glide for many units make a page of tens of megabytes.

    Attributes:
        series: An array series (units, rows, columns).
        votes: An array series of at least as many numbers: the weight of each unit's output. A unit that votes for is framed in the
            colour of positive weights, one that votes against in that of negative ones, the stronger the clearer. "" for none.
        columns: How many stand side by side; 0 for as many as make them largest.
        limit: Weight that has the full colour; None takes what one weight in a thousand exceeds, over the film.
        units: Which units are shown, in order; empty for all.
        map: A diverging colour map.

    Raises:
        MlaError: The series has another shape.
    """

    series: str = "weights/0"
    _: KW_ONLY
    votes: str = ""
    columns: int = 0
    limit: float | None = None
    units: tuple[int, ...] = ()
    map: str = "diverging"

    def draw(self, moment: Moment, box: Box) -> Sequence[Command]:
        """Return the pictures in rows."""
        found = source(moment, self.series, self.run, "HiddenUnits", "array")
        shown = value(moment, found)
        if shown is None:
            return empty(box, "no weights yet")
        weights: NDArray[Any] = np.asarray(shown)
        if weights.ndim != 3:
            raise MlaError(
                f"HiddenUnits: {self.series!r} has the shape {weights.shape}; record (units, rows, columns), a picture for each unit."
            )
        chosen = self.units or tuple(range(len(weights)))
        high, wide = weights.shape[1:]
        columns, unit = _grid(len(chosen), wide, high, box, self.columns)
        limit = self.limit or once(found.trace, ("units", found.name), lambda: _limit(found.trace, found.name))
        votes = self._votes(moment)
        width, height = wide * unit, high * unit
        drawn: list[Command] = []
        for place, index in enumerate(chosen):
            x = round(box.x + (place % columns) * (width + GAP) + FRAME, 2)
            y = round(box.y + (place // columns) * (height + GAP) + FRAME, 2)
            shares: NDArray[Any] = np.clip(weights[index].astype(np.float32) / (2 * limit) + 0.5, 0.0, 1.0)
            if shares.size >= MANY:
                shares = np.round(shares * (SHADES - 1)) / (SHADES - 1)
            content: NDArray[np.uint8] = np.round(shares * 255).astype(np.uint8)
            pixels = Pixels(wide, high, content.tobytes(), self.map)
            parts: list[Command] = [Image(x, y, round(width, 2), round(height, 2), pixels, smooth=unit < 1)]
            if votes is not None and index < len(votes):
                strong = min(1.0, abs(float(votes[index])) / (float(np.abs(votes).max()) or 1.0))
                role = "positive" if votes[index] >= 0 else "negative"
                frame = Box(x, y, round(width, 2), round(height, 2)).inset(-FRAME / 2)
                tip = (
                    f"unit {index + 1} votes {'for' if votes[index] >= 0 else 'against'} with {float(votes[index]):.3f}"
                )
                parts.append(Rect(*frame, None, role, FRAME, 2.0, round(0.2 + 0.8 * strong, 2), tip))
            drawn.append(Group(tuple(parts), key=f"unit-{index}"))
        return drawn

    def describe(self, moment: Moment) -> str:
        """Say how large the weights are."""
        found = source(moment, self.series, self.run, "HiddenUnits", "array")
        shown = value(moment, found)
        if shown is None:
            return ""
        weights = np.asarray(shown, np.float64)
        usual = float(np.sqrt((weights**2).mean()))
        return f"The weights of {len(self.units) or len(weights)} hidden units; the usual size of one is {usual:.4f}."

    def _votes(self, moment: Moment) -> NDArray[np.float64] | None:
        """Return how each unit votes now."""
        if not self.votes:
            return None
        found = value(moment, source(moment, self.votes, self.run, "HiddenUnits", "array"))
        return None if found is None else np.asarray(found, np.float64).ravel()


def _grid(count: int, wide: int, high: int, box: Box, columns: int) -> tuple[int, float]:
    """Return how many columns there are and how many units a weight is wide; whole units where there is room."""

    def unit(columns: int) -> float:
        rows = math.ceil(count / columns)
        across = (box.width - GAP * (columns - 1) - 2 * FRAME) / columns / wide
        down = (box.height - GAP * (rows - 1) - 2 * FRAME) / rows / high
        fits = max(0.05, min(across, down))
        return math.floor(fits) if fits >= 1 else fits

    chosen = columns or max(range(1, count + 1), key=lambda columns: (round(unit(columns), 3), -columns))
    return chosen, unit(chosen)


def _limit(trace: Any, name: str) -> float:
    """Return the size that one weight in a thousand exceeds, over some rows of the film."""
    steps = trace.steps(name)
    rows = [np.abs(np.asarray(trace.value(name, step), np.float32)) for step in steps[:: max(1, len(steps) // 8)]]
    rows.append(np.abs(np.asarray(trace.value(name, steps[-1]), np.float32)))
    return max(float(np.quantile(row, 0.999)) for row in rows) or 1.0
