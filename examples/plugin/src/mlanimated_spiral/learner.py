"""A learner: descent on x² + y² while the plane turns, so that the way to the middle is a spiral.

Recorded at each step: `place` (2,), `loss`.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Annotated, Any

import numpy as np
from msgspec import Meta, Struct

import mlanimated as mla

__all__ = ["Args", "train"]


class Args(Struct, frozen=True, kw_only=True):
    """Hyperparameters. Each has its range and a sentence: they become options of the command."""

    learning_rate: Annotated[float, Meta(gt=0, le=1, description="Part of the way that each step goes.")] = 0.1
    turn: Annotated[float, Meta(ge=0, le=2, description="Radians that the plane turns at each step.")] = 0.4
    steps: Annotated[int, Meta(ge=1, le=100_000, description="Steps to take.")] = 40
    seed: Annotated[int, Meta(ge=0, description="Draws the start.")] = 0


def train(args: Args, recorder: mla.Recorder, resume: Mapping[str, Any] | None = None) -> np.ndarray:
    """Walk to the middle and return the last place; `resume` is what an earlier training gave to `tick`."""
    rate = recorder.control("learning_rate", args.learning_rate, minimum=0.0, maximum=1.0)
    angle = np.random.default_rng(args.seed).uniform(0, 2 * math.pi)
    place = np.array([math.cos(angle), math.sin(angle)])
    first = 0
    if resume:
        place, first = np.array(resume["place"]), int(resume["step"])
    turned = np.array([[math.cos(args.turn), -math.sin(args.turn)], [math.sin(args.turn), math.cos(args.turn)]])
    for step in range(first, args.steps + 1):
        recorder.log({"place": place, "loss": float(place @ place)}, step=step)
        if step == 0:
            recorder.event("initialize", "The point starts one unit from the middle.", step=0)
        recorder.tick(step, state=lambda step=step, place=place: {"step": step, "place": place})
        if step < args.steps:
            place = turned @ (place - rate.value * place)
    far = math.sqrt(float(place @ place))
    recorder.event("result", f"After {args.steps} steps it is {far:.3f} away from the middle.", step=args.steps)
    return place
