"""Chapter 2, beyond: plain descent, momentum, RMSProp and Adam on a surface, from the same place, on one clock."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Annotated, Literal

import numpy as np
from msgspec import Meta, Struct

from mlanimated.learn import surface_descent
from mlanimated.learn.surface_descent import NEAR
from mlanimated.learn.surfaces import SURFACES
from mlanimated.projector.film import Film
from mlanimated.recipes.recipe import Recipe, Run
from mlanimated.trace import Trace
from mlanimated.views import Clock, Lines, Mark, Surface

__all__ = ["RECIPES"]

FLOOR = 1e-6
"""Heights below this are as good as 0 on these surfaces: the chart ends there."""
NAMES = {"sgd": "plain descent", "momentum": "momentum", "rmsprop": "RMSProp", "adam": "Adam"}


class Args(Struct, frozen=True, kw_only=True):
    """Which surface, and for how long."""

    surface: Annotated[
        Literal["ravine", "rosenbrock", "beale", "saddle"], Meta(description="The surface to walk down.")
    ] = "ravine"
    steps: Annotated[int, Meta(ge=2, le=10_000, description="Steps that each optimizer takes.")] = 100


def runs(args: Args) -> Mapping[str, Run]:
    """Return one descent for each optimizer."""
    return {
        name: Run(surface_descent.train, surface_descent.Args(surface=args.surface, optimizer=name, steps=args.steps))
        for name in ("sgd", "momentum", "rmsprop", "adam")
    }


def film(args: Args, traces: Mapping[str, Trace]) -> Film:
    """Return the map with four paths, and their heights."""
    surface = SURFACES[args.surface]
    called = tuple(NAMES[name] for name in traces)
    start = float(surface.height(*np.array(surface.start)))
    positive = all((trace.bounds("height") or (0.0, 0.0))[0] >= 0 for trace in traces.values())
    ground = Surface(
        surface.height,
        "point",
        window=surface.window,
        runs=tuple(traces),
        called=called,
        minimum=surface.minimum,
        title="Seen from above, with heights; the star is the lowest point" if surface.minimum else "Seen from above",
    )
    heights = Lines(
        tuple(f"{name}:height" for name in traces),
        labels=called,
        log=positive,
        values=not positive,
        limits=(FLOOR, 2 * start) if positive else None,
        x_label="step",
        title="Height after each step",
    )
    return Film(
        ground.shared(1.7) | heights,
        traces,
        Clock(first=0.8, seconds=11),
        title=f"Four optimizers on one surface: {args.surface}",
        captions=_told(args, traces),
        alt="Four optimizers walk down the same surface from the same place.",
    )


def _told(args: Args, traces: Mapping[str, Trace]) -> tuple[Mark, ...]:
    """Return what is said: the start, who comes near the star and when, and how it ends; all read from the traces."""
    marks = [
        Mark(0, "initialize", "All four start at the same place. Each turns the same slope into a step in its own way.")
    ]
    arrived: list[tuple[int, str]] = []
    for name, trace in traces.items():
        for event in trace.events:
            if event.name == "converged":
                arrived.append((event.step, name))
            elif event.name == "diverged":
                text = f"{_start(NAMES[name])} diverged after {event.step} steps."
                marks.append(Mark(event.step, f"{NAMES[name]} diverged", text, name))
    arrived.sort()
    if arrived and arrived[0][0] < args.steps:
        step, name = arrived[0]
        text = f"{_start(NAMES[name])} is the first within {NEAR:g} of the star, after {step} steps."
        marks.append(Mark(step, f"{NAMES[name]} converged", text, name))
    marks.append(Mark(args.steps, "result", _end(args, traces, arrived)))
    return tuple(sorted(marks, key=lambda mark: mark.step))


def _end(args: Args, traces: Mapping[str, Trace], arrived: Sequence[tuple[int, str]]) -> str:
    """Return one sentence or two for the end: when each came within `NEAR` of the star, or how far away those are that did not."""
    surface = SURFACES[args.surface]
    if surface.minimum is None:
        heights = {name: float(trace.value("height", args.steps)) for name, trace in traces.items()}
        best = min(heights, key=lambda name: heights[name])
        return f"After {args.steps} steps {NAMES[best]} is lowest. At a saddle the slope is flat, and yet there is no minimum."
    came = ", ".join(f"{NAMES[name]} after {step}" for step, name in arrived)
    told = [f"Within {NEAR:g} of the star: {came} steps."] if arrived else []
    away = {
        name: float(np.hypot(*(trace.value("point", args.steps) - surface.minimum)))
        for name, trace in traces.items()
        if name not in {name for _, name in arrived}
    }
    if away:
        left = ", ".join(f"{NAMES[name]} {gap:.1f}" for name, gap in sorted(away.items(), key=lambda pair: pair[1]))
        told.append(f"Still away from {'it' if told else 'the star'} after {args.steps} steps: {left}.")
    return " ".join(told)


def _start(name: str) -> str:
    """Return a name as it begins a sentence."""
    return f"{name[0].upper()}{name[1:]}"


RECIPES = (
    Recipe(
        name="optimizers",
        chapter=2,
        summary="Plain descent, momentum, RMSProp and Adam on a 2-D surface.",
        seconds=6,
        arguments=Args,
        runs=runs,
        film=film,
    ),
)
