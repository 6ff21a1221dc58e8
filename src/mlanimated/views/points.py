"""Points: a scalar series as the points of a line, few enough to draw and true to every peak.

The points of a whole film are made once, from `Trace.summary`; a frame takes those up to its moment and adds the little that
is new. So a frame costs the same whether a thousand rows were recorded or a million, and points that are drawn stay where they are.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from mlanimated.trace import Trace
from mlanimated.views.cache import once
from mlanimated.views.source import Source

__all__ = ["Gap", "Head", "Points", "across", "gaps", "head", "points_of"]

Row = NDArray[np.float64]


@dataclass(frozen=True)
class Points:
    """The points of a line, and which of them are there at a step.

    A bucket that stands for one row is one point; of several rows it is two, the lowest and the highest value, in the order
    in which the values run.

    Attributes:
        x: float64 (n,), steps of the points.
        y: float64 (n,), values; not a number where the line has a gap.
        ends: int64 (buckets,), how many points there are up to each bucket, itself included.
        starts: int64 (buckets,), first step of each bucket.
        stops: int64 (buckets,), last step of each bucket.
        rows: int64 (buckets,), rows that each stands for.
        gaps: int64 (buckets,), how many of them are not finite.
        first: float64 (buckets,), value of the first row of each.
        smooth: float64 (buckets,), the smoothed value at the end of each; empty without smoothing.
        weights: float64 (buckets,), the weight that this value carries on; empty without smoothing.
        reach: Steps over which values are averaged; 0 without smoothing.
    """

    x: Row
    y: Row
    ends: NDArray[np.int64]
    starts: NDArray[np.int64]
    stops: NDArray[np.int64]
    rows: NDArray[np.int64]
    gaps: NDArray[np.int64]
    first: Row
    smooth: Row
    weights: Row
    reach: float

    def whole(self, step: float) -> int:
        """Return how many buckets lie wholly at or before a step."""
        return int(np.searchsorted(self.stops, step, side="right"))


@dataclass(frozen=True)
class Head:
    """What a line adds at a moment to its whole buckets.

    Attributes:
        x: Steps of the points after the last whole bucket, the moving end last.
        y: Their values.
        smooth: The smoothed value at the moving end; not a number without smoothing.
        told: The smoothed value at the last recorded row, to be read.
    """

    x: Row
    y: Row
    smooth: float
    told: float


@dataclass(frozen=True)
class Gap:
    """A stretch of rows that are not finite.

    Attributes:
        start: First step.
        stop: Last step.
        level: The last finite value before it, or the first one after it; not a number when there is neither.
        value: The first of its values: not a number, or an infinity.
        count: How many values.
    """

    start: float
    stop: float
    level: float
    value: float
    count: int


def points_of(source: Source, most: int, smooth: float, start: float, stop: float, *, keep: bool = True) -> Points:
    """Return the points of a series between two steps.

    Args:
        source: A scalar series that holds rows.
        most: About how many points there may be.
        smooth: The part of start..stop over which values are averaged; 0 for none.
        start: First step.
        stop: Last step.
        keep: They will be asked for again: work them out once for the trace.
    """
    if not keep:
        return _made(source, most, smooth * (stop - start), start, stop)
    key = ("points", source.name, most, smooth, start, stop)
    return once(source.trace, key, lambda: _made(source, most, smooth * (stop - start), start, stop))


def _made(source: Source, most: int, reach: float, start: float, stop: float) -> Points:
    """Read the summary and lay out its points."""
    few = source.info is not None and source.info.rows <= most
    found = source.trace.summary(source.name, start, stop, most if few else max(1, most // 2))
    single = found.rows == 1
    rising = ~(found.last < found.first)
    first_y = np.where(single, _finite(found.first), np.where(rising, found.low, found.high))
    second_y = np.where(rising, found.high, found.low)
    keep = np.column_stack((np.ones(len(found), dtype=bool), ~single)).ravel()
    x = np.column_stack((found.steps, found.stops)).astype(np.float64).ravel()[keep]
    y = np.column_stack((first_y, second_y)).ravel()[keep]
    ends = np.cumsum(np.where(single, 1, 2))
    averaged, weights = _averaged(found.stops, _middles(found.first, found.last), found.rows, reach)
    return Points(
        x,
        y,
        ends.astype(np.int64),
        found.steps,
        found.stops,
        found.rows,
        found.gaps,
        found.first,
        averaged,
        weights,
        reach,
    )


def _finite(values: Row) -> Row:
    return np.where(np.isfinite(values), values, np.nan)


def _middles(first: Row, last: Row) -> Row:
    """Return the mean of the first and the last value of each bucket, of the finite one where one is not."""
    first, last = _finite(first), _finite(last)
    return np.where(np.isnan(first), last, np.where(np.isnan(last), first, first / 2 + last / 2))


def _averaged(steps: NDArray[np.int64], values: Row, rows: NDArray[np.int64], reach: float) -> tuple[Row, Row]:
    """Return exponential averages over `reach` steps, weighted by rows and without a bias at the start, and their weights."""
    if reach <= 0 or not len(steps):
        return np.zeros(0), np.zeros(0)
    averages, weights = np.full(len(steps), np.nan), np.zeros(len(steps))
    total = weight = 0.0
    before = float(steps[0])
    for index, (step, value, count) in enumerate(zip(steps.tolist(), values.tolist(), rows.tolist(), strict=True)):
        fade = math.exp(-(step - before) / reach)
        total, weight, before = total * fade, weight * fade, step
        if math.isfinite(value):
            total, weight = total + value * count, weight + count
            averages[index] = total / weight
        weights[index] = weight
    return averages, weights


def head(source: Source, line: Points, step: float, moved: float, *, log: bool = False) -> Head:
    """Return what stands between a line's last whole bucket and the moment, its end gliding towards the next row.

    Args:
        source: The series.
        line: Its points over the whole film.
        step: Where the run stands.
        moved: How far the end has come from the last row to the next, 0..1, as `Moment.share` says.
        log: Glide along a logarithmic axis.
    """
    whole = line.whole(step)
    smooth = told = float(line.smooth[whole - 1]) if whole and len(line.smooth) else math.nan
    if not len(line.starts) or step < line.starts[0]:
        return Head(np.zeros(0), np.zeros(0), smooth, told)
    xs: list[float] = []
    ys: list[float] = []
    around = source.trace.around(source.name, step)
    before, after = _number(around.before), _number(around.after)
    gap = around.after_step - around.before_step
    share = moved if gap > 0 else 0.0
    if whole < len(line.starts) and line.starts[whole] <= step:
        part = source.trace.summary(source.name, float(line.starts[whole]), step, 1)
        if len(part) and int(part.rows.sum()) > 1:
            low, high = float(part.low[0]), float(part.high[0])
            xs += [float(part.steps[0]), float(part.stops[-1])]
            ys += [low, high] if not part.last[-1] < part.first[0] else [high, low]
        if len(part) and line.reach > 0:
            smooth = told = _carried(
                line, whole, part.stops[-1], float(_middles(part.first, part.last)[-1]), int(part.rows.sum())
            )
        xs.append(float(around.before_step))
        ys.append(before)
    if share > 0:
        # It moves along the stroke to the next row, so that a bend stays where it was recorded.
        xs.append(around.before_step + gap * share)
        ys.append(_mixed(before, after, share, log=log))
        if line.reach > 0 and whole < len(line.smooth) and line.rows[whole] == 1:
            smooth = _mixed(smooth, float(line.smooth[whole]), share, log=log)
    return Head(np.array(xs), np.array(ys), smooth, told)


def _carried(line: Points, whole: int, step: float, value: float, rows: int) -> float:
    """Return the smoothed value at a step inside of a bucket."""
    if whole == 0 or not math.isfinite(line.smooth[whole - 1]):
        return value
    weight = line.weights[whole - 1] * math.exp(-(step - line.stops[whole - 1]) / line.reach)
    if not math.isfinite(value):
        return float(line.smooth[whole - 1])
    return float((line.smooth[whole - 1] * weight + value * rows) / (weight + rows))


def _number(value: object) -> float:
    """Return a recorded value if it can be drawn."""
    number = float(value) if value is not None else math.nan  # pyright: ignore[reportArgumentType]
    return number if math.isfinite(number) else math.nan


def _mixed(low: float, high: float, share: float, *, log: bool) -> float:
    """Return what lies on the straight line that is drawn between two values."""
    if log:
        return low ** (1 - share) * high**share if low > 0 and high > 0 else math.nan
    return low + (high - low) * share


def gaps(line: Points) -> tuple[Gap, ...]:
    """Return the stretches of a line that are not finite, in order."""
    bad = np.flatnonzero(line.gaps)
    if not len(bad):
        return ()
    finite = np.flatnonzero(np.isfinite(line.y))
    found: list[Gap] = []
    for run in np.split(bad, np.flatnonzero(np.diff(bad) > 1) + 1):
        begin = int(line.ends[run[0]])
        before = finite[finite < begin]
        after = finite[finite >= begin]
        level = float(line.y[before[-1]] if len(before) else line.y[after[0]] if len(after) else math.nan)
        first = float(line.first[run[0]])
        found.append(
            Gap(
                float(line.starts[run[0]]),
                float(line.stops[run[-1]]),
                level,
                math.nan if math.isfinite(first) else first,
                int(line.gaps[run].sum()),
            )
        )
    return tuple(found)


def across(source: Source, steps: Row, x: str) -> Row:
    """Return where steps stand along the x axis.

    Args:
        source: The series that is drawn.
        steps: Steps, with fractions.
        x: "step", "time" for seconds since the start, or the name of a scalar series of the same run.
    """
    if x == "step":
        return steps
    known, places = once(
        source.trace, ("across", source.name if x == "time" else x, x), lambda: _places(source.trace, source.name, x)
    )
    return np.interp(steps, known, places) if len(known) else np.full(len(steps), np.nan)


def _places(trace: Trace, name: str, x: str) -> tuple[Row, Row]:
    """Read the steps of a series and what stands on the x axis for each."""
    rows = trace.series(name if x == "time" else x)
    places = np.asarray(rows.times if x == "time" else rows.values, dtype=np.float64)
    finite = np.isfinite(places)
    return rows.steps.astype(np.float64)[finite], places[finite]
