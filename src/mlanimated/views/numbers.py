"""Numbers that stand still: one way of writing a series for the whole film, chosen from its bounds."""

from __future__ import annotations

import math
import re
from dataclasses import dataclass, replace
from functools import lru_cache
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from mlanimated.draw.text import number, width
from mlanimated.errors import MlaError
from mlanimated.views.moment import Moment
from mlanimated.views.source import Source, sources

__all__ = [
    "Writing",
    "bounds_of",
    "changes",
    "element",
    "recent",
    "recent_rows",
    "scalar",
    "significant",
    "source",
    "value",
    "writing",
    "writing_of",
]

_SUPERSCRIPTS = str.maketrans("-0123456789", "⁻⁰¹²³⁴⁵⁶⁷⁸⁹")

DIGITS = 4
"""How many digits a number shows where no decimals are asked for: enough to see it move, few enough to be read."""


GLOW_SECONDS = 0.3
"""What has changed within so much of the film glows."""


@dataclass(frozen=True, slots=True)
class Writing:
    """How every value of one series is written, so that its digits stay where they are.

    Attributes:
        decimals: Digits after the point.
        characters: Least number of characters, sign and point included.
        big: How thousands are written; see `draw.text.number`.
    """

    decimals: int
    characters: int
    big: Literal["plain", "grouped", "short"] = "grouped"

    def __call__(self, value: float | None) -> str:
        """Return the number as text of fixed length; a dash for None and for not a number."""
        return number(math.nan if value is None else value, self.decimals, self.characters, big=self.big)

    def tight(self, value: float | None) -> str:
        """Return the number without the spaces that fill it up: for text that ends at its anchor."""
        return number(math.nan if value is None else value, self.decimals, big=self.big)

    def width(self, size: float, bold: bool = False) -> float:
        """Return how wide each number is, in scene units."""
        return width("0" * self.characters, size, bold)


def significant(value: float) -> str:
    """Return a number whose size spans decades: three significant digits or more, two below 1, so that a small one is never 0.00.

    Such as "76.8", "0.63", "0.0031" and "2.1×10⁻⁵".
    """
    size = abs(value)
    if not (math.isfinite(value) and size):
        return number(value)
    rounded = float(f"{size:.0f}" if size >= 99.95 else f"{size:.2e}" if size >= 0.995 else f"{size:.1e}")
    if rounded < 1e-4:
        mantissa, _, exponent = f"{rounded:.1e}".partition("e")
        return f"{number(math.copysign(float(mantissa), value), 1)}×10{str(int(exponent)).translate(_SUPERSCRIPTS)}"
    decimals = max(0, (2 if rounded >= 1.0 else 1) - math.floor(math.log10(rounded) + 1e-9))
    return number(math.copysign(rounded, value), decimals, big="short" if rounded >= 1e7 else "grouped")


@lru_cache(maxsize=1024)
def writing(low: float, high: float, decimals: int | None = None) -> Writing:
    """Choose how to write the numbers between two bounds.

    Args:
        low: Lowest number of the film.
        high: Highest number of the film.
        decimals: Digits after the point; None for as many as leave four digits in all to the largest number.
    """
    finite = [bound for bound in (low, high) if math.isfinite(bound)] or [0.0]
    largest = max(map(abs, finite))
    big: Literal["grouped", "short"] = "short" if largest >= 1e7 else "grouped"
    if decimals is None:
        before = max(1, math.floor(math.log10(largest)) + 1) if largest > 0 else 1
        decimals = 2 if big == "short" else max(0, DIGITS - before)
        if 0 < largest < 0.1:
            decimals = min(8, DIGITS - 1 - math.floor(math.log10(largest)))
    return Writing(decimals, max(len(number(bound, decimals, big=big)) for bound in finite), big)


def writing_of(source: Source, decimals: int | None = None) -> Writing:
    """Choose how to write a numeric series, from its bounds over the whole film."""
    whole = source.info is not None and np.issubdtype(np.dtype(source.info.dtype), np.integer)
    return writing(*bounds_of(source), 0 if whole and decimals is None else decimals)


