"""Accuracy: how many of so many were right, with the interval in which the true share lies."""

from __future__ import annotations

import math
from dataclasses import dataclass

__all__ = ["Accuracy"]

Z = 1.959963984540054  # 95% of a normal distribution lies within so many deviations


@dataclass(frozen=True)
class Accuracy:
    """How many of a number of tries were right.

    Attributes:
        right: How many.
        count: Of how many; 0 makes the share not a number.
    """

    right: int
    count: int

    @property
    def share(self) -> float:
        """The share that was right, 0..1."""
        return self.right / self.count if self.count else math.nan

    @property
    def interval(self) -> tuple[float, float]:
        """The 95% interval of the true share, 0..1 (Wilson 1927): it neither leaves 0..1 nor shrinks to nothing at its ends."""
        if not self.count:
            return math.nan, math.nan
        n, p = self.count, self.share
        middle = (p + Z * Z / (2 * n)) / (1 + Z * Z / n)
        half = Z / (1 + Z * Z / n) * math.sqrt(p * (1 - p) / n + Z * Z / (4 * n * n))
        return max(0.0, middle - half), min(1.0, middle + half)

    def __str__(self) -> str:
        """Return "83.4% of 1000 (95%: 81.0 to 85.6)"."""
        low, high = self.interval
        return f"{self.share:.1%} of {self.count} (95%: {100 * low:.1f} to {100 * high:.1f})"
