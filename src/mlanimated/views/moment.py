"""Moment: where each trace stands at one time of the film. It is all that a view sees."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Literal, cast

import numpy as np
from numpy.typing import NDArray

from mlanimated.draw.ease import ease, span
from mlanimated.errors import MlaError, did_you_mean
from mlanimated.trace import Trace

__all__ = ["FAST", "MOVE", "SLOW", "Moment", "Phase"]

Phase = Literal["initialize", "adjust", "repeat", "done"]

SLOW, FAST = 0.7, 0.3
"""Seconds that a step takes: at SLOW and above it is told in full, at FAST and below not at all."""

MOVE = (0.54, 0.96)
"""Shares of a slow step between which things move: its cause is shown before."""


@dataclass(frozen=True)
class Moment:
    """A time of a film and the step at which each run stands.

    Attributes:
        traces: The runs by name; the first one is meant where a view names none.
        steps: For each run its step. Between two recorded steps it has a fraction: 3.5 is half way from step 3 to step 4.
        time: Film time in seconds.
        seconds: Length of the film.
        phase: What the learner does now, for the ribbon.
    """

    traces: Mapping[str, Trace]
    steps: Mapping[str, float]
    time: float = 0.0
    seconds: float = 1.0
    phase: Phase = "repeat"
    pace: Mapping[str, float] = field(default_factory=dict[str, float])

    def run(self, run: str = "") -> str:
        """Return the name of the run that `run` means; the first one for "".

        Raises:
            MlaError: There is no run of that name.
        """
        if run in self.traces:
            return run
        if not run and self.traces:
            return next(iter(self.traces))
        raise MlaError(f"This film has no run named {run!r}.{did_you_mean(run, self.traces)}")

    def trace(self, run: str = "") -> Trace:
        """Return the trace of a run."""
        return self.traces[self.run(run)]

    def step(self, run: str = "") -> float:
        """Return the step at which a run stands; it may have a fraction."""
        return self.steps[self.run(run)]

    def rate(self, run: str = "") -> float:
        """Return how many steps of a run pass in a second of film now; 0 where the film stands still."""
        return self.pace.get(self.run(run), 0.0)

    def value(self, name: str, run: str = "") -> Any:
        """Return the last recorded value of a series, or None before the first. Read numbers with this: nothing is invented."""
        return self.trace(run).value(name, self.step(run))

    def between(self, name: str, run: str = "") -> tuple[Any, Any, float]:
        """Return the recorded values around this moment and how far it has come from one to the other, 0..1, not eased.

        Before the first row both are the first, after the last both are the last.
        """
        step = self.step(run)
        around = self.trace(run).around(name, step)
        gap = around.after_step - around.before_step
        share = (step - around.before_step) / gap if gap > 0 else 0.0
        return around.before, around.after, min(1.0, max(0.0, share))

    def detail(self, name: str, run: str = "") -> float:
        """Return how fully the way from one row of a series to the next can be told now, 0..1: by the seconds that it takes.

        1 while the film is slow enough to show cause before effect, 0 where rows rush by.
        """
        rate = self.rate(run)
        if rate <= 0.0:
            return 1.0
        around = self.trace(run).around(name, self.step(run))
        return span((around.after_step - around.before_step) / rate, FAST, SLOW)

    def share(self, name: str, run: str = "") -> float:
        """Return how far things have moved from one recorded row to the next, 0..1, eased.

        While the film is slow, all rest at the recorded row first, where numbers and pictures agree, and move together in
        the second half (`MOVE`); while it is fast, they move evenly.
        """
        share = self.between(name, run)[2]
        if share <= 0.0 or share >= 1.0:
            return share
        detail = self.detail(name, run)
        return detail * ease(span(share, *MOVE)) + (1 - detail) * share

    def eased(self, name: str, run: str = "") -> Any:
        """Return a value that glides between the recorded ones: for what moves, not for what is read.

        Numbers and float arrays are mixed, by `share`; text, pictures and what is not finite before or after jump.
        """
        before, after, _ = self.between(name, run)
        mix = self.share(name, run)
        if mix <= 0.0 or isinstance(before, str):
            return before
        if isinstance(before, (int, float)):
            return before + (after - before) * mix if math.isfinite(before) and math.isfinite(after) else before
        if isinstance(before, np.ndarray):
            return _mixed(cast("NDArray[Any]", before), cast("NDArray[Any]", after), mix)
        return before


def _mixed(before: NDArray[Any], after: NDArray[Any], mix: float) -> NDArray[Any]:
    """Return an array between two of the same shape; where either is not finite, and where they are no floats, the first."""
    if before.dtype.kind != "f":
        return before
    with np.errstate(invalid="ignore"):
        return np.where(np.isfinite(before) & np.isfinite(after), before + (after - before) * mix, before)
