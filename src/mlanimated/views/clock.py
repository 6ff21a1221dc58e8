"""Clock: maps film time to the step of each trace.

A film begins with a pause on the start state, runs through what was recorded, stays a while at each event, and ends with a
pause on the result. `Clock` says how, in a few numbers; `Clock.timeline` works it out for given traces.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from mlanimated.errors import MlaError, did_you_mean
from mlanimated.trace import Trace
from mlanimated.trace.steps import ascending
from mlanimated.views.moment import Moment, Phase

__all__ = ["Clock", "Mark", "Timeline", "reading_time"]

KNOTS = 4096
"""A longer recording is sampled to this many rows: more than a film has frames."""


@dataclass(frozen=True)
class Mark:
    """An event on the film's time axis.

    Attributes:
        step: Step of the run at which it happened.
        name: Short name, for chapters.
        text: One sentence, for the caption; "" for none.
        run: Name of the run whose steps are meant; "" is the first.
    """

    step: float
    name: str
    text: str = ""
    run: str = ""


def reading_time(text: str) -> float:
    """Return the seconds it takes to read a caption: 20 letters a second, as subtitles are timed, and .6 s to find it."""
    return 0.6 + len(text) / 20 if text else 0.0


@dataclass(frozen=True, kw_only=True)
class Clock:
    """How film time runs over a training.

    Attributes:
        seconds: Length of the part in which steps pass, without pauses; None chooses 4 to 14 s from the number of rows.
        pace: "early" begins slowly and speeds up evenly; "even" gives each row the same time; the name of a scalar series
            gives time to the rows in proportion to how much that series changes (a third of the time is shared evenly).
        first: Seconds that the first row takes under "early", where the length of the film allows it.
        intro: Seconds that the start state stands.
        outro: Seconds that the result stands.
        hold: Seconds that the film stays at an event; longer where its caption needs it.
        align: What several runs have in common at a moment: "step", "progress" (each from its own first to its own
            last step), or the name of a scalar series such as an epoch or a loss: each run then stands where its series has come
            as far as the first run's.
        start: First step shown; None for the first recorded.
        stop: Last step shown; None for the last recorded.

    Raises:
        MlaError: A length is negative or not finite.
    """

    seconds: float | None = None
    pace: str = "early"
    first: float = 1.2
    intro: float = 1.0
    outro: float = 2.0
    hold: float = 0.6
    align: str = "step"
    start: float | None = None
    stop: float | None = None

    def __post_init__(self) -> None:
        for name in ("seconds", "first", "intro", "outro", "hold"):
            value = getattr(self, name)
            if value is not None and not (math.isfinite(value) and value >= 0):
                raise MlaError(f"The clock's {name} is {value}; it must be a number of seconds, 0 or more.")

    def timeline(self, traces: Mapping[str, Trace], marks: tuple[Mark, ...] = ()) -> Timeline:
        """Work out the times for these runs.

        Args:
            traces: The runs by name, the leading one first.
            marks: Events at which the film stays, in any order.

        Raises:
            MlaError: No run has a recorded step, or a named series does not exist.
        """
        if not traces:
            raise MlaError("A film needs at least one trace.")
        axis = self._axis(traces)
        rows, shares = self._shown(axis)
        times = self._row_times(rows, shares, next(iter(traces.values())))
        placed = sorted({_position(mark, axis, traces, self.align) for mark in marks})
        placed = [step for step in placed if rows[0] <= step <= rows[-1]]
        holds = self._holds(
            placed, np.interp(placed, rows, times) if placed else np.empty(0), marks, axis, traces, float(times[-1])
        )
        knot_times, knot_steps = _with_holds(rows, times, placed, holds, self.intro, self.outro)
        places = {name: _follow(name, axis, traces, knot_steps, self.align) for name in traces}
        return Timeline(
            traces=traces,
            knot_times=knot_times,
            knot_rows=np.interp(knot_steps, rows, np.arange(len(rows), dtype=np.float64)),
            knot_steps=places,
            intro=self.intro + (holds[0] if placed and placed[0] <= rows[0] else 0.0),
            outro=self.outro,
            marks=tuple(
                sorted(
                    (
                        (_time_of(_position(mark, axis, traces, self.align), knot_times, knot_steps), mark)
                        for mark in marks
                    ),
                    key=lambda pair: pair[0],
                )
            ),
        )

    def _axis(self, traces: Mapping[str, Trace]) -> NDArray[np.float64]:
        """Return the rows on the common axis: steps of all runs together, or shares of the first run's way."""
        if self.align == "step":
            steps = [trace.steps() for trace in traces.values()]
            merged = steps[0] if len(steps) == 1 else ascending(np.concatenate(steps))
        else:
            merged = next(iter(traces.values())).steps()
        if len(merged) == 0:
            raise MlaError("The trace is empty: nothing was recorded. Log at least one value before making a film.")
        return merged.astype(np.float64)

    def _shown(self, axis: NDArray[np.float64]) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
        """Return the rows between `start` and `stop`, at most KNOTS of them, and the share of all rows that has passed at each."""
        low = axis[0] if self.start is None else self.start
        high = axis[-1] if self.stop is None else self.stop
        rows = axis[(axis >= low) & (axis <= high)]
        if len(rows) == 0:
            raise MlaError(
                f"No step was recorded between {low:g} and {high:g}; the trace has {axis[0]:g} to {axis[-1]:g}."
            )
        last = len(rows) - 1
        # Rows near the beginning are kept one by one: under "early" each of them is seen.
        keep = np.unique(np.append(np.arange(min(256, last + 1)), np.linspace(0, last, KNOTS - 256).astype(np.int64)))
        return rows[keep], keep / max(1, last)

    def _row_times(self, rows: NDArray[np.float64], share: NDArray[np.float64], leader: Trace) -> NDArray[np.float64]:
        """Return the time of each row in seconds from the end of the intro, without holds."""
        if len(rows) == 1:
            return np.zeros(1)
        count = round(1 / share[1])
        seconds = self.seconds if self.seconds is not None else min(14.0, max(4.0, 0.45 * count))
        if self.pace == "even":
            return share * seconds
        if self.pace == "early":
            bend = _bend(self.first / seconds, count) if seconds > 0 else 0.0
            return share * seconds if bend == 0 else np.log1p(np.expm1(bend) * share) / bend * seconds
        if self.pace not in leader.names:
            meant = did_you_mean(self.pace, ("early", "even", *leader.names))
            raise MlaError(f"The clock's pace is {self.pace!r}; it is 'early', 'even' or the name of a series.{meant}")
        change = np.abs(np.diff(_values_at(leader, self.pace, rows)))
        change = np.where(np.isfinite(change), change, 0.0)
        weight = np.diff(share) / 3 + 2 / 3 * (change / change.sum() if change.sum() > 0 else np.diff(share))
        return np.concatenate([[0.0], np.cumsum(weight)]) / weight.sum() * seconds

    def _holds(
        self,
        placed: list[float],
        times: NDArray[np.float64],
        marks: tuple[Mark, ...],
        axis: NDArray[np.float64],
        traces: Mapping[str, Trace],
        end: float,
    ) -> list[float]:
        """Return how long the film stays at each place: the hold, or longer where a caption could not be read before the next."""
        needs = [0.0] * len(placed)
        for mark in marks:
            place = _position(mark, axis, traces, self.align)
            if place in placed:
                needs[placed.index(place)] += reading_time(mark.text)
        holds: list[float] = []
        for index, need in enumerate(needs):
            # A caption stands until the next one, over places at which nothing is said.
            after = next((later for later in range(index + 1, len(placed)) if needs[later]), len(placed))
            following = float(times[after]) if after < len(placed) else end + self.outro
            free = following - float(times[index]) + self.hold * (after - index - 1)
            if index == 0 and placed[0] <= axis[0]:
                free += self.intro
            holds.append(max(self.hold, need - free))
        return holds


