"""Box: the rectangle that a view may draw into, and how it is divided."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

__all__ = ["Box"]


class Box(NamedTuple):
    """A rectangle in scene units; (x, y) is its upper left corner."""

    x: float
    y: float
    width: float
    height: float

    @property
    def right(self) -> float:
        """The x of the right edge."""
        return self.x + self.width

    @property
    def bottom(self) -> float:
        """The y of the lower edge."""
        return self.y + self.height

    @property
    def centre(self) -> tuple[float, float]:
        """The (x, y) of the middle."""
        return self.x + self.width / 2, self.y + self.height / 2

    def inset(
        self, left: float, top: float | None = None, right: float | None = None, bottom: float | None = None
    ) -> Box:
        """Return the box less a margin: one number for all sides, or one for each, clockwise from the left."""
        top = left if top is None else top
        right = left if right is None else right
        bottom = top if bottom is None else bottom
        return Box(
            self.x + left, self.y + top, max(0.0, self.width - left - right), max(0.0, self.height - top - bottom)
        )

    def columns(self, shares: Sequence[float], gap: float = 0.0) -> tuple[Box, ...]:
        """Return boxes side by side with widths in proportion to `shares`, `gap` units apart."""
        unit = max(0.0, self.width - gap * (len(shares) - 1)) / (sum(shares) or 1.0)
        boxes: list[Box] = []
        x = self.x
        for share in shares:
            boxes.append(Box(round(x, 2), self.y, round(unit * share, 2), self.height))
            x += unit * share + gap
        return tuple(boxes)

    def rows(self, shares: Sequence[float], gap: float = 0.0) -> tuple[Box, ...]:
        """Return boxes below each other with heights in proportion to `shares`, `gap` units apart."""
        turned = Box(self.y, self.x, self.height, self.width).columns(shares, gap)
        return tuple(Box(box.y, box.x, box.height, box.width) for box in turned)

    def square(self) -> Box:
        """Return the largest square in the middle of the box."""
        side = min(self.width, self.height)
        return Box(self.x + (self.width - side) / 2, self.y + (self.height - side) / 2, side, side)
