"""Sequences: three kinds of memory carry on a wave; letters that follow each other make names of countries that do not exist."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated

from msgspec import Meta, Struct

from mlanimated.learn import forecast
from mlanimated.learn.forecast import AHEAD, CALLED, KNOWN
from mlanimated.learn.words import small
from mlanimated.projector.film import Film
from mlanimated.recipes.recipe import Recipe, Run
from mlanimated.recipes.shape import SQUARE, Either
from mlanimated.trace import Trace
from mlanimated.views import Clock, Curve, Lines, Mark

__all__ = ["RECIPES"]


class Three(Struct, frozen=True, kw_only=True):
    """The same series for three kinds of memory."""

    units: Annotated[int, Meta(ge=1, le=1024, description="Of each memory.")] = 24
    noise: Annotated[float, Meta(ge=0, le=1, description="Standard deviation of the noise.")] = 0.05
    steps: Annotated[int, Meta(ge=1, le=100_000, description="Steps of learning, of each.")] = 320
    rows: Annotated[int, Meta(ge=2, le=1000, description="How often each is asked to go on alone.")] = 50
    seed: Annotated[int, Meta(ge=0, le=2**31 - 1, description="Draws weights, noise and pieces.")] = 0


def three(args: Three) -> Mapping[str, Run]:
    """Return one training for each kind of memory."""
    return {
        kind: Run(
            forecast.train,
            forecast.Args(
                kind=kind, units=args.units, noise=args.noise, steps=args.steps, rows=args.rows, seed=args.seed
            ),
        )
        for kind in ("rnn", "gru", "lstm")
    }


def waves(args: Three, traces: Mapping[str, Trace]) -> Film:
    """Return each memory's forecast under the other, and how far each is off."""
    called = {"rnn": "Plain recurrent network", "gru": "GRU: two gates", "lstm": "LSTM: three gates and a cell"}
    curves = [
        Curve(
            "time", "forecast", "truth", points=False, names=("", ""), labels=("says alone", "the wave"),
            heights=(-1.2, 1.2), title=called[name], keyed=name == "rnn", share=1.25 if name == "rnn" else 1.0,
        ).of(name)
        for name in traces
    ]  # fmt: skip
    off = Lines(
        tuple(f"{name}:test/loss" for name in traces), tuple(CALLED[name] for name in traces), log=True, y_label="",
        title="Off by, squared", values=False,
    )  # fmt: skip
    return Film(
        Either((curves[0] / curves[1] / curves[2]).shared(2.2) | off, curves[0] / curves[1] / curves[2] / off, SQUARE),
        traces,
        Clock(first=0.4, seconds=12),
        title=f"Three kinds of memory go on alone for {AHEAD} values",
        captions=_told(args, traces),
        alt="Three curves learn to carry on a wave that swells and fades, each from what it has said itself.",
    )


def _told(args: Three, traces: Mapping[str, Trace]) -> tuple[Mark, ...]:
    """Return what is said: what they do, who follows the wave first, and the end."""
    start = (
        f"Each has read {KNOWN} noisy values of the same wave. What it says next it must read itself, {AHEAD} times."
    )
    marks = [Mark(0, "initialize", start)]
    followed = sorted(
        (event.step, name) for name, trace in traces.items() for event in trace.events if event.name == "follows"
    )
    for step, name in followed[:1]:
        if step < args.steps:
            marks.append(
                Mark(step, "follows", f"Step {step}: the {CALLED[name]} is the first to follow the wave to its end.")
            )
    ends = {name: float(trace.value("test/loss", args.steps)) for name, trace in traces.items()}
    told = ", ".join(f"{CALLED[name]} {small(ends[name])}" for name in sorted(ends, key=lambda name: ends[name]))
    marks.append(Mark(args.steps, "result", f"Off by, squared and on average over {AHEAD} values: {told}."))
    return tuple(marks)


RECIPES = (
    Recipe(
        name="recurrent",
        chapter=28,
        summary="RNN, GRU and LSTM learn to carry on a wave alone.",
        seconds=14,
        arguments=Three,
        runs=three,
        film=waves,
        quick={"steps": 6, "rows": 4, "units": 4},
        extra="torch",
    ),
)
