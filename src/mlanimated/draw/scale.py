"""Scale: from numbers to coordinates and back, with ticks at good numbers.

    across = Linear(0, 30, box.x, box.right)
    up = Linear(*nice(low, high), box.bottom, box.y)
    points = across(steps), up(losses)

Scales are frozen and compare by value. Coordinates are rounded to 0.01 units, finer than anything that is drawn.
"""

from __future__ import annotations

import math
import sys
from dataclasses import dataclass
from typing import NamedTuple, overload

import numpy as np
from numpy.typing import ArrayLike, NDArray

from mlanimated.draw.text import number
from mlanimated.errors import MlaError

__all__ = ["Band", "Linear", "Log", "Scale", "Tick", "nice", "nice_log"]

_SUPERSCRIPTS = str.maketrans("-0123456789", "⁻⁰¹²³⁴⁵⁶⁷⁸⁹")


class Tick(NamedTuple):
    """A number on an axis and how it is written."""

    value: float
    label: str


@dataclass(frozen=True, slots=True)
class Linear:
    """Equal differences are equal lengths.

    Attributes:
        low: The number that stands at `start`.
        high: The number that stands at `stop`; equal to `low`, all numbers stand in the middle.
        start: A coordinate.
        stop: A coordinate; smaller than `start` for an axis that grows upwards.
    """

    low: float
    high: float
    start: float
    stop: float

    @overload
    def __call__(self, value: float) -> float: ...
    @overload
    def __call__(self, value: NDArray[np.floating] | NDArray[np.integer]) -> NDArray[np.float64]: ...
    def __call__(self, value: float | NDArray[np.floating] | NDArray[np.integer]) -> float | NDArray[np.float64]:
        """Return the coordinate of a number, or of each number of an array. What is outside the bounds stands outside.

        Not a number stays so; an infinity stays infinite.
        """
        middle = (self.start + self.stop) / 2
        low, unit = self.low, 1.0
        length = self.high - low
        if math.isinf(length):  # bounds so far apart that their difference is no number: all is halved
            low, unit, length = low / 2, 0.5, self.high / 2 - low / 2
        if isinstance(value, np.ndarray):
            numbers = value.astype(np.float64)
            if length == 0:
                return np.where(np.isnan(numbers), np.nan, middle)
            with np.errstate(over="ignore"):
                return np.round(self.start + (numbers * unit - low) / length * (self.stop - self.start), 2)
        value = float(value)  # NumPy's own numbers too become plain ones, as commands want them
        if length == 0:
            return math.nan if math.isnan(value) else round(middle, 2)
        place = self.start + (value * unit - low) / length * (self.stop - self.start)
        return round(place, 2) if math.isfinite(place) else place

    def invert(self, place: float) -> float:
        """Return the number that stands at a coordinate."""
        if self.stop == self.start:
            return self.low
        return self.low + (place - self.start) * (self.high - self.low) / (self.stop - self.start)

    def ticks(self, count: int = 5) -> tuple[Tick, ...]:
        """Return about `count` ticks within the bounds at multiples of 1, 2 or 5 times a power of ten.

        Labels have the same decimals, a true minus, and k, M, G or a power of ten where the numbers are large or small.
        """
        low, high = min(self.low, self.high), max(self.low, self.high)
        if not (math.isfinite(low) and math.isfinite(high)):
            return ()
        if low == high:
            return (Tick(low, number(low)),)
        step = _step(min(high - low, sys.float_info.max), count)
        first, last = math.ceil(low / step - 1e-9), math.floor(high / step + 1e-9)
        decimals = max(0, -math.floor(math.log10(step) + 1e-9))
        values = [round(index * step, decimals) if decimals <= 15 else index * step for index in range(first, last + 1)]
        return tuple(Tick(value, text) for value, text in zip(values, _labels(values, step, decimals), strict=True))