@dataclass(frozen=True)
class Timeline:
    """A clock worked out for given traces: asked for a time, it gives the moment.

    Attributes:
        traces: The runs by name.
        knot_times: Film times in seconds, float64 (n,), ascending; between them all runs along straight lines.
        knot_rows: The row at each knot, float64 (n,).
        knot_steps: For each run the step at each knot, float64 (n,).
        intro: Seconds of the start state.
        outro: Seconds of the result.
        marks: Events with their film time in seconds, in order.
    """

    traces: Mapping[str, Trace]
    knot_times: NDArray[np.float64]
    knot_rows: NDArray[np.float64]
    knot_steps: Mapping[str, NDArray[np.float64]]
    intro: float
    outro: float
    marks: tuple[tuple[float, Mark], ...]

    @property
    def seconds(self) -> float:
        """Length of the film."""
        return float(self.knot_times[-1])

    def moment(self, time: float) -> Moment:
        """Return where each run stands at a film time in seconds; times outside the film are those of its ends."""
        time = min(max(time, 0.0), self.seconds)
        steps = {name: float(np.interp(time, self.knot_times, places)) for name, places in self.knot_steps.items()}
        ahead = min(time + 1 / 60, self.seconds)
        behind = max(ahead - 1 / 30, 0.0)
        span = ahead - behind or 1.0
        pace = {
            name: float(np.diff(np.interp([behind, ahead], self.knot_times, places))[0]) / span
            for name, places in self.knot_steps.items()
        }
        return Moment(self.traces, steps, time, self.seconds, self._phase(time), pace)

    def _phase(self, time: float) -> Phase:
        """Return what the learner does: it initializes, adjusts for the first time, repeats that, and is done."""
        if time < self.intro:
            return "initialize"
        if time >= self.seconds - self.outro:
            return "done"
        return "adjust" if float(np.interp(time, self.knot_times, self.knot_rows)) <= 1.0 else "repeat"


