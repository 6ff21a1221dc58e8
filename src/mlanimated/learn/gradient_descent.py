"""Gradient descent on y = (x − 10)², one number, by hand (chapter 2).

Recorded at each step: `x`, `y`, `gradient`, `learning_rate`. Step n is the place after n steps, step 0 the start.
"""

from __future__ import annotations

import itertools
import math
from collections.abc import Iterator, Mapping, Sequence
from typing import Annotated, Any, Literal

from msgspec import Meta, Struct

from mlanimated.learn.surfaces import BOTTOM, height, slope
from mlanimated.learn.words import number
from mlanimated.trace import Recorder

__all__ = ["Args", "Outcome", "outcome", "train"]

Outcome = Literal["converged", "oscillated", "oscillating", "diverged", "too slow"]

FLAT = 0.01  # a slope below this part of the first one counts as flat
HALF = 0.5
FAR = 1e3  # times the first distance: further out the numbers mean nothing and training ends


class Args(Struct, frozen=True, kw_only=True):
    """Hyperparameters."""

    learning_rate: Annotated[float, Meta(gt=0, le=2, description="How far each step goes: this part of the slope.")] = (
        0.1
    )
    steps: Annotated[int, Meta(ge=1, le=100_000, description="Steps to take.")] = 30
    start: Annotated[float, Meta(ge=-1000, le=1000, description="The x at which the ball is put down.")] = 1.2345


def train(args: Args, recorder: Recorder, resume: Mapping[str, Any] | None = None) -> float:
    """Walk down the slope and return the last x.

    Args:
        args: The hyperparameters.
        recorder: Takes the series and events, and offers `learning_rate` to whoever watches.
        resume: A checkpoint of an earlier run to go on from; the hyperparameters are those of `args`, so a branch may change them.

    Raises:
        Stopped: Someone who watches asked for it.
    """
    rate = recorder.control("learning_rate", args.learning_rate, minimum=0.0, maximum=2.0)
    xs = [float(x) for x in resume["xs"]] if resume else [args.start]
    story = Story(recorder, args.steps)

    def keep(step: int) -> None:
        x = xs[step]
        recorder.log({"x": x, "y": height(x), "gradient": slope(x), "learning_rate": rate.value}, step=step)
        if resume is None or step >= len(resume["xs"]):
            story.tell(xs, rate.value)
        recorder.tick(step, state=lambda: {"xs": list(xs)})

    keep(len(xs) - 1)
    while len(xs) <= args.steps and abs(xs[-1] - BOTTOM) <= FAR * max(1.0, abs(xs[0] - BOTTOM)):
        x = xs[-1]
        x = x - rate.value * slope(x)  # the adjusting of "initialize, adjust, repeat"
        xs.append(x)
        keep(len(xs) - 1)
    return xs[-1]


def outcome(xs: Sequence[float]) -> Outcome:
    """Return how a descent went, from the places alone.

    "diverged": the slope is steeper than at the start. "converged": it is flat (below a hundredth of the first one);
    "oscillated" when it got there from side to side. "oscillating": from side to side, not yet there. "too slow": none of these.
    """
    slopes = [slope(x) for x in xs]
    first, last = abs(slopes[0]), abs(slopes[-1])
    sideways = _turns(xs) > (len(xs) - 1) / 2
    if not math.isfinite(last) or last > first:
        return "diverged"
    if last <= FLAT * first:
        return "oscillated" if sideways else "converged"
    return "oscillating" if sideways else "too slow"


