"""Surfaces to descend, each with its height and its gradient, written out by hand.

The valley is the one of chapter 2. The 2-D surfaces are the usual test cases of optimisation, each hard in its own way:
a ravine (steep across, flat along), Rosenbrock's bent valley (H. H. Rosenbrock, 1960), Beale's plateau with one deep
corner (E. M. L. Beale, 1958), and a saddle that looks like a minimum from one side.
"""

from __future__ import annotations

import math
from abc import ABC, abstractmethod

import numpy as np

__all__ = ["BOTTOM", "SURFACES", "Beale", "Ravine", "Rosenbrock", "Saddle", "Surface", "height", "slope"]

BOTTOM = 10.0


def height(x: float) -> float:
    """Return y = (x − 10)², the valley of chapter 2."""
    return (x - BOTTOM) * (x - BOTTOM)


def slope(x: float) -> float:
    """Return its derivative, 2(x − 10)."""
    return 2.0 * (x - BOTTOM)


class Surface(ABC):
    """A height over the plane.

    Attributes:
        name: What it is called in arguments and films.
        formula: In TeX.
        start: Where descent begins, (x, y).
        minimum: The lowest point, (x, y), or None when there is none.
        window: The part that is drawn: (left, right, bottom, top).
        learning_rates: A rate that suits each optimizer here.
    """

    name: str
    formula: str
    start: tuple[float, float]
    minimum: tuple[float, float] | None
    window: tuple[float, float, float, float]
    learning_rates: dict[str, float]

    @abstractmethod
    def height(self, x: np.ndarray, y: np.ndarray) -> np.ndarray:
        """Return the height at points given as arrays of one shape (or numbers)."""

    @abstractmethod
    def gradient(self, point: np.ndarray) -> np.ndarray:
        """Return the gradient, shape (2,), at a point of shape (2,)."""

    def grid(self, columns: int = 97, rows: int = 65) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        """Return xs (columns,), ys (rows,) and heights (rows, columns) over the window, rows from the lowest y up."""
        left, right, bottom, top = self.window
        xs, ys = np.linspace(left, right, columns), np.linspace(bottom, top, rows)
        return xs, ys, self.height(*np.meshgrid(xs, ys))


class Ravine(Surface):
    """A long ravine: thirty times as steep across as along."""

    name = "ravine"
    formula = r"$z = \frac{1}{20} x^2 + \frac{3}{2} y^2$"
    start = (-9.0, 2.0)
    minimum = (0.0, 0.0)
    window = (-11.0, 5.0, -4.0, 4.0)
    learning_rates = {"sgd": 0.6, "momentum": 0.08, "rmsprop": 0.2, "adam": 0.4}  # noqa: RUF012

    def height(self, x: np.ndarray, y: np.ndarray) -> np.ndarray:
        """Return x²/20 + 3y²/2."""
        return x * x / 20.0 + 1.5 * y * y

    def gradient(self, point: np.ndarray) -> np.ndarray:
        """Return (x/10, 3y)."""
        x, y = point
        return np.array([x / 10.0, 3.0 * y])


class Rosenbrock(Surface):
    """A valley bent like a banana: falling into it is easy, following it is not."""

    name = "rosenbrock"
    formula = r"$z = (1 - x)^2 + 100 (y - x^2)^2$"
    start = (-1.2, 1.0)
    minimum = (1.0, 1.0)
    window = (-2.0, 2.0, -1.0, 3.0)
    learning_rates = {"sgd": 0.001, "momentum": 0.0005, "rmsprop": 0.01, "adam": 0.05}  # noqa: RUF012

    def height(self, x: np.ndarray, y: np.ndarray) -> np.ndarray:
        """Return (1 − x)² + 100(y − x²)²."""
        return (1.0 - x) ** 2 + 100.0 * (y - x * x) ** 2

    def gradient(self, point: np.ndarray) -> np.ndarray:
        """Return (−2(1 − x) − 400x(y − x²), 200(y − x²))."""
        x, y = point
        off = y - x * x
        return np.array([-2.0 * (1.0 - x) - 400.0 * x * off, 200.0 * off])


class Beale(Surface):
    """A plateau with steep corners and one minimum at (3, 1/2)."""

    name = "beale"
    formula = r"$z = (1.5 - x + xy)^2 + (2.25 - x + xy^2)^2 + (2.625 - x + xy^3)^2$"
    start = (1.0, 1.6)
    minimum = (3.0, 0.5)
    window = (-0.5, 4.5, -1.0, 2.0)
    learning_rates = {"sgd": 0.005, "momentum": 0.003, "rmsprop": 0.03, "adam": 0.1}  # noqa: RUF012

    def height(self, x: np.ndarray, y: np.ndarray) -> np.ndarray:
        """Return Σ (cₖ − x + x yᵏ)² for k = 1, 2, 3 and c = 1.5, 2.25, 2.625."""
        return (1.5 - x + x * y) ** 2 + (2.25 - x + x * y**2) ** 2 + (2.625 - x + x * y**3) ** 2

    def gradient(self, point: np.ndarray) -> np.ndarray:
        """Return Σ 2(cₖ − x + x yᵏ) · (yᵏ − 1, k x yᵏ⁻¹)."""
        x, y = point
        total = np.zeros(2)
        for k, c in ((1, 1.5), (2, 2.25), (3, 2.625)):
            off = c - x + x * y**k
            total += 2.0 * off * np.array([y**k - 1.0, k * x * y ** (k - 1)])
        return total


class Saddle(Surface):
    """Down to the left and right, up to the front and back: flat in the middle, and no minimum there."""

    name = "saddle"
    formula = r"$z = \frac{1}{2} y^2 - \frac{1}{2} x^2 + \frac{1}{40} x^4$"
    start = (-0.01, 2.0)
    minimum = (-math.sqrt(10.0), 0.0)
    window = (-4.8, 4.8, -3.0, 3.0)
    learning_rates = {"sgd": 0.1, "momentum": 0.03, "rmsprop": 0.03, "adam": 0.1}  # noqa: RUF012

    def height(self, x: np.ndarray, y: np.ndarray) -> np.ndarray:
        """Return y²/2 − x²/2 + x⁴/40."""
        return y * y / 2.0 - x * x / 2.0 + x**4 / 40.0

    def gradient(self, point: np.ndarray) -> np.ndarray:
        """Return (−x + x³/10, y)."""
        x, y = point
        return np.array([-x + x**3 / 10.0, y])


SURFACES: dict[str, Surface] = {surface.name: surface for surface in (Ravine(), Rosenbrock(), Beale(), Saddle())}
