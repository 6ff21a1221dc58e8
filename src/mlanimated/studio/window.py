"""Window: the part of a trace between two steps, which views draw as if it were the whole. It is how one looks closer."""

from __future__ import annotations

import math
from typing import Any, cast

import numpy as np
import numpy.typing as npt

from mlanimated.trace import Around, Event, Series, SeriesInfo, Summary, Trace

__all__ = ["Window"]

BUCKETS = 512


class Window:
    """What views ask a trace, answered for the rows of start <= step <= stop. Costs the same however long the trace is.

    Args:
        trace: The trace.
        start: First step.
        stop: Last step.
    """

    def __init__(self, trace: Trace, start: float, stop: float) -> None:
        self._trace, self._start, self._stop = trace, min(start, stop), max(start, stop)
        self._infos: dict[str, SeriesInfo] = {}
        self._version = -1

    def as_trace(self) -> Trace:
        """Return it as views take it: it answers all that they ask."""
        return cast("Trace", self)

    @property
    def version(self) -> int:
        """That of the trace."""
        return self._trace.version

    @property
    def finished(self) -> bool:
        """False, so that a series without rows here is drawn empty and is no mistake."""
        return False

    @property
    def names(self) -> tuple[str, ...]:
        """The series that have rows here."""
        return tuple(name for name in self._trace.names if self.info(name).rows)

    @property
    def events(self) -> tuple[Event, ...]:
        """The events that lie here."""
        return tuple(event for event in self._trace.events if self._start <= event.step <= self._stop)

    @property
    def first_step(self) -> int:
        """The first step of the window at which anything was recorded."""
        return int(self.steps()[0])

    @property
    def last_step(self) -> int:
        """The last one."""
        return int(self.steps()[-1])

    def info(self, name: str) -> SeriesInfo:
        """Return what is known of the rows of a series that lie here."""
        if self._version != self._trace.version:
            self._infos, self._version = {}, self._trace.version
        if name not in self._infos:
            self._infos[name] = self._read(name)
        return self._infos[name]

    def bounds(self, name: str) -> tuple[float, float]:
        """Return the smallest and largest finite value here."""
        info = self.info(name)
        return info.low, info.high

    def series(self, name: str, start: float | None = None, stop: float | None = None) -> Series:
        """Return the rows of a series that lie here and in a range."""
        low = self._start if start is None else max(start, self._start)
        high = self._stop if stop is None else min(stop, self._stop)
        return self._trace.series(name, low, high)

    def steps(self, name: str | None = None) -> npt.NDArray[np.int64]:
        """Return the steps that lie here."""
        steps = self._trace.steps(name)
        return steps[np.searchsorted(steps, self._start) : np.searchsorted(steps, self._stop, side="right")]

    def value(self, name: str, step: float) -> Any:
        """Return the last value at or before a step of the window."""
        return self._trace.value(name, min(step, self._stop))

    def around(self, name: str, step: float) -> Around:
        """Return the rows on either side of a step of the window."""
        return self._trace.around(name, min(step, self._stop))

    def summary(self, name: str, start: float, stop: float, points: int) -> Summary:
        """Return the rows of a range, as far as they lie here, in few buckets."""
        return self._trace.summary(name, max(start, self._start), min(stop, self._stop), points)

    def _read(self, name: str) -> SeriesInfo:
        info = self._trace.info(name)
        if info.kind == "scalar":
            part = self._trace.summary(name, self._start, self._stop, BUCKETS)
            if not len(part):
                return info._replace(rows=0, low=math.nan, high=math.nan)
            low, high = part.low[np.isfinite(part.low)], part.high[np.isfinite(part.high)]
            return info._replace(
                rows=int(part.rows.sum()),
                first_step=int(part.steps[0]),
                last_step=int(part.stops[-1]),
                low=float(low.min()) if len(low) else math.nan,
                high=float(high.max()) if len(high) else math.nan,
                gaps=int(part.gaps.sum()),
            )
        first, last = max(info.first_step, math.ceil(self._start)), min(info.last_step, math.floor(self._stop))
        return info._replace(rows=info.rows if first <= last else 0, first_step=first, last_step=max(first, last))

    def __getattr__(self, name: str) -> Any:
        return getattr(self._trace, name)
