"""Measure: the one number by which the runs of a sweep are compared, found in their traces."""

from __future__ import annotations

import math
import re
from collections.abc import Iterable
from typing import Literal, NamedTuple

from mlanimated.errors import MlaError, did_you_mean
from mlanimated.trace import Trace

__all__ = ["Goal", "Measure", "measure_of", "result_of"]

Goal = Literal["max", "min"]

FALLS = ("loss", "error", "mse", "mae", "regret", "distance", "cost", "y")
RISES = (
    "score",
    "return",
    "reward",
    "accuracy",
    "acc",
    "wins",
    "won",
    "win",
    "probability",
    "length",
    "steps",
    "value",
)
"""Words of a series' name that say whether less or more of it is better, the most telling first."""


class Measure(NamedTuple):
    """A scalar series, and which way is better.

    Attributes:
        series: Its name.
        goal: "min" or "max".
    """

    series: str
    goal: Goal

    @property
    def better(self) -> str:
        """Which way is better, in words."""
        return "lower is better" if self.goal == "min" else "higher is better"

    def key(self, result: float) -> float:
        """Return what results are sorted by, the best first; what is not finite comes last."""
        if not math.isfinite(result):
            return math.inf
        return result if self.goal == "min" else -result


def measure_of(traces: Iterable[Trace], series: str = "", goal: str = "") -> Measure:
    """Return what runs are compared by.

    Args:
        traces: Some of the runs.
        series: A scalar series that was asked for; "" for the most telling one that all runs have.
        goal: "min" or "max"; "" for what the series' name says.

    Raises:
        MlaError: There is no such series, or no scalar at all.
    """
    if goal not in {"", "min", "max"}:
        raise MlaError(f"The goal is {goal!r}; it must be min (lower is better) or max.")
    common: dict[str, None] | None = None
    for trace in traces:
        scalars = {name: None for name in trace.names if trace.info(name).kind == "scalar"}
        common = scalars if common is None else {name: None for name in common if name in scalars}
    if not common:
        raise MlaError("The runs have no scalar series in common by which they could be compared.")
    if series and series not in common:
        raise MlaError(f"Not all runs have a scalar series {series!r}.{did_you_mean(series, common)}")
    chosen = series or min(common, key=_rank)
    found: Goal = "max" if _place(chosen, RISES) < _place(chosen, FALLS) else "min"
    return Measure(chosen, "min" if goal == "min" else "max" if goal == "max" else found)


def result_of(trace: Trace, measure: Measure) -> float:
    """Return a run's result: the last value of its measure; NaN where it has none."""
    if measure.series not in trace.names:
        return math.nan
    value = trace.value(measure.series, trace.last_step)
    return math.nan if value is None else float(value)


def _rank(name: str) -> tuple[float, int]:
    """Return how telling a name is, lower first: what is tested goes before what is trained on."""
    tested = 0 if re.search(r"test|valid|greedy|eval", name.lower()) else 1
    return min(_place(name, FALLS), _place(name, RISES)), tested


def _place(name: str, words: tuple[str, ...]) -> float:
    """Return where the first of some words that a name has stands among them."""
    parts = set(re.split(r"[^a-z]+", name.lower()))
    return next((place for place, word in enumerate(words) if word in parts), math.inf)
