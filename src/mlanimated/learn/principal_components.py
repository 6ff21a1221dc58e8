"""Principal components: the plane in which points lie most spread out, and how to keep it from jumping while they move.

K. Pearson, "On lines and planes of closest fit", 1901; by a singular value decomposition. Components have no sign and may change places
when points move: `aligned` turns and mirrors each picture so that it follows the one before (orthogonal Procrustes; P. Schönemann, 1966).
Anything with `fit_transform` that gives two numbers for each row may stand in its place (`embedded`).
"""

from __future__ import annotations

from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

__all__ = ["Method", "PrincipalComponents", "aligned", "embedded"]

Numbers = NDArray[np.float64]


class Method(Protocol):
    """Makes places in a plane of rows of numbers, as scikit-learn's methods do."""

    def fit_transform(self, rows: Any) -> Any:
        """Return places (n, 2) of rows (n, numbers)."""
        ...


class PrincipalComponents:
    """The directions in which rows differ most.

    Args:
        count: How many directions.

    Attributes:
        middle: The mean of the rows, (numbers,), after `fit_transform`.
        directions: (count, numbers), each of length 1, the widest first.
        shares: The part of all variance that each direction holds, (count,).
    """

    def __init__(self, count: int = 2) -> None:
        self.count = count
        self.middle: Numbers = np.zeros(0)
        self.directions: Numbers = np.zeros((0, 0))
        self.shares: Numbers = np.zeros(0)

    def fit_transform(self, rows: Any) -> Numbers:
        """Find the directions of rows (n, numbers) and return how far each row reaches along them, (n, count)."""
        table = np.asarray(rows, np.float64)
        self.middle = table.mean(axis=0)
        _, lengths, directions = np.linalg.svd(table - self.middle, full_matrices=False)
        self.directions = directions[: self.count]
        squares = lengths**2
        self.shares = (squares / max(float(squares.sum()), 1e-300))[: self.count]
        return self.transform(table)

    def transform(self, rows: Any) -> Numbers:
        """Return how far other rows reach along the directions that were found."""
        return (np.asarray(rows, np.float64) - self.middle) @ self.directions.T


def aligned(places: Numbers, before: Numbers | None) -> Numbers:
    """Return places (n, 2) turned and mirrored about their middle so that they come as near as can be to those before."""
    if before is None:
        return places
    left, _, right = np.linalg.svd((places - places.mean(0)).T @ (before - before.mean(0)))
    return (places - places.mean(0)) @ (left @ right) + places.mean(0)


def embedded(rows: Any, before: Numbers | None = None, method: Method | None = None) -> Numbers:
    """Return places in a plane, (n, 2), of rows of numbers, turned so that they follow the places before.

    Args:
        rows: (n, numbers).
        before: What this returned for the same things at an earlier step; None at first.
        method: What finds them; None for two principal components.
    """
    return aligned(np.asarray((method or PrincipalComponents(2)).fit_transform(rows), np.float64), before)
