"""Curve: the function that a model represents now, over what it should be.

    Curve("x", "prediction", "target", residuals=True)

The prediction glides between recorded steps; the axes hold still for the whole film.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Sequence
from dataclasses import KW_ONLY, dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from mlanimated.draw.box import Box
from mlanimated.draw.commands import Circle, Clip, Command, Group, Polyline
from mlanimated.draw.text import number, width
from mlanimated.errors import MlaError
from mlanimated.views.axes import Axis, Plane, empty, padded, plane
from mlanimated.views.legend import Entry, Mark, legend, legend_height
from mlanimated.views.marks import holds, line
from mlanimated.views.moment import Moment
from mlanimated.views.numbers import bounds_of, source, value, writing
from mlanimated.views.scene import View

__all__ = ["Curve"]

Numbers = NDArray[np.float64]

Points = str | tuple[float, ...]
"""Name of an array series, or the numbers themselves."""

MOST_DOTS = 60
"""Up to so many targets are drawn as points; more of them are a line."""


@dataclass(frozen=True)
class Curve(View):
    """Predictions over x, and what they should be.

    Attributes:
        x: Where the model was asked: an array series of shape (n,), or n numbers.
        prediction: Name of an array series of shape (n,) or (n, 1): what it answered.
        target: What it should answer: an array series, or numbers; or a function that takes an array of x; or None.
        target_x: Where the targets are, when it is not at `x`: an array series or numbers.
        points: Draw the targets as points; None does so up to 60 of them, more (and a function) are a line.
        residuals: Draw a stick from each target to the prediction at its x: the error.
        names: Names of x and y, at the axes.
        labels: What the legend calls prediction and target.
        heights: Lowest and highest y shown; None for what targets and predictions need. Predictions far off the targets
            are cut off, so that the targets do not become a flat line.
        domain: Lowest and highest x shown; None for all.
        keyed: Say in a legend which line is what; False where a neighbour says it.

    Raises:
        MlaError: x and prediction, or targets and their x, have not the same length, or the trace has no such series.
    """

    x: Points
    prediction: str
    target: Points | Callable[[Any], Any] | None = None
    _: KW_ONLY
    target_x: Points | None = None
    points: bool | None = None
    residuals: bool = False
    names: tuple[str, str] = ("x", "y")
    labels: tuple[str, str] = ("prediction", "target")
    heights: tuple[float, float] | None = None
    domain: tuple[float, float] | None = None
    keyed: bool = True

    def __post_init__(self) -> None:
        super().__post_init__()
        for name in ("x", "target", "target_x"):
            given = getattr(self, name)
            if given is not None and not isinstance(given, str) and not callable(given):
                object.__setattr__(self, name, tuple(float(number) for number in given))

    def draw(self, moment: Moment, box: Box) -> Sequence[Command]:
        """Return axes, targets, residuals, the prediction and a legend."""
        xs = self._numbers(moment, self.x)
        if not np.isfinite(xs).any():
            return empty(box, "nothing recorded yet")
        target_x, target = self._target(moment, xs)
        found = source(moment, self.prediction, self.run, "Curve", "array", "scalar")
        shown = value(moment, found, eased=True)
        ys = np.full(xs.shape, np.nan) if shown is None else np.asarray(shown, dtype=np.float64).ravel()
        self._check(xs, ys)
        dots = self.points if self.points is not None else target.size <= MOST_DOTS and not callable(self.target)
        entries: list[tuple[Entry, Mark]] = [(Entry(self.labels[0], "prediction"), "line")]
        if target.size:
            entries.append((Entry(self.labels[1], "target"), "dot" if dots else "line"))
        if target.size and self.residuals:
            entries.append((Entry("error", "error"), "line"))
        keyed = self.keyed and len(entries) > 1
        top = legend_height((entries[0][0],), box.width) + 4 if keyed else 0.0
        low, high = self.domain or _width(xs)
        bottom, above = self.heights or _heights(target, *bounds_of(found))
        axes = Axis(low, high, label=self.names[0], grid=False), Axis(bottom, above, label=self.names[1])
        ground = plane(box.inset(0, top, 0, 0), *axes)
        drawn: list[Command] = [ground.group]
        if keyed:
            drawn.append(_legend(entries, box, top))
        if target.size and not dots:
            drawn.append(_line(ground, target_x, target, "target", 3.0))
        if self.residuals and target.size:
            sticks = tuple(_sticks(ground, xs, ys, target_x, target))
            drawn.append(Group((Clip(*ground.box.inset(-1), sticks),), key="residuals"))
        drawn.append(_line(ground, xs, ys, "prediction", 3.5))
        if target.size and dots:
            drawn.append(Group(tuple(_dots(ground, target_x, target, self.labels[1])), key="target"))
        return drawn

    def describe(self, moment: Moment) -> str:
        """Return how far the prediction is from the targets, on average and at the most."""
        xs = self._numbers(moment, self.x)
        read = value(moment, source(moment, self.prediction, self.run, "Curve", "array", "scalar"))
        if read is None or not np.isfinite(xs).any():
            return "Nothing is predicted yet."
        ys = np.asarray(read, dtype=np.float64).ravel()
        self._check(xs, ys)
        target_x, target = self._target(moment, xs)
        if not target.size:
            return f"The curve goes from {number(float(ys[0]), 2)} to {number(float(ys[-1]), 2)}."
        off = np.abs(_between(xs, ys, target_x) - target)
        if not np.isfinite(off).any():
            return "The prediction is not a finite number."
        most, average = float(np.nanmax(off)), float(np.nanmean(off))
        write = writing(0.0, most)
        return f"The prediction is off by {write.tight(average)} on average, by {write.tight(most)} at the most."

    def _target(self, moment: Moment, xs: Numbers) -> tuple[Numbers, Numbers]:
        """Return the targets and where they are."""
        places = xs if self.target_x is None else self._numbers(moment, self.target_x)
        if self.target is None:
            return places, np.zeros(0)
        if callable(self.target):
            if self.points is not True and self.target_x is None:
                places = np.linspace(float(np.nanmin(xs)), float(np.nanmax(xs)), 301)
            with np.errstate(all="ignore"):
                return places, np.asarray(self.target(places), dtype=np.float64)
        target = self._numbers(moment, self.target)
        if target.size and target.shape != places.shape:
            raise MlaError(
                f"Curve has {target.size} targets at {places.size} places; give target_x, one for each target."
            )
        return places, target

    def _numbers(self, moment: Moment, given: Points) -> Numbers:
        """Return given or recorded numbers, none where nothing is recorded yet."""
        if not isinstance(given, str):
            return np.asarray(given, dtype=np.float64)
        recorded = value(moment, source(moment, given, self.run, "Curve", "array", "scalar"))
        return np.zeros(0) if recorded is None else np.asarray(recorded, dtype=np.float64).ravel()

    def _check(self, xs: Numbers, ys: Numbers) -> None:
        if xs.shape != ys.shape:
            raise MlaError(
                f"Curve: the series {self.prediction!r} has {ys.size} values for {xs.size} x; it needs one for each."
            )


def _width(xs: Numbers) -> tuple[float, float]:
    """Return the x shown: all, and so much more that a point at an end stands clear of the edge."""
    low, high = float(np.nanmin(xs)), float(np.nanmax(xs))
    room = 0.03 * (high - low) or 1.0
    return low - room, high + room


def _legend(entries: Sequence[tuple[Entry, Mark]], box: Box, high: float) -> Group:
    """Return the legend in one row, each mark as the data looks."""
    drawn: list[Command] = []
    x = box.x
    for entry, mark in entries:
        if x + 22 + width(entry.text, 16) > box.right and drawn:
            break
        drawn.extend(legend((entry,), Box(x, box.y, box.right - x, high), mark).children)
        x += 22 + width(entry.text, 16) + 24
    return Group(tuple(drawn), key="legend")


def _heights(target: Numbers, low: float, high: float) -> tuple[float, float]:
    """Return the heights shown: those of the targets, and of predictions that are not too far off."""
    finite = target[np.isfinite(target)]
    if not finite.size:
        return padded(low, high, zero=False)
    least, most = float(finite.min()), float(finite.max())
    spread = most - least or abs(most) or 1.0
    low, high = max(low, least - 0.5 * spread), min(high, most + 0.5 * spread)
    return padded(min(low, least - 0.06 * spread), max(high, most + 0.06 * spread), zero=False)


def _line(ground: Plane, xs: Numbers, ys: Numbers, colour: str, stroke_width: float) -> Group:
    """Return points joined in the order of their x, cut off at the edge of the plot."""
    order = np.argsort(xs, kind="stable")
    drawn = line(ground.x(xs[order]), np.clip(ground.y(ys[order]), -1e5, 1e5), colour, stroke_width)
    return Group((Clip(*ground.box.inset(-stroke_width / 2), drawn),), key=colour)


def _between(xs: Numbers, ys: Numbers, places: Numbers) -> Numbers:
    """Return the prediction at some places, in proportion between those where the model was asked."""
    order = np.argsort(xs, kind="stable")
    return np.interp(places, xs[order], ys[order], math.nan, math.nan)


def _sticks(ground: Plane, xs: Numbers, ys: Numbers, target_x: Numbers, target: Numbers) -> Iterator[Command]:
    """Yield a line from each target to the prediction; of many targets, from some of them."""
    stride = max(1, math.ceil(target_x.size / MOST_DOTS))
    predicted = np.clip(ground.y(_between(xs, ys, target_x)), -1e5, 1e5)
    for x, y0, y1 in zip(ground.x(target_x)[::stride], ground.y(target)[::stride], predicted[::stride], strict=True):
        if math.isfinite(y0) and math.isfinite(y1) and abs(y1 - y0) > 0.5:
            yield Polyline((float(x), float(y0), float(x), float(y1)), "error", 2.0, opacity=0.75)


def _dots(ground: Plane, xs: Numbers, ys: Numbers, name: str) -> Iterator[Command]:
    """Yield the targets as points."""
    radius = 6.0 if xs.size <= 20 else 4.5
    for x, y, at, height in zip(ground.x(xs).tolist(), ground.y(ys).tolist(), xs.tolist(), ys.tolist(), strict=True):
        if holds(ground.box, x, y):
            yield Circle(x, y, radius, "target", "ground", 1.5, tip=f"{name} {number(height)} at {number(at)}")