@dataclass(frozen=True, slots=True)
class Log:
    """Equal ratios are equal lengths.

    Attributes:
        low: The number that stands at `start`, above 0.
        high: The number that stands at `stop`, above 0.
        start: A coordinate.
        stop: A coordinate.

    Raises:
        MlaError: A bound is 0 or below, infinite or not a number; `nice_log` gives bounds that will do.
    """

    low: float
    high: float
    start: float
    stop: float

    def __post_init__(self) -> None:
        if not all(0 < bound < math.inf for bound in (self.low, self.high)):
            raise MlaError(
                f"A logarithmic axis needs bounds above 0, not {self.low:g} and {self.high:g}; use a linear one."
            )

    @overload
    def __call__(self, value: float) -> float: ...
    @overload
    def __call__(self, value: NDArray[np.floating] | NDArray[np.integer]) -> NDArray[np.float64]: ...
    def __call__(self, value: float | NDArray[np.floating] | NDArray[np.integer]) -> float | NDArray[np.float64]:
        """Return the coordinate of a number, or of each number of an array; not a number for 0 and below."""
        linear = Linear(math.log10(self.low), math.log10(self.high), self.start, self.stop)
        if isinstance(value, np.ndarray):
            numbers = value.astype(np.float64)
            logarithms = np.log10(numbers, out=np.full(numbers.shape, np.nan), where=numbers > 0)
            return linear(logarithms)
        return linear(math.log10(value)) if value > 0 else math.nan

    def invert(self, place: float) -> float:
        """Return the number that stands at a coordinate."""
        return 10.0 ** Linear(math.log10(self.low), math.log10(self.high), self.start, self.stop).invert(place)

    def ticks(self, count: int = 5) -> tuple[Tick, ...]:
        """Return ticks within the bounds: powers of ten where there are enough, else also 3, or 2 and 5 times those."""
        low, high = min(self.low, self.high), max(self.low, self.high)
        first, last = math.floor(math.log10(low) + 1e-9), math.ceil(math.log10(high) - 1e-9)
        near = (low * (1 - 1e-9), high * (1 + 1e-9))
        powers = [power for power in range(first, last + 1) if near[0] <= 10.0**power <= near[1]]
        if len(powers) >= 3 or (len(powers) == 2 and count <= 3):
            stride = max(1, math.ceil(len(powers) / max(1, count)))
            powers = [power for power in powers if power % stride == 0]
            plain = all(-4 <= power <= 4 for power in powers)
            return tuple(Tick(10.0**power, number(10.0**power) if plain else _power(power)) for power in powers)
        for factors in ((1, 2, 5), (1, 3), (1,)):
            values = [factor * 10.0**power for power in range(first, last + 1) for factor in factors]
            values = [value for value in values if near[0] <= value <= near[1]]
            if 2 <= len(values) <= max(3, count):
                return tuple(Tick(value, number(value, big="short")) for value in values)
        return Linear(low, high, self.start, self.stop).ticks(count)


@dataclass(frozen=True, slots=True)
class Band:
    """Places for things that are counted, side by side: bars, columns of a table.

    Attributes:
        count: How many there are.
        start: Where the first one begins.
        stop: Where the last one ends.
        gap: Room between two, as a share of a place, 0..1.
    """

    count: int
    start: float
    stop: float
    gap: float = 0.2

    @property
    def step(self) -> float:
        """From the beginning of one to that of the next."""
        return (self.stop - self.start) / max(1e-9, self.count - self.gap)

    @property
    def width(self) -> float:
        """Width of each."""
        return round(abs(self.step) * (1 - self.gap), 2)

    def __call__(self, index: float) -> float:
        """Return where the one at an index begins; a fraction lies between two, for what slides past another."""
        return round(self.start + self.step * index, 2)

    def centre(self, index: float) -> float:
        """Return the middle of the one at an index."""
        return round(self.start + self.step * (index + (1 - self.gap) / 2), 2)

    def invert(self, place: float) -> int:
        """Return the index of the one that is nearest to a coordinate."""
        index = math.floor((place - self.start) / self.step + self.gap / 2)
        return min(self.count - 1, max(0, index))


