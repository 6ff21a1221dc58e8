"""Parameters of a sweep: a grid of values, or ranges from which values are drawn, and the seeds.

grid_of(["learning_rate=.0003,.1,.95"])      # {"learning_rate": (".0003", ".1", ".95")}
ranges_of(["learning_rate=1e-4..1"])         # {"learning_rate": Range(1e-4, 1.0)}
"""

from __future__ import annotations

import itertools
import math
import random
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import msgspec

from mlanimated.errors import MlaError

__all__ = ["Range", "drawn", "grid_of", "points", "ranges_of", "settings_of", "spelt"]

WIDE = 100.0
"""From this ratio of its ends on a range above 0 is drawn from evenly in its logarithm."""


class Range(msgspec.Struct, frozen=True):
    """Values from low to high. A wide one, high being 100 times low or more, is drawn from evenly in its logarithm."""

    low: float
    high: float

    @property
    def logarithmic(self) -> bool:
        """Whether factors are drawn evenly, not differences."""
        return self.low > 0 and self.high / self.low >= WIDE

    def at(self, share: float) -> float:
        """Return the value at a share of the way from low to high, 0..1."""
        if self.logarithmic:
            return self.low * (self.high / self.low) ** share
        return self.low + (self.high - self.low) * share


def settings_of(words: Iterable[str]) -> dict[str, str]:
    """Return name=value words as a mapping.

    Raises:
        MlaError: A word has no name or no value, or a name comes twice.
    """
    found: dict[str, str] = {}
    for word in words:
        name, sign, value = word.partition("=")
        name = name.strip().replace("-", "_")
        if not (name and sign and value.strip()):
            raise MlaError(f"{word!r} names no parameter with its values; write it as learning_rate=0.1.")
        if name in found:
            raise MlaError(f"{name} is given twice; write all its values once, as in {name}=1,2,3.")
        found[name] = value.strip()
    return found


def grid_of(words: Iterable[str]) -> dict[str, tuple[str, ...]]:
    """Return name=value,value,… words as values by name, still as text.

    Raises:
        MlaError: A word is not of that form, or a value comes twice.
    """
    found: dict[str, tuple[str, ...]] = {}
    for name, text in settings_of(words).items():
        values = tuple(value.strip() for value in text.split(",") if value.strip())
        if len(set(values)) < len(values):
            raise MlaError(f"{name} has a value twice: {text}. Seeds repeat a run, as in --seeds 5.")
        found[name] = values
    return found


def ranges_of(words: Iterable[str]) -> dict[str, Range]:
    """Return name=low..high words as ranges by name.

    Raises:
        MlaError: A word is not of that form.
    """
    found: dict[str, Range] = {}
    for name, text in settings_of(words).items():
        low, dots, high = text.partition("..")
        try:
            ends = Range(float(low), float(high))
        except ValueError:
            ends = Range(math.nan, math.nan)
        if not dots or not (math.isfinite(ends.low) and math.isfinite(ends.high) and ends.low < ends.high):
            raise MlaError(f"{name}={text} is no range; write its ends, the smaller first, as in {name}=0.001..1.")
        found[name] = ends
    return found


def drawn(ranges: Mapping[str, Range], samples: int, seed: int, whole: Iterable[str] = ()) -> list[dict[str, float]]:
    """Return places drawn at random, the same ones for the same seed; more samples keep those that were there.

    Args:
        ranges: By name.
        samples: How many places.
        seed: Draws them.
        whole: Names whose values are whole numbers.

    Returns:
        Values by name, to three digits, so that a name can be read and typed again.
    """
    source = random.Random(seed)
    whole = set(whole)
    places: list[dict[str, float]] = []
    for _ in range(samples):
        place: dict[str, float] = {}
        for name, ends in ranges.items():
            value = ends.at(source.random())
            value = round(value) if name in whole else float(f"{value:.3g}")
            place[name] = min(max(value, ends.low), ends.high)
        places.append(place)
    return places


def points(
    grid: Mapping[str, Sequence[Any]], places: Sequence[Mapping[str, Any]], seeds: Sequence[int] | None
) -> list[dict[str, Any]]:
    """Return every combination: of the grid, with each place that was drawn, with each seed; the seeds next to each other.

    Args:
        grid: Values by name.
        places: What was drawn; empty for none.
        seeds: The seeds; None: the runs have none.
    """
    combined = [dict(zip(grid, values, strict=True)) for values in itertools.product(*grid.values())]
    found: list[dict[str, Any]] = []
    for values in combined:
        for place in places or [{}]:
            here = {**values, **place}
            found += [here] if seeds is None else [{**here, "seed": seed} for seed in seeds]
    unique = {tuple(sorted((name, spelt(value)) for name, value in point.items())): point for point in found}
    return list(unique.values())


def spelt(value: Any) -> str:
    """Return a value as a name holds it: 0.0003, 1e-05, true, adam."""
    if isinstance(value, bool):
        return str(value).lower()
    text = f"{value:.12g}" if isinstance(value, float) else str(value)
    return "".join(letter if letter.isalnum() or letter in "_.+-" else "-" for letter in text)
