"""Rows of one series, on their way to the file."""

from __future__ import annotations

from array import array
from typing import Any, NamedTuple, cast

import numpy as np
import numpy.typing as npt

__all__ = ["Rows", "Taken"]

Taken = tuple["array[int]", "array[float]", Any]
"""Steps, seconds and values as they were logged: of numbers an array.array, of anything else a list."""

_WIDTHS: dict[str, type[np.generic]] = {"b": np.int8, "q": np.int64, "d": np.float64}


class Rows(NamedTuple):
    """Rows of one series.

    Attributes:
        steps: int64 (n,).
        times: int64 (n,), microseconds since the recording began.
        values: Array (n, *shape), or a list of n strings.
    """

    steps: npt.NDArray[np.int64]
    times: npt.NDArray[np.int64]
    values: Any

    @classmethod
    def of(cls, dtype: str, taken: Taken) -> Rows:
        """Return rows as they were logged, as arrays.

        Args:
            dtype: Dtype of the series.
            taken: The rows.
        """
        steps, times, values = taken
        microseconds = np.rint(np.frombuffer(times, np.float64) * 1e6).astype(np.int64)
        if isinstance(values, array):
            numbers = np.frombuffer(cast("Any", values), _WIDTHS[cast("array[Any]", values).typecode])
            values = numbers.astype(np.bool_) if dtype == "bool" else numbers
        elif dtype != "str":
            # A row by itself, such as a snapshot of weights, is not copied again.
            values = values[0][None] if len(values) == 1 else np.stack(values)
        return cls(np.frombuffer(steps, np.int64), microseconds, values)

    def sorted(self) -> Rows:
        """Return the rows in the order of their steps; those of one step keep theirs."""
        if not np.any(self.steps[1:] < self.steps[:-1]):
            return self
        return self.chosen(np.argsort(self.steps, kind="stable"))

    def chosen(self, places: npt.NDArray[np.int64]) -> Rows:
        """Return the rows at some places."""
        values = self.values
        if isinstance(values, list):
            texts = cast("list[str]", values)
            return Rows(self.steps[places], self.times[places], [texts[place] for place in places])
        return Rows(self.steps[places], self.times[places], values[places])

    def cut(self, first: int, last: int | None) -> Rows:
        """Return the rows first..last-1."""
        return Rows(self.steps[first:last], self.times[first:last], self.values[first:last])

    def joined(self, after: Rows) -> Rows:
        """Return these rows and then others."""
        steps = np.concatenate([self.steps, after.steps])
        times = np.concatenate([self.times, after.times])
        values = self.values
        if isinstance(values, list):
            return Rows(steps, times, [*cast("list[str]", values), *after.values])
        return Rows(steps, times, np.concatenate([values, after.values]))

    def bounds(self) -> tuple[float | None, float | None, int]:
        """Return the smallest and largest finite value, None where there is none, and how many are not finite."""
        values = self.values
        if isinstance(values, list) or not values.size:
            return None, None, 0
        gaps = 0
        if values.dtype.kind == "f":
            finite = np.isfinite(values)
            gaps = values.size - int(np.count_nonzero(finite))
            if gaps:
                values = values[finite]
                if not values.size:
                    return None, None, gaps
        return float(values.min()), float(values.max()), gaps
