"""Universal approximation: with enough units one hidden layer follows any continuous curve, each unit being one bend.

G. Cybenko, 1989; for rectified units M. Leshno et al., 1993. A network x → `units` rectified units → y learns a curve with waves, a corner
and a steep slope. The units' bends are spread evenly at first. Forward pass, gradient and Adam are written out.

Recorded: `loss`, the mean squared error over `GRID`; `prediction` (GRID,); `worst`, the largest distance between the curves; `bends`
(units,), the places at which units switch on or off, those outside of the grid too; at step 0 `x` and `target` (GRID,).
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Any, NamedTuple

import numpy as np
from msgspec import Meta, Struct
from numpy.typing import NDArray

from mlanimated.learn.optimizers import Adam
from mlanimated.learn.words import number, small
from mlanimated.trace import Recorder

__all__ = ["GRID", "Args", "Weights", "curve", "forward", "gradient", "initial", "train"]

Numbers = NDArray[np.float64]

GRID = np.linspace(-1.0, 1.0, 201)


class Args(Struct, frozen=True, kw_only=True):
    """Network and training."""

    units: Annotated[int, Meta(ge=1, le=10_000, description="Of the one hidden layer.")] = 12
    steps: Annotated[int, Meta(ge=1, le=100_000, description="Steps, each with the whole curve.")] = 1500
    learning_rate: Annotated[float, Meta(gt=0, le=1, description="Adam's step length.")] = 0.01
    record_every: Annotated[int, Meta(ge=1, le=1000, description="Steps between rows after the first fifty.")] = 15
    seed: Annotated[int, Meta(ge=0, le=2**32 - 1, description="Draws the first weights.")] = 0


class Weights(NamedTuple):
    """The network: slope and shift of each unit, how much each counts (units,), and what is added at the end (1,)."""

    slopes: Numbers
    shifts: Numbers
    counts: Numbers
    level: Numbers


def curve(x: Numbers) -> Numbers:
    """Return the curve that is to be followed."""
    waves = 0.5 * np.sin(9.0 * x) * (x < 0.1) + 0.5 * np.sin(0.9) * (x >= 0.1)
    return waves - 1.2 * np.clip((x - 0.35) / 0.12, 0.0, 1.0) + 1.1 * np.maximum(x - 0.65, 0.0)


def initial(args: Args) -> Weights:
    """Return the first weights: bends spread evenly over the grid, units counting little and by chance."""
    random = np.random.default_rng(args.seed)
    slopes = random.choice((-1.0, 1.0), args.units) * 3.0
    bends = np.linspace(-1.0, 1.0, args.units + 2)[1:-1]
    return Weights(slopes, -slopes * bends, random.standard_normal(args.units) / (3 * args.units), np.zeros(1))


def forward(weights: Weights, x: Numbers) -> Numbers:
    """Return what the network says of places (n,)."""
    return np.maximum(np.outer(x, weights.slopes) + weights.shifts, 0.0) @ weights.counts + weights.level


def gradient(weights: Weights, x: Numbers, target: Numbers) -> tuple[float, Weights]:
    """Return the mean squared error over places (n,), and how it changes with each weight."""
    sums = np.outer(x, weights.slopes) + weights.shifts
    outputs = np.maximum(sums, 0.0)
    error = outputs @ weights.counts + weights.level - target
    back = 2.0 * error / len(x)
    inner = (back[:, None] * weights.counts) * (sums > 0)
    return float((error**2).mean()), Weights(x @ inner, inner.sum(axis=0), back @ outputs, np.array([back.sum()]))


def train(args: Args, recorder: Recorder, resume: Mapping[str, Any] | None = None) -> float:
    """Fit the curve and return the last error.

    Args:
        args: Network and training.
        recorder: Takes the series and events, and offers `learning_rate` to whoever watches.
        resume: A checkpoint to go on from.

    Raises:
        Stopped: Someone who watches asked for it.
    """
    rate = recorder.control("learning_rate", args.learning_rate, minimum=0.0, maximum=1.0)
    target = curve(GRID)
    weights, adam, first = initial(args), Adam(rate.value), 0
    if resume:
        weights = Weights(*(np.array(part) for part in resume["weights"]))
        adam.load(resume["optimizer"])
        first = int(resume["step"])
    loss = 0.0
    for step in range(first, args.steps + 1):
        loss, slope = gradient(weights, GRID, target)
        if step <= 50 or step % args.record_every == 0 or step == args.steps:
            said = forward(weights, GRID)
            worst = float(np.abs(said - target).max())
            with np.errstate(divide="ignore", invalid="ignore"):
                bends = -weights.shifts / weights.slopes
            row: dict[str, Any] = {"loss": loss, "prediction": said, "worst": worst, "bends": bends}
            recorder.log({**row, **({"x": GRID, "target": target} if step == 0 else {})}, step=step)
            if resume is None or step > first:
                _tell(args, recorder, step, loss, worst)
        recorder.tick(
            step,
            state=lambda step=step: {"step": step, "weights": list(weights), "optimizer": adam.state()},
        )
        if step < args.steps:
            adam.learning_rate = rate.value
            adam.step(weights, slope)
    return loss


def _tell(args: Args, recorder: Recorder, step: int, loss: float, worst: float) -> None:
    """Record an event at the start and at the end."""
    if step == 0:
        recorder.event("initialize", f"{args.units} units, {args.units} places at which the line may bend.", step=0)
    elif step == args.steps:
        text = f"With {args.units} units the error is {small(loss)}; where it is worst it is off by {number(worst, 2)}."
        recorder.event("result", text, step=step)
