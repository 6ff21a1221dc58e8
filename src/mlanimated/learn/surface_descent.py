"""Descent on a surface over the plane with one of four optimizers (chapter 2, beyond the ball in the valley).

Recorded at each step: `point` (2,), `height`, `gradient` (2,), `learning_rate`. Run it once for each optimizer and put the
runs on one clock: plain descent zigzags in the ravine, momentum overshoots, RMSProp and Adam walk along it.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Any, Literal

import numpy as np
from msgspec import Meta, Struct

from mlanimated.learn.optimizers import OptimizerName, optimizer
from mlanimated.learn.surfaces import SURFACES
from mlanimated.learn.words import number
from mlanimated.trace import Recorder

__all__ = ["NEAR", "Args", "train"]

NAMES = {"sgd": "Plain descent", "momentum": "Momentum", "rmsprop": "RMSProp", "adam": "Adam"}
NEAR = 0.1  # this close to the minimum counts as there, in the surface's own unit
FAR = 1e3  # times the window's width: further out the numbers mean nothing and training ends


class Args(Struct, frozen=True, kw_only=True):
    """Hyperparameters."""

    surface: Annotated[
        Literal["ravine", "rosenbrock", "beale", "saddle"], Meta(description="The surface to walk down.")
    ] = "ravine"
    optimizer: Annotated[OptimizerName, Meta(description="What turns a gradient into a step.")] = "sgd"
    learning_rate: Annotated[
        float, Meta(ge=0, le=2, description="Length of the steps; 0 takes one that suits surface and optimizer.")
    ] = 0.0
    steps: Annotated[int, Meta(ge=1, le=100_000, description="Steps to take.")] = 120


def train(args: Args, recorder: Recorder, resume: Mapping[str, Any] | None = None) -> np.ndarray:
    """Walk down the surface and return the last point, shape (2,).

    Args:
        args: The hyperparameters.
        recorder: Takes the series and events, and offers `learning_rate` to whoever watches.
        resume: A checkpoint of an earlier run to go on from; the hyperparameters are those of `args`.

    Raises:
        Stopped: Someone who watches asked for it.
    """
    surface = SURFACES[args.surface]
    suits = surface.learning_rates[args.optimizer]
    rate = recorder.control("learning_rate", args.learning_rate or suits, minimum=0.0, maximum=2.0)
    rule = optimizer(args.optimizer, rate.value)
    point, first = np.array(surface.start, np.float64), 0
    if resume:
        point, first = np.array(resume["point"], np.float64), int(resume["step"])
        rule.load(resume["optimizer"])
    width = surface.window[1] - surface.window[0]
    told: set[str] = set()

    for step in range(first, args.steps + 1):
        if step > first:
            rule.learning_rate = rate.value
            rule.step([point], [surface.gradient(point)])
        gradient = surface.gradient(point)
        height = float(surface.height(*point))
        away = float(np.abs(point).max()) > FAR * width
        recorder.log(
            {"point": point.copy(), "height": height, "gradient": gradient, "learning_rate": rate.value}, step=step
        )
        if resume is None or step > first:
            news = _news(args, step, point, height, rate.value, away=away)
            fresh = [(name, text) for name, text in news.items() if name not in told]
            if fresh:
                recorder.event(*fresh[-1], step=step)
            told.update(news)
        recorder.tick(step, state=lambda step=step: {"step": step, "point": point.copy(), "optimizer": rule.state()})
        if away:
            break
    return point


def _news(args: Args, step: int, point: np.ndarray, height: float, rate: float, *, away: bool) -> dict[str, str]:
    """Return the events that hold at this step by name, the most important last."""
    surface, name = SURFACES[args.surface], NAMES[args.optimizer]
    at = f"({number(point[0], 2)}, {number(point[1], 2)})"
    if step == 0:
        return {"initialize": f"{name} starts at {at}, height {number(height, 2)}, learning rate {number(rate)}."}
    news: dict[str, str] = {}
    if step == 1:
        news["first step"] = f"The first step of {name} leads to {at}: height {number(height, 2)}."
    if surface.minimum is not None:
        left, whole = np.hypot(*(point - surface.minimum)), np.hypot(*np.subtract(surface.start, surface.minimum))
        if left <= whole / 2:
            news["half way"] = f"{name} is half way to the lowest point after {step} steps."
        if left <= NEAR:
            news["converged"] = f"{name} is within {number(NEAR)} of the lowest point after {step} steps: {at}."
        if step == args.steps and left > NEAR:
            news["result"] = f"After {step} steps {name} is {number(left, 2)} away from the lowest point: {at}."
    if step == args.steps and "result" not in news:
        news["result"] = f"After {step} steps {name} stands at {at}, height {number(height, 4)}."
    if away:
        news["diverged"] = f"{name} diverged after {step} steps: the learning rate {number(rate)} is too large here."
    return news
