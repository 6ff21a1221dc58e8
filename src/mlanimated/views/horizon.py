"""Horizon: how far the axes of a landscape reach. They stand still, unless a run leaves them: then they widen ahead of it.

A run that stays near what was asked for gets fixed axes that hold all of it. One that goes far (it diverges, or starts far
off) takes the axes along: they widen while the arrow of a step grows, so that the ball never leaves the picture, and never
narrow again. All runs of a film share them, so that panels side by side keep the same scales.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from mlanimated.draw.ease import ease, span
from mlanimated.trace import Trace
from mlanimated.views.cache import once
from mlanimated.views.moment import Moment

__all__ = ["ARROW", "Horizon", "horizon"]

Numbers = NDArray[np.float64]
Bounds = tuple[float, float]

ARROW = (0.2, 0.5)
"""Shares of a slow step in which its arrow grows, and the axes with it: before the ball moves."""
STEADY = 1.35
"""Axes that need not be longer than so many times what was asked for are so from the beginning."""
WIDEST = 1e6
"""Axes are at most so many times as long as was asked for."""
SPARE = 0.08
"""Room beyond the outermost place, as a share of half the axis."""
POINTS = 256


class Horizon(NamedTuple):
    """The bounds of both axes at a moment.

    Attributes:
        x: Lowest and highest x.
        y: Lowest and highest height; None for the curve's own over x.
        moves: Whether they change over the film, or are far from those that were asked for.
    """

    x: Bounds
    y: Bounds | None
    moves: bool


class _Extent(NamedTuple):
    """How far places go: largest distance from the middle of the axis, lowest and highest height."""

    reach: float
    low: float
    high: float


def horizon(
    moment: Moment,
    name: str,
    x: Bounds,
    y: Bounds | None,
    floor: float,
    heights: Callable[[Numbers], Numbers],
    key: Any,
) -> Horizon:
    """Return how far the axes reach now.

    Args:
        moment: The moment.
        name: The scalar series of the balls' x.
        x: Lowest and highest x that were asked for.
        y: Lowest and highest height that were asked for; None for the curve's own.
        floor: The lowest point of the curve over `x`; it keeps its share of room above the axis.
        heights: Gives the heights at some x, not a number where there is none.
        key: What tells this function from another one.
    """
    whole: list[_Extent] = []
    now: list[_Extent] = []
    for run, trace in moment.traces.items():
        if name not in trace.names or trace.info(name).kind != "scalar" or not trace.info(name).rows:
            continue
        info = trace.info(name)
        kept = ("horizon", name, x, key)
        whole.append(once(trace, kept, lambda trace=trace, info=info: _extent(trace, name, x, heights, info.last_step)))
        now.append(_come(moment, run, name, x, heights))
    if not whole:
        return Horizon(x, y, False)
    last = _widened(x, y, floor, _joined(whole))
    if last[0] == x and last[1] == y:
        return Horizon(x, y, False)
    longest = [(new[1] - new[0]) / (old[1] - old[0]) for new, old in zip(last, (x, y), strict=True) if new and old]
    if max(longest) <= STEADY:
        return Horizon(*last, False)
    return Horizon(*_widened(x, y, floor, _joined(now)), True)


def _extent(trace: Trace, name: str, x: Bounds, heights: Callable[[Numbers], Numbers], step: float) -> _Extent:
    """Return how far a run goes up to a step."""
    found = trace.summary(name, trace.info(name).first_step, step, POINTS)
    return _of(np.concatenate((found.low, found.high)), x, heights)


def _of(places: Numbers, x: Bounds, heights: Callable[[Numbers], Numbers]) -> _Extent:
    """Return how far some places go; those beyond the widest axis and those that are not finite do not count."""
    middle, half = (x[0] + x[1]) / 2, (x[1] - x[0]) / 2
    with np.errstate(all="ignore"):
        places = places[np.isfinite(places) & (np.abs(places - middle) <= half * WIDEST)]
        tall = heights(places) if places.size else places
    tall = tall[np.isfinite(tall)]
    reach = float(np.abs(places - middle).max(initial=0.0))
    return _Extent(reach, float(tall.min(initial=math.inf)), float(tall.max(initial=-math.inf)))


def _come(moment: Moment, run: str, name: str, x: Bounds, heights: Callable[[Numbers], Numbers]) -> _Extent:
    """Return how far a run has gone, on its way to the next row: always at least as far as its ball."""
    before = _extent(moment.trace(run), name, x, heights, moment.step(run))
    _, after, share = moment.between(name, run)
    if share <= 0:
        return before
    later = _joined([before, _of(np.array([float(after)]), x, heights)])
    detail = moment.detail(name, run)
    ahead = detail * ease(span(share, *ARROW)) + (1 - detail) * share
    mixed = (a + (b - a) * ahead if math.isfinite(a) else b for a, b in zip(before, later, strict=True))
    return _Extent(*mixed)


def _joined(extents: list[_Extent]) -> _Extent:
    """Return what holds all of them."""
    return _Extent(max(e.reach for e in extents), min(e.low for e in extents), max(e.high for e in extents))


def _widened(x: Bounds, y: Bounds | None, floor: float, extent: _Extent) -> tuple[Bounds, Bounds | None]:
    """Return axes that hold an extent, around the same middle; those asked for where these do."""
    middle, half = (x[0] + x[1]) / 2, (x[1] - x[0]) / 2
    out = max(0.0, extent.reach - half)
    # The room beyond grows with the excess, so that nothing jumps where the first place falls outside.
    half += out + min(out, SPARE * (half + out))
    wide = (middle - half, middle + half) if out > 0 else x
    if y is None:
        return wide, None
    low, high = y
    over = max(0.0, extent.high - high) if math.isfinite(extent.high) else 0.0
    under = max(0.0, low - extent.low) if math.isfinite(extent.low) else 0.0
    top = high + over + min(over, SPARE / 2 * (high + over - low))
    bottom = low - under - min(under, SPARE / 2 * (high - low + under))
    if over > 0 and low < floor < high:
        bottom = min(bottom, floor - (floor - low) * (top - floor) / (high - floor))
    return wide, (bottom, top)
