"""A view: a point of two coordinates in a circle, as `mla.views.Compass` once this package is installed."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import mlanimated as mla

__all__ = ["Compass"]


@dataclass(frozen=True)
class Compass(mla.View):
    """Where a point of two coordinates is, and the way that it came.

    Attributes:
        series: A series of shape (2,).
        reach: The coordinate at the rim.
    """

    series: str = "place"
    reach: float = 1.1

    def draw(self, moment: mla.Moment, box: mla.draw.Box) -> Sequence[mla.draw.Command]:
        """Return the rim, the way so far, and the point."""
        x, y = box.centre
        radius = min(box.width, box.height) / 2 - 8
        unit = radius / self.reach
        way = moment.trace(self.run).series(self.series, stop=moment.step(self.run)).values
        here = moment.eased(self.series, self.run)
        points = [(x + unit * float(px), y - unit * float(py)) for px, py in (*way, here)]
        flat = tuple(round(each, 2) for point in points for each in point)
        rim = mla.draw.Group(
            (mla.draw.Circle(x, y, radius, stroke="faint"), mla.draw.Circle(x, y, 4, fill="muted")), key="rim"
        )
        return rim, mla.draw.Polyline(flat, "series-1", 2.5), mla.draw.Circle(*points[-1], 9, fill="accent")

    def describe(self, moment: mla.Moment) -> str:
        """Return where the point is."""
        x, y = moment.value(self.series, self.run)
        return f"The point is at ({x:.2f}, {y:.2f})."
