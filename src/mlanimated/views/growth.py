"""Growth: a line in the coordinates of a chart, drawn up to a step: strokes, the moving end, marks of what is not finite."""

from __future__ import annotations

import math
from collections.abc import Callable, Hashable
from typing import NamedTuple, TypeVar

import numpy as np
from numpy.typing import NDArray

from mlanimated.draw.box import Box
from mlanimated.draw.commands import Circle, Colour, Command, Group, Polyline
from mlanimated.draw.text import label
from mlanimated.views.axes import Plane
from mlanimated.views.cache import once
from mlanimated.views.points import Head, Points, across, gaps
from mlanimated.views.source import Source

__all__ = ["DOT", "End", "Growth", "strokes"]

Row = NDArray[np.float64]
Result = TypeVar("Result")

BLOCK = 48
"""Points in one group of a line: groups behind the moving end stay as they are from frame to frame."""
CALM = 24.0
"""Units of a line's end over which the height of its label is averaged, so that it stands still beside a noisy line."""
DOT = 5.5
MOST_MARKS = 32


class End(NamedTuple):
    """Where a line ends now.

    Attributes:
        x: Coordinate of the end.
        y: Coordinate of the end.
        rest: A calmer y, for a label.
        open: Whether the line goes on from here: not so at a gap, nor outside of the chart.
        left: Whether the line has left the chart; then this is where it did.
    """

    x: float
    y: float
    rest: float
    open: bool
    left: bool = False

    def dot(self, colour: Colour) -> Circle:
        """Return the dot at the end."""
        return Circle(self.x, self.y, DOT, colour, "ground", 2.0)


