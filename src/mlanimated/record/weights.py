"""Weights: what is recorded of a model's tensors: norms and histograms each time, snapshots as often as a budget allows."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from mlanimated.record.snapshots import Snapshots
from mlanimated.record.statistics import histograms, stride

__all__ = ["Weights"]


class Weights:
    """Turns a model's tensors into rows of a trace.

    Args:
        names: What the tensors are called.
        size: Bytes of all of them as they are kept.
        budget: Bytes that all snapshots may take; 0 for none.
        steps: How often there will be a row; 0 when it is not known.
    """

    def __init__(self, names: Sequence[str], size: int, budget: int, steps: int = 0) -> None:
        unique = len(set(names)) == len(names)
        self.names = tuple(names) if unique else tuple(f"{name}:{index}" for index, name in enumerate(names))
        self._snapshots = Snapshots(size, budget, steps)
        self._before: list[Any] | None = None
        self.taken = False

    def row(self, arrays: Sequence[Any]) -> dict[str, Any]:
        """Return norms and histograms, how far each sample has moved since the row before, and a snapshot when one is due.

        Args:
            arrays: The tensors in the order of their names; they are copied where they are kept.
        """
        self.taken = False
        if not arrays:
            return {}
        samples = [np.array(array.ravel()[:: stride(array.size)], np.float32) for array in arrays]
        counts, ranges = histograms(samples)
        norms = np.array([np.linalg.norm(array.ravel()) for array in arrays], np.float32)
        row: dict[str, Any] = {"weights/norm": norms, "weights/histogram": counts, "weights/range": ranges}
        if self._before is not None:
            moved = [np.linalg.norm(now - then) for now, then in zip(samples, self._before, strict=True)]
            row["updates/norm"] = np.array(moved, np.float32)
        self._before = samples
        if self._snapshots.due(np.concatenate(samples)):
            self.taken = True
            row |= self._snapshot(arrays)
        return row

    def last(self, arrays: Sequence[Any]) -> dict[str, Any]:
        """Return the snapshot of the end, if the budget has room for it.

        Args:
            arrays: The tensors as in `row`.
        """
        return self._snapshot(arrays) if arrays and self._snapshots.last() else {}

    def _snapshot(self, arrays: Sequence[Any]) -> dict[str, Any]:
        return {f"weights/{name}": np.array(array) for name, array in zip(self.names, arrays, strict=True)}