def _bend(part: float, count: int) -> float:
    """Return k such that the first of `count` rows takes this part of the time, log(1 + (e^k - 1) / count) / k.

    0 where even shares are as long: the pace then need not speed up.
    """
    part = min(part, 0.5)
    if part * count <= 1.0:
        return 0.0
    low, high = 0.0, 600.0
    for _ in range(80):
        middle = (low + high) / 2
        if middle > 0 and math.log1p(math.expm1(middle) / count) / middle < part:
            low = middle
        else:
            high = middle
    return (low + high) / 2


def _values_at(trace: Trace, name: str, steps: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return the last value of a scalar series at or before each step; NaN before the first. Shape (n,)."""
    known, values = _numbers(trace, name)
    index = np.searchsorted(known, steps, side="right") - 1
    return np.where(index >= 0, values[np.maximum(index, 0)], np.nan)


def _numbers(trace: Trace, name: str) -> tuple[NDArray[np.int64], NDArray[np.float64]]:
    """Return steps and values of a scalar series; both of shape (n,)."""
    kind = trace.info(name).kind
    if kind != "scalar":
        raise MlaError(f"The series {name!r} is of the kind {kind!r}; a clock needs one number a step.")
    series = trace.series(name)
    return series.steps, np.asarray(series.values, dtype=np.float64)


def _reach(trace: Trace, name: str) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Return steps and how far a series has come by then, made never to turn back; falling series are turned upside down."""
    known, values = _numbers(trace, name)
    keep = np.isfinite(values)
    steps, values = known[keep].astype(np.float64), values[keep]
    if len(values) == 0:
        raise MlaError(f"The series {name!r} has no finite values to align runs by.")
    sign = 1.0 if values[-1] >= values[0] else -1.0
    return steps, np.maximum.accumulate(sign * values)


def _follow(
    name: str, axis: NDArray[np.float64], traces: Mapping[str, Trace], steps: NDArray[np.float64], align: str
) -> NDArray[np.float64]:
    """Return the step of one run at each place of the common axis."""
    own = traces[name].steps().astype(np.float64)
    if len(own) == 0:
        return np.zeros(len(steps))
    leader = next(iter(traces))
    if align == "step":
        return np.clip(steps, own[0], own[-1])
    if name == leader:
        return steps
    if align == "progress":
        rows = np.arange(len(own)) / max(1, len(own) - 1)
        shares = np.interp(steps, axis, np.arange(len(axis)) / max(1, len(axis) - 1))
        return np.interp(shares, rows, own)
    lead_steps, lead_reach = _reach(traces[leader], align)
    own_steps, own_reach = _reach(traces[name], align)
    if (lead_reach[-1] >= lead_reach[0]) and len(own_reach) > 1:
        rising, first = np.unique(own_reach, return_index=True)
        return np.clip(np.interp(np.interp(steps, lead_steps, lead_reach), rising, own_steps[first]), own[0], own[-1])
    return np.clip(steps, own[0], own[-1])


def _position(mark: Mark, axis: NDArray[np.float64], traces: Mapping[str, Trace], align: str) -> float:
    """Return the place of an event on the common axis, whatever run it happened in."""
    leader = next(iter(traces))
    if align == "step" or mark.run in {"", leader} or mark.run not in traces:
        return float(mark.step)
    return float(np.interp(mark.step, _follow(mark.run, axis, traces, axis, align), axis))


def _with_holds(
    rows: NDArray[np.float64],
    times: NDArray[np.float64],
    placed: list[float],
    holds: list[float],
    intro: float,
    outro: float,
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Return knots (times, steps) of the whole film: intro, rows with a pause at each place, outro."""
    knots: list[tuple[float, float]] = [(0.0, float(rows[0]))]
    shift = intro
    events = list(zip(placed, holds, strict=True))
    for step, time in sorted(
        {
            *zip(rows.tolist(), times.tolist(), strict=True),
            *((place, float(np.interp(place, rows, times))) for place in placed),
        }
    ):
        knots.append((time + shift, step))
        while events and events[0][0] <= step:
            shift += events.pop(0)[1]
            knots.append((time + shift, step))
    knots.append((knots[-1][0] + outro, float(rows[-1])))
    return np.array([time for time, _ in knots]), np.array([step for _, step in knots])


def _time_of(step: float, times: NDArray[np.float64], steps: NDArray[np.float64]) -> float:
    """Return when a place of the common axis is first reached; places before the film begin with it."""
    index = int(np.searchsorted(steps, step, side="left"))
    if index <= 0 or step <= steps[0]:
        return 0.0
    if index >= len(steps):
        return float(times[-1])
    low, high = steps[index - 1], steps[index]
    return float(
        times[index - 1] + (times[index] - times[index - 1]) * ((step - low) / (high - low) if high > low else 1.0)
    )
