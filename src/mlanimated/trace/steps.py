"""Steps: whole numbers in order, each once."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

__all__ = ["ascending"]


def ascending(steps: npt.NDArray[np.int64]) -> npt.NDArray[np.int64]:
    """Return the steps in order, each once; int64 (m,), m ≤ n.

    `numpy.unique` does the same by hashing, which costs over a second for a million steps; steps come almost sorted, and
    a stable sort of what is sorted is quick.

    Args:
        steps: int64 of shape (n,), in any order.
    """
    if len(steps) < 2 or bool(np.all(steps[1:] > steps[:-1])):
        return steps
    ordered = np.sort(steps, kind="stable")
    return ordered[np.append(True, ordered[1:] != ordered[:-1])]
