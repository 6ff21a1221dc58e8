"""Snapshots: when all weights are copied, decided before a byte is, so that a budget holds and they are dense where things change."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

__all__ = ["Snapshots"]

USUAL = 10_000
"""Steps that a training is taken to have where nobody says."""


class Snapshots:
    """Says at which steps a snapshot is worth its bytes.

    How far the weights have come is measured by their sample: at each step the length of the change by the length of the weights, added up.
    The first snapshot is the start. Each next one waits until the way has grown by a factor, so chosen that the budget lasts for
    the steps there are: many where the weights run, few where they creep. One is kept back for the end. Where the number of steps is
    known, half of the budget goes that way, and the other half sees to it that none waits longer than its even share of the steps.

    Args:
        size: Bytes of one snapshot.
        budget: Bytes of all of them.
        steps: Of the whole training; 0 when it is not known.

    Attributes:
        count: How many there may be; 0 or 1 is too few to show a change, so that none is taken.
    """

    def __init__(self, size: int, budget: int, steps: int = 0) -> None:
        self.count = budget // max(1, size)
        self.taken = 0
        running = self.count // 2 if steps else self.count
        self._growth = (steps or USUAL) ** (1.0 / max(1, running - 2))
        self._apart = -(-steps // max(1, self.count - running)) if steps else 0
        self._since = 0
        self._way = self._next = 0.0
        self._before: NDArray[np.float32] | None = None

    def due(self, sample: NDArray[np.float32]) -> bool:
        """Return whether a snapshot is to be taken now; the answer True counts as taken.

        Args:
            sample: Of all weights, float32 (n,), the same ones at each step.
        """
        if self._before is not None:
            length = float(np.linalg.norm(sample)) or 1.0
            change = float(np.linalg.norm(sample - self._before)) / length
            self._way += change if np.isfinite(change) else 0.0
        self._before = sample
        if self.count < 2 or self.taken >= self.count - 1:
            return False
        first = self.taken == 0
        self._since += 1
        waited = 0 < self._apart <= self._since
        if not first and not waited and (self._way <= 0.0 or self._way < self._next):
            return False
        self._since = 0
        self.taken += 1
        # The way at the first change sets the scale; from there on each one is so much further.
        self._next = 0.0 if first else self._way * self._growth
        return True

    def last(self) -> bool:
        """Return whether the one kept back can be taken: at the end."""
        if self.count < 2 or self.taken >= self.count:
            return False
        self.taken += 1
        return True
