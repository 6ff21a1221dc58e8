"""Chapter 18: why double: deep Q-learning promises itself more than it gets, and more and more so; double deep Q-learning far less.

What is promised is the value of the action that looks best, at every step of games that are played greedily; what is got, the discounted
sum of what did come (`learn.overestimation`). By default a small environment, learned in seconds; with `--plain-trace` and
`--double-trace` two long trainings of an Atari game.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Any

import numpy as np
from msgspec import Meta, Struct

from mlanimated.errors import MlaError
from mlanimated.learn import dqn
from mlanimated.projector.film import Film
from mlanimated.recipes import recorded
from mlanimated.recipes.recipe import Recipe, Run
from mlanimated.trace import Recorder, Trace
from mlanimated.views import Clock, Lines, Mark

__all__ = ["RECIPES"]

SERIES = ("value/estimated", "value/realized")
NAMES = {"plain": "Deep Q-learning", "double": "Double deep Q-learning"}


class Args(Struct, frozen=True, kw_only=True):
    """What is learned, or which trainings are shown."""

    plain_trace: Annotated[
        str, Meta(description="Recording of a deep Q-learning (double false); none: train briefly.")
    ] = ""
    double_trace: Annotated[str, Meta(description="Recording of a double deep Q-learning of the same game.")] = ""
    game: Annotated[str, Meta(description="What is learned where no recordings are given.")] = "CartPole-v1"
    steps: Annotated[int, Meta(ge=500, le=10**8, description="Steps of each training.")] = 24_000
    seed: Annotated[
        int, Meta(ge=0, le=2**31 - 1, description="Draws weights, games, actions and batches, for both.")
    ] = 0


def runs(args: Args) -> Mapping[str, Run]:
    """Return the two trainings, or the two recordings."""
    if bool(args.plain_trace) != bool(args.double_trace):
        raise MlaError("Give both --plain-trace and --double-trace, or neither.")
    if args.plain_trace:
        hint = "mla train GAME --learner double-dqn records it, with --double false for the plain one."
        return {
            name: Run(taken, recorded.Args(trace=path, series=SERIES, hint=hint))
            for name, path in (("plain", args.plain_trace), ("double", args.double_trace))
        }
    return {name: Run(trained, _given(args, double=name == "double")) for name in NAMES}


def trained(args: dqn.Args, recorder: Recorder, resume: Any = None) -> None:
    """Train, and record by how much the promise exceeds what came."""
    dqn.train(args, recorder, resume)
    _exceeded(recorder)


def taken(args: recorded.Args, recorder: Recorder, resume: Any = None) -> None:
    """Take over a recording, and record by how much the promise exceeds what came."""
    recorded.take(args, recorder, resume)
    _exceeded(recorder)


def film(args: Args, traces: Mapping[str, Trace]) -> Film:
    """Return promise and truth of both, side by side, and how they grow apart."""
    high = max(trace.bounds(name)[1] for trace in traces.values() for name in SERIES)
    low = min(0.0, *(trace.bounds(name)[0] for trace in traces.values() for name in SERIES))
    limits = (low, low + 1.06 * (high - low))
    sides = [
        Lines(
            SERIES,
            labels=("promised", "got"),
            colours=("prediction", "reward"),
            format="{:.1f}",
            limits=limits,
            smooth=0.04,
            x_label="steps",
            y_label="",
            title=f"{title}: promised and got",
        ).of(name)
        for name, title in NAMES.items()
    ]
    gap = Lines(
        tuple(f"{name}:exceeded" for name in NAMES),
        labels=("deep Q", "double"),
        colours=("series-2", "series-1"),
        format="{:+.1f}",
        smooth=0.04,
        x_label="steps",
        y_label="",
        title="How much more is promised than comes",
    )
    where = "" if args.plain_trace else f" in {args.game.partition('-')[0]}"
    told = (
        Mark(
            0,
            "start",
            "Of several uncertain values the largest is more likely too high than too low: that promise is learned from.",
        ),
        *_marks(traces),
    )
    return Film(
        (sides[0] | sides[1]).shared(1.15) / gap,
        traces,
        Clock(pace="even", seconds=12, hold=0.5),
        title=f"Overestimation{where}: the same seed, with and without the double estimate",
        captions=told,
        alt="What two agents expect and what they get: deep Q-learning promises itself too much, double deep Q-learning less.",
    )


def _given(args: Args, *, double: bool) -> dqn.Args:
    """Return a learner's arguments that let the two differ in nothing but the estimate."""
    return dqn.Args(
        game=args.game, steps=args.steps, seed=args.seed, double=double, learning_rate=1e-3, final_rate=1.0, gamma=0.99,
        lookahead=1, batch=128, replay_ratio=16.0, memory=20_000, warm_up=1000, target_every=100, epsilon=0.1,
        epsilon_steps=8000, games=16, greedy_games=4, record_every=400,
    )  # fmt: skip


def _exceeded(recorder: Recorder) -> None:
    """Record promise less truth at each of their steps."""
    trace = recorder.trace
    steps: list[int] = trace.steps(SERIES[0]).tolist() if SERIES[0] in trace.names else []
    for step in steps:
        promised, got = (float(trace.value(name, step)) for name in SERIES)
        recorder.log({"exceeded": promised - got}, step=step)


def _marks(traces: Mapping[str, Trace]) -> tuple[Mark, ...]:
    """Return how they stand in the middle and at the end."""
    last = max(trace.last_step for trace in traces.values())
    told: list[Mark] = []
    for share, name in ((0.5, "half way"), (1.0, "result")):
        by = {run: _recent(trace, share * last, last) for run, trace in traces.items()}
        if np.isfinite(list(by.values())).all():
            text = (
                f"Promised beyond what came: {by['plain']:+.1f} without, {by['double']:+.1f} with the double estimate."
            )
            told.append(Mark(int(share * last), name, text.replace("-", "−")))
    return tuple(told)


def _recent(trace: Trace, step: float, last: int) -> float:
    """Return the mean by which the promise exceeded the truth in the tenth of the training before a step."""
    values = np.asarray(trace.series("exceeded", step - last / 10, step).values, np.float64)
    return float(values.mean()) if values.size else float("nan")


RECIPES = (
    Recipe(
        name="overestimation",
        chapter=18,
        summary="Why double: what deep Q-learning promises itself, and what it gets, with and without the double estimate.",
        seconds=26,
        arguments=Args,
        runs=runs,
        film=film,
        quick={"steps": 3000},
        extra="torch",
    ),
)
