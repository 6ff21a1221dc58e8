"""Loss functions compared: a line is fitted to points some of which lie far off, by squared, absolute and Huber's loss.

What a loss costs is one thing, how hard it pulls at the line another: its slope. That of a squared error grows with the error, so that a
few points far off pull hardest of all; that of an absolute error is the same for all; Huber's (P. Huber, "Robust estimation of a location
parameter", 1964) is squared near the line and straight from an error of `turn` on. Plain gradient descent over all points, by hand.

Recorded at each step: `w`, `b`, `loss`, the mean of what each point costs; `off`, how far the line is from that of the points without
outliers, on average over the window; `pull`, the part of all pulling that the outliers do; `prediction`, `error` and `cost` (points,); at
step 0 `x`, `y`, `outlier` (points,), 1 where one is, and the loss as a curve, `errors` and `costs` (GRID,).
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Any, Literal, NamedTuple

import numpy as np
from msgspec import Meta, Struct
from numpy.typing import NDArray

from mlanimated.learn.words import number
from mlanimated.trace import Recorder

__all__ = ["BIAS", "GRID", "REACH", "SLOPE", "Args", "Loss", "Points", "cost", "draw_points", "pull", "train"]

Numbers = NDArray[np.float64]
Loss = Literal["squared", "absolute", "huber"]

SLOPE, BIAS = 1.5, 0.5
"""The line that all points but the outliers lie around."""
REACH = 2.0
"""Points lie between minus and plus so much."""
SPREAD = 0.25
CALLED = {"squared": "squared", "absolute": "absolute", "huber": "Huber’s"}
GRID = 121
NEAR = 0.1


class Args(Struct, frozen=True, kw_only=True):
    """Loss, points and training."""

    loss: Annotated[Loss, Meta(description="What an error costs.")] = "huber"
    turn: Annotated[float, Meta(gt=0, le=100, description="Error from which on Huber's loss is straight.")] = 0.5
    points: Annotated[int, Meta(ge=2, le=10_000, description="Points around the line.")] = 30
    outliers: Annotated[int, Meta(ge=0, le=10_000, description="Points far off, at the right.")] = 6
    away: Annotated[float, Meta(ge=0, le=100, description="How far off these are, about.")] = 6.0
    steps: Annotated[int, Meta(ge=1, le=100_000, description="Steps, each with all points.")] = 240
    learning_rate: Annotated[float, Meta(gt=0, le=1, description="Part of the gradient taken as a step.")] = 0.05
    seed: Annotated[int, Meta(ge=0, le=2**32 - 1, description="Draws the points.")] = 0


class Points(NamedTuple):
    """Points to fit a line to.

    Attributes:
        x: (n,).
        y: (n,).
        outlier: Whether each lies far off, bool (n,).
    """

    x: Numbers
    y: Numbers
    outlier: NDArray[np.bool_]


def draw_points(args: Args) -> Points:
    """Return the points, the outliers last: these lie below the right end of the line."""
    random = np.random.default_rng(args.seed)
    x = np.concatenate((random.uniform(-REACH, REACH, args.points), random.uniform(0.4 * REACH, REACH, args.outliers)))
    y = SLOPE * x + BIAS + SPREAD * random.standard_normal(len(x))
    outlier = np.arange(len(x)) >= args.points
    y[outlier] -= args.away * random.uniform(0.8, 1.2, args.outliers)
    return Points(x, y, outlier)


def cost(loss: Loss, error: Numbers, turn: float) -> Numbers:
    """Return what each error costs: e², |e|, or Huber's e²/2 up to `turn` and turn (|e| − turn/2) beyond."""
    if loss == "squared":
        return error * error
    size = np.abs(error)
    return size if loss == "absolute" else np.where(size <= turn, error * error / 2, turn * (size - turn / 2))


def pull(loss: Loss, error: Numbers, turn: float) -> Numbers:
    """Return the slope of what each error costs: 2e, the sign of e, or e cut off at ±turn."""
    if loss == "squared":
        return 2 * error
    return np.sign(error) if loss == "absolute" else np.clip(error, -turn, turn)


def train(args: Args, recorder: Recorder, resume: Mapping[str, Any] | None = None) -> tuple[float, float]:
    """Fit the line and return its slope and bias.

    Args:
        args: Loss, points and training.
        recorder: Takes the series and events, and offers `learning_rate` to whoever watches.
        resume: A checkpoint to go on from.

    Raises:
        Stopped: Someone who watches asked for it.
    """
    rate = recorder.control("learning_rate", args.learning_rate, minimum=0.0, maximum=1.0)
    points = draw_points(args)
    over = np.linspace(-REACH, REACH, GRID)
    w, b, first, close = -1.0, 0.0, 0, False
    if resume:
        w, b, first, close = float(resume["w"]), float(resume["b"]), int(resume["step"]), bool(resume["close"])
    for step in range(first, args.steps + 1):
        before = close
        prediction = w * points.x + b
        error = prediction - points.y
        pulls = pull(args.loss, error, args.turn)
        each = cost(args.loss, error, args.turn)
        off = float(np.abs((w - SLOPE) * over + b - BIAS).mean())
        strength = np.abs(pulls)
        part = float(strength[points.outlier].sum() / max(float(strength.sum()), 1e-300))
        row: dict[str, Any] = {
            "w": w, "b": b, "loss": float(each.mean()), "off": off, "pull": part,
            "prediction": prediction, "error": error, "cost": each,
        }  # fmt: skip
        if step == 0:
            reach = float(np.abs(points.y).max()) + REACH
            errors: Numbers = np.linspace(-reach, reach, GRID)
            row |= {
                "x": points.x, "y": points.y, "outlier": points.outlier.astype(np.int64),
                "errors": errors, "costs": cost(args.loss, errors, args.turn),
            }  # fmt: skip
        recorder.log(row, step=step)
        if resume is None or step > first:
            close = _tell(args, recorder, step, w, b, off, part, close=close)
        recorder.tick(
            step, state=lambda step=step, w=w, b=b, before=before: {"step": step, "w": w, "b": b, "close": before}
        )
        if step < args.steps:
            w -= rate.value * float(pulls @ points.x) / len(pulls)
            b -= rate.value * float(pulls.mean())
    return w, b


def _tell(
    args: Args, recorder: Recorder, step: int, w: float, b: float, off: float, part: float, *, close: bool
) -> bool:
    """Record an event at the start, when the line is near that without outliers, and at the end; return whether it has been."""
    if step == 0:
        text = f"{args.outliers} of {args.points + args.outliers} points lie far off; at first they do {part:.0%} of the pulling."
        recorder.event("initialize", text, step=0)
    elif step == args.steps:
        line = f"y = {number(w, 2)} x {'+' if b >= 0 else '−'} {number(abs(b), 2)}"
        text = (
            f"By {CALLED[args.loss]} loss {line}, off by {number(off, 2)}; the outliers do {part:.0%} of the pulling."
        )
        recorder.event("result", text, step=step)
    elif off <= NEAR and not close:
        recorder.event("near", f"Step {step}: off the line without outliers by less than {NEAR:g}.", step=step)
    return close or off <= NEAR
