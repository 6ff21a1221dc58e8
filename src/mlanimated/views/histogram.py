"""Histogram: how the values of an array are distributed at the moment."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from mlanimated.draw.box import Box
from mlanimated.draw.commands import Colour, Command, Group, Polyline, Rect
from mlanimated.draw.scale import nice
from mlanimated.draw.text import label, width
from mlanimated.errors import MlaError
from mlanimated.views.axes import Axis, empty, padded, plane
from mlanimated.views.cache import once
from mlanimated.views.glide import glided
from mlanimated.views.moment import Moment
from mlanimated.views.scene import View
from mlanimated.views.source import Source, sources
from mlanimated.views.value_format import bounds_over, value_format

__all__ = ["Histogram"]

SAMPLED = 64
"""At how many steps the film is looked at for the height of the axis."""
MOST = 200_000
"""Of more values than this, every second, third, … is counted."""


@dataclass(frozen=True)
class Histogram(View):
    """The distribution of an array's values: weights, activations, rewards of many games.

    Bins and axes are the same in every frame. Heights are shares of all finite values, so that arrays of any size compare.

        Histogram("weights/0")

    Attributes:
        series: An array series of any shape.
        bins: How many bars.
        limits: Values at the two ends; None takes those of the whole film. What lies outside counts in the outermost bars.
        colour: Colour of the bars.
        mean: Mark the mean with its value.
        format: How the mean is written, as for `str.format`; "" chooses decimals by the values.
    """

    series: str
    bins: int = 40
    limits: tuple[float, float] | None = None
    colour: Colour = "series-1"
    mean: bool = True
    format: str = ""

    def __post_init__(self) -> None:
        super().__post_init__()
        if not 2 <= self.bins <= 400:
            raise MlaError(f"Histogram: bins={self.bins} is out of range; 2 to 400, 40 being the default.")
        if self.limits and not self.limits[0] < self.limits[1]:
            raise MlaError(f"Histogram: limits={self.limits} are not in order; write (low, high).")

    def draw(self, moment: Moment, box: Box) -> Sequence[Command]:
        """Return axes and bars."""
        (source,) = sources(moment, self.series, self.run, "Histogram", ("array", "picture"))
        bounds = self._bounds(source)
        value = source.trace.value(source.name, moment.step(source.run)) if source.info else None
        if bounds is None or value is None:
            return empty(box)
        low, high = bounds
        now = glided(source.trace, source.name, moment.step(source.run), moment.share(source.name, source.run))
        heights = _shares(now, self.bins, low, high)
        if heights is None:
            return empty(box, "no finite values")
        head = 24.0 if self.mean else 0.0
        frame = plane(
            box.inset(0, head, 0, 0),
            Axis(low, high, grid=False),
            Axis(0.0, self._tallest(source, low, high), grid=False, numbers=False),
        )
        step = frame.box.width / self.bins
        ground = frame.box.bottom
        bars = tuple(
            Rect(
                round(frame.box.x + step * index + 0.5, 2),
                frame.y(float(height)),
                round(max(0.5, step - 1), 2),
                round(ground - frame.y(float(height)), 2),
                self.colour,
                tip=f"{height:.1%} of the values",
            )
            for index, height in enumerate(heights)
            if height > 0
        )
        commands: list[Command] = [frame.group, Group(bars, key="bars")]
        if self.mean:
            commands.append(self._mean(source, value, frame.box, frame.x(_mean(now))))
        return commands

    def _mean(self, source: Source, value: Any, box: Box, place: float) -> Group:
        """Return a line at the mean, with the recorded value above it."""
        if not math.isfinite(place):
            return Group((), key="mean")
        text = "mean " + value_format((source,), self.format)(_mean(value))
        half = width(text, 16) / 2
        x = min(max(place, box.x + half), box.right - half)
        place = min(max(place, box.x), box.right)
        return Group(
            (
                Polyline((place, box.y, place, box.bottom), "accent", 2.0),
                label(x, box.y - 8, text, 16, "accent", "middle"),
            ),
            key="mean",
        )

    def _bounds(self, source: Source) -> tuple[float, float] | None:
        """Return the values at the two ends; None where nothing is finite."""
        low, high = bounds_over((source,))
        if source.info is not None and source.info.kind == "picture":
            low, high = 0.0, 255.0
        if self.limits:
            return self.limits
        return padded(low, high, zero=False) if math.isfinite(low) else None

    def _tallest(self, source: Source, low: float, high: float) -> float:
        """Return the top of the axis: the tallest bar of some steps of the film."""

        def read() -> float:
            steps = source.trace.steps(source.name)
            chosen = steps[np.unique(np.linspace(0, len(steps) - 1, min(SAMPLED, len(steps))).astype(np.int64))]
            peaks = [0.0]
            for step in chosen:
                shares = _shares(source.trace.value(source.name, float(step)), self.bins, low, high)
                # An array of one value, as many are at the start, would make all others flat.
                if shares is not None and shares.max() < 0.9:
                    peaks.append(float(shares.max()))
            return nice(0.0, 1.05 * max(peaks) or 1.0)[1]

        return once(source.trace, ("histogram", source.name, self.bins, low, high), read)

    def describe(self, moment: Moment) -> str:
        """Say where the values lie."""
        (source,) = sources(moment, self.series, self.run, "Histogram", ("array", "picture"))
        value = source.trace.value(source.name, moment.step(source.run)) if source.info else None
        if value is None:
            return ""
        numbers = _finite(value)
        if not numbers.size:
            return f"{source.name} has no finite values."
        writes = value_format((source,), self.format)
        return f"The values of {source.name} have the mean {writes(float(numbers.mean()))} and a spread of {writes(float(numbers.std()))}."


def _finite(value: Any) -> NDArray[np.float64]:
    """Return the finite ones of an array's values."""
    numbers = np.asarray(value).ravel()
    numbers = numbers[:: max(1, math.ceil(len(numbers) / MOST))].astype(np.float64)
    return numbers[np.isfinite(numbers)]


def _mean(value: Any) -> float:
    numbers = _finite(value)
    return float(numbers.mean()) if numbers.size else math.nan


def _shares(value: Any, bins: int, low: float, high: float) -> NDArray[np.float64] | None:
    """Return the share of the values in each bin; None where nothing is finite."""
    numbers = _finite(value)
    if not numbers.size:
        return None
    index = np.clip(((numbers - low) * (bins / (high - low))).astype(np.int64), 0, bins - 1)
    return np.bincount(index, minlength=bins) / numbers.size