class Growth:
    """A line as it is drawn up to a step.

    Args:
        frame: The chart.
        made: Its points.
        source: Its series.
        x: What stands on the x axis, as in `points.across`.
        smooth: Draw the smoothed values.
        keep: The chart is the same in every frame, so that coordinates are worked out once.

    Attributes:
        rough: The line goes up and down so much that a thin one reads better.
    """

    def __init__(self, frame: Plane, made: Points, source: Source, x: str, *, smooth: bool, keep: bool) -> None:
        self.frame, self.made, self.source, self.x = frame, made, source, x
        self.smooth, self.keep = smooth, keep
        self.xs, self.ys, self.ends = self._once("placed", self._placed)
        climbed = np.abs(np.diff(np.clip(self.ys, frame.box.y, frame.box.bottom)))
        self.rough = float(climbed[np.isfinite(climbed)].sum()) > 5 * frame.box.width

    def _once(self, what: Hashable, work: Callable[[], Result]) -> Result:
        if not self.keep:
            return work()
        key = (what, self.source.name, id(self.made), self.frame.x, self.frame.y, self.x, self.smooth)
        # The points are kept with the result, so that their id remains their own.
        return once(self.source.trace, key, lambda: (self.made, work()))[1]

    def _across(self, steps: Row) -> Row:
        return self.frame.x(across(self.source, steps, self.x))

    def _placed(self) -> tuple[Row, Row, NDArray[np.int64]]:
        """Return coordinates of all points, and how many there are up to each bucket."""
        if self.smooth:
            ends = np.arange(1, len(self.made.stops) + 1)
            return self._across(self.made.stops.astype(np.float64)), self.frame.y(self.made.smooth), ends
        return self._across(self.made.x), self.frame.y(self.made.y), self.made.ends

    def _count(self, step: float) -> int:
        """Return how many points belong to buckets that lie wholly at or before a step."""
        whole = self.made.whole(step)
        return int(self.ends[whole - 1]) if whole else 0

    def _ahead(self, more: Head) -> tuple[Row, Row]:
        """Return coordinates of what a head adds."""
        if not self.smooth:
            return self._across(more.x), self.frame.y(more.y)
        if not len(more.x):
            return np.zeros(0), np.zeros(0)
        return self._across(more.x[-1:]), self.frame.y(np.array([more.smooth]))

    def all(self, colour: Colour, thick: float, opacity: float) -> tuple[Command, ...]:
        """Return the line of the whole film."""
        return self._once(("all", colour, thick, opacity), lambda: strokes(self.xs, self.ys, colour, thick, opacity))

    def until(self, step: float, more: Head, colour: Colour, thick: float, opacity: float = 1.0) -> tuple[Command, ...]:
        """Return the line up to a step, in groups: all but the last are the same in later frames."""
        count = self._count(step)
        done = max(0, count - 1) // BLOCK
        kept = self._once(("blocks", colour, thick, opacity), dict[int, Group])
        for index in range(done):
            if index not in kept:
                part = slice(index * BLOCK, (index + 1) * BLOCK + 1)
                kept[index] = Group(strokes(self.xs[part], self.ys[part], colour, thick, opacity), key=str(index))
        tail = slice(done * BLOCK, count)
        more_x, more_y = self._ahead(more)
        last = strokes(np.append(self.xs[tail], more_x), np.append(self.ys[tail], more_y), colour, thick, opacity)
        return (*(kept[index] for index in range(done)), Group(last, key="end"))

    def end(self, step: float, more: Head) -> End | None:
        """Return where the line ends at a step; None where nothing finite has been drawn."""
        count = self._count(step)
        more_x, more_y = self._ahead(more)
        xs, ys = np.append(self.xs[:count], more_x), np.append(self.ys[:count], more_y)
        good = np.flatnonzero(np.isfinite(xs) & np.isfinite(ys))
        if not len(good):
            return None
        x, y = float(xs[good[-1]]), float(ys[good[-1]])
        recent = good[np.abs(xs[good] - x) <= CALM]
        weights = np.exp(-np.abs(xs[recent] - x) * 3 / CALM)
        # A line of few points is smooth already: its label keeps beside it.
        rest = float((weights * ys[recent]).sum() / weights.sum()) if len(recent) > 8 else y
        box = self.frame.box
        inside = box.y - 1 <= y <= box.bottom + 1 and box.x - 1 <= x <= box.right + 1
        if not box.y - 1 <= y <= box.bottom + 1:
            x, y = _way_out(xs[good], ys[good], box)
            return End(x, y, y, False, True)
        return End(x, y, min(box.bottom, max(box.y, rest)), bool(good[-1] == len(xs) - 1) and inside)

    def gap_marks(self, step: float) -> tuple[Command, ...]:
        """Return a mark for each stretch of values that are not finite, up to a step."""
        marks: list[Command] = []
        free = -math.inf
        for gap in self._once("gaps", lambda: gaps(self.made)):
            if gap.start > step or len(marks) >= MOST_MARKS:
                break
            level = self.frame.y(gap.level)
            y = level if math.isfinite(level) else self.frame.box.centre[1]
            start, stop = self._across(np.array([gap.start, min(step, gap.stop)])).tolist()
            if not (math.isfinite(start) and math.isfinite(stop)):
                continue
            top = self.frame.box.y
            parts: list[Command] = [Polyline((start, top, start, self.frame.box.bottom), "bad", 1.0, dash=(1.0, 5.0))]
            if stop - start > 10:
                parts.append(Polyline((start, y, stop, y), "bad", 1.5, dash=(1.0, 5.0)))
            parts.append(Polyline((start - 4, y - 4, start + 4, y + 4), "bad", 2.0))
            parts.append(Polyline((start - 4, y + 4, start + 4, y - 4), "bad", 2.0))
            if start > free:
                word = {math.inf: "∞", -math.inf: "−∞"}.get(gap.value, "NaN")
                parts.append(label(start + 6, top + 14, word, 14, "bad"))
                free = start + 44
            tip = f"{gap.count} {'value is' if gap.count == 1 else 'values are'} not finite, from step {gap.start:g}"
            marks.append(Group(tuple(parts), key=f"gap-{gap.start:g}", tip=tip))
        return tuple(marks)


def _way_out(xs: Row, ys: Row, box: Box) -> tuple[float, float]:
    """Return where a line whose last point lies above or below a box has left it."""
    edge = box.y if ys[-1] < box.y else box.bottom
    within = np.flatnonzero((ys >= box.y) & (ys <= box.bottom))
    if not len(within):
        return float(xs[0]), edge
    x0, y0, x1, y1 = (float(value) for last in (within[-1], within[-1] + 1) for value in (xs[last], ys[last]))
    return round(x0 + (x1 - x0) * ((edge - y0) / (y1 - y0) if y1 != y0 else 0.0), 2), edge


def strokes(xs: Row, ys: Row, colour: Colour, thick: float, opacity: float = 1.0) -> tuple[Command, ...]:
    """Return a line through points, parted where one of them is not finite; a point alone is a dot.

    Args:
        xs: Coordinates across, shape (n,).
        ys: Coordinates down, shape (n,).
        colour: Its colour.
        thick: Its width.
        opacity: 0..1.
    """
    points = np.column_stack((xs, ys))
    finite = np.isfinite(points).all(axis=1)
    parts = np.split(points, np.flatnonzero(np.diff(finite)) + 1) if len(points) else []
    found: list[Command] = []
    for part in parts:
        if len(part) and np.isfinite(part[0]).all():
            flat = tuple(part.ravel().tolist())
            found.append(Polyline(flat * 2 if len(part) == 1 else flat, colour, thick, opacity=opacity))
    return tuple(found)
