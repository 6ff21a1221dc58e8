"""The pyramid: a scalar series in ever coarser buckets, so that drawing a million rows costs what a thousand do.

A bucket of level k stands for 16**k neighbouring rows. Buckets are stored in chunks of about a thousand, made while
recording; each covers whole chunks of the level below. A summary takes whole buckets of the coarsest level that is still fine
enough, and finer ones only at its two edges and behind the last finished chunk, so it is exact and reads few chunks at any length.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Sequence
from typing import Any, NamedTuple, Self

import numpy as np
import numpy.typing as npt

from mlanimated.trace.codec import (
    decode_integers,
    decode_parts,
    decode_values,
    encode_integers,
    encode_parts,
    encode_values,
)
from mlanimated.trace.records import Summary

__all__ = ["CHUNK", "RADIX", "Buckets", "Finished", "Pyramid", "fold", "fold_to_width", "gather", "level_for"]

RADIX = 16
CHUNK = 1024
_INTEGERS = 4

_Integers = npt.NDArray[np.int64]
_Floats = npt.NDArray[np.float64]


class Buckets(NamedTuple):
    """Neighbouring rows summed up, one entry of each array for each bucket.

    Attributes:
        step: int64, step of the first row.
        stop: int64, step of the last row.
        rows: int64, how many rows.
        gaps: int64, how many of them are NaN or infinite.
        low: float64, smallest finite value; infinity where there is none.
        high: float64, largest finite value; minus infinity where there is none.
        first: float64, value of the first row.
        last: float64, value of the last row.
    """

    step: _Integers
    stop: _Integers
    rows: _Integers
    gaps: _Integers
    low: _Floats
    high: _Floats
    first: _Floats
    last: _Floats

    @classmethod
    def of(cls, steps: _Integers, values: npt.NDArray[Any]) -> Self:
        """Return each row as a bucket of its own."""
        numbers = values.astype(np.float64, copy=False)
        finite = np.isfinite(numbers)
        if finite.all():
            return cls(steps, steps, np.ones_like(steps), np.zeros_like(steps), numbers, numbers, numbers, numbers)
        low, high = np.where(finite, numbers, np.inf), np.where(finite, numbers, -np.inf)
        return cls(steps, steps, np.ones_like(steps), (~finite).astype(np.int64), low, high, numbers, numbers)

    @classmethod
    def join(cls, parts: Sequence[Buckets]) -> Self:
        """Return the buckets of several parts, one after the other."""
        if not parts:
            return cls.of(np.empty(0, np.int64), np.empty(0))
        return cls._make(
            parts[0] if len(parts) == 1 else (np.concatenate(column) for column in zip(*parts, strict=True))
        )

    @classmethod
    def decode(cls, data: bytes) -> Self:
        """Decode what `encode` made."""
        columns = decode_parts(data)
        first = decode_integers(columns[0])
        integers = [first, *(decode_integers(column, len(first)) for column in columns[1:_INTEGERS])]
        floats = [decode_values(column, len(first), ()) for column in columns[_INTEGERS:]]
        return cls._make([*integers, *floats])

    def encode(self) -> bytes:
        """Return the buckets as few bytes."""
        integers = [encode_integers(column) for column in (self.step, self.stop, self.rows, self.gaps)]
        floats = [encode_values(column, squeeze=True) for column in (self.low, self.high, self.first, self.last)]
        return encode_parts(integers + floats)

    def cut(self, first: int, last: int) -> Buckets:
        """Return the buckets first..last-1."""
        return Buckets._make(column[first:last] for column in self)

    @property
    def size(self) -> int:
        """How many buckets there are."""
        return len(self.step)


class Finished(NamedTuple):
    """A chunk of buckets, ready to be stored.

    Attributes:
        level: 1 or more.
        start: Row of the series at which it starts.
        span: How many rows it stands for.
        buckets: The buckets.
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
        """Take a stored chunk of a level (0: the rows themselves) and give every chunk of coarser levels that is now whole."""
        while level >= len(self._open):
            self._open.append([])
        waiting = self._open[level]
        waiting.append(Finished(level + 1, start, span, fold(buckets, np.arange(0, buckets.size, RADIX))))
        if sum(part.buckets.size for part in waiting) < CHUNK:
            return
        joined = Buckets.join([part.buckets for part in waiting])
        whole = Finished(level + 1, waiting[0].start, sum(part.span for part in waiting), joined)
        waiting.clear()
        yield whole
        yield from self.add(*whole)


def fold(buckets: Buckets, starts: _Integers) -> Buckets:
    """Join neighbouring buckets: one for each entry of `starts`, from there up to the next entry."""
    if not len(starts):
        return buckets.cut(0, 0)
    ends = np.append(starts[1:], buckets.size) - 1
    return Buckets(
        buckets.step[starts],
        buckets.stop[ends],
        np.add.reduceat(buckets.rows, starts),
        np.add.reduceat(buckets.gaps, starts),
        np.minimum.reduceat(buckets.low, starts),
        np.maximum.reduceat(buckets.high, starts),
        buckets.first[starts],
        buckets.last[ends],
    )


def fold_to_width(buckets: Buckets, start: float, stop: float, points: int) -> Summary:
    """Join buckets until at most `points` are left: one for each of as many equal stretches of start..stop that holds any."""
    if buckets.size > points:
        # A bucket lies where its first step lies. Steps ascend, so only the edges of the stretches have to be looked for.
        edges = start + (stop - start) * (np.arange(points) / points)
        starts = np.searchsorted(buckets.step, edges)
        starts[0] = 0
        starts = np.unique(starts[starts < buckets.size])
        buckets = fold(buckets, starts)
    return Summary(
        steps=buckets.step,
        low=np.where(np.isinf(buckets.low), np.nan, buckets.low),
        high=np.where(np.isinf(buckets.high), np.nan, buckets.high),
        first=buckets.first,
        last=buckets.last,
        rows=buckets.rows,
        stops=buckets.stop,
        gaps=buckets.gaps,
    )


def level_for(rows: int, points: int) -> int:
    """Return the coarsest level that still has two buckets for each point."""
    return max(0, math.floor(math.log(rows / (2 * points), RADIX))) if rows > 2 * points else 0


def gather(
    level: int, first: int, last: int, chunks: Callable[[int, int, int], Iterator[tuple[int, int, Buckets]]]
) -> list[Buckets]:
    """Return buckets that together stand for exactly the rows first..last-1, as coarse as `level` where possible.

    Args:
        level: The level to begin with.
        first: First row, counted from the beginning of the series.
        last: Row after the last.
        chunks: Gives (row at which it starts, rows it stands for, buckets) of each chunk of a level that holds some of the
            rows, in order; of level 0 only those rows.
    """
    if first >= last:
        return []
    if level == 0:
        return [part for _, _, part in chunks(0, first, last)]
    parts: list[Buckets] = []
    done = first
    for start, span, buckets in chunks(level, first, last):
        # Of rows that were thinned before they were summed up, fewer are counted than the chunk stands for.
        ends = np.cumsum(buckets.rows)
        begins = start + (ends - buckets.rows) * span // ends[-1]
        ends = start + ends * span // ends[-1]
        low, high = int(np.searchsorted(begins, done)), int(np.searchsorted(ends, last, "right"))
        if low < high:
            parts += gather(level - 1, done, int(begins[low]), chunks)
            parts.append(buckets.cut(low, high))
            done = int(ends[high - 1])
    return parts + gather(level - 1, done, last, chunks)
