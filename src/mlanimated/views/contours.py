"""Contours: lines through points of equal height, from heights on a grid, by marching squares."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

__all__ = ["contours"]

Numbers = NDArray[np.float64]

Edge = tuple[int, int, int]
"""Row and column of an edge's upper or left end, and its direction: 0 to the right, 1 down."""


def contours(heights: Numbers, level: float) -> list[Numbers]:
    """Return the lines on which a grid of heights reaches a level.

    Marching squares (the planar case of W. Lorensen, H. Cline, "Marching cubes", 1987): each square of four neighbours
    is crossed by no line, one or two, between points set in proportion on its edges; a saddle is parted by the mean of its
    corners. A square with a corner that is not finite has no line.

    Args:
        heights: float64 (rows, columns).
        level: The height.

    Returns:
        Lines as float64 (n, 2), column and row as fractional indices; a closed line ends where it begins.
    """
    above = heights > level
    finite = np.isfinite(heights)
    corners = above[:-1, :-1] * 8 + above[:-1, 1:] * 4 + above[1:, 1:] * 2 + above[1:, :-1] * 1
    whole = finite[:-1, :-1] & finite[:-1, 1:] & finite[1:, 1:] & finite[1:, :-1]
    joined: dict[Edge, list[Edge]] = {}
    for row, column in np.argwhere(whole & (corners != 0) & (corners != 15)).tolist():
        top, bottom = (row, column, 0), (row + 1, column, 0)
        left, right = (row, column, 1), (row, column + 1, 1)
        for first, second in _crossings(
            int(corners[row, column]), heights[row : row + 2, column : column + 2], level, top, right, bottom, left
        ):
            joined.setdefault(first, []).append(second)
            joined.setdefault(second, []).append(first)
    return [np.array([_point(heights, level, edge) for edge in line]) for line in _chains(joined)]


def _crossings(
    corners: int, square: Numbers, level: float, top: Edge, right: Edge, bottom: Edge, left: Edge
) -> tuple[tuple[Edge, Edge], ...]:
    """Return the pairs of edges that a line joins in a square, by which of its corners are above the level."""
    if corners in (5, 10):
        high = bool(square.mean() > level)
        if (corners == 5) == high:
            return ((top, left), (right, bottom))
        return ((top, right), (left, bottom))
    return {
        1: ((left, bottom),),
        14: ((left, bottom),),
        2: ((bottom, right),),
        13: ((bottom, right),),
        4: ((top, right),),
        11: ((top, right),),
        8: ((top, left),),
        7: ((top, left),),
        3: ((left, right),),
        12: ((left, right),),
        6: ((top, bottom),),
        9: ((top, bottom),),
    }[corners]


def _chains(joined: dict[Edge, list[Edge]]) -> list[list[Edge]]:
    """Return the lines that pairs of edges make: first those that end at the border, then those that are closed."""
    left = {edge: list(others) for edge, others in joined.items()}
    chains: list[list[Edge]] = []
    starts = [edge for edge, others in left.items() if len(others) == 1]
    for start in [*starts, *left]:
        if not left[start]:
            continue
        chain = [start]
        while left[chain[-1]]:
            here = chain[-1]
            there = left[here].pop()
            left[there].remove(here)
            chain.append(there)
        chains.append(chain)
    return chains


def _point(heights: Numbers, level: float, edge: Edge) -> tuple[float, float]:
    """Return where a level crosses an edge, as column and row."""
    row, column, down = edge
    here, there = float(heights[row, column]), float(heights[row + down, column + 1 - down])
    share = (level - here) / (there - here)
    return (column, row + share) if down else (column + share, row)