class Story:
    """Finds the moments that a film should dwell on and says them in plain words, one at a step at the most."""

    def __init__(self, recorder: Recorder, steps: int) -> None:
        self.recorder = recorder
        self.steps = steps
        self.told: set[str] = set()

    def tell(self, xs: Sequence[float], rate: float) -> None:
        """Record an event when the newest place of `xs` is worth one."""
        step = len(xs) - 1
        news = list(self._news(step, xs, rate))
        if news:
            self.recorder.event(*news[-1], step=step)
        self.told.update(name for name, _ in news)

    def _news(self, step: int, xs: Sequence[float], rate: float) -> Iterator[tuple[str, str]]:
        """Yield name and text of what happens at this step for the first time, the most important last."""
        x = xs[-1]
        if step == 0:
            side = "falls to the right" if slope(x) < 0 else "rises to the right" if slope(x) > 0 else "is flat"
            yield (
                "initialize",
                f"Start at x = {number(x, 2)}: the curve {side}, its slope is {number(slope(x), 2)}.",
            )
            return
        before = xs[-2]
        left, left_before = (abs(at - BOTTOM) / (abs(xs[0] - BOTTOM) or 1.0) for at in (x, before))
        across = slope(x) * slope(before) < 0
        if step == 1:
            yield "first step", self._first(xs, rate)
        if across and step > 1 and _turns(xs) == 1:
            yield "overshoot", f"Too far: the step jumped over the bottom, to x = {number(x, 2)}."
        if left <= HALF < left_before:
            shorter = abs(x - before) < abs(xs[1] - xs[0])
            why = " On flatter ground the steps get shorter." if shorter else ""
            yield "half way", f"Half of the way after {_steps(step)}.{why}"
        if across and "oscillating" not in self.told and _turns(xs[-5:]) == 4:
            height_now = "lower each time" if left < left_before else "higher each time"
            yield (
                "oscillating",
                f"It oscillates: every step jumps across the bottom, {height_now}.",
            )
        if left > 1.0 and left > left_before and "diverging" not in self.told:
            yield (
                "diverging",
                f"It diverges: this step landed higher up than the start, at x = {number(x, 1)}.",
            )
        if left <= FLAT < left_before:
            how = ", from side to side," if outcome(xs) == "oscillated" else ""
            yield (
                "converged",
                f"Converged{how} after {_steps(step)}: the slope is below a hundredth of the first one, {number(slope(xs[0]), 2)}.",
            )
        if step == self.steps or left > FAR:
            yield "result", self._result(step, xs)

    def _first(self, xs: Sequence[float], rate: float) -> str:
        """Return the sentence about the first step."""
        start, x = xs[0], xs[1]
        decimals = 2 if abs(x - start) >= 0.01 else 4
        verb = "jumped over the bottom" if slope(x) * slope(start) < 0 else "moved"
        fell = "fell" if height(x) < height(start) else "rose"
        return (
            f"The first step: {number(rate)} × the slope, downhill. x {verb} to {number(x, decimals)}, "
            f"y {fell} from {number(height(start), 1)} to {number(height(x), 1)}."
        )

    def _result(self, step: int, xs: Sequence[float]) -> str:
        """Return one sentence for the end."""
        x, result = xs[-1], outcome(xs)
        if result == "diverged":
            return f"Diverged: after {step} steps x is {number(abs(x - BOTTOM), 1)} away from the bottom, further than at the start."
        if result == "oscillating":
            return (
                f"After {step} steps it still jumps from side to side: x = {number(x, 2)}, y = {number(height(x), 2)}."
            )
        if result == "too slow":
            ratio = abs(slope(x) / slope(xs[-2])) if slope(xs[-2]) else 1.0
            need = math.log(FLAT) / math.log(ratio) if 0.0 < ratio < 1.0 else math.inf
            rest = (
                f"at this rate it would need about {number(need, 0)}" if math.isfinite(need) else "it comes no closer"
            )
            return f"Too slow: after {step} steps x is only at {number(x, 2)}; {rest}."
        how = "jumping from side to side all the way" if result == "oscillated" else "in ever shorter steps"
        return f"After {step} steps, {how}: x = {number(x, 2)}, y = {number(height(x), 4)}."


def _steps(count: int) -> str:
    """Return "1 step" or "2 steps"."""
    return f"{number(count)} step{'' if count == 1 else 's'}"


def _turns(xs: Sequence[float]) -> int:
    """Return how often a step went across the bottom."""
    return sum(1 for before, after in itertools.pairwise(xs) if slope(before) * slope(after) < 0)
