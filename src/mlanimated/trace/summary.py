"""The pyramid: a scalar series in ever coarser buckets, so that drawing a million rows costs what a thousand do.

A bucket of level k stands for 16**k neighbouring rows. Buckets are stored in chunks of about a thousand, made while
recording; each covers whole chunks of the level below. A summary takes whole buckets of the coarsest level that is still fine
enough, and finer ones only at its two edges and behind the last finished chunk, so it is exact and reads few chunks at any length.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt

from mlanimated.trace.codec import decode_integers, decode_parts, decode_values, encode_integers, encode_parts, encode_values
from mlanimated.trace.records import Summary

__all__ = ["BUCKET", "CHUNK", "RADIX", "Finished", "Pyramid", "buckets_of_rows", "decode_buckets", "encode_buckets", "fold", "fold_to_width", "level_for"]

RADIX = 16
CHUNK = 1024
_INTEGERS = ("step", "stop", "rows", "gaps")
_FLOATS = ("low", "high", "first", "last")
BUCKET = np.dtype([(name, "<i8") for name in _INTEGERS] + [(name, "<f8") for name in _FLOATS])

Buckets = npt.NDArray[Any]


class Finished(NamedTuple):
    """A chunk of buckets, ready to be stored.

    Attributes:
        level: 1 or more.
        start: Row of the series at which it starts.
        span: How many rows it stands for.
        buckets: The buckets, of dtype BUCKET.
    """

    level: int
    start: int
    span: int
    buckets: Buckets


class Pyramid:
    """Makes the coarser levels of one series while it is recorded."""

    def __init__(self) -> None:
        self._open: list[list[Finished]] = []

    def add(self, level: int, start: int, span: int, buckets: Buckets) -> Iterator[Finished]:
        """Take a stored chunk of a level (0: the rows themselves) and give every chunk of coarser levels that is now complete."""
        if level == len(self._open):
            self._open.append([])
        waiting = self._open[level]
        waiting.append(Finished(level + 1, start, span, fold(buckets, np.arange(0, len(buckets), RADIX))))
        if sum(len(part.buckets) for part in waiting) < CHUNK:
            return
        whole = Finished(
            level + 1, waiting[0].start, sum(part.span for part in waiting), np.concatenate([part.buckets for part in waiting])
        )
        waiting.clear()
        yield whole
        yield from self.add(level + 1, whole.start, whole.span, whole.buckets)


def buckets_of_rows(steps: npt.NDArray[np.int64], values: npt.NDArray[Any]) -> Buckets:
    """Return each row as a bucket of its own."""
    buckets = np.empty(len(steps), BUCKET)
    numbers = values.astype(np.float64)
    finite = np.isfinite(numbers)
    buckets["step"] = buckets["stop"] = steps
    buckets["rows"] = 1
    buckets["gaps"] = ~finite
    buckets["first"] = buckets["last"] = numbers
    buckets["low"] = buckets["high"] = np.where(finite, numbers, np.nan)
    return buckets


def fold(buckets: Buckets, starts: npt.NDArray[np.int64]) -> Buckets:
    """Join neighbouring buckets: one for each entry of `starts`, from there up to the next entry."""
    folded = np.empty(len(starts), BUCKET)
    if len(starts):
        ends = np.append(starts[1:], len(buckets)) - 1
        folded["step"], folded["first"] = buckets["step"][starts], buckets["first"][starts]
        folded["stop"], folded["last"] = buckets["stop"][ends], buckets["last"][ends]
        folded["rows"] = np.add.reduceat(buckets["rows"], starts)
        folded["gaps"] = np.add.reduceat(buckets["gaps"], starts)
        folded["low"] = np.fmin.reduceat(buckets["low"], starts)
        folded["high"] = np.fmax.reduceat(buckets["high"], starts)
    return folded


def fold_to_width(buckets: Buckets, start: float, stop: float, points: int) -> Summary:
    """Join buckets until at most `points` are left: one for each of as many equal stretches of start..stop that holds any."""
    if len(buckets) > points:
        width = max(stop - start, 1e-300)
        column = np.minimum((buckets["step"] - start) * (points / width), points - 1).astype(np.int64)
        buckets = fold(buckets, np.flatnonzero(np.diff(column, prepend=column[0] - 1)))
    return Summary(
        steps=buckets["step"].astype(np.int64),
        low=buckets["low"].astype(np.float64),
        high=buckets["high"].astype(np.float64),
        first=buckets["first"].astype(np.float64),
        last=buckets["last"].astype(np.float64),
        rows=buckets["rows"].astype(np.int64),
        stops=buckets["stop"].astype(np.int64),
        gaps=buckets["gaps"].astype(np.int64),
    )


def level_for(rows: int, points: int) -> int:
    """Return the coarsest level that still has two buckets for each point."""
    return max(0, math.floor(math.log(rows / (2 * points), RADIX))) if rows > 2 * points else 0


def gather(level: int, first: int, last: int, chunks: Callable[[int, int, int], Iterator[tuple[int, Buckets]]]) -> list[Buckets]:
    """Return buckets that together stand for exactly the rows first..last-1, as coarse as `level` where possible.

    Args:
        level: The level to begin with.
        first: First row, counted from the beginning of the series.
        last: Row after the last.
        chunks: Gives (row at which it starts, buckets) of each chunk of a level that holds some of the rows, in order.
    """
    if first >= last:
        return []
    if level == 0:
        return [part for _, part in chunks(0, first, last)]
    parts: list[Buckets] = []
    done = first
    for start, buckets in chunks(level, first, last):
        ends = start + np.cumsum(buckets["rows"])
        begins = ends - buckets["rows"]
        inside = np.flatnonzero((begins >= done) & (ends <= last))
        if not len(inside):
            continue
        parts += gather(level - 1, done, int(begins[inside[0]]), chunks)
        parts.append(buckets[inside[0] : inside[-1] + 1])
        done = int(ends[inside[-1]])
    return parts + gather(level - 1, done, last, chunks)


def encode_buckets(buckets: Buckets) -> bytes:
    """Encode a chunk of buckets."""
    columns = [encode_integers(np.ascontiguousarray(buckets[name])) for name in _INTEGERS]
    columns += [encode_values(buckets[name], squeeze=True) for name in _FLOATS]
    return encode_parts(columns)


def decode_buckets(data: bytes) -> Buckets:
    """Decode what `encode_buckets` made."""
    columns = decode_parts(data)
    first = decode_integers(columns[0])
    buckets = np.empty(len(first), BUCKET)
    for name, column in zip(_INTEGERS, columns, strict=False):
        buckets[name] = decode_integers(column)
    for name, column in zip(_FLOATS, columns[len(_INTEGERS) :], strict=True):
        buckets[name] = decode_values(column, len(first), ())
    return buckets
