"""Two ways to find the bottom of y = (x − 10)² without a slope, for contrast with gradient descent (chapter 2).

Grid search looks at many places and keeps the best; sign-step search takes steps of a fixed length towards the lower side
and halves them when neither side is lower. Both are sure of only what they looked at, and both need many more looks
when there is more than one number to find: a grid of n looks along one axis needs nᵈ along d.

Recorded at each look: `looks` (how many so far, the first one counted), `x`, `y`, `best/x`, `best/y`, and for the sign-step
search `length`. Step n is the look after n others.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Any, Literal

import numpy as np
from msgspec import Meta, Struct

from mlanimated.learn.surfaces import height
from mlanimated.learn.words import number
from mlanimated.trace import Recorder

__all__ = ["Args", "train"]


class Args(Struct, frozen=True, kw_only=True):
    """Hyperparameters."""

    method: Annotated[Literal["grid", "sign"], Meta(description="Grid search, or steps towards the lower side.")] = (
        "grid"
    )
    steps: Annotated[int, Meta(ge=1, le=100_000, description="Places to look at after the first.")] = 30
    start: Annotated[float, Meta(ge=-1000, le=1000, description="Where the sign-step search begins.")] = 1.2345
    length: Annotated[float, Meta(gt=0, le=100, description="Length of its first steps.")] = 1.0
    low: Annotated[float, Meta(ge=-1000, le=1000, description="Left end of the grid.")] = 0.0
    high: Annotated[float, Meta(ge=-1000, le=1000, description="Right end of the grid.")] = 20.0


def train(args: Args, recorder: Recorder, resume: Mapping[str, Any] | None = None) -> float:
    """Search and return the best x that was looked at.

    Args:
        args: The hyperparameters.
        recorder: Takes the series and events, and offers the sign-step search's `length` to whoever watches.
        resume: A checkpoint of an earlier run to go on from.

    Raises:
        Stopped: Someone who watches asked for it.
    """
    grid = args.method == "grid"
    places = np.linspace(args.low, args.high, args.steps + 1)
    length = recorder.control("length", args.length, minimum=0.0, maximum=100.0)
    start = float(places[0]) if grid else args.start
    # The state: the step, the place looked at, the best place, how often the step was halved, and whether the left side is next.
    state: dict[str, Any] = (
        dict(resume) if resume else {"step": 0, "x": start, "best": start, "halved": 0, "side": 1.0, "failed": 0}
    )
    first = int(state["step"])
    bettered = 0

    for step in range(first, args.steps + 1):
        if step > first:
            state["step"] = step
            state["x"] = (
                float(places[step]) if grid else state["best"] + state["side"] * length.value / 2 ** state["halved"]
            )
            if height(state["x"]) < height(state["best"]):
                state["best"], state["failed"] = state["x"], 0
                bettered = step
            elif not grid:
                state["failed"] += 1
                state["side"] = -state["side"]
                if state["failed"] >= 2:  # neither side is lower
                    state["halved"] += 1
                    state["failed"] = 0
                    recorder.event(
                        "halve",
                        f"Neither side is lower: the step is halved to {number(length.value / 2 ** state['halved'])}.",
                        step=step,
                    )
        recorder.log(_row(state, None if grid else length.value / 2 ** state["halved"]), step=step)
        if step in {0, args.steps}:
            recorder.event(*_news(args, step, state["best"], bettered), step=step)
        recorder.tick(step, state=lambda: dict(state))
    return float(state["best"])


def _row(state: Mapping[str, Any], length: float | None) -> dict[str, float]:
    """Return what is recorded of a look."""
    row = {
        "looks": state["step"] + 1,
        "x": state["x"],
        "y": height(state["x"]),
        "best/x": state["best"],
        "best/y": height(state["best"]),
    }
    return row if length is None else {**row, "length": length}


def _news(args: Args, step: int, best: float, bettered: int) -> tuple[str, str]:
    """Return name and text of the event at the start or the end."""
    if step == 0:
        if args.method == "grid":
            gap = (args.high - args.low) / args.steps
            return (
                "initialize",
                f"Grid search looks at a place every {number(gap, 2)} from {number(args.low)} to {number(args.high)}.",
            )
        return (
            "initialize",
            f"Sign-step search starts at x = {number(args.start, 2)} and goes {number(args.length)} to the side that is lower.",
        )
    where = f"x = {number(best, 2)}, y = {number(height(best), 4)}"
    if args.method == "grid":
        return (
            "result",
            f"After {step + 1} looks the lowest place is {where}, found at look {bettered + 1}. Nothing between the looks is known.",
        )
    return "result", f"After {step + 1} looks the lowest place is {where}, found at look {bettered + 1}."
