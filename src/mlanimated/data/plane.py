"""Points in a plane, of two classes that no straight line parts: drawn here, seeded, so that a boundary can be seen.

    points, labels = draw_points("moons", 200, noise=0.25, seed=0)

The shapes are the usual ones of the field: two moons that reach into each other, a disc in a ring, two arms of a spiral, and four
patches of which opposite ones belong together (exclusive or).
"""

from __future__ import annotations

import math
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from mlanimated.errors import MlaError, did_you_mean

__all__ = ["PlaneName", "draw_points", "grid", "window"]

PlaneName = Literal["moons", "circles", "spirals", "patches"]

_WINDOWS: dict[str, tuple[float, float, float, float]] = {
    "moons": (-2.0, 3.0, -1.9, 2.4),
    "circles": (-1.9, 1.9, -1.7, 1.7),
    "spirals": (-1.5, 1.5, -1.3, 1.3),
    "patches": (-1.9, 1.9, -1.7, 1.7),
}


def window(name: str) -> tuple[float, float, float, float]:
    """Return the part of the plane to show: lowest x, highest x, lowest y, highest y.

    Raises:
        MlaError: There is no such shape.
    """
    if name not in _WINDOWS:
        raise MlaError(f"There are no points of the shape {name!r}.{did_you_mean(name, _WINDOWS)}")
    return _WINDOWS[name]


def draw_points(
    name: str, count: int, noise: float = 0.2, seed: int = 0
) -> tuple[NDArray[np.float32], NDArray[np.int64]]:
    """Return so many points and the class of each; the classes take turns.

    Args:
        name: "moons", "circles", "spirals" or "patches".
        count: How many, 1 or more.
        noise: Standard deviation of what is added to each coordinate.
        seed: Draws everything.

    Returns:
        Points float32 (count, 2), classes int64 (count,), 0 or 1.

    Raises:
        MlaError: There is no such shape, or the number is below 1.
    """
    window(name)
    if count < 1:
        raise MlaError(f"{count} points cannot be drawn; ask for 1 or more.")
    random = np.random.default_rng([seed, sorted(_WINDOWS).index(name)])
    labels: NDArray[np.int64] = np.arange(count) % 2
    along = random.random(count)
    if name == "moons":
        turn = math.pi * along
        x = np.where(labels == 0, np.cos(turn), 1 - np.cos(turn))
        y = np.where(labels == 0, np.sin(turn), 0.5 - np.sin(turn))
    elif name == "circles":
        turn, reach = 2 * math.pi * along, np.where(labels == 0, 1.15, 0.45 * np.sqrt(random.random(count)))
        x, y = reach * np.cos(turn), reach * np.sin(turn)
    elif name == "spirals":
        reach = 0.12 + 0.98 * np.sqrt(along)
        turn = 1.75 * math.pi * reach + math.pi * labels
        x, y = reach * np.cos(turn), reach * np.sin(turn)
    else:
        x = random.uniform(0.2, 1.2, count) * random.choice((-1.0, 1.0), count)
        y = random.uniform(0.2, 1.2, count) * np.where(labels == 0, 1, -1) * np.sign(x)
    points = np.column_stack((x, y)) + noise * random.standard_normal((count, 2))
    return points.astype(np.float32), labels


def grid(name: str, across: int = 72) -> tuple[NDArray[np.float32], tuple[int, int]]:
    """Return places evenly over the window of a shape, to ask a model what it says there.

    Args:
        name: The shape.
        across: How many side by side.

    Returns:
        Places float32 (rows * across, 2), row by row from the lowest y; and (rows, across).
    """
    left, right, bottom, top = window(name)
    rows = max(2, round(across * (top - bottom) / (right - left)))
    xs, ys = np.meshgrid(np.linspace(left, right, across), np.linspace(bottom, top, rows))
    return np.column_stack((xs.ravel(), ys.ravel())).astype(np.float32), (rows, across)
