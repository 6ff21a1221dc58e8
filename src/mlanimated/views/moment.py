"""Moment: where each trace stands at one time of the film. It is all that a view sees."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Literal, cast

import numpy as np
from numpy.typing import NDArray

from mlanimated.draw.ease import ease
from mlanimated.errors import MlaError, did_you_mean
from mlanimated.trace import Trace

__all__ = ["Moment", "Phase"]

Phase = Literal["initialize", "adjust", "repeat"]


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

    def eased(self, name: str, run: str = "") -> Any:
        """Return a value that glides between the recorded ones: for what moves, not for what is read.

        Numbers and float arrays are mixed; text, pictures and values that are not finite jump.
        """
        before, after, share = self.between(name, run)
        if share <= 0.0 or isinstance(before, str):
            return before
        mix = ease(share)
        if isinstance(before, (int, float)):
            return before + (after - before) * mix if math.isfinite(before) and math.isfinite(after) else before
        if isinstance(before, np.ndarray):
            values = cast("NDArray[Any]", before)
            return values + (after - values) * mix if values.dtype.kind == "f" else values
        return before