Scale = Linear | Log


def nice(low: float, high: float, count: int = 5, *, zero: bool = False) -> tuple[float, float]:
    """Widen bounds to round numbers, so that an axis begins and ends at a tick.

    Args:
        low: Lowest number; bounds that are not finite are left out, as if there were none.
        high: Highest number.
        count: About how many ticks the axis will have.
        zero: Take 0 in.

    Returns:
        Bounds with low < high, always; (0, 1) when there is nothing to go by.
    """
    found = [float(bound) for bound in (low, high) if math.isfinite(bound)]
    if zero:
        found.append(0.0)
    if not found:
        return 0.0, 1.0
    low, high = min(found), max(found)
    if high - low <= 1e-12 * max(abs(low), abs(high)):
        if low == 0.0:
            return 0.0, 1.0
        # One value alone stands in the middle of an axis that shows how large it is.
        half = _step(abs(low), 4)
        low, high = low - half, high + half
    step = _step(min(high - low, sys.float_info.max), count)
    decimals = max(0, -math.floor(math.log10(step) + 1e-9))
    down, up = math.floor(low / step + 1e-9) * step, math.ceil(high / step - 1e-9) * step
    if not (math.isfinite(down) and math.isfinite(up)):
        return low, high  # no round number lies beyond the largest that there is
    return (round(down, decimals), round(up, decimals)) if decimals <= 15 else (down, up)


def nice_log(values: ArrayLike) -> tuple[float, float]:
    """Return powers of ten around the positive, finite ones of some numbers; (0.1, 10) when there are none."""
    numbers = np.asarray(values, dtype=np.float64).ravel()
    numbers = numbers[np.isfinite(numbers) & (numbers > 0)]
    if not numbers.size:
        return 0.1, 10.0
    down = math.floor(math.log10(float(numbers.min())) + 1e-9)
    up = math.ceil(math.log10(float(numbers.max())) - 1e-9)
    return 10.0**down, 10.0 ** (up if up > down else down + 1)


def _step(length: float, count: int) -> float:
    """Return 1, 2 or 5 times the power of ten that divides a length into about `count` parts."""
    raw = length / max(1, count)
    power = 10.0 ** math.floor(math.log10(raw)) if raw > 0 else 1.0
    if power <= 0.0:
        return raw or 1.0
    share = raw / power
    factor = 1 if share < math.sqrt(2) else 2 if share < math.sqrt(10) else 5 if share < math.sqrt(50) else 10
    return factor * power


def _labels(values: list[float], step: float, decimals: int) -> list[str]:
    """Write ticks alike: the same decimals, the same unit."""
    largest = max(map(abs, values), default=0.0)
    if largest >= 1e15 or decimals > 5:
        exponent = math.floor(math.log10(largest)) if largest > 0 else 0
        unit = 10.0**exponent
        places = max(0, exponent - math.floor(math.log10(step) + 1e-9))
        if places > 6:
            return [number(value, min(places, 12), big="plain") for value in values]
        return [f"{number(value / unit, places)}×{_power(exponent)}" if value else "0" for value in values]
    for unit, prefix in ((1e12, "T"), (1e9, "G"), (1e6, "M"), (1e3, "k")):
        if largest >= max(unit, 1e4):
            places = max(0, -math.floor(math.log10(step / unit) + 1e-9))
            if places > 2:
                break
            return [number(value / unit, places, big="plain") + prefix if value else "0" for value in values]
    return [number(value, decimals) for value in values]


def _power(power: int) -> str:
    """Write a power of ten, as 10⁻⁴."""
    return "1" if power == 0 else f"10{str(power).translate(_SUPERSCRIPTS)}"