def source(moment: Moment, name: str, run: str, view: str, *kinds: str) -> Source:
    """Return where one series is found; see `source.sources`.

    Raises:
        MlaError: There is no such series, or it is of another kind.
    """
    return sources(moment, name, run, view, kinds)[0]


def value(moment: Moment, found: Source, *, eased: bool = False) -> Any:
    """Return the value of a series at the moment, None where there is none yet.

    Args:
        moment: The moment.
        found: The series.
        eased: Glide between recorded values: for what moves, not for what is read.
    """
    if found.info is None or found.trace.value(found.name, moment.step(found.run)) is None:
        return None
    return moment.eased(found.name, found.run) if eased else moment.value(found.name, found.run)


def changes(moment: Moment, found: Source, largest: float) -> NDArray[np.float64]:
    """Return how much each number of a series changes now, 0..1: what a glow shows. All 0 while the film stands still.

    Args:
        moment: The moment.
        found: A numeric series with a value at the moment.
        largest: The size that a change is compared with; an eighth of it within `GLOW_SECONDS` is a full glow.
    """
    now = np.asarray(value(moment, found, eased=True), dtype=np.float64)
    rate = moment.rate(found.run)
    if rate <= 0 or largest <= 0:
        return np.zeros(now.shape)
    steps = {**moment.steps, moment.run(found.run): moment.step(found.run) - rate * GLOW_SECONDS}
    past = np.asarray(replace(moment, steps=steps).eased(found.name, found.run), dtype=np.float64)
    with np.errstate(all="ignore"):
        change = np.clip(np.sqrt(np.abs(now - past) / largest * 8) * 1.2 - 0.2, 0.0, 1.0)
    return np.nan_to_num(change)


def element(name: str) -> tuple[str, tuple[int, ...]]:
    """Return a series' name and which number of it is meant: "gradient[0]" is the first one of "gradient"."""
    found = re.fullmatch(r"(.+)\[(-?\d+(?:\s*,\s*-?\d+)*)\]", name)
    if not found:
        return name, ()
    return found[1], tuple(int(index) for index in found[2].split(","))


def bounds_of(found: Source) -> tuple[float, float]:
    """Return the lowest and highest finite value of a numeric series; (0, 1) when there is none."""
    if found.info is None:
        return 0.0, 1.0
    bounds = found.trace.bounds(found.name)
    low, high = (float(bounds[0]), float(bounds[1])) if bounds else (math.nan, math.nan)
    return (low, high) if math.isfinite(low) and math.isfinite(high) else (0.0, 1.0)


def scalar(value: Any, index: tuple[int, ...] = ()) -> float:
    """Return a recorded value, or the number of it at an index, as one number: not a number for None, text and several numbers."""
    if value is None or isinstance(value, str):
        return math.nan
    numbers = np.asarray(value, dtype=np.float64)
    if index:
        try:
            numbers = numbers[index]
        except IndexError:
            raise MlaError(
                f"There is no number {list(index)} in an array of shape {np.shape(value)}; indices begin at 0."
            ) from None
    return float(numbers.ravel()[0]) if numbers.size == 1 else math.nan


def recent(found: Source, step: float, rows: int) -> NDArray[np.float64]:
    """Return the last values of a scalar series at or before a step, oldest first, at most `rows` of them."""
    return recent_rows(found, step, rows).ravel()


def recent_rows(found: Source, step: float, rows: int) -> NDArray[np.float64]:
    """Return the last values of a numeric series at or before a step, oldest first, at most `rows`: float64 (n, *shape)."""
    if found.info is None:
        return np.zeros((0,))
    steps = found.trace.steps(found.name)
    stop = int(np.searchsorted(steps, step, side="right"))
    if stop == 0:
        return np.zeros((0, *found.info.shape))
    series = found.trace.series(found.name, int(steps[max(0, stop - rows)]), int(steps[stop - 1]))
    return np.asarray(series.values, dtype=np.float64)[-rows:]
